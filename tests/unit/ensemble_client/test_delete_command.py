# SPDX-License-Identifier: Apache-2.0
"""The commands delete and cancel: several at once, and waiting until nothing is left."""

from collections.abc import Callable
from typing import Any

from tests.fakes.ensemble_answers import ensemble, listed, not_found, refusal
from tests.fakes.scripted_cloud import ScriptedCloud

KEY = ensemble("ACTIVE")["id"]
ONE = f"/{KEY}"
OTHER = "00000000-0000-0000-0000-000000000008"
Run = Callable[..., Any]


def test_delete_removes_several_and_waits_for_all(
    fake: ScriptedCloud, openstack: Run, pauses: list[float]
) -> None:
    fake.on("GET", "", (200, {"ensembles": [listed("ACTIVE")]}))
    other = ensemble("ACTIVE", id=OTHER, name="blog")
    fake.on("GET", f"/{OTHER}", (200, {"ensemble": other}), not_found())
    fake.on("GET", ONE, (200, {"ensemble": ensemble("DELETING")}), not_found())
    fake.on("DELETE", ONE, (202, None))
    fake.on("DELETE", f"/{OTHER}", (202, None))
    done = openstack("ensemble", "delete", "shop", OTHER, "--wait")
    assert (done.code, done.out) == (0, "")
    assert [line.rpartition(" (")[0] for line in done.err.splitlines()] == [
        "shop: 0 of 3 members are removed.",
        "blog: gone",
        "shop: gone",
    ]  # fmt: skip
    assert pauses == [2.0, 2.5]


def test_delete_goes_on_after_one_that_fails(fake: ScriptedCloud, openstack: Run) -> None:
    fake.on("GET", "", (200, {"ensembles": [listed("ACTIVE")]}))
    fake.on("DELETE", ONE, (202, None))
    done = openstack("ensemble", "delete", "nothing", "shop")
    assert done.code == 1
    assert done.err.splitlines() == [
        "No ensemble has the name or id nothing.",
        "1 of 2 ensembles failed to delete.",
    ]
    assert fake.asked[-1].method == "DELETE"


def test_cancel_waits_until_nothing_is_left(fake: ScriptedCloud, openstack: Run) -> None:
    fake.on("GET", "", (200, {"ensembles": [listed("BUILDING")]}))
    fake.on("GET", ONE, (200, {"ensemble": ensemble("DELETING")}), not_found())
    fake.on("POST", f"{ONE}/action", (202, {"ensemble": ensemble("DELETING")}))
    done = openstack("ensemble", "cancel", "shop", "--wait")
    assert (done.code, done.out) == (0, "")
    assert done.err.splitlines()[-1].startswith("shop: gone")
    assert {"cancel": None} in [asked.body for asked in fake.asked]
    assert "DELETE" not in {asked.method for asked in fake.asked}


def test_cancel_of_what_is_built_says_so_and_deletes_nothing(
    fake: ScriptedCloud, openstack: Run
) -> None:
    fake.on("GET", "", (200, {"ensembles": [listed("ACTIVE")]}))
    built = "There is no build to cancel: all its members are built."
    fake.on("POST", f"{ONE}/action", refusal(409, built, code="ensemble.conflict"))
    done = openstack("ensemble", "cancel", "shop")
    assert (done.code, done.err) == (1, f"{built}\n")
    done = openstack("ensemble", "cancel", "shop", "nothing")
    assert done.err.splitlines()[-1] == "2 of 2 ensembles failed to cancel."
    assert "DELETE" not in {asked.method for asked in fake.asked}
