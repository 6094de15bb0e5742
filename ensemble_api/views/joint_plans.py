# SPDX-License-Identifier: Apache-2.0
"""What a dry run of several ensembles found: what is true of all, and each one's own plan."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from ensemble_api.results.dry_run import DryRun, JointDryRun, Move
from ensemble_api.views.changed_plans import changed
from ensemble_api.views.domains import Json
from ensemble_api.views.plans import plan
from ensemble_api.views.templates import described

# What is said of all together; the rest of a plan names tiers and domains, and is each one's own.
OF_ALL: Final = (
    "id",
    "planned_at",
    "capacity_seen_at",
    "feasible",
    "message",
    "proof",
    "proved",
    "objectives",
    "reasons",
    "over_quota",
)


def joint_plan(dry_run: DryRun, project_id: str, *, names: bool, capacity: bool = False) -> Json:
    """What is said of several ensembles together."""
    whole = plan(dry_run, project_id, names=names, capacity=capacity)
    return {key: whole[key] for key in OF_ALL}


def joint_preview(
    dry_run: JointDryRun,
    bodies: Sequence[Mapping[str, Any]],
    project_id: str,
    *,
    names: bool,
    capacity: bool = False,
) -> Json:
    """What would come of ensembles that are made as one, and each of them with its own plan."""
    plans: list[Json | None] = [
        plan(each, project_id, names=names, capacity=capacity) for each in dry_run.parts
    ]
    return {
        "plan": joint_plan(dry_run.whole, project_id, names=names, capacity=capacity),
        "instances": [
            {"ensemble": described(body), "plan": own}
            for body, own in zip(bodies, plans or [None] * len(bodies), strict=True)
        ],
    }


def jointly_changed(
    dry_run: DryRun,
    parts: Iterable[tuple[DryRun, Sequence[Move]]],
    project_id: str,
    *,
    names: bool,
    capacity: bool = False,
) -> Json:
    """Another plan than the one that was to be built: of all, and of each with who has moved."""
    found = []
    for own, moved in parts:
        told = changed(own, moved, None, project_id, names=names, capacity=capacity)
        found.append({"name": own.name, **{key: told[key] for key in told if key != "worst"}})
    return {
        "plan": joint_plan(dry_run, project_id, names=names, capacity=capacity),
        "instances": found,
    }
