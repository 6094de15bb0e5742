# SPDX-License-Identifier: Apache-2.0
"""Several bodies as one request: looked up together, and asked of the quota as a whole."""

from typing import Any

import pytest
from test_quota import LIMITS, NOTHING, VOLUMES
from test_resolve import LEVELS, NETWORKS, TENANT, as_asked, body, policy, tier

from ensemble_api import exception, limits
from ensemble_api.planning.message import Sentence
from ensemble_api.planning.policies import AntiAffinity
from ensemble_api.planning.result import Infeasible, Reason
from ensemble_api.usecases.joint_request import JointRequest, resolve_all
from ensemble_api.usecases.quota import Quota
from ensemble_api.usecases.resolve import Resolver
from tests.fakes.compute import NETWORK, FakeCompute
from tests.fakes.networks import FakeNetworks

PORT = "44444444-4444-4444-8444-444444444444"
_FULL = Sentence("test.full", "No room for %(tier)s.")


def resolve(
    *bodies: dict[str, Any],
    nova: Any = None,
    networks: Any = NETWORKS,
    volumes: Any = VOLUMES,
    most: int = 500,
) -> JointRequest:
    known: Any = nova or FakeCompute(TENANT)
    resolver = Resolver(known, networks, volumes, LEVELS, most, zone_level="zone", placed=as_asked)
    return resolve_all(resolver, TENANT, bodies)


def named(name: str, *tiers: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {**body(*tiers, **more), "name": name}


def test_each_tier_is_found_in_the_whole_with_what_it_asks_for() -> None:
    joint = resolve(named("a", tier(count=1)), named("b", tier(flavor="big"), tier("db", 1)))
    assert [(each.count, each.resources["VCPU"]) for each in joint.whole.ensemble.tiers] == [
        (1, 2),
        (2, 8),
        (1, 2),
    ]
    names = [each.name for each in joint.whole.ensemble.tiers]
    assert [each["name"] for each in joint.whole.body["tiers"]] == names == [*joint.whole.demands]
    assert joint.whole.demands[names[1]] == joint.parts[1].demands["web"]
    assert joint.titles == ("a", "b")


def test_a_single_one_is_asked_for_as_it_is() -> None:
    only = named("a", policies=[policy()])
    joint = resolve(only)
    assert joint.whole is joint.parts[0]
    assert joint.whole.body == only


def test_an_error_says_of_which_it_is_and_a_single_one_needs_no_number() -> None:
    wrong = named("b", tier(flavor="none"))
    for bodies, field in (
        ((named("a"), wrong), "instances[1].ensemble.tiers[0].server.flavor"),
        ((wrong,), "ensemble.tiers[0].server.flavor"),
    ):
        with pytest.raises(exception.UnknownFlavor) as refused:
            resolve(*bodies)
        assert refused.value.facts["field"] == field
        assert str(refused.value.message).startswith(f"{field}: ")


def test_what_serves_one_member_serves_no_other_of_any_instance() -> None:
    by_port = tier(count=1, ports=[PORT])
    networks: Any = FakeNetworks()
    with pytest.raises(exception.Invalid, match="serves another member already") as refused:
        resolve(named("a", by_port), named("b", by_port), networks=networks)
    assert refused.value.facts["field"] == "instances[1].ensemble.tiers[0].server.ports[0]"
    networks.subnets_of[NETWORK] = [{"cidr": "10.0.0.0/24", "gateway_ip": "10.0.0.1"}]

    def at(*addresses: str) -> dict[str, Any]:
        chosen = [{"network": NETWORK, "addresses": [*addresses]}]
        return tier(count=1, networks=[NETWORK], fixed_ips=chosen)

    resolve(named("a", at("10.0.0.5")), named("b", at("10.0.0.6")), networks=networks)
    with pytest.raises(exception.Invalid, match="serves another member already"):
        resolve(
            named("a", at("10.0.0.5")), named("b", at("10.0.0.6", "10.0.0.5")), networks=networks
        )


def test_nova_is_asked_once_for_what_several_have_in_common() -> None:
    nova = FakeCompute(TENANT)
    resolve(*(named(f"shop-{number}", tier()) for number in range(3)), nova=nova)
    assert [each for each in nova.asked if each.startswith("a server")] == [
        "a server like shop-0-web-0"
    ]
    assert nova.asked.count("flavor small") == 1


def test_together_they_have_no_more_members_than_one_ensemble() -> None:
    resolve(named("a"), named("b"), most=4)
    with pytest.raises(exception.Invalid, match="4 members are more than the 3 allowed") as refused:
        resolve(named("a"), named("b"), most=3)
    assert refused.value.facts["field"] == "instances"


def test_tiers_and_policies_of_all_are_bounded_with_those_that_keep_them_apart() -> None:
    tiers = [tier(f"t{number}", 1) for number in range(6)]
    many = [named(f"shop-{number}", *tiers) for number in range(limits.JOINT_TIERS // 6 + 1)]
    with pytest.raises(exception.Invalid, match="tiers with 0 policies") as refused:
        resolve(*many)
    assert refused.value.facts["field"] == "instances"
    alone = policy("exclusive", other="ensemble", tiers=["web"])
    few = [named(f"shop-{number}", policies=[alone]) for number in range(10)]
    assert len(resolve(*few).whole.ensemble.policies) == 10 + 45
    with pytest.raises(exception.Invalid, match="25 tiers with 325 policies"):
        resolve(*(named(f"shop-{number}", policies=[alone]) for number in range(25)))


@pytest.mark.parametrize(("free", "short"), [(6, False), (5, True)])
def test_the_quota_is_of_all_of_them(free: int, short: bool) -> None:
    room = {"maxTotalInstances": 10, "totalInstancesUsed": 10 - free}
    nova: Any = FakeCompute(TENANT, absolute={**LIMITS, **room})
    joint = resolve(named("a", tier(count=4)), named("b", tier(count=2)), nova=nova)
    found = Quota(nova, NETWORKS, VOLUMES, NOTHING).shortages(TENANT, joint.whole)
    assert [(each.resource, each.needed) for each in found] == ([("Instances", 6)] if short else [])


def test_a_refusal_is_in_the_words_of_the_bodies() -> None:
    joint = resolve(named("a"), named("b", policies=[policy()]))
    name = joint.whole.ensemble.tiers[1].name
    assert joint.whole.ensemble.policies == (AntiAffinity("host", (name,)),)
    reason = Reason("full", _FULL(tier=name), policy=0, tiers=(name,))
    (told,) = joint.told(Infeasible((reason,), proved=True)).reasons
    assert (str(told.message), told.policy, told.tiers) == ("No room for b/web.", 0, ("b/web",))
