# SPDX-License-Identifier: Apache-2.0
"""What is left when domains are lost."""

from planning_clouds import cloud

from ensemble_api.planning.model import Ensemble, Member, Tier
from ensemble_api.planning.survivability import survivability

SNAPSHOT = cloud(
    {"a": ("r1", "z1", 8), "b": ("r1", "z1", 8), "c": ("r2", "z1", 8), "d": ("r1", "z2", 8)}
)
ENSEMBLE = Ensemble((Tier("web", 4, {"VCPU": 1}), Tier("db", 1, {"VCPU": 1})))
ASSIGNMENT = dict(zip(ENSEMBLE.members, ("a", "a", "b", "d", "c"), strict=True))


def test_each_level_tells_its_domains_and_the_worst() -> None:
    host, rack, zone = survivability(ENSEMBLE, ASSIGNMENT, SNAPSHOT.topology)
    assert [level.level for level in (host, rack, zone)] == ["host", "rack", "zone"]
    assert [level.domains_used for level in (host, rack, zone)] == [4, 3, 2]
    assert dict(host.worst) == {"web": 2, "db": 0}
    assert dict(rack.worst) == {"web": 1, "db": 0}
    assert dict(zone.worst) == {"web": 1, "db": 0}
    first = rack.losses[0]
    assert first.domain.path == ("z1", "r1")
    assert (dict(first.lost), dict(first.left)) == ({"web": 3, "db": 0}, {"web": 1, "db": 1})


def test_a_level_survives_when_every_tier_keeps_a_member() -> None:
    web = Ensemble((Tier("web", 2, {"VCPU": 1}),))
    levels = survivability(web, {Member("web", 0): "a", Member("web", 1): "c"}, SNAPSHOT.topology)
    assert [level.survives for level in levels] == [True, True, False]


def test_any_two_failures_take_the_two_worst_domains_of_each_tier() -> None:
    host = survivability(ENSEMBLE, ASSIGNMENT, SNAPSHOT.topology, failures=2)[0]
    assert dict(host.worst) == {"web": 1, "db": 0}


def test_members_without_a_host_are_neither_lost_nor_left() -> None:
    host = survivability(ENSEMBLE, {Member("web", 0): "a"}, SNAPSHOT.topology)[0]
    assert dict(host.worst) == {"web": 0, "db": 0}
    assert host.domains_used == 1
