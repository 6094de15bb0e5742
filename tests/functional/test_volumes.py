# SPDX-License-Identifier: Apache-2.0
"""Members that boot from volumes of the tenant's, with Nova's own Cinder client."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from oslo_config import cfg
from small_cloud import NETWORK, SmallCloud, body, caller

from ensemble_api import exception
from ensemble_api.cloud.volumes import Volumes
from tests.fakes.cinder import FakeCinder

V1, V2, V3 = (f"{n}{n}{n}{n}{n}{n}{n}{n}-4444-4444-8444-444444444444" for n in "123")
PORTS = [f"{n}0000000-5555-4555-8555-555555555555" for n in "1234"]


@pytest.fixture
def cinder() -> Iterator[FakeCinder]:
    running = FakeCinder("shop-project", "tenant-token")
    cfg.CONF.set_override("endpoint_template", running.url + "/v3/%(project_id)s", "cinder")
    yield running
    cfg.CONF.clear_override("endpoint_template", "cinder")
    running.stop()


def tenant(**facts: Any) -> Any:
    context = caller()
    context.auth_token = "tenant-token"
    return context


def test_a_volume_is_looked_up_with_the_tenants_token(cinder: FakeCinder) -> None:
    made_from = {"trait:CUSTOM_SSD": "required", "min_ram": "64"}
    cinder.add(V1, volume_image_metadata=made_from)
    cinder.add(V2, status="in-use", bootable="false")
    found = Volumes().volume(tenant(), V1)
    assert found is not None
    assert (found["status"], found["size"], found["bootable"]) == ("available", 5, True)
    assert found["volume_image_metadata"] == made_from
    other = Volumes().volume(tenant(), V2)
    assert other is not None and (other["status"], other["bootable"]) == ("in-use", False)


def test_a_volume_that_the_tenant_may_not_see_is_none(cinder: FakeCinder) -> None:
    assert Volumes().volume(tenant(), V1) is None
    cinder.status = 403
    assert Volumes().volume(tenant(), V1) is None


@pytest.mark.parametrize("status", [500, 503, 429, 401])
def test_a_cinder_in_trouble_is_not_available(cinder: FakeCinder, status: int) -> None:
    cinder.add(V1)
    cinder.status = status
    with pytest.raises(exception.Unavailable):
        Volumes().volume(tenant(), V1)


def test_a_cinder_that_does_not_answer_is_not_available(cinder: FakeCinder) -> None:
    url = "http://127.0.0.1:9/v3/%(project_id)s"
    cfg.CONF.set_override("endpoint_template", url, "cinder")
    with pytest.raises(exception.Unavailable):
        Volumes().volume(tenant(), V1)


@pytest.mark.parametrize(
    "ask",
    [
        pytest.param(lambda all_, who: all_.volume(who, V1), id="for a volume"),
        pytest.param(
            lambda all_, who: all_.made_with(who, "shop-project", {}), id="for those made"
        ),
        pytest.param(lambda all_, who: all_.delete(who, V1), id="for the end of one"),
        pytest.param(
            lambda all_, who: all_.create(who, "new", {"size": 1}, None, {}), id="for one"
        ),
    ],
)
def test_a_cinder_that_cannot_be_asked_for_want_of_a_token_has_lost_no_volume(
    cinder: FakeCinder, ask: Callable[[Volumes, Any], Any]
) -> None:
    cinder.add(V1)
    cfg.CONF.clear_override("endpoint_template", "cinder")  # it is found by a token's catalog
    with pytest.raises(exception.Unavailable, match="Cinder"):
        ask(Volumes(), caller())


def test_a_cloud_without_a_volume_service_has_no_volumes() -> None:
    assert Volumes().volume(tenant(), V1) is None


def on_volumes(*volumes: str, **server: Any) -> Any:
    wanted = body(("web", len(volumes)), volumes=list(volumes), **server)
    for tier in wanted["tiers"]:
        del tier["server"]["image"]
    return wanted


def test_each_member_boots_from_its_own_volume_and_takes_no_disk(
    cloud: SmallCloud, cinder: FakeCinder
) -> None:
    for volume in (V1, V2):
        cinder.add(volume)
    cloud.nova.flavors["m1.small"]["disk"] = 200  # more than any host has
    record = cloud.service().create(tenant(), on_volumes(V1, V2, config_drive=True))
    assert {frozenset(each.resources.items()) for each in record.members} == {
        frozenset({"VCPU": 2, "MEMORY_MB": 512}.items())
    }
    cloud.run(record.id)
    cloud.assert_built(cloud.store.get(record.id))
    asked = {server.name: server.request for server in cloud.nova.alive()}
    for name, volume in (("shop-web-0", V1), ("shop-web-1", V2)):
        assert "imageRef" not in asked[name] and asked[name]["config_drive"] is True
        assert asked[name]["block_device_mapping_v2"] == [
            {
                "boot_index": 0,
                "source_type": "volume",
                "destination_type": "volume",
                "uuid": volume,
                "delete_on_termination": False,
            }
        ]


def test_a_volume_of_nobody_is_refused_before_anything_is_held(
    cloud: SmallCloud, cinder: FakeCinder
) -> None:
    cinder.add(V1)
    with pytest.raises(exception.UnknownVolume) as refused:
        cloud.service().create(tenant(), on_volumes(V1, V3))
    assert refused.value.facts["field"] == "ensemble.tiers[0].server.volumes[1]"
    cloud.assert_clean()


@pytest.mark.parametrize(
    ("networks", "more"),
    [("auto", []), ([NETWORK], [{"uuid": NETWORK}])],
    ids=["no other network", "a network beside"],
)
def test_ports_are_dealt_to_the_members_in_their_order(
    cloud: SmallCloud, networks: Any, more: Any
) -> None:
    wanted = body(("web", 2), ports=PORTS, networks=networks)
    record = cloud.service().create(caller(), wanted)
    cloud.run(record.id)
    asked = {server.name: server.request["networks"] for server in cloud.nova.alive()}
    assert asked == {
        "shop-web-0": [{"port": PORTS[0]}, {"port": PORTS[1]}, *more],
        "shop-web-1": [{"port": PORTS[2]}, {"port": PORTS[3]}, *more],
    }
