# SPDX-License-Identifier: Apache-2.0
"""What was previewed is what is built, by the plan's id; or nothing, and what changed is told."""

import json
from typing import Any

import pytest
from small_cloud import FLAVOR, SmallCloud, anti_affinity, body, caller

from ensemble_api import exception, views
from ensemble_api.cloud.reservation import Reservation
from ensemble_api.planning.result import Plan
from ensemble_api.results.dry_run import DryRun
from ensemble_api.store import saved_plans
from ensemble_api.store.api import Page

WANTED = body(("web", 2), policies=[anti_affinity("web", "rack")])


def places(planned: DryRun) -> dict[str, str]:
    assert isinstance(planned.result, Plan)
    return {member.name: host for member, host in planned.result.assignment.items()}


def built(record: Any) -> dict[str, str]:
    return {member.name: member.host for member in record.members}


def half_fill(cloud: SmallCloud, planned: DryRun) -> None:
    """Make the hosts that a plan uses half full: it still fits, and a new plan prefers others."""
    for host in set(places(planned).values()):
        cloud.fill(host, 2)


def changed(cloud: SmallCloud, plan_id: str | None, wanted: Any = WANTED) -> exception.PlanChanged:
    """The refusal of a plan that does not hold; nothing is left of the attempt."""
    before = cloud.placement.consumers(*cloud.providers), len(cloud.store.select(Page()))
    with pytest.raises(exception.PlanChanged) as refused:
        cloud.service().create(caller(), wanted, plan_id)
    after = cloud.placement.consumers(*cloud.providers), len(cloud.store.select(Page()))
    assert after == before
    return refused.value


def told(refused: exception.PlanChanged, *, names: bool = False) -> dict[str, Any]:
    """What the caller is answered, in English."""
    plan, moved, worst = (refused.facts[each] for each in ("plan", "moved", "worst"))
    answer = views.changed(plan, moved, worst, "shop-project", names=names)
    translated: dict[str, Any] = views.translated(answer)
    return translated


def test_what_was_previewed_is_built(cloud: SmallCloud) -> None:
    planned = cloud.service().plan(caller(), WANTED)
    assert planned.id is not None
    # An empty host is a better place by now: a plan made anew would use it.
    half_fill(cloud, planned)
    assert places(cloud.service().plan(caller(), WANTED)) != places(planned)
    record = cloud.service().create(caller(), WANTED, planned.id)
    assert built(record) == places(planned)
    cloud.run(record.id)
    assert {server.host for server in cloud.nova.alive()} == set(places(planned).values())


@pytest.mark.parametrize(
    "different",
    [{"name": "store"}, {"description": "A new one."}, {"metadata": {"owner": "ops"}}],
)
def test_name_description_and_metadata_may_differ(
    cloud: SmallCloud, different: dict[str, Any]
) -> None:
    planned = cloud.service().plan(caller(), WANTED)
    assert cloud.service().create(caller(), WANTED | different, planned.id).members


def test_defaults_that_are_spelled_out_make_no_difference(cloud: SmallCloud) -> None:
    planned = cloud.service().plan(caller(), WANTED)
    spelled = body(("web", 2), policies=[{**anti_affinity("web", "rack"), "max_per_domain": 1}])
    assert built(cloud.service().create(caller(), spelled, planned.id)) == places(planned)


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(body(("web", 3), policies=[anti_affinity("web", "rack")]), id="count"),
        pytest.param(body(("web", 2), policies=[anti_affinity("web")]), id="policy"),
        pytest.param(
            body(("web", 2), policies=[anti_affinity("web", "rack")], key_name="laptop"),
            id="template",
        ),
    ],
)
def test_other_tiers_or_policies_are_another_ensemble(cloud: SmallCloud, other: Any) -> None:
    planned = cloud.service().plan(caller(), WANTED)
    with pytest.raises(exception.Invalid) as refused:
        cloud.service().create(caller(), other, planned.id)
    assert refused.value.facts["field"] == "plan"
    assert cloud.store.unsettled() == []


def test_what_changed_is_told_and_nothing_is_built(cloud: SmallCloud) -> None:
    planned = cloud.service().plan(caller(), WANTED)
    lost = places(planned)["web-0"]
    cloud.nova.host(lost).state = "down"
    refused = changed(cloud, planned.id)
    facts = told(refused)
    assert [each["member"] for each in facts["moved"]] == ["web-0"]
    assert facts["moved"][0]["from"].keys() == {"host", "rack", "zone"}
    assert facts["moved"][0]["from"]["host"] != facts["moved"][0]["to"]["host"]
    assert "secret" not in json.dumps(views.translated(facts))
    # The new plan can be built by its own id.
    again = refused.facts["plan"]
    assert built(cloud.service().create(caller(), WANTED, again.id)) == places(again)


def test_what_changed_is_told_in_words_that_name_no_two_hosts_alike(cloud: SmallCloud) -> None:
    planned = cloud.service().plan(caller(), WANTED)
    lost = places(planned)["web-0"]
    cloud.nova.host(lost).state = "down"
    refused = changed(cloud, planned.id)
    [move] = told(refused)["moved"]
    labels = {
        each["ref"]: each["label"]
        for each in [*told(refused)["plan"]["domains"], *told(refused)["earlier_domains"]]
    }
    assert labels[move["from"]["host"]] != labels[move["to"]["host"]]
    was = next(each for each in domains_of(planned) if each["ref"] == move["from"]["host"])
    assert labels[was["ref"]] == was["label"], "a host is called what it was called before"
    assert move["message"].startswith("web-0 would get ")
    assert move["message"].endswith(f"{labels[move['from']['host']]}.")
    [named] = told(refused, names=True)["moved"]
    assert named["message"].endswith(f" in place of {lost}.")


def domains_of(planned: DryRun) -> list[dict[str, Any]]:
    domains: list[dict[str, Any]] = views.translated(
        views.plan(planned, "shop-project", names=False)["domains"]
    )
    return domains


def test_what_failures_leave_is_compared_with_the_plan_before(cloud: SmallCloud) -> None:
    wanted = body(("web", 2))
    planned = cloud.service().plan(caller(), wanted)
    assert len(set(places(planned).values())) == 2
    for host in {each.name for each in cloud.nova.hosts} - {places(planned)["web-0"]}:
        cloud.nova.host(host).state = "down"
    changes = {each["level"]: each for each in told(changed(cloud, planned.id, wanted))["worst"]}
    assert (changes["host"]["before"], changes["host"]["left"]) == (1, 0)
    assert changes["host"]["message"] == (
        "The loss of any one host would leave 0 of 2 of web at worst; by the earlier plan, 1 of 2."
    )


def test_nothing_is_compared_with_a_plan_that_is_not_known(cloud: SmallCloud) -> None:
    refused = changed(cloud, "99999999-9999-4999-8999-999999999999")
    assert told(refused)["worst"] is None
    assert told(refused)["earlier_domains"] == []
    assert "is not known any more" in told(refused)["moved"][0]["message"]


def test_a_host_that_stands_in_another_rack_by_now_has_moved(cloud: SmallCloud) -> None:
    planned = cloud.service().plan(caller(), WANTED)
    cloud.nova.host(places(planned)["web-1"]).rack = "secretrack9"
    moved = changed(cloud, planned.id).facts["moved"]
    assert "web-1" in {each.member.name for each in moved}


def test_a_plan_that_would_miss_a_soft_policy_by_now_does_not_hold(cloud: SmallCloud) -> None:
    alone = {"type": "exclusive", "level": "host", "tiers": ["web"], "other": "ensemble"}
    wanted = body(("web", 1), policies=[{**alone}])
    wanted["policies"][0]["enforcement"] = "soft"
    planned = cloud.service().plan(caller(), wanted)
    there = body(("db", 1), availability_zone="zone-one")
    taken = cloud.service().create(caller(), there).members[0].host
    if taken != places(planned)["web-0"]:
        pytest.fail("the other ensemble is to be on the same host")
    assert changed(cloud, planned.id, wanted).facts["plan"].result.violations == ()


def test_a_plan_that_does_not_fit_any_more_is_refused_with_reasons(cloud: SmallCloud) -> None:
    planned = cloud.service().plan(caller(), WANTED)
    for host in cloud.nova.hosts:
        host.state = "down"
    with pytest.raises(exception.InfeasibleEnsemble):
        cloud.service().create(caller(), WANTED, planned.id)
    assert cloud.store.unsettled() == []


def test_another_project_s_plan_is_answered_as_no_plan(cloud: SmallCloud) -> None:
    theirs = cloud.service().plan(caller("other-project"), WANTED)
    unknown = "99999999-9999-4999-8999-999999999999"
    answers = [changed(cloud, each) for each in (theirs.id, unknown)]
    assert answers[0].message == answers[1].message
    for each in answers:
        assert [move.before for move in each.facts["moved"]] == [None, None]


def test_an_expired_plan_is_built_only_if_a_new_one_is_the_same(cloud: SmallCloud) -> None:
    planned = cloud.service().plan(caller(), WANTED)
    late = cloud.service(plan_lifetime=0)
    half_fill(cloud, planned)
    with pytest.raises(exception.PlanChanged) as refused:
        late.create(caller(), WANTED, planned.id)
    again = refused.value.facts["plan"]
    assert built(late.create(caller(), WANTED, again.id)) == places(again)


def test_the_capacity_that_others_take_during_the_reservation_is_told(cloud: SmallCloud) -> None:
    planned = cloud.service().plan(caller(), WANTED)
    taken: list[str] = []

    class Slow(Reservation):
        """Before it holds anything, somebody else has come."""

        def hold_all(self, *arguments: Any) -> None:
            if not taken:
                taken.append(cloud.fill(places(planned)["web-0"], 4))
            super().hold_all(*arguments)

    service = cloud.service(reservation=Slow(cloud.placement.adapter(), sleep=cloud.pauses.append))
    with pytest.raises(exception.PlanChanged):
        service.create(caller(), WANTED, planned.id)
    assert cloud.store.unsettled() == []
    assert cloud.placement.consumers(*cloud.providers) == set(taken)


def test_a_project_has_a_bounded_number_of_plans_and_the_oldest_goes(
    cloud: SmallCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(saved_plans, "MOST", 3)
    plans = saved_plans.SavedPlans(cloud.store, 900)
    theirs = plans.keep("other-project", "d", {})
    mine = [plans.keep("shop-project", "d", {"number": number}) for number in range(5)]
    assert [plans.find("shop-project", each) is not None for each in mine] == [False] * 2 + [
        True
    ] * 3
    assert plans.find("other-project", theirs) is not None
    assert plans.find("shop-project", theirs) is None


def test_plans_of_all_projects_are_forgotten_when_they_are_old(cloud: SmallCloud) -> None:
    theirs = saved_plans.SavedPlans(cloud.store, 900).keep("other-project", "d", {})
    hasty = saved_plans.SavedPlans(cloud.store, 0)
    found = hasty.find("other-project", theirs)
    assert found is not None
    assert found.expired
    hasty.keep("shop-project", "d", {})
    assert hasty.find("other-project", theirs) is None


def test_what_a_plan_does_not_look_at_stays_unproved_when_it_is_built(cloud: SmallCloud) -> None:
    cloud.nova.flavors[FLAVOR]["extra_specs"] = {"hw:numa_nodes": "1"}
    planned = cloud.service().plan(caller(), WANTED)
    assert isinstance(planned.result, Plan)
    assert not planned.result.proved
    record = cloud.service().create(caller(), WANTED, planned.id)
    assert {each["proved"] for each in record.plan["objectives"]} == {False}
