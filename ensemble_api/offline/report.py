# SPDX-License-Identifier: Apache-2.0
"""A dry run in words and a table, for people."""

from collections.abc import Iterator, Sequence
from typing import Final

from ensemble_api.offline.cloud import Cloud, path_of
from ensemble_api.planning.headroom import DomainRoom, LevelRoom, room_message
from ensemble_api.planning.message import listed
from ensemble_api.planning.result import PACKING, Infeasible, Plan
from ensemble_api.planning.survivability import survivability
from ensemble_api.planning.topology import FailureDomain
from ensemble_api.planning.wording import domains, members
from ensemble_api.results.dry_run import DryRun
from ensemble_api.views import MOST_FAILURES

SHOWN: Final = 5  # of the domains that a level's headroom does not suffice for


def report(
    dry_run: DryRun, cloud: Cloud, name: str, failed: Sequence[FailureDomain]
) -> Iterator[str]:
    """Give the lines: the places of all members and what follows, or why there are none."""
    yield f"{_cloud(cloud)}{_without(failed)}"
    yield ""
    if isinstance(dry_run.result, Infeasible):
        yield from _refusal(dry_run.result, name)
        return
    plan = dry_run.result
    yield f"{name}: {members(plan.ensemble.size)}, {_proof(plan)}."
    yield ""
    yield from _places(plan, dry_run)
    yield ""
    yield "Objectives, the most important first:"
    levels = dry_run.topology.levels
    yield from (f"  {each.message(levels)}" for each in plan.objectives)
    if plan.violations:
        yield "Soft policies that are not met:"
        yield from (f"  {each.message}" for each in plan.violations)
    yield "What survives failures:"
    yield from (f"  {line}" for line in _survival(plan, dry_run))
    if dry_run.rooms:
        yield "Headroom, whether lost members can be placed again:"
        for level in dry_run.rooms:
            yield from (f"  {line}" for line in _room(level))


def _cloud(cloud: Cloud) -> str:
    topology = cloud.topology
    counts = [domains(topology.size(level), level) for level in topology.levels]
    return f"The cloud has {listed(counts)}; {_up(int(cloud.up.sum()))}."


def _up(number: int) -> str:
    """Say how many hosts can take members."""
    return f"{domains(number, 'host')} {'is' if number == 1 else 'are'} up"


def _without(failed: Sequence[FailureDomain]) -> str:
    if not failed:
        return ""
    return f" Planned without {listed([f'{each.level} {path_of(each)}' for each in failed])}."


def _refusal(refused: Infeasible, name: str) -> Iterator[str]:
    yield f"{name} does not fit." if refused.proved else f"No plan was found for {name}."
    for reason in refused.reasons:
        yield f"- {reason.message}"
        if reason.changes:
            yield "  It would fit after any one of these changes:"
            yield from (f"  * {change.message}" for change in reason.changes)
        elif reason.suggestion:
            yield f"  {reason.suggestion}"


def _proof(plan: Plan) -> str:
    decided = all(each.proved for each in plan.objectives if each.name != PACKING)
    return "proved optimal" if decided else "the best plan found"


def _places(plan: Plan, dry_run: DryRun) -> Iterator[str]:
    """A table: a row for each host with members, in the order of the tree."""
    topology = dry_run.topology
    levels = tuple(reversed(topology.levels))
    on: dict[tuple[str, ...], list[str]] = {}
    for member in plan.ensemble.members:
        path = topology.domain_of(plan.assignment[member], topology.levels[0]).path
        on.setdefault(path, []).append(member.name)
    rows = [(*path, ", ".join(on[path])) for path in sorted(on)]
    return _table([(*(level.capitalize() for level in levels), "Members"), *rows])


def _table(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    rule = "  ".join("-" * width for width in widths)
    for number, row in enumerate(rows):
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        yield "  ".join(cells).rstrip()
        if not number:
            yield rule


def _survival(plan: Plan, dry_run: DryRun) -> Iterator[str]:
    counts = {tier.name: tier.count for tier in plan.ensemble.tiers}
    for level in survivability(plan.ensemble, plan.assignment, dry_run.topology):
        yield str(level.verdict())
        for failures in range(1, min(MOST_FAILURES, max(level.domains_used - 1, 1)) + 1):
            yield str(level.left(counts, failures))


def _room(room: LevelRoom) -> Iterator[str]:
    yield str(room.message)
    answers = (False, None, True)  # the worst first
    open_ = [each for each in room.domains if not (each.fits and not each.others)]
    yield from _domains(sorted(open_, key=lambda each: answers.index(each.fits)))


def _domains(rooms: Sequence[DomainRoom]) -> Iterator[str]:
    for room in rooms[:SHOWN]:
        yield f"  {path_of(room.domain)} ({members(room.lost)}): {_why(room)}"
    if len(rooms) > SHOWN:
        yield f"  and {len(rooms) - SHOWN} more"


def _why(room: DomainRoom) -> str:
    """Give the reasons why it does not fit; else what is known."""
    said = room_message(room.fits, room.others)
    return " ".join(str(each.message) for each in room.reasons) or str(said)
