# SPDX-License-Identifier: Apache-2.0
"""The resource in stacks of Heat's own engine: created, updated, rolled back, deleted."""

from typing import Any

import pytest
from heat.common import template_format
from heat.engine.environment import Environment
from heat.engine.stack import Stack
from heat.engine.template import Template

from ensemble_client.retry import PAUSES
from ensemble_client.v2.ensembles import EnsembleManager
from ensemble_heat.description import MARKER
from tests.fakes.ensemble_answers import IMAGES, refusal
from tests.fakes.ensembles_service import EnsemblesService
from tests.fakes.scripted_cloud import FLAVORS, NETWORKS
from tests.heat.conftest import TEMPLATE, MakeStack


def the_only(service: EnsemblesService) -> Any:
    [found] = service.ensembles.values()
    return found


def sent(service: EnsemblesService, method: str) -> list[Any]:
    return [each.body for each in service.asked if each.method == method]


@pytest.mark.parametrize(
    "service", [False, True], indirect=True, ids=["inside nova-api", "a service of its own"]
)
def test_a_stack_creates_an_ensemble_with_names_as_ids(
    service: EnsemblesService, make_stack: MakeStack
) -> None:
    stack = make_stack()
    stack.create()
    assert stack.state == ("CREATE", "COMPLETE"), stack.status_reason
    [asked] = sent(service, "POST")
    web, cache = asked["ensemble"]["tiers"]
    image = IMAGES["cirros"]
    assert web["server"] == {
        "flavor": FLAVORS["m1.tiny"],
        "image": image,
        "networks": [NETWORKS["private"]],
    }
    assert cache == {
        "name": "cache",
        "count": 1,
        "server": {"flavor": FLAVORS["m1.small"], "image": image},
    }
    assert asked["ensemble"]["policies"] == [
        {"type": "anti-affinity", "level": "host", "tiers": ["web"]}
    ]
    assert stack["shop"].resource_id == the_only(service).id


def updated(stack: Stack, text: str) -> Stack:
    template = Template(template_format.parse(text), env=Environment({}))
    wanted = Stack(stack.context, stack.name, template, disable_rollback=stack.disable_rollback)
    stack.update(wanted)
    return stack


REFUSED = {
    "what does not fit says all reasons": (
        refusal(
            409,
            "It does not fit.",
            code="ensemble.infeasible",
            reasons=[{"code": "x", "message": "web has 2 members, and 1 host has room."}],
        ),
        "web has 2 members, and 1 host has room.",
    ),
    "what is over quota says so": (
        refusal(403, "The project may have 1 more instance.", code="ensemble.quota"),
        "The project may have 1 more instance.",
    ),
    "what is wrong names the field": (
        refusal(400, "tiers[0].count: too many", code="ensemble.invalid"),
        "tiers[0].count: too many",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_refused_create_fails_once_with_the_reason(
    case: str, service: EnsemblesService, make_stack: MakeStack
) -> None:
    answer, reason = REFUSED[case]
    service.refuses = [answer, answer]
    stack = make_stack()
    stack.create()
    assert stack.state == ("CREATE", "FAILED")
    assert reason in stack["shop"].status_reason
    assert len(service.refuses) == 1, "Heat is not to try again"


def test_a_build_that_fails_names_the_member_and_the_cause(
    service: EnsemblesService, make_stack: MakeStack
) -> None:
    service.fails = ["web-1 could not be built: No valid host was found."]
    stack = make_stack()
    stack.create()
    assert stack.state == ("CREATE", "FAILED")
    assert "web-1 could not be built: No valid host" in stack["shop"].status_reason
    stack.delete()
    assert (stack.state, service.ensembles) == (("DELETE", "COMPLETE"), {})


def test_a_failed_create_is_rolled_back_to_nothing(
    service: EnsemblesService, make_stack: MakeStack
) -> None:
    service.fails = ["web-1 could not be built."]
    stack = make_stack(disable_rollback=False)
    stack.create()
    assert stack.state == ("ROLLBACK", "COMPLETE"), stack.status_reason
    assert service.ensembles == {}


def test_a_look_without_an_answer_is_repeated(
    service: EnsemblesService, make_stack: MakeStack
) -> None:
    stack = make_stack()
    service.silent = [502, 503]
    stack.create()
    assert stack.state == ("CREATE", "COMPLETE"), stack.status_reason


CHANGES = {
    "a count": (("count: 2", "count: 3"), {"web-0", "web-1", "web-2", "cache-0"}),
    "a tier less": (
        (TEMPLATE[TEMPLATE.index("        - name: cache") : TEMPLATE.index("      policies")], ""),
        {"web-0", "web-1"},
    ),
    "a policy": (("level: host", "level: rack"), {"web-0", "web-1", "cache-0"}),
    "words alone": (("name: shop\n", "name: shop\n      description: Of the town\n"), None),
}


@pytest.mark.parametrize("case", CHANGES)
def test_an_update_changes_the_ensemble_in_place(
    case: str, service: EnsemblesService, make_stack: MakeStack
) -> None:
    (old, new), members = CHANGES[case]
    assert old in TEMPLATE
    stack = make_stack()
    stack.create()
    before = the_only(service).id
    updated(stack, TEMPLATE.replace(old, new, 1))
    assert stack.state == ("UPDATE", "COMPLETE"), stack.status_reason
    assert the_only(service).id == before == stack["shop"].resource_id
    assert len(sent(service, "PATCH")) == 1
    assert members is None or set(the_only(service).members) == members
    if members is None:
        assert the_only(service).body["description"] == "Of the town"


def test_an_update_waits_for_what_is_done_with_the_ensemble(
    service: EnsemblesService, make_stack: MakeStack
) -> None:
    """A repair, say, that begins between the look and the request, and ends later."""
    stack = make_stack()
    stack.create()
    made = the_only(service)
    service.begin_operation(made.id, "repair")
    busy = refusal(409, "Busy.", code="ensemble.conflict", operation="another")
    overtaken = refusal(412, "Changed.", code="ensemble.generation")
    service.refuses = [busy, overtaken]
    looks = iter(range(3))

    class Ended(list[int]):
        """Ends the repair at the third look."""

        def __bool__(self) -> bool:
            if next(looks, None) is None:
                service.end_operation(made.id)
                service.silent = []
            return False

    service.silent = Ended()
    updated(stack, TEMPLATE.replace("count: 2", "count: 3", 1))
    assert stack.state == ("UPDATE", "COMPLETE"), stack.status_reason
    assert len(made.members) == 4


def test_an_update_that_fails_is_rolled_back(
    service: EnsemblesService, make_stack: MakeStack
) -> None:
    stack = make_stack(disable_rollback=False)
    stack.create()
    made = the_only(service)
    service.fails = ["web-2 could not be built."]
    updated(stack, TEMPLATE.replace("count: 2", "count: 3", 1))
    assert stack.state == ("ROLLBACK", "COMPLETE"), stack.status_reason
    assert the_only(service) is made
    assert set(made.members) == {"web-0", "web-1", "cache-0"}
    assert made.body["tiers"][0]["count"] == 2


def test_an_update_that_failed_says_why_and_can_be_repeated(
    service: EnsemblesService, make_stack: MakeStack
) -> None:
    stack = make_stack()
    stack.create()
    service.fails = ["web-2 could not be built."]
    more = TEMPLATE.replace("count: 2", "count: 3", 1)
    updated(stack, more)
    assert stack.state == ("UPDATE", "FAILED")
    assert "web-2 could not be built." in stack["shop"].status_reason
    updated(stack, more)
    assert stack.state == ("UPDATE", "COMPLETE"), stack.status_reason
    assert len(the_only(service).members) == 4


FLAVOR = ("flavor: m1.tiny", "flavor: m1.medium")
REPLACED = {
    "members, all at once": ("", [["web-0", "web-1"]], False),
    "members, one at a time": ("server_update_batch: 1", [["web-0"], ["web-1"]], False),
    "no member": ("server_update_policy: KEEP", [], False),
    "the ensemble": ("server_update_policy: REPLACE", None, True),
}


@pytest.mark.parametrize("case", REPLACED)
def test_another_flavor_replaces(
    case: str, service: EnsemblesService, make_stack: MakeStack
) -> None:
    option, replaced, anew = REPLACED[case]
    text = TEMPLATE.replace("name: shop\n", f"name: shop\n      {option}\n", 1)
    stack = make_stack(text)
    stack.create()
    before = the_only(service)
    servers = {name: each["server_id"] for name, each in before.members.items()}
    updated(stack, text.replace(*FLAVOR, 1))
    assert stack.state == ("UPDATE", "COMPLETE"), stack.status_reason
    assert (the_only(service) is not before) == anew
    if replaced is not None:
        asked = [each["replace"] for each in sent(service, "PATCH") if "replace" in each]
        assert asked == replaced
        now = {name: each["server_id"] for name, each in before.members.items()}
        changed = {name for name in now if now[name] != servers[name]}
        assert changed == {name for some in replaced for name in some}


def test_what_no_tier_that_runs_can_get_replaces_the_ensemble(
    service: EnsemblesService, make_stack: MakeStack
) -> None:
    stack = make_stack()
    stack.create()
    before = the_only(service)
    updated(stack, TEMPLATE.replace("networks: [private]}", "availability_zone: az2}", 1))
    assert stack.state == ("UPDATE", "COMPLETE"), stack.status_reason
    assert the_only(service) is not before


def test_a_stack_is_deleted_while_its_ensemble_is_built(
    service: EnsemblesService, make_stack: MakeStack
) -> None:
    stack = make_stack()
    stack.create()
    the_only(service).status = "BUILDING"
    conflict = refusal(409, "It is RESERVING; try again.", code="ensemble.conflict")
    service.refuses = [conflict]
    stack.delete()
    assert (stack.state, service.ensembles) == (("DELETE", "COMPLETE"), {}), stack.status_reason


def test_an_ensemble_whose_create_was_never_answered_goes_with_its_stack(
    service: EnsemblesService, make_stack: MakeStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(EnsembleManager, "pause", staticmethod(lambda seconds: None))
    others = make_stack()
    others.create()
    kept = the_only(service).id
    service.lost = [(502, {"error": {"message": "Bad Gateway"}})] * (1 + len(PAUSES))
    stack = make_stack()
    stack.create()
    assert stack.state == ("CREATE", "FAILED")
    assert (stack["shop"].resource_id, service.lost, len(service.ensembles)) == (None, [], 2)
    stack.delete()
    assert stack.state == ("DELETE", "COMPLETE"), stack.status_reason
    assert [*service.ensembles] == [kept]


def test_a_stack_without_an_ensemble_is_deleted_in_a_cloud_that_has_none_any_more(
    service: EnsemblesService, make_stack: MakeStack
) -> None:
    service.refuses = [refusal(400, "tiers[0].count: too many", code="ensemble.invalid")]
    stack = make_stack()
    stack.create()
    service.silent = [404]
    stack.delete()
    assert (stack.state, service.silent) == (("DELETE", "COMPLETE"), [])


def test_by_what_heat_finds_it_an_ensemble_is_no_other_than_described(
    service: EnsemblesService, make_stack: MakeStack
) -> None:
    text = TEMPLATE.replace("name: shop\n", "name: shop\n      metadata: {town: Ulm}\n", 1)
    stack = make_stack(text)
    stack.create()
    shop, made = stack["shop"], the_only(service)
    marked = {"town": "Ulm", MARKER: shop.uuid}
    assert made.body["metadata"] == marked
    assert shop.get_live_state(shop.properties) == {}
    made.body["metadata"] = {**marked, "town": "Bonn"}
    assert shop.get_live_state(shop.properties) == {"metadata": {"town": "Bonn"}}
    updated(stack, text.replace("count: 2", "count: 3", 1))
    assert made.body["metadata"] == marked, "an update keeps it"


def test_what_is_gone_already_is_deleted(service: EnsemblesService, make_stack: MakeStack) -> None:
    stack = make_stack()
    stack.create()
    service.ensembles.clear()
    stack.delete()
    assert stack.state == ("DELETE", "COMPLETE"), stack.status_reason


def test_a_lost_ensemble_is_made_anew_by_an_update(
    service: EnsemblesService, make_stack: MakeStack
) -> None:
    stack = make_stack()
    service.fails = ["web-1 could not be built."]
    stack.create()
    updated(stack, TEMPLATE)
    assert stack.state == ("UPDATE", "COMPLETE"), stack.status_reason
    assert the_only(service).status == "ACTIVE"


def test_attributes_tell_of_members_as_they_are_now(
    service: EnsemblesService, make_stack: MakeStack
) -> None:
    stack = make_stack()
    stack.create()
    shop = stack["shop"]
    assert shop.FnGetAtt("status") == "ACTIVE"
    assert shop.FnGetAtt("addresses", "web-1", "private", 0) == "10.0.0.11"
    [first, *_] = shop.FnGetAtt("members")
    assert (first["name"], first["tier"], first["addresses"]) == ("web-0", "web", ["10.0.0.10"])
    assert shop.FnGetAtt("survivability")["as_of"] == "2026-11-22T12:00:00Z"
    the_only(service).status = "DEGRADED"
    assert shop.FnGetAtt("status") == "DEGRADED"
    assert shop.FnGetAtt("show")["name"] == "shop"


def test_addresses_are_there_right_after_the_build(
    service: EnsemblesService, make_stack: MakeStack
) -> None:
    service.unobserved = True
    stack = make_stack()
    stack.create()
    assert stack["shop"].FnGetAtt("addresses", "cache-0") == {"private": ["10.0.0.99"]}


def test_servers_are_suspended_and_resumed_but_for_those_that_somebody_stopped(
    service: EnsemblesService, make_stack: MakeStack
) -> None:
    stack = make_stack()
    stack.create()
    stopped = the_only(service).members["web-1"]["server_id"]
    service.servers[stopped] = "SHUTOFF"
    stack.suspend()
    assert stack.state == ("SUSPEND", "COMPLETE"), stack.status_reason
    assert sorted(service.servers.values()) == ["SHUTOFF", "SUSPENDED", "SUSPENDED"]
    stack.resume()
    assert stack.state == ("RESUME", "COMPLETE"), stack.status_reason
    assert sorted(service.servers.values()) == ["ACTIVE", "ACTIVE", "SHUTOFF"]


def test_a_check_fails_for_a_degraded_ensemble_and_an_update_keeps_it(
    service: EnsemblesService, make_stack: MakeStack
) -> None:
    stack = make_stack()
    stack.create()
    stack.check()
    assert stack.state == ("CHECK", "COMPLETE"), stack.status_reason
    made = the_only(service)
    made.status = "DEGRADED"
    stack.check()
    assert stack.state == ("CHECK", "FAILED")
    assert "The ensemble is DEGRADED." in stack["shop"].status_reason
    updated(stack, TEMPLATE.replace("count: 2", "count: 3", 1))
    assert stack.state == ("UPDATE", "COMPLETE"), stack.status_reason
    assert the_only(service) is made
