# SPDX-License-Identifier: Apache-2.0
"""What a refusal offers: if one edit of the description is enough, something is offered."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import assume, given
from planning_clouds import cloud, racks
from planning_solved import plan
from planning_strategies import MANY, clouds, ensembles

from ensemble_api.planning.edits import Edits, edited
from ensemble_api.planning.errors import ModelError
from ensemble_api.planning.model import Ensemble, Flavor, Tier
from ensemble_api.planning.policies import AntiAffinity, Near, Spread, Survive
from ensemble_api.planning.policy import Policy
from ensemble_api.planning.result import Infeasible, Plan
from ensemble_api.planning.snapshot import Snapshot

LEVELS = ("host", "rack", "zone")


def fits(ensemble: Ensemble, snapshot: Snapshot, edits: Edits) -> bool:
    try:
        return isinstance(plan(edited(ensemble, edits), snapshot), Plan)
    except ModelError:
        return False


def single_edits(ensemble: Ensemble) -> Iterator[Edits]:
    """Every new value of one field, as somebody might try one after the other."""
    for number, tier in enumerate(ensemble.tiers):
        for count in range(1, 2 * tier.count + 3):
            if count != tier.count:
                yield {f"tiers[{number}].count": count}
        if tier.zone is not None:
            yield {f"tiers[{number}].server.availability_zone": None}
        for flavor in tier.flavors:
            yield {f"tiers[{number}].server.flavor": flavor.id}
    for number, policy in enumerate(ensemble.policies):
        if not policy.hard:
            continue
        yield {f"policies[{number}].enforcement": "soft"}
        for level in LEVELS:
            yield {f"policies[{number}].level": level}
        for field, values in policy.relaxations(max(tier.count for tier in ensemble.tiers)):
            for value in values:
                yield {f"policies[{number}].{field}": value}


def with_flavors(ensemble: Ensemble) -> Ensemble:
    """Let every tier have another flavor that asks for half, and one that asks for no trait."""
    tiers = []
    for tier in ensemble.tiers:
        half = {name: max(1, amount // 2) for name, amount in tier.resources.items()}
        plain = Flavor("plain", "plain", tier.name, tier.resources)
        small = Flavor("small", "small", tier.name, half, tier.required_traits)
        tiers.append(replace(tier, flavors=(plain, small)))
    return replace(ensemble, tiers=tuple(tiers))


@MANY
@given(ensembles().map(with_flavors), clouds())
def test_where_one_edit_is_enough_something_is_offered(
    ensemble: Ensemble, snapshot: Snapshot
) -> None:
    found = plan(ensemble, snapshot)
    assume(isinstance(found, Infeasible))
    assert isinstance(found, Infeasible)
    offered = [
        {edit.field: edit.value for edit in change.edits}
        for reason in found.reasons
        for change in reason.changes
    ]
    for edits in offered:
        assert fits(ensemble, snapshot, edits)
        for left_out in edits if len(edits) > 1 else ():
            rest = {field: value for field, value in edits.items() if field != left_out}
            assert not fits(ensemble, snapshot, rest), f"{left_out} is not needed"
    if not offered:
        enough = [edits for edits in single_edits(ensemble) if fits(ensemble, snapshot, edits)]
        assert enough == []


@MANY
@given(ensembles(), clouds())
def test_no_cut_of_a_count_is_deeper_than_needed(ensemble: Ensemble, snapshot: Snapshot) -> None:
    found = plan(ensemble, snapshot)
    assume(isinstance(found, Infeasible))
    assert isinstance(found, Infeasible)
    for reason in found.reasons:
        for change in reason.changes:
            edits = {edit.field: edit.value for edit in change.edits}
            for field, value in edits.items():
                if not field.endswith(".count") or not isinstance(value, int):
                    continue
                before = ensemble.tiers[int(field[6 : field.index("]")])].count
                nearer = range(value + 1, before) if value < before else range(before + 1, value)
                for other in nearer:
                    assert not fits(ensemble, snapshot, {**edits, field: other}), (edits, other)


def web(count: int, **more: object) -> Tier:
    return replace(Tier("web", count, {"VCPU": 1}), **more)  # type: ignore[arg-type]


SMALL = Flavor("2", "small", "web", {"VCPU": 2})
TINY = Flavor("1", "tiny", "web", {"VCPU": 1})
FIVE_AND_FIVE = cloud({"a": ("r1", "z1", 5), "b": ("r2", "z1", 5)})


@pytest.mark.parametrize(
    ("tier", "policy", "snapshot", "edits"),
    [
        pytest.param(
            web(12),
            Survive("host", ("web",), True, 2),
            FIVE_AND_FIVE,
            {"tiers[0].count": 10},
            id="fewer, where a policy asks for a number of them",
        ),
        pytest.param(
            web(12),
            Survive("host", ("web",), False, 5),
            FIVE_AND_FIVE,
            {"tiers[0].count": 10},
            id="fewer, where a soft policy asks for a number of them",
        ),
        pytest.param(
            web(12),
            Survive("host", ("web",), True, 11),
            FIVE_AND_FIVE,
            {"tiers[0].count": 10, "policies[0].min_available": 5},
            id="fewer than must be left, and so many less left",
        ),
        pytest.param(
            web(12),
            Survive("host", ("web",), False, 11),
            FIVE_AND_FIVE,
            {"tiers[0].count": 10, "policies[0].min_available": 10},
            id="fewer than should be left",
        ),
        pytest.param(
            web(1),
            Survive("rack", ("web",), True, "34%"),
            FIVE_AND_FIVE,
            {"tiers[0].count": 2},
            id="the nearest of more, of which not each further one fits",
        ),
        pytest.param(
            web(2),
            Survive("rack", ("web",), True, 2),
            racks(("z", 3, 2)),
            {"tiers[0].count": 3},
            id="more, where two of two cannot be left",
        ),
        pytest.param(
            web(2),
            Spread("rack", ("web",), True, None, 3),
            racks(("z", 3, 2)),
            {"tiers[0].count": 3},
            id="more, where two cannot be in three racks",
        ),
        pytest.param(
            web(3),
            AntiAffinity("rack", ("web",)),
            racks(("z", 2, 4)),
            {"policies[0].level": "host"},
            id="a smaller level",
        ),
        pytest.param(
            web(3, zone="z1"),
            AntiAffinity("rack", ("web",)),
            cloud({"a": ("r1", "z1", 5), "b": ("r2", "z1", 5), "c": ("r3", "z2", 5)}),
            {"tiers[0].server.availability_zone": None},
            id="any zone",
        ),
        pytest.param(
            web(3, resources={"VCPU": 4}, flavors=(SMALL, TINY)),
            AntiAffinity("host", ("web",)),
            cloud({"a": ("r1", "z1", 1), "b": ("r2", "z1", 1), "c": ("r3", "z2", 1)}),
            {"tiers[0].server.flavor": "1"},
            id="the nearest flavor that fits",
        ),
        pytest.param(
            web(2, required_traits=frozenset({"GPU"}), flavors=(TINY,)),
            AntiAffinity("host", ("web",)),
            FIVE_AND_FIVE,
            {"tiers[0].server.flavor": "1"},
            id="a flavor without the trait that no host has",
        ),
    ],
)
def test_what_one_edit_does(tier: Tier, policy: Policy, snapshot: Snapshot, edits: Edits) -> None:
    ensemble = Ensemble((tier,), (policy,))
    assert fits(ensemble, snapshot, edits)
    found = plan(ensemble, snapshot)
    assert isinstance(found, Infeasible)
    offered = [
        {edit.field: edit.value for edit in change.edits} for change in found.reasons[0].changes
    ]
    assert edits in offered


def test_where_others_need_the_room_of_a_tier_all_may_be_cut_alike() -> None:
    """Eleven of web fit alone, and one beside db: to ask for one is not the only way."""
    snapshot = cloud({"a": ("r1", "z1", 6), "b": ("r2", "z1", 5)})
    found = plan(Ensemble((web(20), Tier("db", 10, {"VCPU": 1}))), snapshot)
    assert isinstance(found, Infeasible)
    assert str(found.reasons[0].message) == "11 of the 20 members of “web” fit."
    offered = [
        {edit.field: edit.value for edit in change.edits} for change in found.reasons[0].changes
    ]
    assert offered == [{"tiers[0].count": 1}, {"tiers[0].count": 8, "tiers[1].count": 3}]


def test_a_zone_without_a_host_is_let_go_beside_a_cut_of_another_tier() -> None:
    found = plan(Ensemble((web(12), Tier("db", 1, {"VCPU": 1}, zone="z2"))), FIVE_AND_FIVE)
    assert isinstance(found, Infeasible)
    for reason in found.reasons:
        offered = [{edit.field: edit.value for edit in change.edits} for change in reason.changes]
        assert {"tiers[0].count": 9, "tiers[1].server.availability_zone": None} in offered


@pytest.mark.parametrize(
    ("tiers", "free", "edits"),
    [
        pytest.param(
            (web(2), Tier("db", 4, {"VCPU": 2})),
            (4, 2),
            [{"tiers[1].count": 2}],
            id="the same one found in two ways is offered once",
        ),
        pytest.param(
            (Tier("web", 2, {"VCPU": 2}), Tier("db", 4, {"VCPU": 3})),
            (1, 4, 2),
            [{"tiers[1].count": 1, "tiers[0].count": 1}],
            id="a cut of one tier is followed by one of both",
        ),
    ],
)
def test_where_two_tiers_share_the_room(
    tiers: tuple[Tier, ...], free: tuple[int, ...], edits: list[Edits]
) -> None:
    hosts: dict[str, tuple[str | None, str | None, int]] = {
        f"h{number}": ("r", "z", amount) for number, amount in enumerate(free)
    }
    found = plan(Ensemble(tiers), cloud(hosts))
    assert isinstance(found, Infeasible)
    for reason in found.reasons:
        offered = [{edit.field: edit.value for edit in change.edits} for change in reason.changes]
        assert offered == edits


def test_a_flavor_is_named_and_so_are_the_traits_that_it_does_not_ask_for() -> None:
    tier = web(2, required_traits=frozenset({"GPU"}), flavors=(TINY,))
    found = plan(Ensemble((tier,)), FIVE_AND_FIVE)
    assert isinstance(found, Infeasible)
    said = [str(change.message) for change in found.reasons[0].changes]
    assert said == ["Use flavor tiny for “web”, which does not require GPU."]


def test_one_other_flavor_of_all_tiers_is_offered_where_no_host_could_hold_theirs() -> None:
    huge, tiny = {"VCPU": 9}, Flavor("1", "tiny", "", {"VCPU": 1})
    small = replace(tiny, id="2", name="small", resources={"VCPU": 4})
    web = Tier("web", 4, huge, flavors=(replace(small, mask="web"), replace(tiny, mask="web")))
    db = Tier("db", 3, huge, flavors=(replace(small, mask="db"), replace(tiny, mask="db")))
    found = plan(Ensemble((web, db, Tier("cache", 1, {"VCPU": 1}))), FIVE_AND_FIVE)
    assert isinstance(found, Infeasible)
    for reason in found.reasons:
        offered = [{edit.field: edit.value for edit in change.edits} for change in reason.changes]
        assert {"tiers[0].server.flavor": "1", "tiers[1].server.flavor": "1"} in offered


def test_another_flavor_of_one_tier_goes_with_a_cut_of_another() -> None:
    db = Tier("db", 1, {"VCPU": 9}, flavors=(Flavor("1", "tiny", "db", {"VCPU": 1}),))
    found = plan(Ensemble((web(12), db)), FIVE_AND_FIVE)
    assert isinstance(found, Infeasible)
    for reason in found.reasons:
        offered = [{edit.field: edit.value for edit in change.edits} for change in reason.changes]
        assert {"tiers[0].count": 9, "tiers[1].server.flavor": "1"} in offered


def test_a_zone_in_which_no_member_fits_is_let_go_beside_a_cut_of_the_same_tier() -> None:
    snapshot = cloud({"a": ("r1", "z1", 6), "b": ("r2", "z2", 2)})
    tier = Tier("web", 3, {"VCPU": 3}, zone="z2")
    found = plan(Ensemble((tier,)), snapshot)
    assert isinstance(found, Infeasible)
    offered = [
        {edit.field: edit.value for edit in change.edits} for change in found.reasons[0].changes
    ]
    assert {"tiers[0].count": 2, "tiers[0].server.availability_zone": None} in offered


def test_a_flavor_has_hosts_of_its_own() -> None:
    snapshot = replace(FIVE_AND_FIVE, closed={"web": [True, True], "web tiny": [True, False]})
    tier = web(2, flavors=(replace(SMALL, mask="web"), replace(TINY, mask="web tiny")))
    found = plan(Ensemble((tier,)), snapshot)
    assert isinstance(found, Infeasible)
    offered = [change.edits[0].value for change in found.reasons[0].changes]
    assert offered == ["1"]


def test_more_members_of_the_tier_that_others_are_near_to() -> None:
    snapshot = cloud({"a": ("r1", "z1", 2), "b": ("r2", "z1", 2)})
    ensemble = Ensemble(
        (web(2), Tier("db", 1, {"VCPU": 1})),
        (Near("host", ("web",), True, "db"), AntiAffinity("host", ("web",))),
    )
    found = plan(ensemble, snapshot)
    assert isinstance(found, Infeasible)
    offered = [change.edits[0].field for change in found.reasons[0].changes]
    assert offered, "two of db would do, or a policy less"


def test_the_work_of_looking_for_changes_is_bounded() -> None:
    snapshot = racks(("z", 40, 25))
    tiers = tuple(Tier(f"t{n}", 499, {"VCPU": 4}) for n in range(6))
    policies = tuple(Survive("rack", (tier.name,), True, 490, 3) for tier in tiers)
    found = plan(Ensemble(tiers, policies), snapshot)
    assert isinstance(found, Infeasible)
