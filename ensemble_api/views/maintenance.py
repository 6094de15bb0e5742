# SPDX-License-Identifier: Apache-2.0
"""A domain that is maintained, and what would come of its drain, as operators see it."""

from collections.abc import Sequence
from typing import Any

from ensemble_api.planning.message import Message, Sentence, semicolon_separated
from ensemble_api.planning.topology import Topology
from ensemble_api.results.host_impact import DrainAttempt
from ensemble_api.results.maintenance import DrainState, MaintainedDomain
from ensemble_api.views.plans import reasons
from ensemble_api.views.progress import progress

Json = dict[str, Any]

_DRAIN = {
    True: Sentence("drain.fits", "All members fit elsewhere.")(),
    False: Sentence("drain.does-not-fit", "Not all members fit elsewhere.")(),
    None: Sentence("drain.not-known", "Whether all members fit elsewhere is not known.")(),
}
_MOVE = Sentence("drain.move", "%(member)s to %(host)s")
_NO_ROOM = Sentence("drain.no-room", "Its members cannot leave as things are.")
_NOT_TRIED = Sentence("drain.not-tried", "Not tried.")
_NOT_DECIDED = Sentence("drain.not-decided", "Whether its members can leave is not decided.")
_MOVES = Sentence("drain.moves", "Moves: %(moves)s.")
_STATES = {
    DrainState.DRAINING: Sentence(
        "maintenance.draining",
        "%(count)s member is still to move, and no new server comes.",
        "%(count)s members are still to move, and no new servers come.",
    ),
    DrainState.DRAINED: Sentence(
        "maintenance.drained",
        "No member is left, and no new servers come. Enable the compute services after the "
        "maintenance.",
    ),
    DrainState.CANCELLED: Sentence(
        "maintenance.cancelled",
        "The drain was cancelled. No new servers come until the compute services are enabled.",
    ),
}


def maintained(found: MaintainedDomain, levels: Sequence[str]) -> Json:
    """A domain with a page of its hosts, and how far its drain is."""
    says = _STATES.get(found.state)
    view: Json = {
        "level": found.domain.level,
        "name": found.domain.name,
        "path": list(found.domain.path),
        "state": found.state.value,
        "message": says and says(count=found.members),
        "members": found.members,
        "ensembles": found.ensembles,
        "hosts": [
            {
                "host": each.name,
                "state": each.state,
                "drain": each.drain.value,
                "members": each.members,
            }
            for each in found.page
        ],
        "found": len(found.hosts),
        "moving": [
            {
                "ensemble_id": each.id,
                "ensemble_name": each.name,
                "project_id": each.project_id,
                "operation_id": each.operation and each.operation.id,
                "progress": progress(each),
            }
            for each in found.moving
        ],
    }
    return view | ({} if found.tried is None else {"drain": drain(found.tried, levels)})


def drain(tried: Sequence[DrainAttempt], levels: Sequence[str]) -> Json:
    """What would come of a drain: whether all fit elsewhere, and of each ensemble its moves."""
    answers = {one.fits for one in tried}
    undecided = None if None in answers else True
    fits = False if False in answers else undecided
    return {
        "fits": fits,
        "message": _DRAIN[fits],
        "ensembles": [_tried(one, levels) for one in tried],
    }


def _tried(one: DrainAttempt, levels: Sequence[str]) -> Json:
    here = {member.name for member in one.members}
    return {
        "ensemble_id": one.record.id,
        "ensemble_name": one.record.name,
        "project_id": one.record.project_id,
        "members": [member.name for member in one.members],
        "fits": one.fits,
        "others": sum(each.member.name not in here for each in one.moves),
        "moves": [
            {
                "member": each.member.name,
                "from": each.source,
                "host": each.target,
                **_places(one.topology, each.target, levels),
            }
            for each in one.moves
        ],
        "blocked": [{"member": member.name, "message": message} for member, message in one.blocked],
        "waits": one.waits,
        "message": _said(one),
        "reasons": reasons(one.reasons, capacity=True),
    }


def _said(one: DrainAttempt) -> Message:
    """Where the members of an ensemble would go, if that is known."""
    if not one.tried:
        return _NOT_TRIED()
    if one.fits is None:
        return _NOT_DECIDED()
    if not one.moves:
        return _NO_ROOM()
    each = [_MOVE(member=each.member.name, host=each.target) for each in one.moves]
    return _MOVES(moves=semicolon_separated(each))


def _places(topology: Topology | None, host: str, levels: Sequence[str]) -> Json:
    if topology is None:
        return {}
    return {level: topology.domain_of(host, level).name for level in levels[1:]}
