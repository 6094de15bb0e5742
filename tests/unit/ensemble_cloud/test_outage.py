# SPDX-License-Identifier: Apache-2.0
"""The compute services of a domain end and return together, over the real control channel."""

from pathlib import Path
from typing import Any

import pytest

from ensemble_cloud import control
from ensemble_cloud.domains import Domain, Level
from ensemble_cloud.outage import Outage
from ensemble_cloud.state import StateDirectory

RACK = Domain(Level.RACK, "az1-rack1", ("h1", "h2", "h3"))
NEXT = (
    "Nova takes rack az1-rack1 for down when it has heard nothing for 15 seconds. "
    "Until it is evacuated, what ran there still shows as ACTIVE."
)
BACK = "Nova takes it for up within seconds, and removes from it what was evacuated."


class Hosts:
    """Compute services that are running or not; ``broken`` ones refuse."""

    def __init__(self) -> None:
        self.running = {"h1": True, "h2": True, "h3": True, "h4": True}
        self.forced: set[str] = set()
        self.broken: set[str] = set()

    def answer(self, request: dict[str, Any]) -> Any:
        if request["do"] == "hosts":
            return [
                {"name": host, "running": running, "forced_down": host in self.forced}
                for host, running in self.running.items()
            ]
        host, wanted = request["host"], request["do"] == "start"
        if host in self.broken:
            raise control.ControlError(f"{host} does not listen")
        before, self.running[host] = self.running[host], wanted
        return before != wanted


@pytest.fixture
def hosts(state: StateDirectory) -> Hosts:
    hosts = Hosts()
    control.listen(state.run, hosts.answer)
    return hosts


@pytest.fixture
def state(tmp_path: Path) -> StateDirectory:
    state = StateDirectory.at(tmp_path)
    state.create()
    return state


@pytest.fixture
def outage(state: StateDirectory) -> Outage:
    return Outage(state, RACK, ours="ensemble-cloud")


def test_all_services_of_a_rack_stop_and_no_others(hosts: Hosts, outage: Outage) -> None:
    *lines, what, how = outage.stop()
    assert sorted(lines) == [f"The compute service of {host} is stopped." for host in RACK.hosts]
    assert hosts.running == {"h1": False, "h2": False, "h3": False, "h4": True}
    assert (what, how) == (NEXT, "To start it again: ensemble-cloud rack start az1-rack1")


def test_what_is_stopped_already_may_be_stopped_again(hosts: Hosts, outage: Outage) -> None:
    hosts.running["h2"] = False
    assert sorted(outage.stop())[:3] == [
        NEXT,
        "The compute service of h1 is stopped.",
        "The compute service of h2 was stopped already.",
    ]
    assert [each for each in outage.stop() if "already" not in each] == [
        NEXT,
        "To start it again: ensemble-cloud rack start az1-rack1",
    ]


def test_all_services_start_again(hosts: Hosts, outage: Outage) -> None:
    list(outage.stop())
    *lines, last = outage.start()
    assert sorted(lines) == [f"The compute service of {host} is started." for host in RACK.hosts]
    assert all(hosts.running.values())
    assert last == BACK


def test_what_stays_forced_down_is_told_with_the_way_out(hosts: Hosts, outage: Outage) -> None:
    hosts.forced = {"h3", "h4"}
    *_, last = outage.start()
    assert last == (
        "Nova still takes h3 for down, which an operator has forced. "
        "To end that: ensemble-cloud rack start az1-rack1 --forced"
    )


def test_one_that_refuses_leaves_the_others_stopped(hosts: Hosts, outage: Outage) -> None:
    hosts.broken = {"h2"}
    with pytest.raises(control.ControlError, match="h2 does not listen"):
        list(outage.stop())
    assert [host for host, running in hosts.running.items() if running] == ["h2", "h4"]
