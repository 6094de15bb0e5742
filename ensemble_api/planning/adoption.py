# SPDX-License-Identifier: Apache-2.0
"""Adoption: tiers and policies for servers that run already, by what they have in common."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from ensemble_api.planning.errors import ModelError
from ensemble_api.planning.message import Message, Sentence, listed
from ensemble_api.planning.model import TIER_TWICE

_ONE_OVER_ALL = Sentence(
    "adoption.one-over-all",
    "Server group %(group)s lets a %(level)s hold %(most)s of its servers in all; no policy says "
    "that of %(tiers)s together, so each of them is held to it by itself.",
)
_OTHER_POLICY = Sentence(
    "adoption.other-policy", "Server group %(group)s has a policy that ensembles do not have."
)
_NOT_ALIKE = Sentence(
    "adoption.not-alike",
    "%(one)s and %(other)s cannot be of one tier: they have different flavors, or one boots from "
    "a volume and one from an image",
)

LONGEST: Final = 32  # characters of a tier's name
# Heat ends the names that it makes with 12 characters of base32. Of a server that may not be Heat's
# a digit must stand among the letters, since the end of `app-controller22` is none.
_HEAT: Final = re.compile(r"[-_][a-z2-7]{12}\Z")
_LIKE_HEAT: Final = re.compile(r"[-_](?=[a-z2-7]*[2-7][a-z])[a-z2-7]{12}\Z")
_DIGITS: Final = re.compile(r"(\d+)")


@dataclass(frozen=True, slots=True)
class RunningServer:
    """A server that is to be a member.

    Servers of one tier have the same `flavor` and `root`, which is an image's id, or empty for
    a volume. `group` is the id of its server group, empty where it is in none.
    """

    id: str
    name: str
    flavor: str
    root: str
    group: str = ""


@dataclass(frozen=True, slots=True)
class ServerGroup:
    """A server group of Nova: `most` is how many of its servers a host may hold, if it says so."""

    id: str
    name: str
    policy: str
    most: int = 1


@dataclass(frozen=True, slots=True)
class ProposedTier:
    """A tier: its name, and its servers in the order of its members."""

    name: str
    servers: tuple[RunningServer, ...]


def propose(
    servers: Sequence[RunningServer], most_tiers: int, *, heat: bool = False
) -> tuple[ProposedTier, ...]:
    """Propose tiers by flavor, image, server group and names.

    Names are not looked at where they make more than `most_tiers`. `heat` is whether Heat may have
    named all of them.
    """
    called = {each.id: _called(each.name, _HEAT if heat else _LIKE_HEAT) for each in servers}
    tiers = _tiers(servers, called)
    return tiers if len(tiers) <= most_tiers else _tiers(servers, {})


def given(tiers: Iterable[tuple[str, Sequence[RunningServer]]]) -> tuple[ProposedTier, ...]:
    """Take tiers as somebody wants them, if their members can be alike.

    :raises ensemble_api.planning.errors.ModelError: naming the tier in which they cannot.
    """
    found: list[ProposedTier] = []
    for number, (name, servers) in enumerate(tiers):
        if name in [each.name for each in found]:
            raise ModelError(f"tiers[{number}].name", TIER_TWICE(tier=name))
        first = servers[0]
        for each in servers:
            # Another image makes the same demands; new members are made from the newest one.
            if (each.flavor, not each.root) != (first.flavor, not first.root):
                raise ModelError(
                    f"tiers[{number}].servers", _NOT_ALIKE(one=first.name, other=each.name)
                )
        found.append(ProposedTier(name, tuple(sorted(servers, key=_natural))))
    return tuple(found)


def policies_of(
    groups: Iterable[ServerGroup], tiers: Sequence[ProposedTier], level: str
) -> tuple[tuple[Mapping[str, Any], ...], tuple[Message, ...]]:
    """Give the policies that say of these tiers what server groups say of their servers.

    `level` is the level of hosts. Also what no policy says.
    """
    policies: list[Mapping[str, Any]] = []
    notes: list[Message] = []
    for group in groups:
        names = [
            tier.name for tier in tiers if any(each.group == group.id for each in tier.servers)
        ]
        if not names:
            continue
        enforcement = "soft" if group.policy.startswith("soft-") else "hard"
        common = {"level": level, "enforcement": enforcement}
        match group.policy.removeprefix("soft-"):
            case "affinity":
                policies.append({"type": "affinity", "tiers": names, **common})
            case "anti-affinity":
                policies.extend(_apart(names, group.most, common))
                if len(names) > 1 and group.most > 1:
                    notes.append(
                        _ONE_OVER_ALL(
                            group=group.name, level=level, most=group.most, tiers=listed(names)
                        )
                    )
            case _:
                notes.append(_OTHER_POLICY(group=group.name))
    return tuple(policies), tuple(notes)


def _apart(
    names: Sequence[str], most: int, common: Mapping[str, Any]
) -> Iterator[Mapping[str, Any]]:
    """Of one tier, so many share a host at most; of two tiers none do."""
    limit = {} if most == 1 else {"max_per_domain": most}
    for name in names:
        yield {"type": "anti-affinity", "tiers": [name], **common, **limit}
    if len(names) > 1 and most == 1:
        yield {"type": "anti-affinity", "tiers": list(names), **common}


def _tiers(servers: Sequence[RunningServer], called: Mapping[str, str]) -> tuple[ProposedTier, ...]:
    """Put together what is alike; `called` are names by id, where these are looked at."""
    alike: dict[tuple[str, ...], list[RunningServer]] = {}
    for server in sorted(servers, key=_natural):
        pattern = _DIGITS.sub("0", called.get(server.id, ""))
        key = (server.group, server.flavor, server.root, pattern)
        alike.setdefault(key, []).append(server)
    names: set[str] = set()
    found = []
    for members in alike.values():
        wanted = _common_name([called.get(each.id, "") for each in members])
        names.add(name := _free(wanted or "servers", names))
        found.append(ProposedTier(name, tuple(members)))
    return tuple(found)


def _natural(server: RunningServer) -> tuple[list[tuple[int, str]], str]:
    """Sort `web-2` before `web-10`."""
    parts = _DIGITS.split(server.name.lower())
    return [(int(each), "") if number % 2 else (0, each) for number, each in enumerate(parts)], (
        server.id
    )


def _called(name: str, heat: re.Pattern[str]) -> str:
    """Give a server's name without its domain, and without what Heat adds to make it unique."""
    return heat.sub("", name.lower().split(".")[0])


def _common_name(names: Sequence[str]) -> str:
    """Give what is the same in names that differ in numbers alone, as the name of a tier."""
    rows = [_DIGITS.split(each) for each in names]
    several = len(rows) > 1
    kept = [
        parts[0]
        for number, parts in enumerate(zip(*rows, strict=True))
        if not (number % 2 and (len(set(parts)) > 1 if several else number == len(rows[0]) - 2))
    ]
    plain = re.sub(r"[^a-z0-9]+", "-", "".join(kept)).strip("-")
    return re.sub(r"\A[^a-z]+", "", plain)[:LONGEST].strip("-")


def _free(name: str, taken: set[str]) -> str:
    """Give a name that no other tier has: with a letter, since a number is a member's."""
    if name not in taken:
        return name
    short = name[: LONGEST - 3].strip("-")
    letters = "bcdefghijklmnopqrstuvwxyz"
    ends = (*letters, *(f"{one}{two}" for one in letters for two in letters))
    return next(each for end in ends if (each := f"{short}-{end}") not in taken)
