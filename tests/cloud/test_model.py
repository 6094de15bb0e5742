# SPDX-License-Identifier: Apache-2.0
"""The simulation's model against the embedded cloud: the same history, and the same is seen of it.

After each step both are at rest, and it is compared what the API says, where Nova has the servers,
and what Placement has for them. Several histories go on at the same time on the embedded cloud, so
of hosts it is compared whether they are the planned ones.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.cloud.ensembles import Project
from tests.cloud.histories import RealCloud
from tests.simulation.history import HostFacts, model

pytestmark = pytest.mark.cloud

# What a busy machine adds: Nova's services report late, or a host is full for a moment. What is
# promised and does not hold is compared as it is in the end.
OF_A_BUSY_MACHINE = {
    "event.asked",
    "event.build-interrupted",
    "event.host-awaited",
    "event.host-sought",
    "event.promise-lost",
    "event.promise-regained",
    "event.replaced",
}
APART = {"type": "anti-affinity", "level": "host", "tiers": ["web"]}


@dataclass
class History:
    """One ensemble on one of the two clouds, and what was seen after each step."""

    cloud: Any
    body: Any
    flavors: Mapping[str, str]  # ids by name
    ensemble_id: str = ""
    planned: dict[str, str] = field(default_factory=dict)
    servers: dict[str, str] = field(default_factory=dict)
    members: set[str] = field(default_factory=set)
    anywhere: set[str] = field(default_factory=set)  # those whose host Nova chooses
    seen: list[Any] = field(default_factory=list)

    def build(self, plan_id: str | None = None) -> bool:
        """Create; gives whether that was accepted."""
        made = self.cloud.create(self.body, plan_id)
        if made is None:
            return False
        self.ensemble_id = made
        self._read(self.cloud.ensemble(made))
        return True

    def _read(self, shown: Any) -> None:
        self.planned = {each["name"]: each["host"] for each in shown["members"]}
        self.servers = {each["name"]: each["server_id"] for each in shown["members"]}
        self.members = {each["id"] for each in shown["members"]}

    def look(self) -> None:
        """Wait until nothing is under way, and keep what is seen then."""
        self.cloud.rest(self.ensemble_id)
        shown = self.cloud.ensemble(self.ensemble_id)
        if shown is None:
            ours = {*self.servers.values(), *self.members}
            self.seen.append(
                {
                    "servers": {name: self._server(name) for name in self.servers},
                    "consumers": ours & self.cloud.consumers(),
                }
            )
            return
        self._read(shown)
        degraded = shown["degraded"] or {"reasons": []}
        self.seen.append(
            {
                "status": shown["status"],
                "fault": shown["fault"] and shown["fault"]["message"],
                "degraded": [each["message"] for each in degraded["reasons"]],
                "standing": [each["message"] for each in shown["standing"]],
                "survives": shown["survives"],
                "members": {
                    each["name"]: (
                        each["status"],
                        each["server_status"],
                        self._place(each["name"], each["host"]),
                        self._place(each["name"], each["current_host"]),
                    )
                    for each in shown["members"]
                },
                "operations": self.cloud.operations(self.ensemble_id),
                "events": Counter(
                    f"{each['type']}: {each['message']}"
                    for each in shown["events"]
                    if each["code"] not in OF_A_BUSY_MACHINE
                ),
                "servers": {name: self._server(name) for name in self.servers},
                "allocations": {
                    name: {
                        self._place(name, host): amounts
                        for host, amounts in self.cloud.allocations(each).items()
                    }
                    for name, each in self.servers.items()
                },
            }
        )

    def _server(self, name: str) -> Any:
        found = self.cloud.server(self.servers[name])
        return found and (found[0], self._place(name, found[1]))

    def _place(self, name: str, host: str | None) -> str | None:
        if host is None:
            return None
        if name in self.anywhere:
            return "somewhere"
        return "as planned" if host == self.planned[name] else "elsewhere"

    def host(self, name: str) -> str:
        """The host of a member's server now."""
        return str(self.cloud.server(self.servers[name])[1])


def moved(it: History) -> Iterator[None]:
    it.build()
    yield
    it.cloud.move(it.servers["web-0"], "live")
    yield
    it.cloud.move(it.servers["web-1"], "cold")
    yield
    it.cloud.revert(it.servers["web-1"])
    yield
    it.cloud.move(it.servers["web-1"], "cold")
    it.cloud.confirm(it.servers["web-1"])
    yield
    it.cloud.delete(it.ensemble_id)
    yield


def resized_and_shelved(it: History) -> Iterator[None]:
    it.build()
    yield
    it.cloud.resize(it.servers["web-0"], it.flavors["m1.small"])
    yield
    it.cloud.confirm(it.servers["web-0"])
    yield
    it.cloud.shelve(it.servers["web-1"])
    yield
    it.anywhere.add("web-1")  # Nova may take the host that it was on, or another
    it.cloud.unshelve(it.servers["web-1"])
    yield
    it.cloud.delete(it.ensemble_id)
    yield


def lost_and_locked(it: History) -> Iterator[None]:
    it.build()
    yield
    it.cloud.delete_server(it.servers["web-0"])
    yield
    it.cloud.lock(it.servers["web-1"], locked=True)
    it.cloud.delete(it.ensemble_id)
    yield
    it.cloud.lock(it.servers["web-1"], locked=False)
    it.cloud.rest_gone(it.ensemble_id)
    yield


def evacuated(it: History) -> Iterator[None]:
    it.build()
    yield
    host = it.host("web-0")
    it.cloud.stop(host)
    yield
    it.cloud.move(it.servers["web-0"], "evacuate")
    yield
    it.cloud.start(host)
    yield
    it.cloud.delete(it.ensemble_id)
    yield


def disabled_after_its_preview(it: History) -> Iterator[None]:
    plan = it.cloud.preview(it.body)
    it.build(plan)
    host = it.planned["web-0"]
    it.cloud.delete(it.ensemble_id)
    yield
    plan = it.cloud.preview(it.body)
    it.cloud.disable(host, disabled=True)
    try:
        assert not it.build(plan), "it is built as it was not previewed"
        it.build()
        yield
        assert it.host("web-0") != host
    finally:
        it.cloud.disable(host, disabled=False)
    it.cloud.delete(it.ensemble_id)
    yield


def refused_by_a_host(it: History) -> Iterator[None]:
    it.build()
    late = it.planned["web-7"]
    it.cloud.disable(late, disabled=True)
    try:
        yield
        assert it.host("web-7") != late, "Nova has taken it on a host that is disabled"
    finally:
        it.cloud.disable(late, disabled=False)
    it.cloud.delete(it.ensemble_id)
    yield


AT_ONCE = {moved: 2, resized_and_shelved: 2, lost_and_locked: 2, refused_by_a_host: 8}
ALONE = {disabled_after_its_preview: 1, evacuated: 2}  # after the others, which that may concern
HISTORIES = {**AT_ONCE, **ALONE}


@dataclass(frozen=True)
class Reality:
    """The embedded cloud, and what was seen on it of all histories."""

    hosts: Sequence[HostFacts]
    flavors: Mapping[str, Any]
    bodies: Mapping[Any, Any]
    seen: Mapping[Any, Sequence[Any]]


@pytest.fixture(scope="module")
def reality(cloud: Any, demo: Project) -> Reality:
    real = RealCloud(cloud)
    hosts, flavors = real.hosts(), real.flavors()
    tiers = {each: demo.tier("web", count, networks="none") for each, count in HISTORIES.items()}
    bodies = {
        each: {**demo.body(each.__name__, [tier], APART)["ensemble"], "description": ""}
        for each, tier in tiers.items()
    }
    with ThreadPoolExecutor(len(AT_ONCE)) as pool:
        found = [
            pool.submit(_seen, each, RealCloud(cloud), bodies[each], flavors) for each in AT_ONCE
        ]
        seen = {each: future.result() for each, future in zip(AT_ONCE, found, strict=True)}
    for each in ALONE:
        seen[each] = _seen(each, real, bodies[each], flavors)
    return Reality(hosts, flavors, bodies, seen)


def _seen(history: Any, on: Any, body: Any, flavors: Mapping[str, Any]) -> list[Any]:
    it = History(on, body, {each["name"]: key for key, each in flavors.items()})
    for _ in history(it):
        it.look()
    return it.seen


@pytest.mark.parametrize("history", HISTORIES, ids=lambda each: each.__name__)
def test_a_history_is_the_same_on_the_model(reality: Reality, history: Any) -> None:
    body = reality.bodies[history]
    with model(reality.hosts, reality.flavors, body["tiers"][0]["server"]["image"]) as simulated:
        on_the_model = _seen(history, simulated, body, reality.flavors)
    for step, (real, of_model) in enumerate(zip(reality.seen[history], on_the_model, strict=True)):
        assert of_model == real, f"step {step}"
