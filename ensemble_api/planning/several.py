# SPDX-License-Identifier: Apache-2.0
"""Several new ensembles as one problem: each within its own policies, all in one cloud."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from ensemble_api.planning import planner
from ensemble_api.planning.allotment import allotted
from ensemble_api.planning.bounds.stages import lower_bounds
from ensemble_api.planning.check import check, shortfalls
from ensemble_api.planning.headroom import demand
from ensemble_api.planning.message import Message
from ensemble_api.planning.milp.task import Solve
from ensemble_api.planning.model import Ensemble, Member
from ensemble_api.planning.planner import PlannerDefectError
from ensemble_api.planning.policies import AntiAffinity
from ensemble_api.planning.policies.exclusive import ENSEMBLE
from ensemble_api.planning.policy import Policy
from ensemble_api.planning.problem import build
from ensemble_api.planning.result import Assignment, Infeasible, Objective, Plan, Reason
from ensemble_api.planning.snapshot import Snapshot


@dataclass(frozen=True, slots=True, eq=False)
class Several:
    """Ensembles that are planned together, and the `whole` that they make.

    The tiers of the whole have names of their own, and `names` says of each the number of the
    ensemble that it is of, and its name there. `owners` says of each policy of the whole the number
    of an ensemble and that of the policy there, None of what keeps ensembles apart. The masks of
    the `parts` are those of the whole, so that they can be looked at on its snapshot. A single
    ensemble is its own whole.
    """

    parts: tuple[Ensemble, ...]
    whole: Ensemble
    names: Mapping[str, tuple[int, str]]
    owners: tuple[tuple[int, int] | None, ...] = field(repr=False)

    @classmethod
    def of(cls, ensembles: Sequence[Ensemble]) -> "Several":
        """Put ensembles together, whose policies hold in each of them alone.

        Policies that are exclusive of other ensembles hold between them too.
        """
        if len(ensembles) == 1:
            (only,) = ensembles
            own = {tier.name: (0, tier.name) for tier in only.tiers}
            return cls((only,), only, own, tuple((0, n) for n in range(len(only.policies))))
        renamed = [
            {tier.name: f"e{number}-t{row}" for row, tier in enumerate(each.tiers)}
            for number, each in enumerate(ensembles)
        ]
        policies: list[Policy] = []
        owners: list[tuple[int, int] | None] = []
        for number, each in enumerate(ensembles):
            for index, policy in enumerate(each.policies):
                found = policy.renamed(renamed[number])
                if found is not None:
                    policies.append(found)
                    owners.append((number, index))
        apart = [
            AntiAffinity(level, pair, hard)
            for level, pair, hard in dict.fromkeys(_apart(ensembles, renamed))
        ]
        tiers = [
            replace(tier, name=names[tier.name], mask=names[tier.name])
            for each, names in zip(ensembles, renamed, strict=True)
            for tier in each.tiers
        ]
        return cls(
            tuple(
                replace(each, tiers=tuple(replace(t, mask=names[t.name]) for t in each.tiers))
                for each, names in zip(ensembles, renamed, strict=True)
            ),
            Ensemble(tuple(tiers), (*policies, *apart)),
            {new: (n, old) for n, names in enumerate(renamed) for old, new in names.items()},
            (*owners, *([None] * len(apart))),
        )

    def plan(self, snapshot: Snapshot, *, solve: Solve | None) -> Plan | Infeasible:
        """Plan all of them; a refusal does not say what would fit."""
        if len(self.parts) == 1:
            return planner.plan(self.whole, snapshot, solve=solve, changes=False)

        def draft() -> Assignment | None:
            own = allotted(self.parts, snapshot, solve=solve)
            if own is None:
                return None
            return {
                member: own[number][Member(old, member.index)]
                for new, (number, old) in self.names.items()
                for member in self.whole.tier(new).members
            }

        return planner.plan(self.whole, snapshot, solve=solve, changes=False, draft=draft)

    def assignments(self, assignment: Assignment) -> list[dict[Member, str]]:
        """Give the places of the members of each ensemble."""
        found: list[dict[Member, str]] = [{} for _ in self.parts]
        for member, host in assignment.items():
            number, tier = self.names[member.tier]
            found[number][Member(tier, member.index)] = host
        return found

    def beside(self, assignment: Assignment, snapshot: Snapshot) -> list[Snapshot]:
        """Give the cloud as each ensemble has it with all the others in their places."""
        own = self.assignments(assignment)
        taken = [demand(each, places) for each, places in zip(self.parts, own, strict=True)]
        full = snapshot.carrying(demand(self.whole, assignment))
        found = []
        for number, each in enumerate(self.parts):
            back = {
                host: {name: -amount for name, amount in amounts.items()}
                for host, amounts in taken[number].items()
            }
            there = full.carrying(back)
            if any(policy.keeps_out == ENSEMBLE for policy in each.policies):
                hosts = [h for n, places in enumerate(own) if n != number for h in places.values()]
                mask = np.isin(snapshot.topology.hosts, hosts)
                known = snapshot.others.get(ENSEMBLE, np.False_)
                there = replace(there, others={**snapshot.others, ENSEMBLE: mask | known})
            found.append(there)
        return found

    def separated(self, plan: Plan, snapshot: Snapshot) -> tuple[Plan, ...]:
        """Give the plan of each ensemble from that of the whole, made on this snapshot.

        Its objectives are its own, with what counting proves of it while the others are where they
        are. Each is checked by itself, with the servers of the others in its way.
        """
        if len(self.parts) == 1:
            return (plan,)
        places = self.assignments(plan.assignment)
        clouds = self.beside(plan.assignment, snapshot)
        return tuple(map(_own_plan, self.parts, places, clouds))

    def told(self, refused: Infeasible, titles: Sequence[str]) -> Infeasible:
        """Give a refusal of the whole in which each tier is called by its ensemble's title too.

        What would fit is left out: its edits are of the whole, which nobody has described.
        """
        if len(self.parts) == 1:
            return refused
        called = {name: f"{titles[n]}/{own}" for name, (n, own) in self.names.items()}

        def say(said: Message) -> Message:
            return said.with_texts(lambda text: called.get(text, text))

        def tell(reason: Reason) -> Reason:
            owner = None if reason.policy is None else self.owners[reason.policy]
            return replace(
                reason,
                message=say(reason.message),
                policy=None if owner is None else owner[1],
                tiers=tuple(called.get(each, each) for each in reason.tiers),
                suggestion=reason.suggestion and say(reason.suggestion),
                changes=(),
                described=(
                    say(reason.described)
                    if isinstance(reason.described, Message)
                    else reason.described
                ),
            )

        return Infeasible(tuple(map(tell, refused.reasons)), refused.proved)


def _apart(
    ensembles: Sequence[Ensemble], renamed: Sequence[Mapping[str, str]]
) -> Iterator[tuple[str, tuple[str, str], bool]]:
    """Give the level and the two tiers of each pair that one keeps apart, and whether it must."""
    for number, each in enumerate(ensembles):
        for policy in each.policies:
            if policy.keeps_out != ENSEMBLE:
                continue  # they are of one project
            own = [renamed[number][name] for name in policy.tiers]
            foreign = (
                name
                for other, names in enumerate(renamed)
                if other != number
                for name in names.values()
            )
            for name in foreign:
                for mine in own:
                    pair = (mine, name) if mine < name else (name, mine)
                    yield policy.level, pair, policy.hard


def _own_plan(ensemble: Ensemble, places: Assignment, snapshot: Snapshot) -> Plan:
    """The plan of one ensemble, which has these places."""
    broken = check(ensemble, snapshot, places)
    if broken:
        raise PlannerDefectError(f"the plan of one of several is wrong: {broken[0].message}")
    problem = build(ensemble, snapshot)
    values = problem.objective(problem.counted(places))
    bounds = lower_bounds(problem, values)
    incomplete = any(tier.unplanned for tier in ensemble.tiers)
    return Plan(
        ensemble,
        places,
        tuple(
            Objective(name, value, bound, incomplete=incomplete)
            for name, value, bound in zip(problem.stages, values, bounds, strict=True)
        ),
        shortfalls(ensemble, snapshot, places, hard=False),
    )
