# SPDX-License-Identifier: Apache-2.0
"""A tenant changes an ensemble that runs, on the drawing with what runs in it."""

from typing import Any

import pytest

from tests.cloud.ensembles import Operator, Project
from tests.ui.axe import violations
from tests.ui.browser import Dashboard
from tests.ui.drawing import drawing

pytestmark = [pytest.mark.cloud, pytest.mark.ui]

BUILD_SECONDS = 240


def _apart(tier: str, enforcement: str = "hard", level: str = "host") -> dict[str, Any]:
    return {"type": "anti-affinity", "level": level, "tiers": [tier], "enforcement": enforcement}


def _changes(page: Dashboard) -> list[tuple[str | None, str | None]]:
    """Who comes and goes, as the page lists it."""
    return [
        (each.get_attribute("data-change"), each.get_attribute("data-member"))
        for each in page.all("[data-change]")
    ]


def _open(page: Dashboard, ensemble: dict[str, Any]) -> None:
    page.open(f"/project/ensembles/{ensemble['id']}/change/")
    drawing(page, "fits")


def _together_and_softly_apart(project: Project) -> dict[str, Any]:
    """An ensemble with two of web on one host, which should be apart by now."""
    body = project.body(
        "grows and shrinks",
        [project.tier("web", 2, networks="none"), project.tier("db", 3, networks="none")],
        {"type": "affinity", "level": "host", "tiers": ["web"]},
        _apart("db"),
    )
    made = project.create(body)
    project.wait(made["id"], "ACTIVE")
    wanted = {"generation": 1, "policies": [_apart("web", "soft"), _apart("db")]}
    assert project.request("PATCH", f"/{made['id']}", {"ensemble": wanted}).status_code == 202
    return made


def test_a_tenant_scales_a_tier_and_makes_a_policy_hard_and_sees_first_what_comes_of_it(
    project: Project, demo: Dashboard
) -> None:
    made = _together_and_softly_apart(project)
    # Somebody comes from the ensemble's page, once it is built.
    demo.open(f"/project/ensembles/{made['id']}/")
    demo.until(lambda: demo.is_shown("a[href$='/change/']"), BUILD_SECONDS)
    demo.click("a[href$='/change/']")
    drawing(demo, "fits")
    assert "Nothing is changed yet." in demo.text("#ens-verdict")
    assert demo.attribute("#ens-submit", "aria-disabled") == "true"
    assert len(demo.all("#ens-picture .ens-member")) == 5, "what runs is in its places"

    demo.click("#t1-more")
    demo.click("#t2-less")
    demo.click("#p3-chip")
    demo.click("#p3-enforcement-hard")
    drawing(demo, "fits")
    [(moves, moved), (new, came), (goes, gone)] = _changes(demo)
    assert (moves, new, goes) == ("moved", "added", "removed")
    assert moved in ("web-0", "web-1") and came == "web-2"
    assert "→" in demo.text("[data-change=moved]"), "from where to where"
    assert demo.all("#ens-picture .is-added[data-member=web-2]")
    assert demo.all(f"#ens-picture .is-removed[data-member={gone}]")
    assert "before:" in demo.text("#ens-worst [data-level=host] [data-tier=web]")
    # The planner's choice is not the tenant's.
    chosen = next(each for each in ("db-0", "db-1", "db-2") if each != gone)
    demo.click("#t2-goes summary")
    demo.click(f"#t2-goes-{chosen}")
    demo.until(lambda: ("removed", chosen) in _changes(demo) and len(_changes(demo)) == 3)
    drawing(demo, "fits")
    assert violations(demo) == []

    demo.click("#ens-submit")
    assert f"deletes the server of {chosen}" in demo.text(".ens-dialog")
    assert violations(demo) == []
    demo.click(".ens-dialog .btn-danger")
    demo.until(lambda: demo.all("#ens-details"))
    demo.until(
        lambda: demo.all("tr[data-member=web-2]") and not demo.all(f"tr[data-member={chosen}]"),
        BUILD_SECONDS,
    )
    found = project.request("GET", f"/{made['id']}").json()["ensemble"]
    assert {each["name"]: each["count"] for each in found["tiers"]} == {"web": 3, "db": 2}
    assert [each["enforcement"] for each in found["policies"]] == ["hard", "hard"]
    hosts = {each["domains"]["host"] for each in found["members"] if each["tier"] == "web"}
    assert len(hosts) == 3


def test_edits_are_kept_when_somebody_else_has_changed_the_ensemble_meanwhile(
    project: Project, demo: Dashboard
) -> None:
    made = project.create(project.body("shared", [project.tier("web", 1, networks="none")]))
    project.wait(made["id"], "ACTIVE")
    _open(demo, made)
    demo.type("#ens-description", "Mine.")
    demo.click("#ens-metadata")
    demo.type("#ens-metadata-rows li:first-child input", "owner")
    demo.type("#ens-metadata-rows li:first-child input + input", "ops")
    drawing(demo, "fits")
    wanted = {"generation": made["generation"], "name": "renamed"}
    assert project.request("PATCH", f"/{made['id']}", {"ensemble": wanted}).status_code == 202
    demo.click("#ens-submit")
    demo.until(lambda: "was changed meanwhile" in demo.text("#ens-verdict"))
    demo.click("#ens-verdict a")
    demo.until(lambda: demo.attribute("#ens-name", "value") == "renamed")
    assert demo.attribute("#ens-description", "value") == "Mine."
    assert violations(demo) == []
    drawing(demo, "fits")
    demo.click("#ens-submit")
    demo.until(lambda: demo.all("#ens-details"))
    found = project.request("GET", f"/{made['id']}").json()["ensemble"]
    assert (found["name"], found["description"]) == ("renamed", "Mine.")
    assert found["metadata"] == {"owner": "ops"}
    assert "owner = ops" in demo.text(".ens-about")
    demo.expect_only(412)


def test_a_change_that_does_not_fit_says_why_and_shows_what_runs(
    project: Project, demo: Dashboard
) -> None:
    made = project.create(
        project.body("too much", [project.tier("web", 2, networks="none")], _apart("web", "hard"))
    )
    project.wait(made["id"], "ACTIVE")
    _open(demo, made)
    demo.type("#t1-count", "60")
    drawing(demo, "refused")
    assert demo.all(".ens-reasons li")
    assert len(demo.all("#ens-picture .ens-member")) == 2
    assert demo.attribute("#ens-submit", "aria-disabled") == "true"
    assert violations(demo) == []


def test_what_does_not_hold_is_mended_from_the_ensemble_s_page_and_the_moves_are_seen_first(
    project: Project, operator: Operator, demo: Dashboard
) -> None:
    made = project.create(
        project.body("is mended", [project.tier("web", 2, networks="none")], _apart("web"))
    )
    built = project.wait(made["id"], "ACTIVE")
    first, second = (each["server_id"] for each in built["members"])
    compute = operator.connection.compute
    target = operator.servers()[second].compute_host
    past_the_scheduler = {"host": target, "block_migration": "auto", "force": True}
    compute.post(
        f"/servers/{first}/action",
        json={"os-migrateLive": past_the_scheduler},
        microversion="2.67",
    ).raise_for_status()

    demo.open(f"/project/ensembles/{made['id']}/")
    demo.until(lambda: demo.is_shown(".ens-mend"), BUILD_SECONDS)
    demo.click(".ens-mend")
    drawing(demo, "fits")
    [(change, moved)] = _changes(demo)
    assert (change, moved) in [("moved", "web-0"), ("moved", "web-1")]
    assert violations(demo) == []
    demo.click("#ens-submit")
    demo.until(lambda: demo.all("#ens-details"))
    project.wait(made["id"], "ACTIVE")
    demo.until(lambda: not demo.all(".ens-mend"), BUILD_SECONDS)
    servers = operator.servers()
    assert servers[first].compute_host != servers[second].compute_host
