# SPDX-License-Identifier: Apache-2.0
"""Ensembles that are asked of the filter as nova-api has it, with some options set."""

import threading
from collections.abc import Callable
from typing import Any

from test_filter import ask

from ensemble_api.middleware import EnsemblesFilter

PATIENCE = 20  # seconds until a test that waits gives up

Serve = Callable[..., EnsemblesFilter]


def body(count: int = 1, level: str = "host") -> dict[str, Any]:
    server = {
        "flavor": "m1.small",
        "image": "11111111-1111-4111-8111-111111111111",
        "networks": "none",  # of which Neutron, which is not there, need not be asked
    }
    spread = {"type": "spread", "level": level, "tiers": ["web"], "max_skew": 8}
    tiers = [{"name": "web", "count": count, "server": server}]
    return {"ensemble": {"name": "shop", "tiers": tiers, "policies": [spread]}}


def create(application: EnsemblesFilter, count: int = 1) -> str:
    answer = ask(application, "POST", "/os-ensembles", body(count))
    assert answer.status_int == 202, answer.text
    return str(answer.json["ensemble"]["id"])


def until(condition: Callable[[], bool]) -> None:
    pause = threading.Event()
    for _ in range(PATIENCE * 50):
        if condition():
            return
        pause.wait(0.02)
    raise AssertionError("did not happen")
