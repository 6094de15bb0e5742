# SPDX-License-Identifier: Apache-2.0
"""The commands about racks and zones that are maintained, against a scripted API."""

from collections.abc import Callable
from typing import Any

import pytest

from ensemble_client.osc.v1.domain import IDLE_LOOKS, DrainDomain
from tests.fakes.scripted_cloud import ScriptedCloud

Run = Callable[..., Any]

CALLED_OFF = "The drain was cancelled."


def a_rack(members: int, state: str = "draining", **more: Any) -> dict[str, Any]:
    """A rack as the API shows it."""
    return {
        "level": "rack",
        "name": "r1",
        "path": ["az1", "r1"],
        "state": state,
        "message": CALLED_OFF if state == "cancelled" else "So it is.",
        "members": members,
        "ensembles": min(members, 1),
        "hosts": [{"host": "h1", "state": "disabled", "drain": "draining", "members": members}],
        "found": 1,
        "moving": [],
    } | more


def tried(**each: Any) -> dict[str, Any]:
    """What would come of a drain of one ensemble."""
    one = {"ensemble_name": "shop", "members": ["web-0"], "blocked": [], "fits": True}
    one |= {"moves": [], "message": "Moves: web-0 to h2.", "reasons": [], "waits": None} | each
    return {"fits": one["fits"], "message": "Is it so?", "ensembles": [one]}


MOVING = [{"ensemble_name": "shop", "progress": {"message": "A server is being moved."}}]


@pytest.fixture
def unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(DrainDomain, "pause", staticmethod(lambda _: None))


def test_a_rack_is_shown_with_its_hosts_and_its_drain_only_when_that_is_checked(
    fake: ScriptedCloud, openstack: Run
) -> None:
    wait = tried(waits="It waits.", blocked=[{"member": "web-0", "message": "web-0 is locked."}])
    fake.on(
        *("GET", "/domains/rack/r1"),
        (200, {"domain": a_rack(1, moving=MOVING)}),
        (200, {"domain": a_rack(1, drain=wait)}),
    )
    plain = openstack("ensemble", "domain", "show", "rack", "r1").out
    for part in ("az1/r1", "h1: disabled, members: 1", "shop: A server is being moved."):
        assert part in plain
    assert "Is it so?" not in plain
    checked = openstack(
        "ensemble", "domain", "show", "rack", "r1", "--within", "zone=az1", "--check-drain"
    ).out
    for part in ("Is it so?", "shop: Moves: web-0 to h2.", "web-0 is locked.", "It waits."):
        assert part in checked
    assert fake.asked[1].query == {"check": ["1"], "limit": ["1000"], "zone": ["az1"]}


@pytest.mark.usefixtures("unhurried")
def test_a_drain_is_waited_for_until_nobody_is_left(fake: ScriptedCloud, openstack: Run) -> None:
    fake.on("POST", "/domains/rack/r1/action", (202, {"domain": a_rack(2, drain=tried())}))
    looks = [a_rack(2, "none"), a_rack(2, moving=MOVING), a_rack(1), a_rack(0, "drained")]
    fake.on("GET", "/domains/rack/r1", *((200, {"domain": each}) for each in looks))
    done = openstack("ensemble", "domain", "drain", "rack", "r1", "--wait")
    assert (done.code, done.err) == (0, "Members in r1: 2\nMembers in r1: 1\n")
    assert fake.asked[0].body == {"drain": {"dry_run": False}}


@pytest.mark.usefixtures("unhurried")
@pytest.mark.parametrize(
    ("looks", "said"),
    [
        pytest.param(
            [a_rack(1), a_rack(1, drain=tried(fits=False, message="They cannot leave."))],
            "Not all members can leave r1:\nshop: They cannot leave.",
            id="who is left cannot leave",
        ),
        pytest.param(
            [a_rack(1), a_rack(1, "cancelled")],
            f"r1 is not drained any more: {CALLED_OFF}",
            id="somebody has cancelled it",
        ),
        pytest.param(
            [a_rack(1, drain=tried(waits="It waits."))] * (IDLE_LOOKS + 2),
            "Not all members can leave r1:\nshop: Moves: web-0 to h2.\nIt waits.",
            id="nobody moves for a minute",
        ),
    ],
)
def test_a_wait_in_vain_ends_with_what_is_in_the_way(
    fake: ScriptedCloud, openstack: Run, looks: list[Any], said: str
) -> None:
    fake.on("POST", "/domains/rack/r1/action", (202, {"domain": a_rack(1, drain=tried())}))
    fake.on("GET", "/domains/rack/r1", *((200, {"domain": each}) for each in looks))
    done = openstack("ensemble", "domain", "drain", "rack", "r1", "--wait")
    assert (done.code, done.err) == (1, f"Members in r1: 1\n{said}\n")


def test_a_dry_run_changes_nothing_and_a_cancel_ends_a_drain(
    fake: ScriptedCloud, openstack: Run
) -> None:
    fake.on(
        *("POST", "/domains/rack/r1/action"),
        (200, {"domain": a_rack(1, "none", drain=tried())}),
        (202, {"domain": a_rack(1, "cancelled")}),
    )
    dry = openstack("ensemble", "domain", "drain", "rack", "r1", "--dry-run", "--wait")
    assert (dry.code, dry.err) == (0, "Nothing was changed.\n")
    over = openstack("ensemble", "domain", "drain", "rack", "r1", "--cancel")
    assert over.code == 0
    assert CALLED_OFF in over.out
    assert [each.body for each in fake.asked] == [{"drain": {"dry_run": True}}, {"cancel": None}]


def test_a_larger_domain_is_named_by_its_level(fake: ScriptedCloud, openstack: Run) -> None:
    done = openstack("ensemble", "domain", "show", "rack", "r1", "--within", "az1")
    assert done.code == 2
    assert "'az1' is not of the form <level>=<name>" in done.err
    assert fake.asked == []
