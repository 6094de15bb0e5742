# SPDX-License-Identifier: Apache-2.0
"""The commands set and scale: a preview first, which is then what is done."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.ensemble_answers import ensemble, plan, refusal
from tests.fakes.scripted_cloud import ScriptedCloud

PLAN = plan()
KEY = ensemble("ACTIVE")["id"]
ONE = f"/{KEY}"
OPERATION = {"id": "5" * 36, "type": "change", "status": "RUNNING"}
Run = Callable[..., Any]


def changing(**more: Any) -> dict[str, Any]:
    return ensemble("ACTIVE", settled=False, operation=OPERATION, **more)


NOBODY = dict.fromkeys(("added", "removed", "released", "moved", "outdated"), ())


def preview(**change: Any) -> Any:
    return 200, {"plan": PLAN, "change": {**NOBODY, **change}}


def test_scale_says_who_comes_and_goes_and_does_just_that(
    fake: ScriptedCloud, openstack: Run
) -> None:
    fake.on("GET", ONE, (200, {"ensemble": ensemble("ACTIVE")}))
    asked = preview(added=["web-2"], removed=["cache-0"])
    fake.on("PATCH", ONE, asked, (202, {"ensemble": changing()}))
    done = openstack("ensemble", "scale", KEY, "web=3", "--remove", "cache-0")
    assert done.code == 0
    assert done.err.splitlines()[:2] == ["Added: web-2", "Removed: cache-0"]
    first, second = (each for each in fake.asked if each.method == "PATCH")
    assert first.query == {"dry_run": ["1"]}
    wanted = {
        "ensemble": {
            "generation": 1,
            "tiers": [{"name": "web", "count": 3}, {"name": "cache", "count": 1}],
        },
        "remove": ["cache-0"],
    }
    assert first.body == wanted
    assert second.body == {**wanted, "plan": PLAN["id"]}


def test_a_dry_run_changes_nothing(fake: ScriptedCloud, openstack: Run) -> None:
    fake.on("GET", ONE, (200, {"ensemble": ensemble("ACTIVE")}))
    fake.on("PATCH", ONE, preview(added=[], removed=[]))
    done = openstack("ensemble", "scale", KEY, "web=2", "--dry-run")
    assert done.code == 0
    assert done.err.splitlines()[0] == "No server is added, moved or removed."
    assert done.err.splitlines()[-1] == "Nothing was changed."
    assert [each.query for each in fake.asked if each.method == "PATCH"] == [{"dry_run": ["1"]}]


def test_a_tier_that_is_not_there_is_named(fake: ScriptedCloud, openstack: Run) -> None:
    fake.on("GET", ONE, (200, {"ensemble": ensemble("ACTIVE")}))
    done = openstack("ensemble", "scale", KEY, "db=3")
    assert (done.code, done.err.strip()) == (1, "shop has no tier db; it has web, cache.")


def test_a_count_that_is_none_is_refused_at_once(openstack: Run) -> None:
    done = openstack("ensemble", "scale", KEY, "web=many")
    assert done.code == 2
    assert "'many' is not a count from 1 up" in done.err


def test_scale_waits_until_the_change_is_done_or_says_why_it_was_undone(
    fake: ScriptedCloud, openstack: Run, pauses: list[float]
) -> None:
    fake.on("GET", ONE, (200, {"ensemble": ensemble("ACTIVE")}))
    asked = preview(added=["web-2"], removed=[])
    fake.on("PATCH", ONE, asked, (202, {"ensemble": changing()}))
    ended = {**OPERATION, "status": "FAILED", "reason": {"message": "Nova refused web-2."}}
    fake.on("GET", f"{ONE}/operations/{OPERATION['id']}", (200, {"operation": ended}))
    done = openstack("ensemble", "scale", KEY, "web=3", "--wait")
    assert done.code == 1
    assert done.err.splitlines()[-1] == "shop is as it was before: Nova refused web-2."
    assert pauses == [2.0]


def test_a_name_is_set_without_a_preview(fake: ScriptedCloud, openstack: Run) -> None:
    fake.on("GET", ONE, (200, {"ensemble": ensemble("ACTIVE")}))
    fake.on("PATCH", ONE, (202, {"ensemble": ensemble("ACTIVE", name="store")}))
    done = openstack("ensemble", "set", KEY, "--name", "store", "--description", "Sells things.")
    assert done.code == 0
    (sent,) = (each for each in fake.asked if each.method == "PATCH")
    assert sent.body == {
        "ensemble": {"generation": 1, "name": "store", "description": "Sells things."}
    }


def test_properties_are_set_and_unset_and_the_others_stay(
    fake: ScriptedCloud, openstack: Run
) -> None:
    metadata = {"owner": "ops", "site": "b", "team": "web"}
    fake.on("GET", ONE, (200, {"ensemble": ensemble("ACTIVE", metadata=metadata)}))
    fake.on("PATCH", ONE, (202, {"ensemble": ensemble("ACTIVE", metadata={"owner": "a=b"})}))
    done = openstack(
        "ensemble", "set", KEY, "--property", "owner=a=b", "--property", "new key=",
        "--unset-property", "site",
    )  # fmt: skip
    assert done.code == 0
    assert "owner='a=b'" in done.out
    (sent,) = (each for each in fake.asked if each.method == "PATCH")
    assert sent.body["ensemble"] == {
        "generation": 1,
        "metadata": {"owner": "a=b", "new key": "", "team": "web"},
    }


def test_a_property_that_is_not_there_is_named(fake: ScriptedCloud, openstack: Run) -> None:
    fake.on("GET", ONE, (200, {"ensemble": ensemble("ACTIVE")}))
    done = openstack("ensemble", "set", KEY, "--unset-property", "site")
    assert (done.code, done.err.strip()) == (1, "shop has no property site.")


def test_what_is_done_by_itself_is_set_and_the_rest_of_it_stays(
    fake: ScriptedCloud, openstack: Run
) -> None:
    before = {"mode": "auto", "delay": 5, "at_once": 10, "locked": "leave", "rebalance": "manual"}
    after = {**before, "delay": 60, "at_once": 3, "rebalance": "auto"}
    said = [{"code": "recovery.by-command", "message": "Servers get other places."}]
    fake.on("GET", ONE, (200, {"ensemble": ensemble("ACTIVE", recovery=before)}))
    changed = ensemble("ACTIVE", recovery=after, recovery_messages=said)
    fake.on("PATCH", ONE, (202, {"ensemble": changed}))
    done = openstack(
        "ensemble", "set", KEY, "--recovery-delay", "60", "--recovery-at-once", "3",
        "--recovery-rebalance", "auto",
    )  # fmt: skip
    assert done.code == 0, done.err
    assert "Servers get other places." in done.out
    (sent,) = (each for each in fake.asked if each.method == "PATCH")
    assert sent.body == {"ensemble": {"generation": 1, "recovery": after}}


RESERVES = [
    (["--recovery-reserve", "rack"], {"mode": "auto", "reserve": {"level": "rack"}}),
    (
        ["--recovery-reserve", "host:2"],
        {"mode": "auto", "reserve": {"level": "host", "failures": 2}},
    ),
    (["--no-recovery-reserve"], {"mode": "auto"}),
]


@pytest.mark.parametrize(("options", "after"), RESERVES, ids=["one rack", "two hosts", "none"])
def test_capacity_is_held_for_recovery_or_no_longer(
    fake: ScriptedCloud, openstack: Run, options: list[str], after: dict[str, Any]
) -> None:
    before = {"mode": "auto", "reserve": {"level": "zone", "failures": 1}}
    reserve = {"status": "not-held", "since": None, "message": "It is being looked for."}
    fake.on("GET", ONE, (200, {"ensemble": ensemble("ACTIVE", recovery=before)}))
    changed = ensemble("ACTIVE", recovery=after, reserve=reserve)
    fake.on("PATCH", ONE, (202, {"ensemble": changed}))
    done = openstack("ensemble", "set", KEY, *options)
    assert done.code == 0, done.err
    assert "It is being looked for." in done.out
    (sent,) = (each for each in fake.asked if each.method == "PATCH")
    assert sent.body == {"ensemble": {"generation": 1, "recovery": after}}


@pytest.mark.parametrize("wrong", ["", ":1", "rack:", "rack:0", "rack:x"])
def test_a_reserve_that_is_none_is_refused(fake: ScriptedCloud, openstack: Run, wrong: str) -> None:
    done = openstack("ensemble", "set", KEY, "--recovery-reserve", wrong)
    assert done.code != 0
    assert "--recovery-reserve" in done.err
    assert fake.asked == []


def test_a_tier_is_told_to_be_built_anew_and_another_not_to(
    fake: ScriptedCloud, openstack: Run
) -> None:
    fake.on("GET", ONE, (200, {"ensemble": ensemble("ACTIVE")}))
    fake.on("PATCH", ONE, preview(), (202, {"ensemble": ensemble("ACTIVE")}))
    done = openstack("ensemble", "set", KEY, "--rebuild", "web", "--no-rebuild", "cache")
    assert done.code == 0, done.err
    sent = [each for each in fake.asked if each.method == "PATCH"]
    assert sent[-1].body["ensemble"]["tiers"] == [
        {"name": "web", "count": 2, "recovery": {"rebuild": True}},
        {"name": "cache", "count": 1, "recovery": {"rebuild": False}},
    ]


def test_a_tier_that_cannot_be_built_anew_since_it_is_not_there_is_named(
    fake: ScriptedCloud, openstack: Run
) -> None:
    fake.on("GET", ONE, (200, {"ensemble": ensemble("ACTIVE")}))
    done = openstack("ensemble", "set", KEY, "--rebuild", "db")
    assert (done.code, done.err.strip()) == (1, "shop has no tier db; it has web, cache.")


def test_set_takes_tiers_and_policies_from_a_file(
    fake: ScriptedCloud, openstack: Run, tmp_path: Path
) -> None:
    file = tmp_path / "shop.yaml"
    file.write_text(
        "name: shop\ntiers:\n- name: web\n  count: 4\n  server: {flavor: '1', image: cirros}\n"
    )
    fake.on("GET", ONE, (200, {"ensemble": ensemble("ACTIVE")}))
    fake.on("PATCH", ONE, preview(added=[], removed=[]))
    openstack("ensemble", "set", KEY, "--file", str(file), "--dry-run")
    (sent,) = (each for each in fake.asked if each.method == "PATCH")
    assert sent.body["ensemble"]["tiers"][0]["count"] == 4
    assert sent.body["ensemble"]["policies"] == []


def test_what_does_not_hold_is_mended_as_it_was_shown(fake: ScriptedCloud, openstack: Run) -> None:
    fake.on("GET", ONE, (200, {"ensemble": ensemble("ACTIVE")}))
    fake.on("PATCH", ONE, preview(), (202, {"ensemble": changing()}))
    done = openstack("ensemble", "set", KEY, "--mend")
    assert done.code == 0, done.err
    first, second = (each for each in fake.asked if each.method == "PATCH")
    assert first.body == {"ensemble": {"generation": 1}, "mend": True}
    assert second.body == {**first.body, "plan": PLAN["id"]}


def test_set_without_anything_to_set_says_what_there_is(
    fake: ScriptedCloud, openstack: Run
) -> None:
    fake.on("GET", ONE, (200, {"ensemble": ensemble("ACTIVE")}))
    done = openstack("ensemble", "set", KEY)
    assert done.code == 1
    assert "--recovery-reserve, --rebuild, --no-rebuild, --file or --mend" in done.err


def test_somebody_else_was_quicker(fake: ScriptedCloud, openstack: Run) -> None:
    fake.on("GET", ONE, (200, {"ensemble": ensemble("ACTIVE")}))
    words = "The ensemble was changed since you have looked at it."
    fake.on("PATCH", ONE, refusal(412, words, code="ensemble.generation", generation=2))
    done = openstack("ensemble", "set", KEY, "--name", "store")
    assert done.code == 1
    assert words in done.err


def test_cancel_waits_until_a_change_is_undone(
    fake: ScriptedCloud, openstack: Run, pauses: list[float]
) -> None:
    fake.on("GET", ONE, (200, {"ensemble": changing()}), (200, {"ensemble": ensemble("ACTIVE")}))
    fake.on("POST", f"{ONE}/action", (202, {"ensemble": changing()}))
    done = openstack("ensemble", "cancel", KEY, "--wait")
    assert done.code == 0
    assert pauses == [2.0]


def asked_for(fake: ScriptedCloud) -> Any:
    """The body of the change, after its preview with the same one."""
    first, second = (each.body for each in fake.asked if each.method == "PATCH")
    assert second == {**first, "plan": PLAN["id"]}
    return first


def test_a_member_is_taken_out_and_its_tier_counts_one_less(
    fake: ScriptedCloud, openstack: Run
) -> None:
    fake.on("GET", ONE, (200, {"ensemble": ensemble("ACTIVE")}))
    fake.on("PATCH", ONE, preview(released=["web-1"]), (202, {"ensemble": changing()}))
    done = openstack("ensemble", "member", "remove", KEY, "web-1", "--keep")
    assert done.code == 0
    assert done.err.splitlines()[0] == "Removed, its server kept: web-1"
    tiers = [{"name": "web", "count": 1}, {"name": "cache", "count": 1}]
    assert asked_for(fake) == {
        "ensemble": {"generation": 1, "tiers": tiers},
        "release": ["web-1"],
    }


def test_the_last_member_of_a_tier_takes_its_tier_along(
    fake: ScriptedCloud, openstack: Run
) -> None:
    fake.on("GET", ONE, (200, {"ensemble": ensemble("ACTIVE")}))
    fake.on("PATCH", ONE, preview(removed=["cache-0"]), (202, {"ensemble": changing()}))
    assert openstack("ensemble", "member", "remove", KEY, "cache-0").code == 0
    apart = {"type": "anti-affinity", "level": "host", "tiers": ["web"], "max_per_domain": 1}
    assert asked_for(fake) == {
        "ensemble": {
            "generation": 1,
            "tiers": [{"name": "web", "count": 2}],
            "policies": [apart],
        },
        "remove": ["cache-0"],
    }


def test_what_policies_say_of_a_tier_goes_with_it_and_the_rest_stays(
    fake: ScriptedCloud, openstack: Run
) -> None:
    both = ["web", "cache"]
    policies: list[dict[str, Any]] = [
        {"type": "anti-affinity", "level": "host", "tiers": both, "message": "Apart."},
        {"type": "survive", "level": "rack", "tiers": both, "message": "Survives."},
        {"type": "near", "level": "rack", "tiers": ["web"], "to": "cache", "message": "Near."},
        {"type": "exclusive", "level": "host", "tiers": ["cache"], "message": "Alone."},
    ]
    policies = [{**each, "holds": True, "enforcement": "soft"} for each in policies]
    fake.on("GET", ONE, (200, {"ensemble": ensemble("ACTIVE", policies=policies)}))
    fake.on("PATCH", ONE, preview(released=["cache-0"]), (202, {"ensemble": changing()}))
    done = openstack("ensemble", "member", "remove", KEY, "cache-0", "--keep")
    assert (done.code, done.err.splitlines()[:3]) == (
        0,
        [f"Goes with its tier: {said}" for said in ("Apart.", "Near.", "Alone.")],
    )
    assert asked_for(fake)["ensemble"]["policies"] == [
        {"type": "survive", "level": "rack", "tiers": ["web"], "enforcement": "soft"}
    ]


def test_the_last_members_of_all_are_not_taken_out(fake: ScriptedCloud, openstack: Run) -> None:
    fake.on("GET", ONE, (200, {"ensemble": ensemble("ACTIVE")}))
    done = openstack("ensemble", "member", "remove", KEY, "cache-0", "web-0", "web-1")
    assert done.code == 1
    told = "shop would have no member left. To keep its servers as plain ones:"
    assert done.err.splitlines() == [
        f"{told} openstack --os-cloud fake ensemble release {KEY}",
        f"To remove them: openstack --os-cloud fake ensemble delete {KEY}",
    ]


def test_a_member_is_replaced_by_one_that_is_built_before(
    fake: ScriptedCloud, openstack: Run
) -> None:
    fake.on("GET", ONE, (200, {"ensemble": ensemble("ACTIVE")}))
    asked = preview(added=["web-2"], removed=["web-0"])
    fake.on("PATCH", ONE, asked, (202, {"ensemble": changing()}))
    assert openstack("ensemble", "member", "replace", KEY, "web-0").code == 0
    assert asked_for(fake) == {"ensemble": {"generation": 1}, "replace": ["web-0"]}


def test_a_member_that_is_not_there_is_named(fake: ScriptedCloud, openstack: Run) -> None:
    fake.on("GET", ONE, (200, {"ensemble": ensemble("ACTIVE")}))
    done = openstack("ensemble", "member", "remove", KEY, "web-9")
    assert (done.code, done.err.strip()) == (1, "shop has no member web-9.")


def test_who_moves_is_told_with_the_hosts_as_the_tenant_knows_them(
    fake: ScriptedCloud, openstack: Run
) -> None:
    fake.on("GET", ONE, (200, {"ensemble": ensemble("ACTIVE")}))
    hosts = [each for each in PLAN["domains"] if each["level"] == "host"]
    ends = [{"host": each["ref"]} for each in hosts[:2]]
    moved = [{"member": "web-1", "from": ends[0], "to": ends[1]}]
    fake.on("PATCH", ONE, preview(moved=moved))
    done = openstack("ensemble", "scale", KEY, "web=2", "--dry-run")
    labels = [each["label"] for each in hosts]
    assert done.err.splitlines()[0] == f"Moved: web-1, from {labels[0]} to {labels[1]}"
