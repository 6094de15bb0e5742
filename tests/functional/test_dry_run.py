# SPDX-License-Identifier: Apache-2.0
"""What a dry run tells beside the plan: all domains of the cloud, and a failure of several."""

from typing import Any

import pytest
from small_cloud import HOSTS, SmallCloud, anti_affinity, body, caller

from ensemble_api import exception, views
from ensemble_api.planning.topology import FailureDomain, reference
from ensemble_api.usecases.plan import PlanOptions

EVERYWHERE = PlanOptions(may_see_all_domains=True, all_domains=True)


def ref(name: str, project: str = "shop-project") -> str:
    """The reference of a host, rack or zone of the small cloud."""
    for host, (rack, zone) in HOSTS.items():
        for level, path in (
            ("host", (zone, rack, host)),
            ("rack", (zone, rack)),
            ("zone", (zone,)),
        ):
            if path[-1] == name:
                return reference(project, FailureDomain(level, name, path))
    raise KeyError(name)


def shown(cloud: SmallCloud, wanted: Any, asked: PlanOptions = EVERYWHERE, who: Any = None) -> Any:
    who = who or caller()
    planned = cloud.service().plan(who, wanted, asked)
    told: dict[str, Any] = views.translated(
        views.plan(planned, who.project_id, names=False, capacity=True)
    )
    return told


def by_ref(view: Any) -> dict[str, Any]:
    return {each["ref"]: each for each in view["domains"]}


def test_all_domains_are_told_with_what_could_be_there(cloud: SmallCloud) -> None:
    cloud.nova.host("secrethost4").state = "down"
    view = shown(cloud, body(("web", 1), ("db", 1), policies=[anti_affinity("web")]))
    domains = by_ref(view)
    assert view["totals"] == {"host": 4, "rack": 3, "zone": 2}
    assert len(domains) == 9
    assert domains[ref("secrethost1")]["eligible"] == ["web", "db"]
    for name in ("secrethost4", "secretrack3", "zone-two"):
        assert (domains[ref(name)]["eligible"], domains[ref(name)]["used"]) == ([], False), name
    used = {reference for each in view["assignments"] for reference in each["domains"].values()}
    assert {each["ref"] for each in view["domains"] if each["used"]} == used


def test_a_full_rack_counts_in_a_spread_and_is_eligible_in_the_answer(cloud: SmallCloud) -> None:
    fast = cloud.flavor("fast", vcpus=1, extra_specs={"trait:CUSTOM_FAST": "required"})
    for name in ("secrethost1", "secrethost2", "secrethost3"):
        cloud.placement.set_traits(cloud.nova.host(name).provider, "CUSTOM_FAST")
    cloud.fill("secrethost3", 4)
    even = {"type": "spread", "level": "rack", "tiers": ["web"], "max_skew": 1}
    view = shown(cloud, body(("web", 4), policies=[even], flavor=fast))
    domains = by_ref(view)
    assert not view["feasible"]
    marks = {name: domains[ref(name)] for name in ("secretrack1", "secretrack2", "secretrack3")}
    assert [each["eligible"] for each in marks.values()] == [["web"], ["web"], []]
    assert [each["room"] for each in marks.values()] == [["web"], [], []]


def test_pinned_servers_are_planned_on_pinned_cpus_and_not_called_proved(
    cloud: SmallCloud,
) -> None:
    pinned = cloud.flavor("pinned", extra_specs={"hw:cpu_policy": "dedicated"})
    host = cloud.nova.host("secrethost3").provider
    cloud.placement.add_inventory(host, "PCPU", 4)
    view = shown(cloud, body(("web", 2), ("db", 1), flavor=pinned))
    assert not view["feasible"], "three of them need 6"
    view = shown(cloud, body(("web", 2), flavor=pinned))
    assert {each["domains"]["host"] for each in view["assignments"]} == {ref("secrethost3")}
    assert (view["proved"], {each["proved"] for each in view["objectives"]}) == (False, {False})
    told = {each["code"]: each["tiers"] for each in view["not_planned_with"]}
    assert told == {"numa-cells": ["web"], "pinned-on-vcpu": ["web"]}
    plain = shown(cloud, body(("web", 2)))
    assert (plain["proved"], plain["not_planned_with"]) == (True, [])


def test_what_a_card_of_a_host_has_is_planned_and_held(cloud: SmallCloud) -> None:
    host = cloud.nova.host("secrethost2").provider
    card = cloud.placement.add_provider("card", VGPU=1)
    cloud.placement.put_below(card, host)
    gpu = cloud.flavor("gpu", extra_specs={"resources:VGPU": "1"})
    assert not shown(cloud, body(("web", 2), flavor=gpu))["feasible"]
    record = cloud.service().create(caller(), body(("web", 1), flavor=gpu))
    assert cloud.placement.used(host) == {"VCPU": 2, "MEMORY_MB": 512, "DISK_GB": 1}
    assert cloud.placement.used(card) == {"VGPU": 1}
    assert [each.host for each in record.members] == ["secrethost2"]


def test_a_plan_that_is_not_possible_shows_all_domains_too(cloud: SmallCloud) -> None:
    view = shown(cloud, body(("web", 5), policies=[anti_affinity("web")]))
    assert (view["feasible"], view["id"], len(view["domains"])) == (False, None, 9)
    assert not any(each["used"] for each in view["domains"])


def test_what_the_project_s_other_ensembles_hold_is_counted_and_nobody_else_s(
    cloud: SmallCloud,
) -> None:
    mine = cloud.service().create(caller(), body(("web", 2), policies=[anti_affinity("web")]))
    cloud.service().create(caller("other-project"), body(("db", 2)))
    domains = by_ref(shown(cloud, body(("app", 1))))
    hosts = [each.host for each in mine.members]
    assert {each for each in HOSTS if domains[ref(each)]["held"]} == set(hosts)
    assert sum(each["held"] for each in domains.values() if each["level"] == "zone") == 2


def test_labels_stay_while_the_drawing_changes_and_with_the_ensemble(cloud: SmallCloud) -> None:
    first = by_ref(shown(cloud, body(("web", 1))))
    second = by_ref(shown(cloud, body(("web", 4), policies=[anti_affinity("web")])))
    few = by_ref(shown(cloud, body(("web", 1)), PlanOptions(may_see_all_domains=True)))
    assert {ref: each["label"] for ref, each in first.items()} == {
        ref: each["label"] for ref, each in second.items()
    }
    assert len(few) == 3
    record = cloud.service().create(
        caller(), body(("web", 2)), options=PlanOptions(may_see_all_domains=True)
    )
    view = views.ensemble(record, zone_level="zone", names=False, detail=True)
    kept = by_ref(views.translated(view))
    for domain in (*few, *kept):
        assert (few | kept)[domain]["label"] == first[domain]["label"]


def test_who_may_not_know_of_all_domains_is_answered_as_without(cloud: SmallCloud) -> None:
    view = shown(
        cloud, body(("web", 2), policies=[anti_affinity("web")]), PlanOptions(all_domains=True)
    )
    assert "totals" not in view
    assert all("eligible" not in each for each in view["domains"])
    assert {each["label"] for each in view["domains"] if each["level"] == "host"} == {
        "host A",
        "host B",
    }


def test_a_large_cloud_shows_of_its_hosts_only_those_in_use(cloud: SmallCloud) -> None:
    service = cloud.service(shown_hosts=3)
    planned = service.plan(caller(), body(("web", 1)), EVERYWHERE)
    view = views.translated(views.plan(planned, "shop-project", names=False))
    assert [each["level"] for each in view["domains"]] == [*["zone"] * 2, *["rack"] * 3, "host"]
    assert view["totals"]["host"] == 4


@pytest.mark.parametrize(
    ("fail", "left", "fits"),
    [
        (["secretrack1"], 2, True),
        (["secretrack1", "secrethost1"], 2, True),
        (["secrethost1", "secretrack2"], 2, True),
        (["zone-one"], 1, False),
        (["zone-one", "zone-two"], 0, False),
    ],
)
def test_several_domains_fail_at_once(
    cloud: SmallCloud, fail: list[str], left: int, fits: bool
) -> None:
    wanted = body(
        ("web", 4), policies=[{**anti_affinity("web"), "max_per_domain": 2}, anti_affinity("web")]
    )
    wanted["policies"][1]["enforcement"] = "soft"
    view = shown(cloud, wanted, PlanOptions(fail=tuple(map(ref, fail))))
    assert view["failed"]["domains"] == [ref(each) for each in fail]
    assert view["failed"]["left"] == {"web": left}
    room = view["failed"]["room"]
    assert (room["fits"], room["others"]) == (fits, 0)


def test_a_domain_that_the_cloud_does_not_have_is_refused(cloud: SmallCloud) -> None:
    with pytest.raises(exception.Invalid, match="fail: there is no domain"):
        shown(cloud, body(("web", 1)), PlanOptions(fail=(ref("secrethost1", "other-project"),)))
