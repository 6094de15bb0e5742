# SPDX-License-Identifier: Apache-2.0
"""What a change of an ensemble asks for, and whether that may be asked for now."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ensemble_api import exception
from ensemble_api.addresses import members_addresses
from ensemble_api.observed import GONE
from ensemble_api.planning import result
from ensemble_api.planning.message import Sentence, listed
from ensemble_api.planning.model import Ensemble, Member
from ensemble_api.records import EnsembleRecord
from ensemble_api.recovery import planned_tiers

_NOT_RUNNING = Sentence(
    "conflict.not-running", "Only an ensemble that is built can be changed; this one is %(status)s."
)
BUSY = Sentence("conflict.operation", "Something else is done with the ensemble now; wait for it.")
_GENERATION = Sentence(
    "conflict.generation",
    "The ensemble was changed since you have looked at it. Look again, and repeat the change.",
)
_NO_MEMBER = Sentence("invalid.no-member", "there is no member %(member)s")
_REMOVED_AND_KEPT = Sentence(
    "invalid.removed-and-kept", "%(member)s is named in remove as well, and can be in one of both"
)
_REPLACED_WITHOUT_TIER = Sentence(
    "invalid.replaced-without-tier",
    "%(member)s cannot be replaced: its tier is removed. Name it in remove or in release.",
)
_LOCKED = Sentence(
    "conflict.locked-member", "The server of %(member)s is locked. Unlock it to have it removed."
)
# What servers that run have of their templates, wherever later ones come from.
_LASTING = ("availability_zone", "fixed_ips", "ports", "root_volume", "volumes")
_TEMPLATE = Sentence(
    "invalid.template-of-tier",
    "cannot be changed for a tier that runs; add a tier of another name, and remove this one",
)
_NO_ADDRESS = Sentence("invalid.no-address-left", "have none for the new member %(member)s")
_OWN_PARTS = Sentence(
    "invalid.count-of-own-parts",
    "cannot be changed: each member of this tier has ports or volumes of its own",
)
_REPLACED_OWN_PARTS = Sentence(
    "invalid.replaced-own-parts",
    "cannot be replaced: its ports or volumes are its own, and serve no other server meanwhile",
)


@dataclass(frozen=True, slots=True)
class ChangeRequest:
    """What a change asks for: the whole description as it is to be, and who is to go.

    ``remove``, ``replace`` and ``release`` are names of members, all of whom go: for each of those
    to replace another one is built before, and the servers of those to release stay. ``mend`` is
    whether members move for what does not hold, as few as can be.
    ``plan_id`` names the preview that is to be carried out.
    """

    generation: int
    body: Mapping[str, Any]
    remove: tuple[str, ...] = ()
    replace: tuple[str, ...] = ()
    release: tuple[str, ...] = ()
    mend: bool = False
    plan_id: str | None = None

    @property
    def named(self) -> tuple[tuple[str, str], ...]:
        """The field and the name of each member that is named; of one in two fields the first."""
        fields: dict[str, str] = {}
        for field in ("remove", "replace", "release"):
            for index, name in enumerate(getattr(self, field)):
                fields.setdefault(name, f"{field}[{index}]")
        return tuple((field, name) for name, field in fields.items())

    def digest(self, record: EnsembleRecord) -> str:
        """What is to become of which ensemble, in short."""
        going = [sorted(each) for each in (self.remove, self.replace, self.release)]
        asked = [record.id, self.generation, self.body, self.mend, *going]
        return hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()


def check(record: EnsembleRecord, change: ChangeRequest) -> None:
    """Refuse a change of what is not to be changed now.

    :raises ensemble_api.exception.EnsembleError: with what is in the way.
    """
    if record.operation is not None:
        raise exception.Conflict(BUSY(), operation=record.operation.id)
    if not record.status.built:
        raise exception.Conflict(_NOT_RUNNING(status=record.status.value))
    if record.generation != change.generation:
        raise exception.PreconditionFailed(_GENERATION(), generation=record.generation)
    before = {tier["name"]: tier for tier in record.body["tiers"]}
    for index, tier in enumerate(change.body["tiers"]):
        known = before.get(tier["name"])
        if known is None:
            continue
        for key in _LASTING:
            if tier["server"].get(key) != known["server"].get(key):
                raise exception.Invalid(_TEMPLATE(), field=f"ensemble.tiers[{index}].server.{key}")
        if tier["server"].keys() & {"ports", "volumes"}:
            _check_own_parts(record, change, index, known)


def _check_own_parts(
    record: EnsembleRecord, change: ChangeRequest, index: int, known: Mapping[str, Any]
) -> None:
    """Refuse to build servers for a tier whose ports or volumes are all in use."""
    tier = change.body["tiers"][index]
    for key in ("count", "server"):
        if tier[key] != known[key]:
            raise exception.Invalid(_OWN_PARTS(), field=f"ensemble.tiers[{index}].{key}")
    own = {each.name for each in record.members if each.tier == tier["name"]}
    for number, name in enumerate(change.replace):
        if name in own:
            raise exception.Invalid(_REPLACED_OWN_PARTS(), field=f"replace[{number}]")


def check_addresses(body: Mapping[str, Any], added: Iterable[Member]) -> None:
    """Refuse new members for which their tier has no addresses left.

    :raises ensemble_api.exception.Invalid: naming the addresses.
    """
    servers = {tier["name"]: (place, tier["server"]) for place, tier in enumerate(body["tiers"])}
    for member in added:
        index, server = servers[member.tier]
        for place, each in enumerate(server.get("fixed_ips", ())):
            if member.index >= len(members_addresses(each["addresses"])):
                field = f"ensemble.tiers[{index}].server.fixed_ips[{place}].addresses"
                name = f"{member.tier}-{member.index}"
                raise exception.Invalid(_NO_ADDRESS(member=name), field=field)


def touches_no_member(record: EnsembleRecord, change: ChangeRequest) -> bool:
    """Whether only the words of a description change, or what is done by itself."""
    return (
        not (change.named or change.mend)
        and planned_tiers(change.body) == planned_tiers(record.body)
        and change.body["policies"] == record.body["policies"]
    )


def shrinks(running: result.Assignment, ensemble: Ensemble) -> bool:
    """Whether some tier has fewer members than now, or goes."""
    counts = {tier.name: tier.count for tier in ensemble.tiers}
    there = [member.tier for member in running]
    return any(there.count(tier) > counts.get(tier, 0) for tier in set(there))


def leaving(
    record: EnsembleRecord, ensemble: Ensemble, change: ChangeRequest, locked: set[Member]
) -> set[Member]:
    """Who is to go by name; where a tier shrinks, those whose servers are gone come next."""
    by_name = {each.name: Member(each.tier, each.index) for each in record.members}
    counts = {tier.name: tier.count for tier in ensemble.tiers}
    named = set()
    for field, name in change.named:
        if name not in by_name:
            raise exception.Invalid(_NO_MEMBER(member=name), field=field)
        if name in change.replace and by_name[name].tier not in counts:
            raise exception.Invalid(_REPLACED_WITHOUT_TIER(member=name), field=field)
        if name in change.remove and name in (*change.replace, *change.release):
            raise exception.Invalid(_REMOVED_AND_KEPT(member=name), field=field)
        named.add(by_name[name])
    going = {member for member in by_name.values() if member.tier not in counts}
    kept = {by_name[name] for name in change.release}
    held = sorted(each.name for each in ((named | going) - kept) & locked)
    if held:
        raise exception.Conflict(_LOCKED(member=listed(held)))
    gone = [Member(each.tier, each.index) for each in record.members if each.server_status == GONE]
    replaced = {by_name[name] for name in change.replace}
    for tier in ensemble.tiers:
        there = sum(each.tier == tier.name for each in record.members)
        surplus = there - tier.count - sum(each.tier == tier.name for each in named - replaced)
        lost = [each for each in gone if each.tier == tier.name and each not in named]
        named.update(lost[: max(0, surplus)])
    return named
