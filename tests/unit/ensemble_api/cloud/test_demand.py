# SPDX-License-Identifier: Apache-2.0
"""What a flavor and an image ask of Placement."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from oslo_config import cfg

from ensemble_api.cloud.demand import Ask, demand
from ensemble_api.cloud.levels import Level, parse_levels
from ensemble_api.scheduler.filter import EnsembleFilter

PLAIN = {"VCPU": 2, "MEMORY_MB": 512, "DISK_GB": 10}
REST = {"MEMORY_MB": 512, "DISK_GB": 10}
PINNED = {"hw:cpu_policy": "dedicated"}
SEV = {"hw_firmware_type": "uefi", "hw_machine_type": "q35"}
GPUS = {"resources1:VGPU": "1", "resources2:VGPU": "1", "group_policy": "isolate"}


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
        pytest.param({"specs": {"quota:x": "2"}}, PLAIN, id="other specs"),
        pytest.param({"specs": PINNED}, {**REST, "PCPU": 2}, id="pinned CPUs"),
        pytest.param({"image": {"hw_cpu_policy": "dedicated"}}, {**REST, "PCPU": 2}, id="by image"),
        pytest.param(
            {"specs": {**PINNED, "hw:emulator_threads_policy": "isolate"}},
            {**REST, "PCPU": 3},
            id="a CPU more for the emulator's threads",
        ),
        pytest.param(
            {"specs": {"hw:cpu_policy": "mixed", "hw:cpu_dedicated_mask": "0"}},
            {**REST, "VCPU": 1, "PCPU": 1},
            id="one pinned CPU and one that floats",
        ),
        pytest.param({"specs": {"resources:PCPU": "2"}}, {**REST, "PCPU": 2}, id="PCPU by name"),
        pytest.param(
            {"image": SEV, "specs": {"hw:mem_encryption": "true"}},
            {**PLAIN, "MEM_ENCRYPTION_CONTEXT": 1},
            id="encrypted memory",
        ),
        pytest.param(
            {"specs": {"hw:pmem": "6GB,6GB"}},
            {**PLAIN, "CUSTOM_PMEM_NAMESPACE_6GB": 2},
            id="persistent memory",
        ),
        pytest.param({"specs": {"resources:VGPU": "1"}}, {**PLAIN, "VGPU": 1}, id="a vGPU"),
        pytest.param({"specs": GPUS}, {**PLAIN, "VGPU": 2}, id="what all granular groups take"),
        pytest.param(
            {"specs": {"resources1:VCPU": "2"}}, PLAIN, id="CPUs of a group are not asked for twice"
        ),
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
        image={"trait:CUSTOM_A": "required", "trait:CUSTOM_D": "forbidden", "os_type": "linux"},
        specs={"trait:CUSTOM_B": "required", "trait:CUSTOM_C": "forbidden"},
    )
    assert found.required == {"CUSTOM_A", "CUSTOM_B"}
    assert found.forbidden == {"CUSTOM_C"}  # Nova lets an image forbid nothing


@pytest.mark.parametrize(
    ("image", "specs", "required"),
    [
        pytest.param(
            SEV, {"hw:mem_encryption": "true"}, {"HW_CPU_X86_AMD_SEV"}, id="encrypted memory"
        ),
        pytest.param(
            {},
            {"hw:tpm_version": "2.0", "hw:tpm_model": "tpm-crb"},
            {
                "COMPUTE_SECURITY_TPM_2_0",
                "COMPUTE_SECURITY_TPM_CRB",
                "COMPUTE_SECURITY_TPM_SECRET_SECURITY_USER",
            },
            id="a TPM, and who keeps its secret",
        ),
        pytest.param(
            {"hw_firmware_type": "uefi"},
            {"os:secure_boot": "required"},
            {"COMPUTE_SECURITY_UEFI_SECURE_BOOT"},
            id="secure boot",
        ),
        pytest.param(
            {"hw_ephemeral_encryption": "true", "hw_ephemeral_encryption_format": "luks"},
            {},
            {"COMPUTE_EPHEMERAL_ENCRYPTION", "COMPUTE_EPHEMERAL_ENCRYPTION_LUKS"},
            id="encrypted local disks",
        ),
        pytest.param({"hw_disk_bus": "scsi"}, {}, set(), id="not what an option has to switch on"),
    ],
)
def test_traits_that_nova_makes_of_properties(
    image: dict[str, str], specs: dict[str, str], required: set[str]
) -> None:
    assert ask(image, specs).required == required


@pytest.mark.parametrize(
    ("image", "specs", "codes"),
    [
        pytest.param({}, {}, (), id="nothing of a plain flavor"),
        pytest.param(
            {}, PINNED, ("numa-cells", "pinned-on-vcpu"), id="pinned CPUs are of one NUMA cell"
        ),
        pytest.param(
            {},
            {"capabilities:cpu_info:features": "avx"},
            ("host-capabilities",),
            id="capabilities",
        ),
        pytest.param(
            {}, {"hw:maxphysaddr_bits": "46"}, ("host-capabilities",), id="physical addresses"
        ),
        pytest.param(
            {},
            {"hypervisor_hostname": "<in> a"},
            ("host-capabilities",),
            id="a capability without its scope",
        ),
        pytest.param({}, {"num_instances": "<= 2"}, ("host-capabilities",), id="what it counts"),
        pytest.param({}, {"ssd": "true"}, (), id="what is no capability is an aggregate's"),
        pytest.param({}, {"aggregate_instance_extra_specs:ssd": "true"}, (), id="so is this"),
        pytest.param({}, {"quota:cpu_shares": "10", "hw:watchdog_action": "none"}, (), id="others"),
        pytest.param(
            {"hw_architecture": "aarch64"}, {}, ("image-properties",), id="an architecture"
        ),
        pytest.param({"architecture": "aarch64"}, {}, ("image-properties",), id="by its old name"),
        pytest.param({"hypervisor_type": "qemu"}, {}, ("image-properties",), id="a hypervisor"),
        pytest.param(
            {"img_hv_requested_version": ">=6.0"}, {}, ("image-properties",), id="its version"
        ),
        pytest.param({"vm_mode": "hvm"}, {}, ("image-properties",), id="a mode"),
        pytest.param({"hw_maxphysaddr_bits": "46"}, {}, ("image-properties",), id="its addresses"),
        pytest.param({}, {"hw:numa_nodes": "1"}, ("numa-cells",), id="NUMA nodes"),
        pytest.param({}, {"hw:mem_page_size": "large"}, ("numa-cells",), id="large pages"),
        pytest.param({}, {"pci_passthrough:alias": "a1:1"}, ("pci-devices",), id="PCI devices"),
        pytest.param({}, GPUS, (), id="granular groups are planned with"),
        pytest.param({}, {"accel:device_profile": "x"}, ("accelerators",), id="Cyborg's devices"),
        pytest.param(SEV, {"hw:mem_encryption": "true"}, (), id="encrypted memory is planned with"),
    ],
)
def test_what_cannot_be_planned_with_is_told(
    image: dict[str, str], specs: dict[str, str], codes: tuple[str, ...]
) -> None:
    assert ask(image, specs).unplanned == codes


@pytest.mark.parametrize(
    ("filters", "codes"),
    [
        pytest.param(["ComputeFilter"], (), id="neither filter looks"),
        pytest.param(["ComputeFilter", "NumInstancesFilter"], ("other-filters",), id="a count"),
        pytest.param(["ComputeFilter", "IsolatedHostsFilter"], ("other-filters",), id="isolation"),
        pytest.param(
            ["ComputeFilter", "SomebodysFilter"], ("other-filters",), id="a filter of theirs"
        ),
        pytest.param(
            ["AggregateInstanceExtraSpecsFilter", "JsonFilter"], (), id="those planned with"
        ),
        pytest.param(["ComputeFilter", EnsembleFilter.__name__], (), id="our own"),
    ],
)
def test_it_goes_by_the_filters_that_are_enabled(
    filters: list[str], codes: tuple[str, ...]
) -> None:
    specs = {"capabilities:cpu_info:features": "avx"}
    cfg.CONF.set_override("enabled_filters", filters, "filter_scheduler")
    try:
        assert ask({"hw_architecture": "aarch64"}, specs).unplanned == codes
    finally:
        cfg.CONF.clear_override("enabled_filters", "filter_scheduler")


def test_an_architecture_by_default_is_one() -> None:
    cfg.CONF.set_override("image_properties_default_architecture", "x86_64", "filter_scheduler")
    try:
        assert ask().unplanned == ("image-properties",)
    finally:
        cfg.CONF.clear_override("image_properties_default_architecture", "filter_scheduler")


def test_pinned_cpus_on_vcpu_are_an_option_of_nova_s() -> None:
    cfg.CONF.set_override("disable_fallback_pcpu_query", True, "workarounds")
    try:
        assert ask({}, PINNED).unplanned == ("numa-cells",)
    finally:
        cfg.CONF.clear_override("disable_fallback_pcpu_query", "workarounds")
    assert ask({}, {"resources:PCPU": "2"}).on_vcpu is None, "by its own name"
    assert "pinned-on-vcpu" not in ask({}, {"resources:PCPU": "2"}).unplanned, "by its own name"


def test_pinned_cpus_on_vcpu_ask_for_no_trait_of_threads() -> None:
    isolated = ask({}, {**PINNED, "hw:cpu_thread_policy": "isolate"})
    assert isolated.forbidden == {"HW_CPU_HYPERTHREADING"}
    assert isolated.on_vcpu is not None
    assert (isolated.on_vcpu.resources, isolated.on_vcpu.forbidden) == (PLAIN, frozenset())
    assert isolated.on_vcpu.unplanned == ("numa-cells",)


DEVICES = (
    {"name": "a1", "vendor_id": "8086", "product_id": "1520"},
    {"name": "gpu", "resource_class": "GPU", "traits": "FAST"},
)


@pytest.fixture
def devices_in_placement() -> Iterator[None]:
    """An operator has Nova account for PCI devices in Placement."""
    cfg.CONF.set_override("pci_in_placement", True, "filter_scheduler")
    cfg.CONF.set_override("alias", [json.dumps(each) for each in DEVICES], "pci")
    yield
    cfg.CONF.clear_override("pci_in_placement", "filter_scheduler")
    cfg.CONF.clear_override("alias", "pci")


@pytest.mark.usefixtures("devices_in_placement")
def test_pci_devices_that_placement_knows_are_asked_of_it_one_by_one() -> None:
    found = ask(specs={"pci_passthrough:alias": "a1:2,gpu:1"})
    assert found.resources == {**PLAIN, "CUSTOM_PCI_8086_1520": 2, "CUSTOM_GPU": 1}
    assert found.unplanned == ()
    assert found.query.endswith(
        "&group_policy=none&requiredpci1-0=CUSTOM_FAST&resourcespci0-0=CUSTOM_PCI_8086_1520%3A1"
        "&resourcespci0-1=CUSTOM_PCI_8086_1520%3A1&resourcespci1-0=CUSTOM_GPU%3A1"
    )
    assert found.query == ask(specs={"pci_passthrough:alias": "a1:2,gpu:1"}).query


@pytest.mark.usefixtures("devices_in_placement")
def test_a_device_that_nobody_knows_is_refused_with_the_flavor() -> None:
    with pytest.raises(ValueError, match="alias"):
        ask(specs={"pci_passthrough:alias": "nobody-s:1"})


def test_what_is_asked_of_a_group_is_not_of_the_plain_part_too() -> None:
    found = ask(specs={**GPUS, "resources:VGPU": "1", "resources3:VCPU": "1"})
    plain = {Ask("", name, amount) for name, amount in {**REST, "VGPU": 1}.items()}
    assert {*found.asks} == plain | {Ask("1", "VGPU", 1), Ask("2", "VGPU", 1), Ask("3", "VCPU", 1)}
    assert found.isolated and not ask().isolated


def test_granular_groups_are_asked_of_placement_for_one_server() -> None:
    query = ask(specs={**GPUS, "trait2:CUSTOM_A": "required"}).query
    assert query.startswith("resources=DISK_GB:10,MEMORY_MB:512,VCPU:2&required=")
    assert query.endswith(
        "&group_policy=isolate&required2=CUSTOM_A&resources1=VGPU%3A1&resources2=VGPU%3A1"
    )


def test_the_query_is_the_same_for_the_same_demand_and_leaves_disabled_hosts_out() -> None:
    one = ask(specs={"trait:B": "required", "trait:A": "required", "trait:C": "forbidden"})
    assert one.query == (
        "resources=DISK_GB:10,MEMORY_MB:512,VCPU:2&required=A,B,!C,!COMPUTE_STATUS_DISABLED"
    )
    assert ask().query.endswith("&required=!COMPUTE_STATUS_DISABLED")


@pytest.mark.parametrize(
    ("flavor", "words"),
    [
        pytest.param({"specs": {"resources:VCPU": "many"}}, "resources:VCPU", id="no number"),
        pytest.param({"specs": {"resources1:VCPU": "many"}}, "resources1:VCPU", id="of a group"),
        pytest.param(
            {"disk": 0, "specs": {"resources1:VCPU": "2", "resources1:MEMORY_MB": "5"}},
            "only of granular groups",
            id="nothing but groups",
        ),
        pytest.param(
            {"image": {"hw_cpu_policy": "dedicated"}, "specs": {"hw:cpu_policy": "shared"}},
            "cannot be used with this image: .*hw_cpu_policy",
            id="flavor and image disagree",
        ),
        pytest.param(
            {"specs": {"hw:mem_encryption": "true"}}, "hw_firmware_type", id="image lacks something"
        ),
        pytest.param({"vcpus": 0, "ram": 0, "disk": 0}, "no resources", id="nothing at all"),
    ],
)
def test_what_nova_would_refuse_is_refused(flavor: dict[str, Any], words: str) -> None:
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
