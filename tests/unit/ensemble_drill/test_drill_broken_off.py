# SPDX-License-Identifier: Apache-2.0
"""However a drill ends, what it has built is removed, and what is left is said."""

import os
import signal
import time
from types import SimpleNamespace
from typing import Any

import pytest
from drilled import LAYOUT, SERVICE
from novaclient import exceptions

from ensemble_drill import main as command
from ensemble_drill.cloud import CloudError
from ensemble_drill.criteria import Criteria
from ensemble_drill.story import Commands, Story

NEEDED = [
    *("--os-cloud", "a", "--operator-cloud", "b", "--service", "shop.yaml"),
    *("--fail-command", "x", "--restore-command", "y"),
]


def test_sigterm_ends_a_drill_as_ctrl_c_does(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    removed: list[bool] = []

    def held(_: Any) -> Any:
        try:
            os.kill(os.getpid(), signal.SIGTERM)
            time.sleep(5)
        finally:
            removed.append(True)

    # Without a handler of the drill's own the test would end with the process.
    before = signal.signal(signal.SIGTERM, signal.SIG_IGN)
    try:
        monkeypatch.setattr(command, "_held", held)
        assert command.main(NEEDED) == 2
        assert signal.getsignal(signal.SIGTERM) == signal.SIG_IGN
    finally:
        signal.signal(signal.SIGTERM, before)
    assert removed == [True]
    assert "broken off" in capsys.readouterr().err


def test_what_cannot_be_removed_is_said_and_the_rest_is_removed() -> None:
    removed: list[str] = []

    def refused() -> None:
        raise exceptions.Forbidden(403, "the ensemble is locked")

    methods: list[Any] = [
        SimpleNamespace(name="ensemble", title="Ensemble", remove=refused),
        SimpleNamespace(name="plain", title="Plain servers", remove=lambda: removed.append("it")),
    ]
    cloud: Any = SimpleNamespace()
    story = Story(
        cloud, cloud, LAYOUT, SERVICE, Criteria(), methods, Commands("x", "y"), lambda _: None
    )
    with pytest.raises(CloudError, match="Ensemble: the ensemble is locked"):
        story.remove()
    assert removed == ["it"]


def test_two_runs_of_one_seed_do_not_name_servers_alike() -> None:
    options: Any = SimpleNamespace(seed=1, ensemble=None, methods="plain")
    body: Any = {"tiers": [{"name": each.name, "server": {}} for each in SERVICE.tiers]}
    asked: list[str] = []

    def named(beginning: str) -> list[Any]:
        asked.append(beginning)
        return []

    cloud: Any = SimpleNamespace(named=named)
    for _ in range(2):
        command._methods(options, cloud, cloud, SERVICE, body)[0].remove()
    assert len(set(asked)) == 2
    assert all(each.startswith("drill-1-") for each in asked)
