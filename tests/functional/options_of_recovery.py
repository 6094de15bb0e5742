# SPDX-License-Identifier: Apache-2.0
"""What each option about recovery changes; the tests of all options go through them."""

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from served import Serve, body, until
from small_cloud import SmallCloud
from test_filter import ask, wait

from ensemble_api.store.recovery_holds import RecoveryHolds

SETTLED = 1  # seconds after which hosts that have returned are known


def recovery_cores(serve: Serve, cloud: SmallCloud, tmp_path: Path) -> None:
    _limit(serve, cloud, recovery_ram=-1, recovery_cores=2, less={"recovery_cores": 1})


def recovery_ram(serve: Serve, cloud: SmallCloud, tmp_path: Path) -> None:
    _limit(serve, cloud, recovery_cores=-1, recovery_ram=512, less={"recovery_ram": 511})


def _limit(serve: Serve, cloud: SmallCloud, *, less: Mapping[str, int], **enough: int) -> None:
    """Capacity is held in the name of the service project, as far as that is allowed."""
    filtered = {"filter_scheduler": {"enabled_filters": "ComputeFilter,EnsembleFilter"}}
    wanted = body(1)
    wanted["ensemble"]["recovery"] = {"reserve": {"level": "host"}}
    unfiltered = ask(serve(**enough), "POST", "/os-ensembles", wanted)
    assert unfiltered.status_int == 400 and "recovery.reserve" in unfiltered.text
    for settings in ({}, {**enough, **less}):
        refused = ask(serve(filtered, **settings), "POST", "/os-ensembles", wanted)
        assert refused.status_int == 403, refused.text
        assert "held for recovery, 0 are, and this ensemble needs" in refused.text
    assert ask(serve(filtered, **enough), "POST", "/os-ensembles", wanted).status_int == 202
    (held,) = RecoveryHolds(cloud.store).consumers()
    assert cloud.placement.allocation(held)["project_id"] == "service"


def automatic_recovery(serve: Serve, cloud: SmallCloud, tmp_path: Path) -> None:
    """An ensemble that wished it is not repaired, and no other may wish it."""
    application = serve()
    wish = body()
    wish["ensemble"]["recovery"] = {"mode": "auto"}
    ensemble_id = ask(application, "POST", "/os-ensembles", wish).json["ensemble"]["id"]
    wait(application, f"/os-ensembles/{ensemble_id}", "ACTIVE")
    application.process.stop()
    application = serve(automatic_recovery=False, observe_interval=1.0)
    assert ask(application, "POST", "/os-ensembles", wish).status_int == 400
    cloud.nova.fail(cloud.nova.alive()[0].host)
    wait(application, f"/os-ensembles/{ensemble_id}", "DEGRADED")
    time.sleep(3)
    assert cloud.store.get(ensemble_id).operation is None


def evacuate_from(serve: Serve, cloud: SmallCloud, tmp_path: Path) -> None:
    """A repair by command waits until the failed host is forced down, too."""
    answers = _repairs_after(serve, cloud, 1, evacuate_from="forced-down")
    assert answers() == 409
    for host in cloud.nova.hosts:
        host.forced_down = host.state == "down"
    assert answers() == 202


def most_hosts_down(serve: Serve, cloud: SmallCloud, tmp_path: Path) -> None:
    """Two hosts that are down are too many of all, and not of all but a few."""
    answers = _repairs_after(serve, cloud, 2, most_hosts_down=0.1)
    time.sleep(2 * SETTLED)  # who has just begun to look, or sees hosts return, waits for so long
    assert answers() == 409
    for host in cloud.nova.hosts:
        cloud.nova.restart(host.name)
    answers = _repairs_after(serve, cloud, 2, most_hosts_down=1.0)
    until(lambda: answers() == 202)


def _repairs_after(
    serve: Serve, cloud: SmallCloud, failed: int, **options: Any
) -> Callable[[], int]:
    """Let the host of an ensemble's server fail, and others; gives what a repair is answered."""
    brief = {"DEFAULT": {"service_down_time": SETTLED}}
    application = serve(brief, observe_interval=1.0, **options)
    wish = body()
    wish["ensemble"]["name"] = "-".join(["failed", *options])
    ensemble_id = ask(application, "POST", "/os-ensembles", wish).json["ensemble"]["id"]
    wait(application, f"/os-ensembles/{ensemble_id}", "ACTIVE")
    host = cloud.nova.servers[str(cloud.store.get(ensemble_id).members[0].server_id)].host
    up = [each.name for each in cloud.nova.hosts if each.state == "up" and each.name != host]
    cloud.nova.fail(host, *up[: failed - 1])
    wait(application, f"/os-ensembles/{ensemble_id}", "DEGRADED")

    def ask_for_a_repair() -> int:
        path = f"/os-ensembles/{ensemble_id}/action"
        return int(ask(application, "POST", path, {"repair": {}}).status_int)

    return ask_for_a_repair


def rebalance_delay(serve: Serve, cloud: SmallCloud, tmp_path: Path) -> None:
    """An ensemble is spread anew once all hosts have been up for so long, and not before."""
    application = serve()
    wish = body()
    wish["ensemble"]["recovery"] = {"rebalance": "auto"}
    wish["ensemble"]["tiers"][0]["count"] = 2
    ensemble_id = ask(application, "POST", "/os-ensembles", wish).json["ensemble"]["id"]
    wait(application, f"/os-ensembles/{ensemble_id}", "ACTIVE")
    application.process.stop()
    host = cloud.nova.hosts[0].name
    for server in cloud.nova.alive():
        cloud.nova.arrive(server, host)

    def seen() -> bool:
        return {each.location for each in cloud.store.get(ensemble_id).members} == {host}

    def is_moved() -> bool:
        return any(action == "os-migrateLive" for action, _ in cloud.nova.acted)

    application = serve(rebalance_delay=600.0, observe_interval=1.0)
    ask(application, "GET", "/os-ensembles")  # with which its worker starts
    until(seen)
    time.sleep(2)
    assert not is_moved()
    application.process.stop()
    ask(serve(rebalance_delay=0.0, observe_interval=1.0), "GET", "/os-ensembles")
    until(is_moved)
