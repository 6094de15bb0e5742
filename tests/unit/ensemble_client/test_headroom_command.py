# SPDX-License-Identifier: Apache-2.0
"""`openstack ensemble headroom` through the real shell, against scripted answers over HTTP."""

from collections.abc import Callable
from typing import Any

from tests.fakes.ensemble_answers import refusal
from tests.fakes.scripted_cloud import ScriptedCloud

Run = Callable[..., Any]


def room(name: str, fits: bool | None, *without: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "name": name,
        "path": ["az1", name],
        "members": 4,
        "ensembles": 2,
        "fits": fits,
        "message": f"What follows {name}.",
        "without": list(without),
        "cure": None,
        **more,
    }


LACKING = {"ensemble_name": "shop\x1b", "members": 3, "missing": 1, "fits": False}
CURE = {"host": "h9", "resources": {"VCPU": 4}, "message": "It would be enough."}
TOTALS = {
    "fits": 1,
    "does_not_fit": 1,
    "not_decided": 0,
    "ensembles": 5,
    "ensembles_without": 2,
    "left_out": 0,
}
AS_OF = "2026-11-28T12:03:00Z"


def page(*rooms: dict[str, Any], **totals: int) -> dict[str, Any]:
    return {
        "level": "rack",
        "as_of": AS_OF,
        "headroom": list(rooms),
        "found": 2,
        "first": 1,
        "totals": TOTALS | totals,
    }


def test_the_worst_comes_first_with_who_lacks_a_place_and_a_cure(
    fake: ScriptedCloud, openstack: Run
) -> None:
    answer = page(room("r1", False, LACKING, cure=CURE), room("r2", True))
    fake.on("GET", "/headroom", (200, answer))
    done = openstack("ensemble", "headroom", "--level", "rack")
    assert done.code == 0, done.err
    assert fake.asked[-1].query == {"level": ["rack"], "limit": ["1000"]}
    rows = done.out.splitlines()
    (first,) = [row for row in rows if "az1/r1" in row]
    for each in ("What follows r1.", "shop\\u001b: 1 of 3", "It would be enough."):
        assert each in first
    (last,) = [row for row in rows if "az1/r2" in row]
    for row in (first, last):
        assert [cell.strip() for cell in row.split("|")][2:4] == ["4", "2"], "members, ensembles"
    assert rows[-3:] == [
        "All members find places after 1 of 2 failures.",
        "Ensembles that some failure leaves with members without a place: 2 of 5.",
        f"As of {AS_OF}.",
    ]


def test_all_pages_are_asked_for_and_what_is_open_is_said(
    fake: ScriptedCloud, openstack: Run
) -> None:
    href = "http://nova/v2.1/os-ensembles/headroom?level=rack&limit=1000&marker=at+az1%2Fr1"
    more = {"headroom_links": [{"rel": "next", "href": href}]}
    totals = {
        "fits": 0, "does_not_fit": 0, "not_decided": 2, "ensembles_without": 0, "left_out": 3
    }  # fmt: skip
    fake.on(
        "GET",
        "/headroom",
        (200, page(room("r1", None), **totals) | more),
        (200, page(room("r2", None), **totals)),
    )
    done = openstack("ensemble", "headroom", "--level", "rack")
    assert fake.asked[-1].query == {"level": ["rack"], "limit": ["1000"], "marker": ["at az1/r1"]}
    assert done.out.splitlines()[-4:] == [
        "All members find places after 0 of 2 failures.",
        "Not decided: 2.",
        "Ensembles that were not looked at: 3.",
        f"As of {AS_OF}.",
    ]


def test_a_limit_ends_the_list(fake: ScriptedCloud, openstack: Run) -> None:
    more = {"headroom_links": [{"rel": "next", "href": "http://nova/?marker=x"}]}
    fake.on("GET", "/headroom", (200, page(room("r1", True)) | more))
    assert openstack("ensemble", "headroom", "--limit", "1").code == 0
    assert [each.query for each in fake.asked if each.path.endswith("/headroom")] == [
        {"limit": ["1"]}
    ]


def test_a_cloud_without_members_is_said_and_a_refusal_too(
    fake: ScriptedCloud, openstack: Run
) -> None:
    fake.on("GET", "/headroom", (200, page(fits=0, does_not_fit=0)))
    assert "No host holds members." in openstack("ensemble", "headroom").out
    fake.on("GET", "/headroom", refusal(400, "must be one of", field="level"))
    done = openstack("ensemble", "headroom", "--level", "row")
    assert (done.code, "must be one of" in done.err) == (1, True)
