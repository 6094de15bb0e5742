# SPDX-License-Identifier: Apache-2.0
"""What is asked of a plan on its way to the service, and a plan that changed on its way back."""

from typing import Any

import pytest
from routed import BODY, ID, Ensembles, call, error

from ensemble_api import exception, policies, schemas
from ensemble_api.planning import result
from ensemble_api.planning.model import Ensemble, Member, Tier
from ensemble_api.planning.topology import Topology
from ensemble_api.results.dry_run import DryRun, Move
from ensemble_api.service import PlanOptions

REF = "ab" * 28


@pytest.mark.parametrize("path", ["/os-ensembles/plans", "/os-ensembles"])
@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("headroom=yes", "headroom"),
        ("domains=", "domains"),
        ("domains=every", "domains"),
        ("fail=rack", "fail"),
        (f"fail={REF[:-1]}", "fail"),
        (f"fail={REF}&fail=", "fail"),
        ("&".join(f"fail={number:056x}" for number in range(17)), "fail"),
        ("colour=red", "colour"),
    ],
)
def test_a_bad_question_about_a_plan_is_named(
    service: Ensembles, path: str, query: str, field: str
) -> None:
    response = call(service, "POST", f"{path}?{query}", body=BODY)
    assert response.status_int == 400
    assert error(response, "badRequest", "ensemble.invalid")["field"] == field
    assert service.asked == []


def test_what_is_asked_of_a_plan_reaches_the_service(service: Ensembles) -> None:
    query = f"headroom=1&domains=all&fail={REF}&fail={'cd' * 28}&fail={REF}"
    call(service, "POST", f"/os-ensembles/plans?{query}", body=BODY)
    assert service.asked[0][2] == PlanOptions(
        headroom=True, may_see_all_domains=True, all_domains=True, fail=(REF, "cd" * 28)
    )


def test_a_rule_keeps_all_domains_from_who_may_plan(
    service: Ensembles, monkeypatch: pytest.MonkeyPatch
) -> None:
    allowed = policies.allowed
    monkeypatch.setattr(
        policies,
        "allowed",
        lambda who, what, *rest: what != "domains" and allowed(who, what, *rest),
    )
    assert call(service, "POST", "/os-ensembles/plans?domains=all", body=BODY).status_int == 200
    assert not service.asked[0][2].may_see_all_domains


@pytest.mark.parametrize(
    ("plan", "told"),
    [("", "must be a UUID"), ("p1", "must be a UUID"), (7, "must be text"), (None, "must be text")],
)
def test_a_plan_that_is_no_id_is_refused(service: Ensembles, plan: Any, told: str) -> None:
    response = call(service, "POST", "/os-ensembles", body={**BODY, "plan": plan})
    assert error(response, "badRequest", "ensemble.invalid")["field"] == "plan"
    assert told in response.text
    assert service.asked == []


def test_a_plan_s_id_is_no_part_of_a_plan(service: Ensembles) -> None:
    response = call(service, "POST", "/os-ensembles/plans", body={**BODY, "plan": ID})
    assert error(response, "badRequest", "ensemble.invalid")["field"] == "plan"


def test_a_plan_that_changed_is_answered_with_the_new_one(service: Ensembles) -> None:
    topology = Topology.build(("host",), {"secret1": (), "secret2": ()})
    web = Member("web", 0)
    plan = result.Plan(Ensemble((Tier("web", 1, {"VCPU": 1}),)), {web: "secret2"}, ())
    moved = (Move(web, None, {"host": topology.domain_of("secret2", "host")}),)
    service.fails = exception.PlanChanged(
        "Changed.", plan=DryRun(plan, topology, id="new"), moved=moved, worst=None
    )
    response = call(service, "POST", "/os-ensembles", body={**BODY, "plan": ID})
    assert response.status_int == 409
    facts = error(response, "conflictingRequest", "ensemble.plan_changed")
    assert service.asked == [("create", schemas.check_ensemble(BODY), ID)]
    assert (facts["plan"]["id"], facts["moved"][0]["from"]) == ("new", None)
    assert facts["moved"][0]["to"] == facts["plan"]["assignments"][0]["domains"]
    assert "secret" not in response.text
