# SPDX-License-Identifier: Apache-2.0
"""From a checked body to an ensemble: each reference looked up as the tenant, and the quota."""

import json
from typing import Any

import pytest
from records import IMAGE, ensemble, member

from ensemble_api import exception
from ensemble_api.cloud.demand import Demand
from ensemble_api.planning.policies import Affinity, AntiAffinity
from ensemble_api.usecases.refusals import AcceptedTemplates
from ensemble_api.usecases.resolve import NovaCheck, Resolver
from tests.fakes.callers import caller
from tests.fakes.compute import NETWORK, PUBLIC, FakeCompute
from tests.fakes.networks import FakeNetworks
from tests.fakes.volumes import FakeVolumes

TENANT = caller("shop-project", "member", "reader")
LEVELS = ("host", "rack", "zone")
NETWORKS: Any = FakeNetworks([PUBLIC], {})
VOLUMES: Any = FakeVolumes()


def as_asked(demand: Demand) -> Demand:
    """Nova's translation as it stands."""
    return demand


def body(*tiers: dict[str, Any], policies: Any = ()) -> dict[str, Any]:
    return {"name": "shop", "tiers": list(tiers or (tier(),)), "policies": list(policies)}


def tier(name: str = "web", count: int = 2, **server: Any) -> dict[str, Any]:
    facts = {"flavor": "small", "image": IMAGE, "networks": "auto", **server}
    return {"name": name, "count": count, "server": facts}


def policy(kind: str = "anti-affinity", **facts: Any) -> dict[str, Any]:
    return {"type": kind, "level": "host", "tiers": ["web"], "enforcement": "hard", **facts}


def resolve(
    wanted: dict[str, Any],
    nova: FakeCompute | None = None,
    most: int = 500,
    networks: Any = NETWORKS,
    volumes: Any = None,
    nova_check: NovaCheck = NovaCheck.ALWAYS,
) -> Any:
    known: Any = nova or FakeCompute(TENANT)
    resolver = Resolver(
        known, networks, volumes or VOLUMES, LEVELS, most, zone_level="zone", placed=as_asked
    )
    return resolver.resolve(TENANT, wanted, nova_check=nova_check)


def test_an_external_network_is_for_operators_only() -> None:
    with pytest.raises(exception.Invalid, match="is external") as refused:
        resolve(body(tier(networks=[NETWORK, PUBLIC])))
    assert refused.value.facts["field"] == "ensemble.tiers[0].server.networks[1]"


def test_a_body_becomes_tiers_with_resources_and_policies() -> None:
    wanted = resolve(
        body(
            tier(availability_zone="az1"),
            tier("db", 1, flavor="big"),
            policies=[
                policy(max_per_domain=2),
                policy("affinity", level="zone", tiers=["web", "db"], enforcement="soft"),
            ],
        )
    )
    web, db = wanted.ensemble.tiers
    assert (web.name, web.count, web.zone) == ("web", 2, "az1")
    assert dict(web.resources) == {"VCPU": 2, "MEMORY_MB": 512, "DISK_GB": 10}
    assert (dict(db.resources)["VCPU"], db.zone) == (8, None)
    assert wanted.ensemble.policies == (
        AntiAffinity("host", ("web",), hard=True, max_per_domain=2),
        Affinity("zone", ("web", "db"), hard=False),
    )


def test_nova_is_asked_once_for_servers_that_are_alike() -> None:
    nova = FakeCompute(TENANT)
    server = {"networks": [NETWORK], "key_name": "laptop", "security_groups": ["default"]}
    resolve(body(tier(**server), tier("db", **server), tier("dark", networks="none")), nova)
    asked = ["flavor small", f"image {IMAGE}"]
    assert nova.asked == [*asked, "a server like shop-web-0", "a server like shop-dark-0"]


def test_each_reference_is_looked_up_once_for_who_may_not_build() -> None:
    nova = FakeCompute(TENANT)
    server = {"networks": [NETWORK], "key_name": "laptop", "security_groups": ["default"]}
    resolve(body(tier(**server), tier("db", **server)), nova, nova_check=NovaCheck.NEVER)
    assert sorted(nova.asked) == sorted(
        ["flavor small", f"image {IMAGE}", f"network {NETWORK}", "key laptop", "group default"]
    )


def test_what_nova_took_a_moment_ago_is_asked_for_again_only_to_build_it() -> None:
    nova = FakeCompute(TENANT)
    resolver = Resolver(nova, NETWORKS, VOLUMES, LEVELS, 500, zone_level="zone", placed=as_asked)  # type: ignore[arg-type]
    for nova_check in (NovaCheck.UNLESS_RECENT, NovaCheck.UNLESS_RECENT, NovaCheck.ALWAYS):
        resolver.resolve(TENANT, body(), nova_check=nova_check)
    resolver.resolve(TENANT, body(tier(metadata={"a": "b"})), nova_check=NovaCheck.UNLESS_RECENT)
    assert nova.asked.count("a server like shop-web-0") == 3


def test_what_nova_took_is_forgotten_after_a_minute_and_is_the_caller_s_alone() -> None:
    now = [100.0]
    taken = AcceptedTemplates(lambda: now[0])
    template = tier()["server"]
    taken.add(TENANT, template)
    assert taken.recent(TENANT, template)
    assert not taken.recent(TENANT, template | {"key_name": "laptop"})
    for other in (caller("other", "member", "reader"), caller("shop-project", "reader")):
        assert not taken.recent(other, template)
    now[0] += 60
    assert not taken.recent(TENANT, template)


@pytest.mark.parametrize(
    ("refuses", "status", "field"),
    [
        ({"metadata": (403, "Too many items.")}, 403, ".metadata"),
        ({"key_name": (400, "Not this."), "metadata": (400, "Nor that.")}, 400, ".key_name"),
        ({"flavor": (400, "PCI alias x is not defined")}, 400, ".flavor"),
        ({"flavor": (400, "Image y is unacceptable")}, 400, ".image"),
        ({"flavor": (400, "Flavor is too small for the image")}, 400, ".flavor"),
        ({"flavor": (403, "Policy doesn't allow it")}, 403, ""),
    ],
    ids=["one part", "the first of two", "flavor", "image", "both", "the whole"],
)
def test_a_refusal_of_nova_s_names_the_part_that_it_is_about(
    refuses: dict[str, tuple[int, str]], status: int, field: str
) -> None:
    words = {key: exception.CloudError(*facts) for key, facts in refuses.items()}
    wanted = body(tier(), tier("db", key_name="laptop", metadata={"a": "b"}))
    with pytest.raises(exception.EnsembleError) as caught:
        resolve(wanted, FakeCompute(TENANT, refuses=words))
    place = 0 if "flavor" in refuses else 1  # every tier has a flavor
    assert caught.value.facts["field"] == f"ensemble.tiers[{place}].server{field}"
    assert (caught.value.status, caught.value.code) == (status, "ensemble.refused")
    assert next(iter(refuses.values()))[1] in str(caught.value)


@pytest.mark.parametrize(
    ("server", "kind", "field"),
    [
        ({"flavor": "none"}, exception.UnknownFlavor, "flavor"),
        ({"image": NETWORK}, exception.UnknownImage, "image"),
        ({"networks": [NETWORK, IMAGE]}, exception.UnknownNetwork, "networks[1]"),
        ({"key_name": "desktop"}, exception.UnknownKey, "key_name"),
        (
            {"security_groups": ["default", "x"]},
            exception.UnknownSecurityGroup,
            "security_groups[1]",
        ),
    ],
    ids=["flavor", "image", "network", "key pair", "security group"],
)
def test_what_the_tenant_does_not_have_is_unknown(
    server: dict[str, Any], kind: type[exception.Invalid], field: str
) -> None:
    with pytest.raises(kind) as caught:
        resolve(body(tier(), tier("db", **server)))
    assert caught.value.facts["field"] == f"ensemble.tiers[1].server.{field}"
    assert "for this project" in str(caught.value)


@pytest.mark.parametrize(
    ("wanted", "field"),
    [
        pytest.param(body(tier(), tier()), "ensemble.tiers[1].name", id="a tier's name twice"),
        pytest.param(
            body(policies=[policy(), policy(tiers=["db"])]),
            "ensemble.policies[1].tiers[0]",
            id="a policy of an unknown tier",
        ),
        pytest.param(
            body(policies=[policy(level="row")]), "ensemble.policies[0].level", id="unknown level"
        ),
        pytest.param(body(tier(count=3.0)), "ensemble.tiers[0].count", id="a count of 3.0"),
        pytest.param(
            body(policies=[policy(max_per_domain=2.0)]),
            "ensemble.policies[0].max_per_domain",
            id="2.0 per domain",
        ),
        pytest.param(body(tier(count=6)), "ensemble.tiers", id="more members than allowed"),
    ],
)
def test_what_cannot_be_meant_names_its_field(wanted: dict[str, Any], field: str) -> None:
    with pytest.raises(exception.Invalid) as caught:
        resolve(wanted, most=5)
    assert caught.value.facts["field"] == field
    assert str(caught.value).startswith(f"{field}: ")


@pytest.mark.parametrize(
    ("image", "flavor", "words"),
    [
        pytest.param({"minRam": 513}, {}, "needs 513", id="too little memory"),
        pytest.param({"minDisk": 11}, {}, "needs 11", id="too small a disk"),
        pytest.param(
            {"OS-EXT-IMG-SIZE:size": 10 * 2**30 + 1}, {}, "needs 11", id="a disk one byte too small"
        ),
        pytest.param(
            {}, {"extra_specs": {"hw:mem_encryption": "true"}}, "uefi", id="not with this image"
        ),
        pytest.param({}, {"disk": 0}, "no disk", id="no disk, which Nova leaves to operators"),
    ],
)
def test_a_flavor_that_does_not_do_is_refused_before_anything_is_held(
    image: dict[str, Any], flavor: dict[str, Any], words: str
) -> None:
    nova = FakeCompute(TENANT, image_facts=image)
    nova.flavors["small"] |= flavor
    with pytest.raises(exception.Invalid, match=words) as caught:
        resolve(body(), nova)
    assert caught.value.facts["field"] == "ensemble.tiers[0].server.flavor"


def test_an_image_of_a_volume_backed_server_would_make_volumes_of_somebody_else() -> None:
    root = [{"boot_index": 0, "destination_type": "volume", "source_type": "snapshot"}]
    for mapping in (root, json.dumps(root)):
        nova = FakeCompute(TENANT, image_facts={"metadata": {"block_device_mapping": mapping}})
        with pytest.raises(exception.Invalid, match="booted from a volume") as caught:
            resolve(body(), nova)
        assert caught.value.facts["field"] == "ensemble.tiers[0].server.image"
    other = [{"boot_index": None, "destination_type": "volume"}, "nonsense"]
    for harmless in (other, "[", "{}", 5):
        resolve(
            body(),
            FakeCompute(TENANT, image_facts={"metadata": {"block_device_mapping": harmless}}),
        )


def test_an_image_that_is_just_small_enough_is_fine() -> None:
    resolve(
        body(), FakeCompute(TENANT, image_facts={"OS-EXT-IMG-SIZE:size": 10 * 2**30, "minDisk": 10})
    )


def on_volumes(*names: str, count: int = 2, **server: Any) -> dict[str, Any]:
    wanted = tier(count=count, volumes=list(names), **server)
    del wanted["server"]["image"]
    return wanted


TRAIT = {"volume_image_metadata": {"trait:CUSTOM_SSD": "required", "min_ram": "512"}}


def test_volumes_take_no_disk_of_the_host_and_ask_for_what_they_were_made_from() -> None:
    wanted = resolve(body(on_volumes("v1", "v2")), volumes=FakeVolumes(v1=TRAIT, v2=TRAIT))
    assert dict(wanted.ensemble.tier("web").resources) == {"VCPU": 2, "MEMORY_MB": 512}
    assert wanted.ensemble.tier("web").required_traits == {"CUSTOM_SSD"}


def test_a_flavor_without_a_disk_is_fine_with_volumes() -> None:
    nova = FakeCompute(TENANT)
    nova.flavors["small"]["disk"] = 0
    resolve(body(on_volumes("v1", count=1)), nova, volumes=FakeVolumes(v1={}))


@pytest.mark.parametrize(
    ("volumes", "tiers", "field", "words"),
    [
        pytest.param({}, [on_volumes("v1", "v2")], "volumes[0]", "no volume", id="unknown"),
        pytest.param({"v1": {}}, [on_volumes("v1")], "volumes", "1 for 2", id="too few"),
        pytest.param(
            {"v1": {}, "v2": {}}, [on_volumes("v1", "v2", count=1)], "volumes", "2 for 1", id="many"
        ),
        pytest.param(
            {"v1": {}, "v2": {"status": "in-use"}},
            [on_volumes("v1", "v2")],
            "volumes[1]",
            "is in-use",
            id="in use",
        ),
        pytest.param(
            {"v1": {"bootable": False}},
            [on_volumes("v1", count=1)],
            "volumes[0]",
            "boot",
            id="data",
        ),
        pytest.param(
            {"v1": TRAIT, "v2": {}},
            [on_volumes("v1", "v2")],
            "volumes[1]",
            "another kind",
            id="traits",
        ),
        pytest.param(
            {"v1": {}, "v2": {"volume_image_metadata": {"hw_cpu_policy": "dedicated"}}},
            [on_volumes("v1", "v2")],
            "volumes[1]",
            "another kind",
            id="pinned by its image",
        ),
        pytest.param(
            {"v1": {"volume_image_metadata": {"min_ram": "513"}}},
            [on_volumes("v1", count=1)],
            "flavor",
            "needs 513",
            id="too little memory",
        ),
        pytest.param(
            {"v1": {}},
            [on_volumes("v1", count=1), {**on_volumes("v1", count=1), "name": "db"}],
            "volumes[0]",
            "another member",
            id="one volume in two tiers",
        ),
    ],
)
def test_volumes_that_do_not_do_are_refused(
    volumes: Any, tiers: Any, field: str, words: str
) -> None:
    with pytest.raises(exception.Invalid, match=words) as caught:
        resolve(body(*tiers), volumes=FakeVolumes(**volumes))
    assert caught.value.facts["field"] == f"ensemble.tiers[{len(tiers) - 1}].server.{field}"


@pytest.mark.parametrize(
    ("ports", "server", "field", "words"),
    [
        pytest.param({}, {"ports": ["p1", "p2"]}, "ports[0]", "no port", id="unknown"),
        pytest.param({"p1": {}}, {"ports": ["p1"]}, "ports", "2 members", id="one for two"),
        pytest.param(
            {"p1": {}, "p2": {}},
            {"ports": ["p1", "p2"], "networks": "none"},
            "ports",
            "none",
            id="-",
        ),
        pytest.param(
            {"p1": {}, "p2": {"device_id": "x"}},
            {"ports": ["p1", "p2"]},
            "ports[1]",
            "use",
            id="used",
        ),
        pytest.param(
            {"p1": {"fixed_ips": []}, "p2": {}},
            {"ports": ["p1", "p2"]},
            "ports[0]",
            "no IP",
            id="bare",
        ),
        *(
            pytest.param(
                {"p1": facts, "p2": {}}, {"ports": ["p1", "p2"]}, "ports[0]", "planned", id=name
            )
            for name, facts in {
                "SR-IOV": {"binding:vnic_type": "direct"},
                "bandwidth": {"resource_request": {"request_groups": [{}]}},
                "a device profile": {"device_profile": "gpu"},
            }.items()
        ),
    ],
)
def test_ports_that_do_not_do_are_refused(ports: Any, server: Any, field: str, words: str) -> None:
    with pytest.raises(exception.Invalid, match=words) as caught:
        resolve(body(tier(**server)), networks=FakeNetworks([PUBLIC], ports))
    assert caught.value.facts["field"] == f"ensemble.tiers[0].server.{field}"


def test_ports_are_dealt_out_once_in_the_whole_request() -> None:
    networks = FakeNetworks(ports={name: {} for name in ("p1", "p2", "p3", "p4")})
    two = tier("db", ports=["p3", "p4"])
    resolve(body(tier(ports=["p1", "p2"]), two), networks=networks)
    resolve(body(tier(ports=["p1", "p2", "p3", "p4"])), networks=networks)
    with pytest.raises(exception.Invalid, match="another member") as caught:
        resolve(body(tier(ports=["p1", "p3"]), two), networks=networks)
    assert caught.value.facts["field"] == "ensemble.tiers[1].server.ports[0]"
    late = {"fixed_ips": [], "ip_allocation": "deferred"}
    resolve(body(tier(count=1, ports=["p1"])), networks=FakeNetworks(ports={"p1": late}))


def test_an_image_that_is_not_active_is_refused_before_anything_is_held() -> None:
    with pytest.raises(exception.Invalid, match="is SAVING") as caught:
        resolve(body(), FakeCompute(TENANT, image_facts={"status": "SAVING"}))
    assert caught.value.facts["field"] == "ensemble.tiers[0].server.image"


def test_a_stored_ensemble_has_the_resources_it_was_planned_with() -> None:
    found = ensemble(member(0), member(1)).ensemble
    assert found.size == 2
    assert dict(found.tier("web").resources) == {"VCPU": 4242, "MEMORY_MB": 31337}
