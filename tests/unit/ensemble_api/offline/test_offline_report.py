# SPDX-License-Identifier: Apache-2.0
"""What a dry run on documents finds, and how it is told."""

from dataclasses import replace
from typing import Any

import pytest
from documents import a_cloud, a_host, a_tier, an_ensemble, understood, wanted

from ensemble_api import views
from ensemble_api.offline.dry_run import dry_run
from ensemble_api.offline.report import report
from ensemble_api.planning.headroom import DomainRoom, LevelRoom
from ensemble_api.planning.message import legacy_text
from ensemble_api.planning.result import Infeasible, Objective, Plan, Reason, Violation
from ensemble_api.results.dry_run import DryRun


def anti_affinity(level: str, *tiers: str, **more: Any) -> dict[str, Any]:
    return {"type": "anti-affinity", "level": level, "tiers": list(tiers), **more}


def told(cloud: Any, ensemble: Any, *fail: str, rooms: bool = True) -> str:
    where, what = understood(cloud), wanted(ensemble)
    failed = [where.domain(text) for text in fail]
    found = dry_run(where, what, failed, rooms=rooms)
    return "\n".join(report(found, where, what.name, failed))


def test_a_plan_is_a_table_of_names_with_what_follows() -> None:
    """All by hand, so that the words alone are looked at."""
    where, what = understood(a_cloud()), wanted(an_ensemble(a_tier("web", 3), a_tier("db", 1)))
    hosts = dict(zip(what.ensemble.members, ("h4", "h1", "h3", "h1"), strict=True))
    objectives = (Objective("soft violations", 1, 1), Objective("packing", 9, 7))
    missed = Violation(
        0, "zone", (), ("web",), 1, legacy_text("at most 1 of web in a zone: 1 too many")
    )
    plan = Plan(what.ensemble, hosts, objectives, (missed,))
    racks = where.topology.domains("rack")
    full = Reason("no-capacity", legacy_text("web has 3 members, and there is room for 2."))
    rooms = (
        LevelRoom("host", (DomainRoom(where.topology.domains("host")[0], 2, True),)),
        LevelRoom(
            "rack", (DomainRoom(racks[0], 2, False, 0, (full,)), DomainRoom(racks[1], 1, True))
        ),
    )
    lines = report(DryRun(plan, where.topology, rooms), where, "shop", ())
    assert (
        "\n".join(lines)
        == """\
The cloud has 4 hosts, 3 racks and 2 zones; 4 hosts are up.

shop: 4 members, proved optimal.

Zone  Rack  Host  Members
----  ----  ----  -----------
az1   r1    h1    web-1, db-0
az1   r2    h3    web-2
az2   r1    h4    web-0

Objectives, the most important first:
  shortfalls of soft policies: 1, proved optimal
  packing of hosts: best 9, bound 7
Soft policies that are not met:
  at most 1 of web in a zone: 1 too many
What survives failures:
  The ensemble is down after the loss of any one host: nothing of db is left.
  At worst, 2 of 3 web and 0 of 1 db are left after the loss of any one host.
  At worst, 1 of 3 web and 0 of 1 db are left after the loss of any 2 hosts.
  The ensemble is down after the loss of any one rack: nothing of db is left.
  At worst, 2 of 3 web and 0 of 1 db are left after the loss of any one rack.
  At worst, 1 of 3 web and 0 of 1 db are left after the loss of any 2 racks.
  The ensemble is down after the loss of any one zone: nothing of db is left.
  At worst, 1 of 3 web and 0 of 1 db are left after the loss of any one zone.
Headroom, whether lost members can be placed again:
  Lost members can be placed again after the loss of any one host.
  Lost members cannot always be placed again after the loss of any one rack.
    az1/r1 (2 members): web has 3 members, and there is room for 2."""
    )


def test_a_refusal_says_why_and_what_would_fit() -> None:
    text = told(a_cloud(), an_ensemble(a_tier("web", 4), policies=[anti_affinity("rack", "web")]))
    assert "shop does not fit.\n- “web” needs at least 4 racks" in text
    assert "It would fit after any one of these changes:\n  * Relax “at most 1" in text


def test_failed_domains_are_said_and_not_used() -> None:
    web = an_ensemble(a_tier("web", 2), policies=[anti_affinity("host", "web")])
    text = told(a_cloud(), web, "rack:az1/r1", "host:h4", rooms=False)
    assert "Planned without rack az1/r1 and host az2/r1/h4." in text
    assert "shop does not fit." in text
    one = told(a_cloud(), an_ensemble(a_tier("web", 1)), "rack:az1/r1", "host:h4", rooms=False)
    assert "az1   r2    h3    web-0" in one
    assert "Headroom" not in one


def test_a_tier_that_one_failure_takes_is_named() -> None:
    text = told(a_cloud(), an_ensemble(a_tier("db", 1)), rooms=False)
    assert "after the loss of any one host: nothing of db is left." in text


def test_many_domains_without_room_are_cut_short() -> None:
    hosts = [a_host(f"h{n}", f"r{n}", "az1", 1) for n in range(8)]
    ensemble = an_ensemble(a_tier("web", 8), policies=[anti_affinity("host", "web")])
    text = told(a_cloud(*hosts), ensemble)
    assert "Lost members cannot always be placed again after the loss of any one host." in text
    assert "and 3 more" in text


def test_head_room_that_is_not_simply_there_is_told_apart() -> None:
    where, what = understood(a_cloud()), wanted(an_ensemble(a_tier("web", 2)))
    found = dry_run(where, what, rooms=False)
    first, second, *_ = where.topology.domains("host")
    moved, open_ = DomainRoom(first, 2, True, 1), DomainRoom(second, 1, None)
    rooms = [LevelRoom("host", (moved,)), LevelRoom("host", (moved, open_))]
    lines = list(report(replace(found, rooms=tuple(rooms)), where, "shop", ()))
    others_move = (
        "Lost members can be placed again after the loss of any one host, but others may have to "
        "move too."
    )
    one_moves = "Lost members can be placed again only if 1 other member moves too."
    assert lines[-5:] == [
        f"  {others_move}",
        f"    az1/r1/h1 (2 members): {one_moves}",
        "  Whether lost members can be placed again after the loss of any one host is not decided.",
        "    az1/r1/h2 (1 member): Whether lost members can be placed again is not decided.",
        f"    az1/r1/h1 (2 members): {one_moves}",
    ]


def test_as_json_it_is_what_the_api_answers() -> None:
    where, what = understood(a_cloud()), wanted(an_ensemble())
    found = dry_run(where, what, rooms=True)
    assert isinstance(found.result, Plan)
    view = views.plan(found, "", names=True, capacity=True)
    assert view["feasible"]
    assert {each["name"] for each in view["domains"] if each["level"] == "host"} == set(
        found.result.assignment.values()
    )
    assert all("headroom" in level for level in view["survivability"])


@pytest.mark.parametrize("kind", ["project", "ensemble"])
def test_exclusive_policies_keep_away_from_others(kind: str) -> None:
    cloud = a_cloud(a_host("h1", "r1", "az1", others=[kind]), a_host("h2", "r1", "az1"))
    alone = {"type": "exclusive", "level": "host", "tiers": ["web"], "other": kind}
    fits = wanted(an_ensemble(a_tier("web", 1), policies=[alone]))
    found = dry_run(understood(cloud), fits, rooms=False).result
    assert isinstance(found, Plan)
    assert list(found.assignment.values()) == ["h2"]
    rack = wanted(an_ensemble(a_tier("web", 1), policies=[{**alone, "level": "rack"}]))
    assert isinstance(dry_run(understood(cloud), rack, rooms=False).result, Infeasible)
