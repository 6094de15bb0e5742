# SPDX-License-Identifier: Apache-2.0
"""What is not as it was planned, as callers see it: of members, and of what failures take."""

from collections.abc import Iterator, Mapping

from ensemble_api.planning.comparison import WorstLossChange, worst_loss_changes
from ensemble_api.planning.message import Argument, Message, Sentence, either, listed
from ensemble_api.planning.model import Member
from ensemble_api.planning.topology import FailureDomain, Topology
from ensemble_api.planning.wording import loss_of_one
from ensemble_api.results.current_state import CurrentState, planned_domains
from ensemble_api.standing import MemberState
from ensemble_api.views.domains import Domains, Json

NAMED = 3  # domains that are named in a sentence

_GONE = Sentence("member.gone", "%(member)s is gone: Nova has no server of it any more.")
_MOVED = Sentence("member.moved", "%(member)s is now in %(now)s; planned was %(planned)s.")
_CUT_OFF = Sentence("member.cut-off", "%(member)s is on a host that is down.")
_DOWN = Sentence("member.down", "%(member)s does not run: its server is %(status)s.")
_UNKNOWN = Sentence(
    "member.unknown",
    "Where %(member)s is now is not known: its part of the cloud does not answer. This is how it "
    "was last seen.",
)
_COST = Sentence(
    "cost.left",
    "%(loss)s now leaves %(left)s of %(number)s of %(tier)s; as planned, %(before)s would be left.",
)
_COSTS_ALL = Sentence(
    "cost.nothing-left",
    "%(loss)s now leaves nothing of %(tier)s; as planned, %(before)s of %(number)s would be left.",
)
_LOSS_OF = Sentence("cost.loss-of", "The loss of %(domains)s")


def differences(found: CurrentState, domains: Domains) -> list[Json]:
    """The members that are elsewhere than planned, or do not run; one may be both."""
    return [each for member in found.members for each in _differences(member, found, domains)]


def _differences(state: MemberState, found: CurrentState, domains: Domains) -> Iterator[Json]:
    name = state.member.name
    known: Json = {"member": name, "tier": state.member.tier, "planned": [], "now": []}
    if state.status is None:
        yield {**known, "kind": "gone", "message": _GONE(member=name)}
        return
    if state.unknown:
        yield {**known, "kind": "unknown", "message": _UNKNOWN(member=name)}
    if state.host is not None:
        before, now = planned_domains(state.member), _domains(found.topology, state.host)
        differ = [
            level
            for level in reversed(found.topology.levels)
            if level in before and before[level] != now[level]
        ]
        if differ:
            yield {
                **known,
                "kind": "moved",
                "planned": [domains.reference(before[level]) for level in differ],
                "now": [domains.reference(now[level]) for level in differ],
                "message": _moved(name, domains, now, before, differ),
            }
    if not state.running:
        active = state.status == "ACTIVE"
        message = _CUT_OFF(member=name) if active else _DOWN(member=name, status=state.status)
        yield {**known, "kind": "cut-off" if active else "down", "message": message}


def _domains(topology: Topology, host: str) -> dict[str, FailureDomain]:
    return {level: topology.domain_of(host, level) for level in topology.levels}


def _moved(
    name: str,
    domains: Domains,
    now: Mapping[str, FailureDomain],
    before: Mapping[str, FailureDomain],
    differ: list[str],
) -> Message:
    return _MOVED(
        member=name,
        now=listed([domains.title(now[level]) for level in differ]),
        planned=listed([domains.title(before[level]) for level in differ]),
    )


def costs(found: CurrentState, domains: Domains) -> list[Json]:
    """The losses that take more of a tier now than any loss of that level would as planned."""
    if not found.members:
        return []
    planned = {
        Member(each.member.tier, each.member.index): each.member.host for each in found.members
    }
    paths = {each.member.host: each.member.domains for each in found.members}
    levels = tuple(found.members[0].member.domains)
    then = Topology(levels, {host: domains[levels[0]] for host, domains in paths.items()})
    return [
        {
            "level": each.level,
            "tier": each.tier,
            "domains": [domains.reference(domain) for domain in each.domains],
            "left": each.left,
            "planned": each.before,
            "count": each.count,
            "message": _cost(each, domains),
        }
        for each in worst_loss_changes(
            found.ensemble, (planned, then), (found.left, found.topology)
        )
        if each.worse
    ]


def _cost(cost: WorstLossChange, domains: Domains) -> Message:
    loss: Argument = loss_of_one(cost.level)
    if 0 < len(cost.domains) <= NAMED:
        loss = _LOSS_OF(domains=either([domains.title(each) for each in cost.domains]))
    sentence = _COST if cost.left else _COSTS_ALL
    return sentence(
        loss=loss, left=cost.left, number=cost.count, tier=cost.tier, before=cost.before
    )
