# SPDX-License-Identifier: Apache-2.0
"""What one server asks of Placement, from its flavor and image, by Nova's own translation.

Nova internals used here: ``nova.scheduler.utils.ResourceRequest`` makes resource classes and traits
of a flavor and an image, ``nova.pci.request`` and ``RequestSpec`` groups of its PCI devices, and
the request filters of ``nova.scheduler.request_filter`` that look at nothing else add traits;
``nova.virt.hardware`` says whether NUMA cells of the host decide, and
``nova.scheduler.host_manager.HostState`` has the capabilities that extra specs can name.
"""

import re
import urllib.parse
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from nova import exception as nova_exception
from nova.objects.flavor import Flavor
from nova.objects.image_meta import ImageMeta
from nova.objects.instance_numa import InstanceNUMATopology  # registered by its import
from nova.objects.instance_pci_requests import InstancePCIRequests  # likewise
from nova.objects.request_spec import RequestSpec
from nova.pci.request import get_pci_requests_from_flavor
from nova.scheduler import request_filter
from nova.scheduler.host_manager import HostState
from nova.scheduler.utils import ResourceRequest
from nova.virt import hardware
from oslo_config import cfg

from ensemble_api.planning import unplanned
from ensemble_api.planning.message import Sentence

_NOT_WHOLE = Sentence(
    "flavor.not-whole", "has extra spec %(key)s=%(value)s, which is no whole number"
)
_NOT_WITH_IMAGE = Sentence("flavor.not-with-image", "cannot be used with this image: %(answer)s")
_NO_RESOURCES = Sentence("flavor.no-resources", "asks for no resources at all")
_ONLY_GRANULAR = Sentence(
    "flavor.only-granular",
    "asks for resources only of granular groups, which cannot be planned yet",
)
_BAD_PROPERTY = Sentence("image.bad-property", "has a property that Nova refuses: %(answer)s")

_RESOURCE = re.compile(r"^resources([a-zA-Z0-9_-]{1,64})?:")
_FILTERS = (
    request_filter.require_image_type_support,
    request_filter.transform_image_metadata,
    request_filter.accelerators_filter,
    request_filter.packed_virtqueue_filter,
    request_filter.ephemeral_encryption_filter,
    request_filter.virtio_sound_filter,
    request_filter.tpm_secret_security_filter,
)


# The scheduler filters that look at nothing that is missing here: what they look at is planned
# with, told as unplanned for those tiers that need it, or in a scheduler hint that we do not give.
# Our own filter keeps the policies that a plan is made with.
_LOOKED_AT = frozenset(
    {
        "AggregateImagePropertiesIsolation",
        "AggregateInstanceExtraSpecsFilter",
        "AggregateMultiTenancyIsolation",
        "AllHostsFilter",
        "ComputeCapabilitiesFilter",
        "ComputeFilter",
        "DifferentHostFilter",
        "EnsembleFilter",
        "ImagePropertiesFilter",
        "JsonFilter",
        "NUMATopologyFilter",
        "PciPassthroughFilter",
        "SameHostFilter",
        "ServerGroupAffinityFilter",
        "ServerGroupAntiAffinityFilter",
        "SimpleCIDRAffinityFilter",
    }
)
_RESOURCES = "resources"
_ALIAS = "pci_passthrough:alias"
_ISOLATED = ("group_policy", "isolate")
_ANY_HOST = HostState("host", "node", None)
_COUNTED = ("num_", "io_workload")  # how the names of what a host counts begin
_OF_HOSTS = (
    "hw_architecture",
    "img_hv_type",
    "hw_vm_mode",
    "img_hv_requested_version",
    "hw_maxphysaddr_bits",
)


@dataclass(frozen=True, slots=True)
class Ask:
    """What a server takes of one resource class from one provider; plain without a ``group``.

    All that it asks of a granular group is taken from the same provider.
    """

    group: str
    resource_class: str
    amount: int


@dataclass(frozen=True, slots=True)
class Demand:
    """Resources per class (all > 0) and traits, as ``GET /allocation_candidates`` takes them.

    ``groups`` are the query's further parameters, of granular request groups, of which the
    resources are among ``resources`` too. ``unplanned`` are the
    codes of what Nova looks at beside these figures, or beyond one server a host: planning
    cannot. The extra specs and the image's properties are kept for what Nova compares them with
    beside Placement.

    ``on_vcpu`` is what Nova asks for when no host has the PCPU that pinned CPUs ask for; None when
    it asks for nothing else. ``without`` are resource classes that a host must not have.
    """

    resources: Mapping[str, int]
    required: frozenset[str] = frozenset()
    forbidden: frozenset[str] = frozenset()
    groups: tuple[tuple[str, str], ...] = ()
    unplanned: tuple[str, ...] = ()
    extra_specs: Mapping[str, str] = field(default_factory=dict)
    image_properties: Mapping[str, str] = field(default_factory=dict)
    on_vcpu: "Demand | None" = None
    without: frozenset[str] = frozenset()

    @property
    def query(self) -> str:
        """The query string for allocation candidates; disabled hosts are left out, as Nova does."""
        plain = {each.resource_class: each.amount for each in self.asks if not each.group}
        resources = ",".join(f"{name}:{n}" for name, n in sorted(plain.items()))
        traits = [*sorted(self.required), *(f"!{t}" for t in sorted(self.forbidden))]
        query = f"resources={resources}&required={','.join([*traits, '!COMPUTE_STATUS_DISABLED'])}"
        return f"{query}&{urllib.parse.urlencode(self.groups)}" if self.groups else query

    @property
    def asks(self) -> tuple[Ask, ...]:
        """What one server takes, the plain part first."""
        granular = [
            Ask(key.removeprefix(_RESOURCES), name, int(amount))
            for key, value in self.groups
            if key.startswith(_RESOURCES)
            for name, amount in (each.split(":") for each in value.split(","))
        ]
        plain = dict(self.resources)
        for each in granular:
            plain[each.resource_class] = plain.get(each.resource_class, 0) - each.amount
        return (*(Ask("", name, n) for name, n in plain.items() if n > 0), *granular)

    @property
    def isolated(self) -> bool:
        """Whether each granular group is taken from a provider of its own."""
        return _ISOLATED in self.groups


class BadImage(ValueError):
    """An image that no server can be built from, whatever its flavor."""


def demand(
    flavor: Mapping[str, Any], image: Mapping[str, Any], *, volume_backed: bool = False
) -> Demand:
    """The demand of a server with this flavor and image, both as Nova's API shows them.

    The root disk of a ``volume_backed`` server is a volume and takes nothing of its host.

    :raises BadImage: when Nova would refuse the image by itself.
    :raises ValueError: when the flavor asks for nothing at all, or Nova would refuse it.
    """
    specs: Mapping[str, str] = flavor["extra_specs"]
    properties: Mapping[str, str] = image.get("metadata", {})
    meta = _image(properties)
    for key, value in specs.items():
        if _RESOURCE.match(key) and not value.isdecimal():
            raise ValueError(_NOT_WHOLE(key=key, value=value))
    asked = _asked(flavor)
    try:
        spec = RequestSpec(flavor=asked, image=meta, is_bfv=volume_backed)
        _ask_for_devices(spec)
        for each in _filters(properties):
            each(None, spec)
        request = _translated(spec)
        plain = _translated(spec, enable_pinning_translate=False)
        numa: InstanceNUMATopology | None = hardware.numa_get_constraints(asked, spec.image)
    except (nova_exception.NovaException, ValueError) as error:
        raise ValueError(_NOT_WITH_IMAGE(answer=str(error))) from error
    own = request.get_request_group(None)
    groups = tuple(_groups(request))
    if not own.resources:
        raise ValueError(_ONLY_GRANULAR() if groups else _NO_RESOURCES())
    enabled = set(cfg.CONF.filter_scheduler.enabled_filters)
    found = {
        unplanned.NUMA_CELLS: numa is not None,
        unplanned.PCI_DEVICES: _ALIAS in specs and not _devices_in_placement(),
        unplanned.ACCELERATORS: "accel:device_profile" in specs,
        unplanned.IMAGE_TYPE: _asks_image_type()
        and not (volume_backed or "disk_format" in properties),
        unplanned.HOST_CAPABILITIES: "ComputeCapabilitiesFilter" in enabled
        and any(map(_is_capability, specs)),
        unplanned.IMAGE_PROPERTIES: "ImagePropertiesFilter" in enabled and _asks_of_hosts(meta),
        unplanned.OTHER_FILTERS: bool(enabled - _LOOKED_AT),
    }
    rest = tuple(code for code, there in found.items() if there)
    if not request.cpu_pinning_requested or cfg.CONF.workarounds.disable_fallback_pcpu_query:
        return _demand(spec, request, rest, specs, properties)
    # What offers PCPU and has too few of them left is taken by Nova's own filters.
    on_vcpu = replace(_demand(spec, plain, rest, specs, properties), without=frozenset({"PCPU"}))
    asked_first = _demand(spec, request, (*rest, unplanned.PINNED_ON_VCPU), specs, properties)
    return replace(asked_first, on_vcpu=on_vcpu)


def _demand(
    spec: RequestSpec,
    request: ResourceRequest,
    codes: tuple[str, ...],
    extra_specs: Mapping[str, str],
    properties: Mapping[str, str],
) -> Demand:
    """What Nova's request asks of Placement."""
    own = request.get_request_group(None)
    return Demand(
        request.merged_resources(),
        frozenset(own.required_traits | spec.root_required),
        frozenset(own.forbidden_traits),
        tuple(_groups(request)),
        codes,
        extra_specs,
        properties,
    )


def _asked(flavor: Mapping[str, Any]) -> Flavor:
    return Flavor(
        name=flavor.get("name") or flavor.get("original_name") or "this",
        vcpus=flavor["vcpus"],
        memory_mb=flavor["ram"],
        root_gb=flavor["disk"],
        ephemeral_gb=flavor.get("OS-FLV-EXT-DATA:ephemeral", 0),
        swap=int(flavor.get("swap") or 0),
        extra_specs=dict(flavor["extra_specs"]),
    )


def _image(properties: Mapping[str, str]) -> ImageMeta:
    # What block devices an image has is nothing to the scheduler, and may be written anyhow.
    kept = {key: value for key, value in properties.items() if key != "block_device_mapping"}
    facts: dict[str, Any] = {"name": "the image", "properties": kept}
    if "disk_format" in properties:
        facts["disk_format"] = properties["disk_format"]
    try:
        return ImageMeta.from_dict(facts)
    except (nova_exception.NovaException, ValueError) as error:
        raise BadImage(_BAD_PROPERTY(answer=str(error))) from error


def _filters(properties: Mapping[str, str]) -> Iterator[Any]:
    """Nova's request filters, but for the one that wants a format that its API does not show."""
    for each in _FILTERS:
        if each is not request_filter.require_image_type_support or "disk_format" in properties:
            yield each


def _translated(spec: RequestSpec, **how: bool) -> ResourceRequest:
    """Nova's own translation, and its own policy for the groups that are not of the flavor."""
    request = ResourceRequest.from_request_spec(spec, **how)
    several = request.get_num_of_suffixed_groups() > 1
    if several and not request.group_policy and request.suffixed_groups_from_flavor <= 1:
        request.group_policy = "none"
    return request


def _devices_in_placement() -> bool:
    return bool(cfg.CONF.filter_scheduler.pci_in_placement)


def _ask_for_devices(spec: RequestSpec) -> None:
    """Have each PCI device of a flavor asked for as a group, as Nova does if its operator wants."""
    spec.requested_resources = []
    if not _devices_in_placement():
        return
    wanted: InstancePCIRequests = get_pci_requests_from_flavor(spec.flavor)
    spec.pci_requests = wanted
    for number, each in enumerate(wanted.requests):
        each.request_id = f"pci{number}"  # the same for the same flavor
    spec.generate_request_groups_from_pci_requests()


def _is_capability(key: str) -> bool:
    """Whether ComputeCapabilitiesFilter compares an extra spec with what hosts report."""
    scope, *inner = key.split(":")
    if inner:
        return scope == "capabilities" or key == "hw:maxphysaddr_bits"
    return hasattr(_ANY_HOST, key) or key.startswith(_COUNTED)


def _asks_of_hosts(image: ImageMeta) -> bool:
    """Whether ImagePropertiesFilter compares an image with what hosts report."""
    return bool(cfg.CONF.filter_scheduler.image_properties_default_architecture) or any(
        image.properties.get(name) is not None for name in _OF_HOSTS
    )


def _asks_image_type() -> bool:
    return bool(cfg.CONF.scheduler.query_placement_for_image_type_support)


def _groups(request: ResourceRequest) -> Iterator[tuple[str, str]]:
    """The parameters of the granular groups, as Nova writes them, in a stable order."""
    for key, value in sorted(urllib.parse.parse_qsl(request.to_querystring())):
        if key not in ("limit", "resources", "required", "root_required", "root_forbidden"):
            yield key, value
