# SPDX-License-Identifier: Apache-2.0
"""What each option about guests' signals changes; the tests of all options go through them."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from configured import nova_conf
from served import Serve, body, until
from small_cloud import SmallCloud
from test_filter import ask, wait
from test_signals import Gate
from test_signals_by_http import post, secret

from ensemble_api.signal_app import SignalApp
from ensemble_api.store import models, rows

URL = "https://c:8780/signal"


def gated(**gate: Any) -> Any:
    """A tier of one member that waits until the guest of another one has signalled."""
    wanted = body()
    (web,) = wanted["ensemble"]["tiers"]
    db = {**web, "name": "db", "gate": {"wait_for": "signal", **gate}}
    wanted["ensemble"]["tiers"] = [db, {**web, "after": ["db"]}]
    return wanted


def signal_rate(serve: Serve, cloud: SmallCloud, tmp_path: Path) -> None:
    """Of two signals of one address the second is dropped, and that of another one is not."""
    ours = {"connection": cloud.store.engine.url, "signal_rate": 0.1}
    application = SignalApp(nova_conf(tmp_path / "nova.conf", {"ensembles": ours}))
    gate = Gate(cloud.store)
    first, second = gate.ask(0), gate.ask(1)
    for each in (first, second):
        assert post(application, f"/{secret(each.url)}").status_int == 204
    until(lambda: gate.awaited() == [False, True])
    assert post(application, f"/{secret(second.url)}").status_int == 204
    assert gate.awaited() == [False, True]
    assert post(application, f"/{secret(second.url)}", address="192.0.2.8").status_int == 204
    until(lambda: gate.awaited() == [False, False])


def signal_url(serve: Serve, cloud: SmallCloud, tmp_path: Path) -> None:
    """Without one the gate is refused; with one a guest is told it, and the next tier waits."""
    without = serve()
    for path in ("/os-ensembles/plans", "/os-ensembles"):
        refused = ask(without, "POST", path, gated())
        assert refused.status_int == 400, path
        assert "ensemble.tiers[0].gate.wait_for" in refused.text
    application = serve(signal_url=f"{URL}/")
    created = ask(application, "POST", "/os-ensembles", gated())
    assert created.status_int == 202, created.text
    path = f"/os-ensembles/{created.json['ensemble']['id']}"
    until(lambda: _members(application, path) == {"db-0": "ACTIVE", "web-0": "RESERVED"})
    (server,) = cloud.nova.alive()
    told = server.request["metadata"]["ensemble_signal"]
    assert told.startswith(f"{URL}/")
    assert told not in ask(application, "GET", path).text
    taking = SignalApp(
        nova_conf(tmp_path / "api.conf", {"ensembles": {"connection": cloud.store.engine.url}})
    )
    assert post(taking, f"/{secret(told)}").status_int == 204
    wait(application, path, "ACTIVE")
    assert [each.name for each in cloud.nova.alive()] == ["shop-db-0", "shop-web-0"]
    assert "metadata" not in cloud.nova.alive()[1].request


def signal_lifetime(serve: Serve, cloud: SmallCloud, tmp_path: Path) -> None:
    """No gate may wait for longer, and no URL is good for longer."""
    application = serve(signal_url=URL, signal_lifetime=120)
    refused = ask(application, "POST", "/os-ensembles", gated(timeout=121))
    assert refused.status_int == 400
    assert "ensemble.tiers[0].gate.timeout" in refused.text and "120" in refused.text
    assert ask(application, "POST", "/os-ensembles", gated(timeout=120)).status_int == 202
    until(lambda: _until(cloud) is not None)
    left = _until(cloud) - rows.now()
    assert timedelta(seconds=60) < left <= timedelta(seconds=120)


def _members(application: Any, path: str) -> dict[str, str]:
    members = ask(application, "GET", path).json["ensemble"]["members"]
    return {each["name"]: each["status"] for each in members}


def _until(cloud: SmallCloud) -> Any:
    with cloud.store.reading() as session:
        return session.scalar(sa.select(models.Signal.until))


OF_SIGNALS = {
    "signal_rate": signal_rate,
    "signal_url": signal_url,
    "signal_lifetime": signal_lifetime,
}
