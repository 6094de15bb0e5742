# SPDX-License-Identifier: Apache-2.0
"""Fixed addresses of a tier's members: a list, or a range such as 10.0.0.5-10.0.0.9."""

import ipaddress
from collections.abc import Mapping, Sequence
from typing import Any, Final, TypeAlias

from ensemble_api.planning.errors import ModelError
from ensemble_api.planning.message import Sentence

Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address

MOST: Final = 1000  # addresses of a range

_NOT_ONE = Sentence("invalid.address", "must be an IP address, without a prefix and a zone")
_NOT_A_RANGE = Sentence(
    "invalid.address-range",
    "must be a list of addresses, or the first and the last one, such as 10.0.0.5-10.0.0.9",
)
_LONG_RANGE = Sentence("invalid.long-range", "may have at most %(most)s addresses")


def members_addresses(given: str | Sequence[str]) -> Sequence[Address]:
    """The addresses of a tier's members on one network, in the order of their indices.

    :raises ensemble_api.planning.errors.ModelError: about ``addresses`` or one of them.
    """
    if not isinstance(given, str):
        return [_address(each, f"addresses[{place}]") for place, each in enumerate(given)]
    first, dash, last = given.partition("-")
    try:
        start, end = _address(first.strip(), ""), _address(last.strip(), "")
    except ModelError as error:
        raise ModelError("addresses", _NOT_A_RANGE()) from error
    if not dash or start.version != end.version or int(start) > int(end):
        raise ModelError("addresses", _NOT_A_RANGE())
    size = int(end) - int(start) + 1
    if size > MOST:
        raise ModelError("addresses", _LONG_RANGE(most=MOST))
    return [start + step for step in range(size)]


def of_member(fixed_ips: Sequence[Mapping[str, Any]], index: int) -> dict[str, str]:
    """The address of the member of an index on each network, by the network's id.

    IndexError where a network has too few; that is refused before a member is added.
    """
    return {each["network"]: str(_at(each["addresses"], index)) for each in fixed_ips}


def _at(given: str | Sequence[str], index: int) -> Address:
    if not isinstance(given, str):
        return ipaddress.ip_address(given[index])
    first, _, last = given.partition("-")
    found = ipaddress.ip_address(first.strip()) + index
    if int(found) > int(ipaddress.ip_address(last.strip())):
        raise IndexError(index)
    return found


def _address(text: str, field: str) -> Address:
    try:
        found = ipaddress.ip_address(text)
    except ValueError as error:
        raise ModelError(field, _NOT_ONE()) from error
    if isinstance(found, ipaddress.IPv6Address) and found.scope_id is not None:
        raise ModelError(field, _NOT_ONE())
    return found
