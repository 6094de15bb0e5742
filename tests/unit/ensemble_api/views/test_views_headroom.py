# SPDX-License-Identifier: Apache-2.0
"""What callers see of proofs and of the room that is left for what a failure takes."""

from dataclasses import replace

import pytest
from test_views import dry_run

from ensemble_api import views
from ensemble_api.planning import result
from ensemble_api.planning.headroom import DomainRoom, LevelRoom


def rooms(*fits: bool | None) -> tuple[LevelRoom, ...]:
    """Headroom at host level, for each host of the plan in turn."""
    domains = dry_run().topology.domains("host")
    found = zip(domains, fits, strict=True)
    return (LevelRoom("host", tuple(DomainRoom(each, 1, fit, others=2) for each, fit in found)),)


@pytest.mark.parametrize(
    ("fits", "level", "message"),
    [
        pytest.param(
            (True, True, True),
            True,
            "Lost members can be placed again after the loss of any one host, but others may have "
            "to move too.",
            id="room for all",
        ),
        pytest.param(
            (True, None, True),
            None,
            "Whether lost members can be placed again after the loss of any one host is not "
            "decided.",
            id="undecided for one",
        ),
        pytest.param(
            (None, False, True),
            False,
            "Lost members cannot always be placed again after the loss of any one host.",
            id="no room for one, whatever the others",
        ),
    ],
)
def test_the_headroom_of_a_level_is_that_of_its_worst_domain(
    fits: tuple[bool | None, ...], level: bool | None, message: str
) -> None:
    view = views.plan(replace(dry_run(), rooms=rooms(*fits)), "shop", names=True)
    host, rack, _ = views.translated(view)["survivability"]
    assert host["headroom"] == {"fits": level, "message": message}
    said = {
        True: "Lost members can be placed again only if 2 other members move too.",
        False: "Lost members cannot be placed again.",
        None: "Whether lost members can be placed again is not decided.",
    }
    assert [each["room"] for each in host["losses"]] == [
        {"fits": fit, "others": 2, "message": said[fit]} for fit in fits
    ]
    assert "headroom" not in rack


def test_headroom_is_absent_unless_it_was_asked_for() -> None:
    shown = views.plan(dry_run(), "shop", names=True)
    assert all("headroom" not in level for level in shown["survivability"])
    assert all("room" not in loss for level in shown["survivability"] for loss in level["losses"])


@pytest.mark.parametrize("names", [True, False], ids=["an operator", "a tenant"])
def test_packing_is_for_operators_and_no_part_of_the_proof(names: bool) -> None:
    found = dry_run()
    assert isinstance(found.result, result.Plan)
    packing = result.Objective(result.PACKING, 9, 3)
    plan = replace(found.result, objectives=(*found.result.objectives, packing))
    shown = views.plan(replace(found, result=plan), "shop", names=names)
    assert shown["proved"] is True
    assert (result.PACKING in {each["name"] for each in shown["objectives"]}) is names
