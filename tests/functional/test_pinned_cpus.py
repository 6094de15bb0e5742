# SPDX-License-Identifier: Apache-2.0
"""Pinned servers where no host has PCPU: Nova takes VCPU, and so does a plan."""

import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from nova.objects.flavor import Flavor
from nova.objects.image_meta import ImageMeta
from nova.objects.request_spec import RequestSpec
from nova.scheduler.utils import ResourceRequest
from oslo_config import cfg
from small_cloud import SmallCloud, body, caller

from ensemble_api import views

ISOLATED = {"hw:cpu_policy": "dedicated", "hw:cpu_thread_policy": "isolate"}


@pytest.fixture
def without_fallback() -> Iterator[None]:
    cfg.CONF.set_override("disable_fallback_pcpu_query", True, "workarounds")
    yield
    cfg.CONF.clear_override("disable_fallback_pcpu_query", "workarounds")


def dry_run(cloud: SmallCloud, count: int, flavor: str, **server: Any) -> dict[str, Any]:
    found = cloud.service().plan(caller(), body(("web", count), flavor=flavor, **server))
    return views.translated(views.plan(found, "shop-project", names=True, capacity=True))


def hosts(view: dict[str, Any]) -> set[str]:
    names = {each["ref"]: each["name"] for each in view["domains"]}
    return {names[each["domains"]["host"]] for each in view["assignments"]}


def offered_to_nova(cloud: SmallCloud) -> set[str]:
    """This cloud's providers in both queries that Nova's scheduler makes for an isolated server."""
    flavor = Flavor(
        name="pinned", vcpus=2, memory_mb=512, root_gb=1, ephemeral_gb=0, swap=0,
        extra_specs=ISOLATED,
    )  # fmt: skip
    spec = RequestSpec(flavor=flavor, image=ImageMeta.from_dict({"properties": {}}), is_bfv=False)
    found: set[str] = set()
    for translate in (True, False):
        query = ResourceRequest.from_request_spec(spec, translate).to_querystring()
        answer = cloud.placement.adapter().get(f"/allocation_candidates?{query}")
        assert answer.status_code == 200, answer.text
        found |= set(answer.json()["provider_summaries"])
    return found & {each.provider for each in cloud.nova.hosts}


def test_a_plan_has_the_hosts_that_nova_is_offered(cloud: SmallCloud) -> None:
    cloud.fill("secrethost2", 3)
    for name in ("secrethost3", "secrethost4"):
        cloud.placement.set_traits(cloud.nova.host(name).provider, "HW_CPU_HYPERTHREADING")
    pinned = cloud.flavor("pinned", extra_specs=ISOLATED)
    view = dry_run(cloud, 6, pinned)
    assert view["feasible"]
    assert {cloud.nova.host(name).provider for name in hosts(view)} == offered_to_nova(cloud)
    assert {each["code"] for each in view["not_planned_with"]} == {"numa-cells"}
    assert not dry_run(cloud, 7, pinned)["feasible"], "six have room"


def test_the_capacity_held_is_that_which_nova_claims(cloud: SmallCloud) -> None:
    pinned = cloud.flavor("pinned", extra_specs=ISOLATED)
    record = cloud.service().create(caller(), body(("web", 2), flavor=pinned))
    for member in record.members:
        assert member.resources["VCPU"] == 2
        assert "PCPU" not in member.resources
    cloud.run(record.id)
    cloud.assert_built(cloud.store.get(record.id))


def test_where_nova_does_not_fall_back_neither_does_a_plan(
    cloud: SmallCloud, without_fallback: None
) -> None:
    view = dry_run(cloud, 1, cloud.flavor("pinned", extra_specs=ISOLATED))
    assert not view["feasible"]
    assert view["proved"]


def test_a_host_with_its_own_cpus_for_pinning_gives_none_of_the_others(cloud: SmallCloud) -> None:
    """Nova's NUMATopologyFilter leaves it out, however few of its own are free."""
    own = cloud.nova.host("secrethost1").provider
    cloud.placement.add_inventory(own, "PCPU", 2)
    assert cloud.placement.claim(str(uuid.uuid4()), own, PCPU=2)
    view = dry_run(cloud, 6, cloud.flavor("pinned", extra_specs=ISOLATED))
    assert view["feasible"], "of three hosts with two each"
    assert hosts(view) == {"secrethost2", "secrethost3", "secrethost4"}
    assert not dry_run(cloud, 7, cloud.flavor("pinned", extra_specs=ISOLATED))["feasible"]
