# SPDX-License-Identifier: Apache-2.0
"""From a request body to an ensemble whose every reference is the tenant's to use."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, TypeAlias

from ensemble_api import codec, domain_metadata, exception, signals
from ensemble_api.cloud.compute import Compute
from ensemble_api.cloud.demand import Demand
from ensemble_api.cloud.networks import Networks
from ensemble_api.cloud.volumes import Volumes
from ensemble_api.context import Context
from ensemble_api.patterns import Values, filled
from ensemble_api.planning import model
from ensemble_api.planning.errors import ModelError
from ensemble_api.planning.message import Sentence
from ensemble_api.planning.policies import Selector
from ensemble_api.records import member_template
from ensemble_api.schema_errors import ONE_OF
from ensemble_api.server_names import member_server_name
from ensemble_api.tier_order import GATE, Gate
from ensemble_api.usecases.refusals import AcceptedTemplates, Refusals
from ensemble_api.usecases.server_template import ServerTemplates

_TOO_MANY = Sentence(
    "invalid.too-many-members",
    "%(count)s member is more than the %(most)s allowed",
    "%(count)s members are more than the %(most)s allowed",
)
_NO_SIGNALS = Sentence("invalid.no-signals", "in this cloud guests cannot signal; use active")
_SIGNALS_END = Sentence(
    "invalid.signals-end", "in this cloud guests can signal for %(seconds)s seconds at most"
)
_NO_HINTS = Sentence("invalid.no-hints", "this cloud lets no scheduler hints be given")
_HINT_NOT_ALLOWED = Sentence(
    "invalid.hint-not-allowed", "this cloud lets only these hints be given: %(allowed)s"
)
_NO_ZONES = Sentence(
    "invalid.no-zones", "ensembles know no availability zones in this cloud; leave it out"
)
_NO_SELECTORS = Sentence(
    "invalid.no-selectors", "this cloud lets no policies go by the metadata of aggregates"
)
_NO_SUCH_VALUE = Sentence("invalid.no-such-value", "is no value that %(key)s has in this cloud")
_NO_SUCH_VALUE_OF = Sentence(
    "invalid.no-such-value-of",
    "is no value that %(key)s has in this cloud: it must be one of %(choices)s",
)
_NAMED = 20  # values that an error lists
Selectors: TypeAlias = Callable[[Context], Mapping[str, Collection[str]]]
"""The values that the keys of selectors have, with an operator's context."""

Zones: TypeAlias = Callable[[Context], Collection[str]]
"""The names of the availability zones, with an operator's context."""
_NO_SUCH_ZONE = Sentence("invalid.no-such-zone", "is no availability zone of this cloud")

_NOTHING_KNOWN: Mapping[str, Demand] = {}


class NovaCheck(Enum):
    """How to ask Nova whether it would take the servers of a request."""

    ALWAYS = "now"
    UNLESS_RECENT = "lately"  # but for those that it took a moment ago
    NEVER = "never"  # of a caller who may not build


@dataclass(frozen=True, slots=True)
class ResolvedRequest:
    """A request whose every reference is known to be the tenant's to use.

    ``own`` are the demands of members that are not those of their tiers, ``pins`` the availability
    zones that members do not leave.
    """

    body: Mapping[str, Any]
    ensemble: model.Ensemble
    demands: Mapping[str, Demand]  # by tier
    own: Mapping[model.Member, Demand] = field(default_factory=dict)
    pins: Mapping[model.Member, str] = field(default_factory=dict)

    def demand(self, member: model.Member) -> Demand:
        """What a member takes of its host."""
        return self.own.get(member) or self.demands[member.tier]


class Resolver:
    """Asks Nova, with the tenant's own context, for all that a body refers to."""

    def __init__(
        self,
        compute: Compute,
        networks: Networks,
        volumes: Volumes,
        levels: Sequence[str],
        max_members: int,
        *,
        zone_level: str | None,
        placed: Callable[[Demand], Demand],
        selectors: Selectors = lambda _: {},
        zones: Zones = lambda _: frozenset(),
        scheduler_hints: Collection[str] = (),
        longest_gate: int = 0,
    ) -> None:
        self._compute = compute
        self._networks = networks
        self._volumes = volumes
        self._levels = tuple(levels)
        self._max_members = max_members
        self._zone_level = zone_level
        self._placed = placed
        self._selectors = selectors
        self._zones = zones
        self._scheduler_hints = frozenset(scheduler_hints)
        self._longest_gate = longest_gate
        self._accepted = AcceptedTemplates()

    def resolve(
        self,
        context: Context,
        body: Mapping[str, Any],
        *,
        nova_check: NovaCheck = NovaCheck.ALWAYS,
        known: Mapping[str, Demand] = _NOTHING_KNOWN,
        own_servers: Collection[str] = (),
        own_policies: Collection[Mapping[str, Any]] = (),
        templates: ServerTemplates | None = None,
    ) -> ResolvedRequest:
        """Look every reference up with the tenant's own rights.

        ``nova_check`` is whether Nova is also asked whether it would take the servers. Tiers whose
        needs are ``known``, by name, are not looked up: they get no new servers. ``own_servers``
        are the ids of those that the ensemble has, whose addresses are its own, and
        ``own_policies`` what it asks for already, whatever has become of that. ``templates`` are
        those that requests have in common which are planned together.

        :raises ensemble_api.exception.Invalid: naming the field that is wrong.
        :raises ensemble_api.exception.EnsembleError: with what Nova would refuse, and its field.
        """
        self.check_size(body["tiers"], "ensemble.tiers")
        self._check_zones(body)
        new = {
            number: policy
            for number, policy in enumerate(body["policies"])
            if policy not in own_policies
        }
        check_levels(dict(enumerate(body["policies"])), self._levels, "ensemble")
        check_selectors(new, self._selectors, context, "ensemble")
        check_shares(new, self._zone_level, self._zones, context, "ensemble")
        self._check_hints(body)
        self._check_gates(body)
        templates = templates or self.templates(context, own_servers)
        demands = {
            tier["name"]: known.get(tier["name"])
            or templates.demand(
                f"ensemble.tiers[{index}].server", tier["server"], int(tier["count"])
            )
            for index, tier in enumerate(body["tiers"])
        }
        try:
            ensemble = codec.ensemble(body, demands)
        except ModelError as error:
            field = f"ensemble.{error.field}"
            raise exception.Invalid(error.reason, field=field) from error
        self._ask_nova(context, body, templates, nova_check, known)
        return ResolvedRequest(body, ensemble, demands)

    def check_size(self, tiers: Iterable[Mapping[str, Any]], field: str) -> None:
        """Refuse more members than are planned as one.

        :raises ensemble_api.exception.Invalid: about the field.
        """
        size = sum(tier["count"] for tier in tiers)
        if size > self._max_members:
            raise exception.Invalid(_TOO_MANY(count=size, most=self._max_members), field=field)

    def templates(self, context: Context, own_servers: Collection[str] = ()) -> ServerTemplates:
        """The templates of one request, or of several that are planned together."""
        return ServerTemplates(
            self._compute, self._networks, self._volumes, context, self._placed, own_servers
        )

    def _ask_nova(
        self,
        context: Context,
        body: Mapping[str, Any],
        templates: ServerTemplates,
        nova_check: NovaCheck,
        known: Mapping[str, Demand],
    ) -> None:
        """Refuse what Nova would refuse, so that a build does not end with it."""
        refusals = Refusals(
            self._compute,
            context,
            self._accepted,
            skip_recent=nova_check is NovaCheck.UNLESS_RECENT,
        )
        for index, tier in enumerate(body["tiers"]):
            place = f"ensemble.tiers[{index}].server"
            if tier["name"] in known:
                continue
            if nova_check is NovaCheck.NEVER:
                templates.references(place, tier["server"])
                continue
            values = Values(body["name"], tier["name"], 0, tier["count"])
            # Nova does not know that an address may be the ensemble's own: they were looked at.
            rest = {key: each for key, each in tier["server"].items() if key != "fixed_ips"}
            first = filled(member_template(rest, 0, tier["count"]), values)
            if tier["server"].get(domain_metadata.WISH):
                own = domain_metadata.largest(self._levels)
                first = {**first, "metadata": {**first.get("metadata", {}), **own}}
            if Gate.of(tier).signals:
                told = {**first.get("metadata", {}), **signals.LARGEST}
                first = {**first, "metadata": told}
            name = member_server_name(first, body["name"], f"{tier['name']}-0")
            if (refused := refusals.of(name, first)) is not None:
                templates.references(place, tier["server"])
                raise refusals.error(place, name, first, refused)

    def _check_zones(self, body: Mapping[str, Any]) -> None:
        for index, tier in enumerate(body["tiers"]):
            if self._zone_level is None and "availability_zone" in tier["server"]:
                field = f"ensemble.tiers[{index}].server.availability_zone"
                raise exception.Invalid(_NO_ZONES(), field=field)

    def _check_gates(self, body: Mapping[str, Any]) -> None:
        for index, tier in enumerate(body["tiers"]):
            gate = Gate.of(tier)
            field = f"ensemble.tiers[{index}].{GATE}"
            if gate.signals and not self._longest_gate:
                raise exception.Invalid(_NO_SIGNALS(), field=f"{field}.wait_for")
            if gate.signals and gate.timeout > self._longest_gate:
                message = _SIGNALS_END(seconds=self._longest_gate)
                raise exception.Invalid(message, field=f"{field}.timeout")

    def _check_hints(self, body: Mapping[str, Any]) -> None:
        for index, tier in enumerate(body["tiers"]):
            for key in tier["server"].get("scheduler_hints", ()):
                if key not in self._scheduler_hints:
                    allowed = ", ".join(sorted(self._scheduler_hints))
                    message = _HINT_NOT_ALLOWED(allowed=allowed) if allowed else _NO_HINTS()
                    field = f"ensemble.tiers[{index}].server.scheduler_hints.{key[:64]}"
                    raise exception.Invalid(message, field=field)


def check_levels(
    policies: Mapping[int, Mapping[str, Any]], levels: Sequence[str], place: str
) -> None:
    """Refuse policies, by their numbers, at levels that the cloud does not have.

    :raises ensemble_api.exception.Invalid: naming the field, of the description at ``place``.
    """
    for index, policy in policies.items():
        if policy["level"] not in levels:
            field = f"{place}.policies[{index}].level"
            raise exception.Invalid(ONE_OF(choices=", ".join(levels)), field=field)


def check_selectors(
    policies: Mapping[int, Mapping[str, Any]], selectors: Selectors, context: Context, place: str
) -> None:
    """Refuse keys that the operator does not list, and values that no aggregate has.

    :raises ensemble_api.exception.Invalid: naming the field, of the description at ``place``.
    """
    asked = {index: each for index, each in policies.items() if each["type"] == Selector.kind}
    known = selectors(context.elevated()) if asked else {}
    for index, policy in asked.items():
        field = f"{place}.policies[{index}]"
        if policy.get("key", "") not in known:
            message = ONE_OF(choices=", ".join(known)) if known else _NO_SELECTORS()
            raise exception.Invalid(message, field=f"{field}.key")
        values = known[policy["key"]]
        for number, value in enumerate(policy.get("values", ())):
            if value not in values:
                wrong = _NO_SUCH_VALUE(key=policy["key"])
                if 0 < len(values) <= _NAMED:
                    wrong = _NO_SUCH_VALUE_OF(key=policy["key"], choices=", ".join(values))
                raise exception.Invalid(wrong, field=f"{field}.values[{number}]")


def check_shares(
    policies: Mapping[int, Mapping[str, Any]],
    zone_level: str | None,
    zones: Zones,
    context: Context,
    place: str,
) -> None:
    """Refuse shares of what is no availability zone: no tenant can name other domains.

    :raises ensemble_api.exception.Invalid: naming the field, of the description at ``place``.
    """
    asked = {index: policy for index, policy in policies.items() if "shares" in policy}
    known = zones(context.elevated()) if asked and zone_level is not None else ()
    for index, policy in asked.items():
        field = f"{place}.policies[{index}]"
        if zone_level is None:
            raise exception.Invalid(_NO_ZONES(), field=f"{field}.shares")
        if policy["level"] != zone_level:
            raise exception.Invalid(ONE_OF(choices=zone_level), field=f"{field}.level")
        for name in policy["shares"]:
            if name not in known:
                raise exception.Invalid(_NO_SUCH_ZONE(), field=f"{field}.shares.{name[:64]}")
