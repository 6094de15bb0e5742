# SPDX-License-Identifier: Apache-2.0
"""What a failure takes of a service is counted from where its members are."""

import random

import pytest
from drilled import HEAPED, LAYOUT, SERVICE, SPREAD

from ensemble_drill.service import Layout, Service, Tier

LOSSES = [
    ("a rack with one of each", SPREAD, "rack", "r1", ("web-0", "db-0"), {"web": 1, "db": 2}, ()),
    ("a rack with too many", HEAPED, "rack", "r1", 4, {"web": 0, "db": 1}, ("web", "db")),
    ("a host", HEAPED, "host", "h1", ("web-0", "db-0"), {"web": 1, "db": 2}, ()),
    ("a zone", SPREAD, "zone", "az1", 4, {"web": 0, "db": 1}, ("web", "db")),
    ("a domain without members", HEAPED, "rack", "r2", (), {"web": 2, "db": 3}, ()),
    ("the one below its minimum", SPREAD, "zone", "az2", ("db-2",), {"web": 2, "db": 2}, ()),
]


@pytest.mark.parametrize(
    ("placement", "level", "name", "lost", "left", "broken"),
    [each[1:] for each in LOSSES],
    ids=[each[0] for each in LOSSES],
)
def test_a_failure_takes_who_is_on_its_hosts(
    placement: dict[str, str],
    level: str,
    name: str,
    lost: tuple[str, ...] | int,
    left: dict[str, int],
    broken: tuple[str, ...],
) -> None:
    found = SERVICE.failing(placement, LAYOUT.domain(level, name))
    assert (len(found.lost) if isinstance(lost, int) else found.lost) == lost
    assert (found.left, found.broken, found.kept) == (left, broken, not broken)


def test_the_failures_of_all_racks_take_each_member_once() -> None:
    """With an independent count, on random layouts."""
    for seed in range(200):
        lot = random.Random(seed)
        hosts = {f"h{n}": (f"r{lot.randrange(4)}", "az") for n in range(lot.randrange(1, 12))}
        layout = Layout(("rack", "zone"), hosts)
        service = Service(tuple(Tier(f"t{n}", lot.randrange(1, 5), 1) for n in range(3)))
        placement = {name: lot.choice(sorted(hosts)) for name in service.members}
        found = [service.failing(placement, each).lost for each in layout.domains("rack")]
        assert sorted(name for lost in found for name in lost) == sorted(service.members)
        for domain, lost in zip(layout.domains("rack"), found, strict=True):
            assert all(hosts[placement[name]][0] == domain.name for name in lost)


def test_members_that_nobody_knows_are_refused() -> None:
    with pytest.raises(KeyError, match="cache-0"):
        SERVICE.without(["web-0", "cache-0"])


REFUSED = [
    ("more than there are", lambda: Tier("web", 2, 3), "tiers_kept.web: must be from 1 to 2"),
    ("none at all", lambda: Tier("web", 2, 0), "tiers_kept.web: must be from 1 to 2"),
    ("a tier twice", lambda: Service((Tier("a", 1, 1),) * 2), "a name of its own"),
    ("no tier", lambda: Service(()), "a service needs tiers"),
    ("a host without a rack", lambda: Layout(("rack",), {"h1": ()}), "host h1 has not one"),
    ("an unknown rack", lambda: LAYOUT.domain("rack", "r9"), "there is no rack 'r9'; there are r1"),
]


@pytest.mark.parametrize(
    ("made", "said"), [each[1:] for each in REFUSED], ids=[each[0] for each in REFUSED]
)
def test_what_cannot_be_is_refused(made: object, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        made()  # type: ignore[operator]
