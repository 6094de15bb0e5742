# SPDX-License-Identifier: Apache-2.0
"""What the scheduler filter gives servers, with the database as it is and Nova's hosts as drawn."""

import threading
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any

import pytest
from test_store import record

from ensemble_api import codec
from ensemble_api.cloud.levels import parse_levels
from ensemble_api.observed import ObservedHost, ObservedServer
from ensemble_api.records import EnsembleRecord, MemberStatus
from ensemble_api.scheduler.admission import Admission
from ensemble_api.scheduler.guards import GuardedHosts
from ensemble_api.store import models, rows
from ensemble_api.store.api import Store
from ensemble_api.store.current_state import CurrentStates
from ensemble_api.store.guards import Guards
from ensemble_api.store.locations import LONGEST_MOVE
from ensemble_api.store.observations import Observations, Turn
from ensemble_api.store.standings import Levels
from tests.fakes.host_states import host_state

EVERY_DATABASE = True

LEVELS = parse_levels(["rack:rack", "zone:availability_zone"])
TREE = Levels(("host", "rack", "zone"), "zone")
RACKS = {"h0": "r0", "h1": "r1", "h2": "r2", "h3": "r3", "h4": "r0", "h5": "r1"}
ANTI_AFFINITY = {"type": "anti-affinity", "level": "host", "tiers": ["web"]}


@dataclass
class FakeNova:
    """What Nova's databases say: where servers are, which hosts are down, whose a server is."""

    hosts: dict[str, str | None] = field(default_factory=dict)
    down: set[str] = field(default_factory=set)
    projects: dict[str, str] = field(default_factory=dict)

    def host_of(self, server_id: str) -> str | None:
        return self.hosts.get(server_id)

    def up(self, hosts: Iterable[str]) -> frozenset[str]:
        return frozenset(hosts) - self.down

    def of_other_projects(self, servers: Iterable[str], project_id: str) -> frozenset[str]:
        return frozenset(each for each in servers if self.projects.get(each) != project_id)


class Spec(SimpleNamespace):
    """What is looked at of a RequestSpec, of which ``in`` says whether a field is set."""

    def __contains__(self, name: str) -> bool:
        return name in self.__dict__


@dataclass
class Scene:
    """An ensemble whose servers run, and a scheduler that is asked to move them."""

    store: Store
    nova: FakeNova
    record: EnsembleRecord

    @property
    def servers(self) -> list[str]:
        return [each.server_id or "" for each in self.store.get(self.record.id).members]

    @property
    def states(self) -> Observations:
        return Observations(self.store, TREE)

    @property
    def turn(self) -> Turn:
        found = self.states.take("observer", 60, 600)
        assert found is not None
        return found

    def admit(
        self,
        server_id: str,
        hosts: Iterable[str] = RACKS,
        *,
        project: str = "p1",
        instances: Mapping[str, Sequence[str]] = {},
        **fields: Any,
    ) -> list[str]:
        found = [self.host(name, instances.get(name, ())) for name in hosts]
        spec = Spec(instance_uuid=server_id, project_id=project, **fields)
        admitted = Admission(
            CurrentStates(self.store), GuardedHosts(Guards(self.store)), LEVELS, self.nova
        ).admit(found, spec)
        return [each.host for each in admitted]

    @staticmethod
    def host(name: str, instances: Sequence[str] = ()) -> Any:
        return host_state(name, {"rack": RACKS[name]}, instances=instances)


def running(store: Store, nova: FakeNova, *policies: Any, members: int = 3) -> Scene:
    new = record(members=members)
    body = {**new.body, "policies": list(policies)}
    new = replace(new, body=body, ensemble=codec.stored_ensemble(body, {"web": {"VCPU": 1}}))
    store.create(new, "api", 60)
    for member in new.members:
        server_id = str(uuid.uuid4())
        store.update_member(
            new, member, "api", server_id=server_id, status=MemberStatus.ACTIVE.value
        )
        nova.hosts[server_id] = member.host
        nova.projects[server_id] = "p1"
    scene = Scene(store, nova, new)
    hosts = [ObservedHost(name, (rack, "nova"), up=True) for name, rack in RACKS.items()]
    scene.states.save_hosts(hosts, scene.turn)
    return scene


@pytest.fixture
def scene(store: Store) -> Scene:
    return running(store, FakeNova(), ANTI_AFFINITY)


def test_a_member_is_given_one_host_that_keeps_its_policies(scene: Scene) -> None:
    (given,) = scene.admit(scene.servers[0], ["h1", "h2", "h3", "h4"])
    assert given == "h3", "h1 and h2 have members, and h4 is in the rack that is left"


def test_a_member_is_given_no_host_where_each_would_break_one(scene: Scene) -> None:
    assert scene.admit(scene.servers[0], ["h1", "h2"]) == []


def test_members_that_are_evacuated_at_once_are_not_sent_to_a_host_with_room_for_one(
    store: Store,
) -> None:
    """Before the first has claimed what it takes, Nova shows it as free to the others too."""
    together = {"type": "affinity", "level": "host", "tiers": ["web"], "enforcement": "soft"}
    scene = running(store, FakeNova(), together)
    sent = []
    for member in scene.record.members:
        server_id = next(each for each, host in scene.nova.hosts.items() if host == member.host)
        hosts = [host_state(name, {"rack": rack}, processors=1) for name, rack in RACKS.items()]
        spec = Spec(instance_uuid=server_id, project_id="p1", ignore_hosts=[member.host])
        admission = Admission(CurrentStates(store), GuardedHosts(Guards(store)), LEVELS, scene.nova)
        sent += [each.host for each in admission.admit(hosts, spec)]
    assert len(sent) == len(set(sent)) == 3, sent


def test_other_servers_are_given_all_hosts(scene: Scene) -> None:
    assert scene.admit(str(uuid.uuid4())) == list(RACKS)


def test_the_next_member_keeps_off_what_was_given_to_the_last(scene: Scene) -> None:
    first = scene.admit(scene.servers[0], ["h3", "h4"])
    second = scene.admit(scene.servers[1], ["h3", "h4"])
    assert sorted(first + second) == ["h3", "h4"]
    assert scene.admit(scene.servers[2], ["h0", "h1", "h3", "h4"]) == [], "sources count too"


def test_a_host_that_did_not_take_a_member_is_given_to_the_next_one(scene: Scene) -> None:
    assert scene.admit(scene.servers[0], ["h3"]) == ["h3"]
    assert scene.admit(scene.servers[0], ["h4"], ignore_hosts=["h0", "h3"]) == ["h4"]
    assert scene.admit(scene.servers[1], ["h3", "h4"]) == ["h3"]


def test_a_member_that_nobody_has_seen_arrive_counts_where_it_is(scene: Scene) -> None:
    """It was moved to h3, and before the next look it is to leave it, for nowhere: it stays."""
    first = scene.servers[0]
    assert scene.admit(first, ["h3"]) == ["h3"]
    scene.nova.hosts[first] = "h3"
    assert scene.admit(first, ["h1"], ignore_hosts=["h3"]) == []
    assert scene.admit(scene.servers[1], ["h3"]) == []


def test_a_move_that_has_ended_leaves_its_source_free(scene: Scene) -> None:
    server = scene.servers[0]
    assert scene.admit(server, ["h3"]) == ["h3"]
    scene.nova.hosts[server] = "h3"
    scene.states.save_servers(
        [ObservedServer(server, "h3", "ACTIVE", moving=True)], None, scene.turn, whole=False
    )
    assert scene.admit(scene.servers[1], ["h0"]) == [], "it may still come back"
    _forget_moves(scene.store)
    assert scene.admit(scene.servers[1], ["h0"]) == ["h0"]


def _forget_moves(store: Store) -> None:
    with store.writing() as session:
        session.query(models.Move).update({"at": rows.now() - 2 * LONGEST_MOVE})


def test_members_that_move_at_the_same_time_never_meet(scene: Scene) -> None:
    """Each in a scheduler of its own, with connections of its own, and two hosts for three."""
    barrier, given = threading.Barrier(3), {}
    url = scene.store.engine.url.render_as_string(hide_password=False)

    def move(number: int) -> None:
        own = replace(scene, store=Store(url))
        server = scene.servers[number]
        barrier.wait()
        given[number] = own.admit(server, ["h3", "h4"])
        own.store.engine.dispose()

    threads = [threading.Thread(target=move, args=(number,)) for number in range(3)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sorted(given.values()) == [[], ["h3"], ["h4"]]


def test_hosts_that_have_failed_since_they_were_observed_do_not_keep_a_member_down(
    store: Store,
) -> None:
    together = {"type": "affinity", "level": "rack", "tiers": ["web"]}
    scene = running(store, FakeNova(), together, members=1)
    scene.nova.down = {"h0", "h4"}
    assert scene.admit(scene.servers[0], ["h1", "h2"], ignore_hosts=["h0"]) in (["h1"], ["h2"])


def test_an_exclusive_domain_stays_closed_to_servers_of_other_projects(store: Store) -> None:
    alone = {"type": "exclusive", "level": "rack", "tiers": ["web"], "other": "project"}
    scene = running(store, FakeNova(), alone, members=2)
    stranger = str(uuid.uuid4())
    assert scene.admit(stranger, project="p2") == ["h2", "h3"], "h0, h1 and their racks are closed"
    assert scene.admit(stranger, project="p1") == list(RACKS)
    scene.states.save_servers(
        [ObservedServer(scene.servers[1], "h2", "ACTIVE", moving=False)],
        None,
        scene.turn,
        whole=False,
    )
    assert scene.admit(stranger, project="p2") == ["h1", "h3", "h5"], "as the servers are now"


def test_an_exclusive_member_goes_to_no_host_with_servers_of_others(store: Store) -> None:
    alone = {"type": "exclusive", "level": "host", "tiers": ["web"], "other": "project"}
    scene = running(store, FakeNova(), alone, members=1)
    stranger, own = str(uuid.uuid4()), str(uuid.uuid4())
    scene.nova.projects = {stranger: "p2", own: "p1"}
    there = {"h2": [stranger], "h3": [own]}
    assert scene.admit(scene.servers[0], ["h2"], instances=there) == []
    assert scene.admit(scene.servers[0], ["h3"], instances=there) == ["h3"]


def test_a_tag_or_a_hint_makes_no_member(scene: Scene) -> None:
    stranger = str(uuid.uuid4())
    hints = {"ensemble": [scene.record.id], "member": [scene.record.members[0].id]}
    assert scene.admit(stranger, ["h1"], scheduler_hints=hints, project="p2") == ["h1"]


def test_a_member_is_given_a_host_that_its_selector_wants(store: Store) -> None:
    selector = {"type": "selector", "level": "host", "tiers": ["web"], "key": "disk"}
    scene = running(store, FakeNova(), {**selector, "values": ["nvme"]})
    fast = ("h0", "h1", "h2", "h4")
    observed = [
        ObservedHost(
            name,
            (rack, "nova"),
            up=True,
            selectors={"disk": ("nvme",) if name in fast else ()},
        )
        for name, rack in RACKS.items()
        if name != "h5"
    ]
    scene.states.save_hosts(observed, scene.turn)
    assert scene.admit(scene.servers[0], ["h3", "h4", "h5"]) == ["h4"]
    assert scene.admit(scene.servers[1], ["h3", "h5"]) == []
    # A host that is new to us is told of by Nova.
    new = scene.host("h5")
    new.aggregates.append(SimpleNamespace(metadata={"disk": "nvme"}))
    spec = Spec(instance_uuid=scene.servers[2], project_id="p1")
    admission = Admission(CurrentStates(store), GuardedHosts(Guards(store)), LEVELS, scene.nova)
    assert [each.host for each in admission.admit([scene.host("h3"), new], spec)] == ["h5"]
