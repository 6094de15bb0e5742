# SPDX-License-Identifier: Apache-2.0
"""What a flavor and an image ask of Placement."""

import re
from typing import Any

import pytest

from ensemble_api.cloud.demand import demand
from ensemble_api.cloud.inventory import Level, parse_levels

PLAIN = {"VCPU": 2, "MEMORY_MB": 512, "DISK_GB": 10}


def ask(image: dict[str, str] | None = None, specs: dict[str, str] | None = None, **flavor: Any):  # type: ignore[no-untyped-def]
    return demand(
        {"vcpus": 2, "ram": 512, "disk": 10, "swap": 0, "extra_specs": specs or {}, **flavor},
        {"metadata": image or {}},
    )


@pytest.mark.parametrize(
    ("flavor", "resources"),
    [
        pytest.param({}, PLAIN, id="a plain flavor"),
        pytest.param({"OS-FLV-EXT-DATA:ephemeral": 5}, {**PLAIN, "DISK_GB": 15}, id="ephemeral"),
        pytest.param({"swap": 1}, {**PLAIN, "DISK_GB": 11}, id="1 MB of swap is a whole GB"),
        pytest.param({"swap": 1024}, {**PLAIN, "DISK_GB": 11}, id="1024 MB of swap"),
        pytest.param({"swap": 1025}, {**PLAIN, "DISK_GB": 12}, id="1025 MB of swap"),
        pytest.param({"swap": ""}, PLAIN, id="no swap, as old versions show it"),
        pytest.param({"disk": 0}, {"VCPU": 2, "MEMORY_MB": 512}, id="no disk is not asked for"),
        pytest.param({"specs": {"resources:VCPU": "0"}}, {"MEMORY_MB": 512, "DISK_GB": 10}, id="0"),
        pytest.param({"specs": {"resources:VCPU": "7"}}, {**PLAIN, "VCPU": 7}, id="overridden"),
        pytest.param(
            {"specs": {"resources:CUSTOM_GOLD": "1"}}, {**PLAIN, "CUSTOM_GOLD": 1}, id="custom"
        ),
        pytest.param(
            {"image": {"resources:VCPU": "9"}}, PLAIN, id="images cannot change resources"
        ),
        pytest.param({"specs": {"hw:numa_nodes": "1", "quota:x": "2"}}, PLAIN, id="other specs"),
    ],
)
def test_resources(flavor: dict[str, Any], resources: dict[str, int]) -> None:
    assert ask(**flavor).resources == resources


@pytest.mark.parametrize(
    ("flavor", "disk"),
    [
        pytest.param({}, None, id="none at all"),
        pytest.param({"OS-FLV-EXT-DATA:ephemeral": 5, "swap": 1}, 6, id="but ephemeral and swap"),
        pytest.param({"extra_specs": {"resources:DISK_GB": "7"}}, 7, id="but what extra specs say"),
    ],
)
def test_a_root_disk_on_a_volume_takes_no_disk_of_its_host(
    flavor: dict[str, Any], disk: int | None
) -> None:
    facts = {"vcpus": 2, "ram": 512, "disk": 10, "extra_specs": {}, **flavor}
    found = demand(facts, {"metadata": {}}, volume_backed=True)
    assert found.resources.get("DISK_GB") == disk


def test_traits_come_from_flavor_and_image_and_the_flavor_wins() -> None:
    found = ask(
        image={"trait:CUSTOM_A": "required", "trait:CUSTOM_B": "forbidden", "os_type": "linux"},
        specs={"trait:CUSTOM_B": "required", "trait:CUSTOM_C": "forbidden"},
    )
    assert found.required == {"CUSTOM_A", "CUSTOM_B"}
    assert found.forbidden == {"CUSTOM_C"}


def test_the_query_is_the_same_for_the_same_demand_and_leaves_disabled_hosts_out() -> None:
    one = ask(specs={"trait:B": "required", "trait:A": "required", "trait:C": "forbidden"})
    assert one.query == (
        "resources=DISK_GB:10,MEMORY_MB:512,VCPU:2&required=A,B,!C,!COMPUTE_STATUS_DISABLED"
    )
    assert ask().query.endswith("&required=!COMPUTE_STATUS_DISABLED")


@pytest.mark.parametrize(
    ("flavor", "words"),
    [
        pytest.param({"specs": {"resources1:VCPU": "1"}}, "granular", id="numbered group"),
        pytest.param({"specs": {"resources_NET:VCPU": "1"}}, "granular", id="named group"),
        pytest.param({"specs": {"trait1:A": "required"}}, "granular", id="trait of a group"),
        pytest.param({"specs": {"resources:VCPU": "many"}}, "resources:VCPU", id="no number"),
        pytest.param({"vcpus": 0, "ram": 0, "disk": 0}, "no resources", id="nothing at all"),
    ],
)
def test_what_cannot_be_planned_is_refused(flavor: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        ask(**flavor)


@pytest.mark.parametrize(
    ("options", "levels"),
    [
        ([], ()),
        (["rack:rack"], (Level("rack", "rack"),)),
        (
            ["chassis:my:key", "zone:availability_zone"],
            (Level("chassis", "my:key"), Level("zone", "availability_zone")),
        ),
    ],
)
def test_levels_are_read_smallest_first(options: list[str], levels: tuple[Level, ...]) -> None:
    assert parse_levels(options) == levels


@pytest.mark.parametrize(
    "entry", ["", "rack", ":rack", "rack:", "host:x", "Rack:rack", "a rack:rack", "r" * 33 + ":r"]
)
def test_a_level_that_no_policy_could_name_is_refused(entry: str) -> None:
    with pytest.raises(ValueError, match=re.escape(f"'{entry}'")):
        parse_levels(["zone:availability_zone", entry])


def test_a_level_named_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="twice"):
        parse_levels(["rack:rack", "rack:row"])
