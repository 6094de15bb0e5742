# SPDX-License-Identifier: Apache-2.0
"""What server templates must be, so that each member, also one to come, can have its own."""

import re
from collections.abc import Mapping
from typing import Any, Final

from ensemble_api import domain_metadata, exception, limits, signals, tier_order
from ensemble_api.addresses import Address, members_addresses
from ensemble_api.patterns import Values, filled, is_taken
from ensemble_api.planning.errors import ModelError, located
from ensemble_api.planning.message import Sentence
from ensemble_api.server_names import server_name
from ensemble_api.tier_order import Gate

LARGEST: Final = 999  # no index and no count has more digits
_LABEL: Final = re.compile(r"[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?\Z")

_NO_INDEX = Sentence(
    "invalid.no-index", "must hold {index}, so that the tier's members differ by it"
)
_TOO_LONG = Sentence(
    "invalid.filled-too-long",
    "has up to %(length)s characters once it is filled in, of %(most)s that Nova takes",
)
_SAME = Sentence(
    "invalid.same-name", "gives %(name)s, as a server of tier %(tier)s is called as well"
)
_NOT_IN_NAMES = Sentence(
    "invalid.not-in-names", "holds %(character)s, which Nova does not take in a server's name"
)
_NOT_A_HOST_NAME = Sentence(
    "invalid.host-name",
    "gives %(name)s, which is no host name: 1 to 63 letters a to z, digits and - between two dots",
)
_RESERVED_KEY = Sentence(
    "invalid.reserved-key",
    "begins with %(prefix)s, as what domains_in_metadata adds does; use another key",
)
_KEY_OF_SIGNAL = Sentence(
    "invalid.key-of-signal", "is where the guest is told how to signal; use another key"
)
_NOT_CHOSEN = Sentence(
    "invalid.address-off-network", "must be one of the networks that the servers are attached to"
)
_NETWORK_TWICE = Sentence("invalid.network-twice", "has its addresses in another place already")
_TOO_FEW = Sentence(
    "invalid.too-few-addresses",
    "%(addresses)s for %(count)s member, which needs its own",
    "%(addresses)s for %(count)s members, each of which needs its own",
)
_ADDRESS_TWICE = Sentence(
    "invalid.address-twice", "has %(address)s, which another member has already"
)


def check(body: Mapping[str, Any]) -> None:
    """Refuse what some member could not have; ``body`` has the right shape.

    :raises ensemble_api.exception.Invalid: naming the field that is wrong.
    """
    try:
        tier_order.check(body["tiers"])
    except ModelError as error:
        raise exception.Invalid(error.reason, field=f"ensemble.{error.field}") from error
    taken: set[tuple[str, Address]] = set()
    for place, tier in enumerate(body["tiers"]):
        try:
            _check_tier(body["name"], tier)
            _check_addresses(tier, taken)
        except ModelError as error:
            field = f"ensemble.tiers[{place}].server.{error.field}"
            raise exception.Invalid(error.reason, field=field) from error
    for field in ("name", "hostname"):
        if any(field in tier["server"] for tier in body["tiers"]):
            _check_differing(body, field)


def _check_tier(ensemble: str, tier: Mapping[str, Any]) -> None:
    server = tier["server"]
    for field in ("name", "hostname"):
        if tier["count"] > 1 and field in server and "{index}" not in server[field]:
            raise ModelError(field, _NO_INDEX())
    longest = filled(server, Values(ensemble, tier["name"], LARGEST, LARGEST))
    name = longest.get("name", "")
    _check_length("name", name, limits.NAME)
    if bad := next((each for each in name if not is_taken(each)), None):
        raise ModelError("name", _NOT_IN_NAMES(character=f"U+{ord(bad):04X}"))
    if "hostname" in longest:
        _check_length("hostname", longest["hostname"], limits.NAME)
        if not all(map(_LABEL.match, longest["hostname"].split("."))):
            raise ModelError("hostname", _NOT_A_HOST_NAME(name=longest["hostname"]))
    for key, text in longest.get("metadata", {}).items():
        _check_length(f"metadata.{key}", text, limits.METADATA)
    if server.get(domain_metadata.WISH):
        for key in server.get("metadata", ()):
            if key.startswith(domain_metadata.PREFIX):
                raise ModelError(f"metadata.{key}", _RESERVED_KEY(prefix=domain_metadata.PREFIX))
    if Gate.of(tier).signals and signals.KEY in server.get("metadata", ()):
        raise ModelError(f"metadata.{signals.KEY}", _KEY_OF_SIGNAL())
    _check_length("user_data", longest.get("user_data", ""), limits.USER_DATA)


def _check_addresses(tier: Mapping[str, Any], taken: set[tuple[str, Address]]) -> None:
    """Refuse addresses that are too few, off the tier's networks, or in ``taken``, and add them."""
    networks = tier["server"]["networks"]
    seen: set[str] = set()
    for place, each in enumerate(tier["server"].get("fixed_ips", ())):
        with located(f"fixed_ips[{place}]"):
            network = each["network"].lower()
            if isinstance(networks, str) or each["network"] not in networks:
                raise ModelError("network", _NOT_CHOSEN())
            if network in seen:
                raise ModelError("network", _NETWORK_TWICE())
            seen.add(network)
            found = members_addresses(each["addresses"])
            if len(found) < tier["count"]:
                raise ModelError("addresses", _TOO_FEW(addresses=len(found), count=tier["count"]))
            for address in found:
                if (network, address) in taken:
                    raise ModelError("addresses", _ADDRESS_TWICE(address=str(address)))
                taken.add((network, address))


def _check_length(field: str, text: str, most: int) -> None:
    if len(text) > most:
        raise ModelError(field, _TOO_LONG(length=len(text), most=most))


def _check_differing(body: Mapping[str, Any], field: str) -> None:
    """Refuse two tiers whose members could have the same name, also when they have grown."""
    seen: dict[str, str] = {}
    for place, tier in enumerate(body["tiers"]):
        pattern = tier["server"].get(field)
        if pattern is None and field == "hostname":
            continue  # Nova makes it of the name
        for index in range(limits.MEMBERS_OF_TIER if _grows(pattern) else 1):
            if pattern is None:
                name = server_name(body["name"], f"{tier['name']}-{index}")
            else:
                values = Values(body["name"], tier["name"], index, tier["count"])
                name = str(filled({field: pattern}, values)[field])
            other = seen.setdefault(name.lower(), tier["name"])
            if other != tier["name"]:
                raise exception.Invalid(
                    _SAME(name=name, tier=other), field=f"ensemble.tiers[{place}].server.{field}"
                )


def _grows(pattern: str | None) -> bool:
    return pattern is None or "{index}" in pattern
