# SPDX-License-Identifier: Apache-2.0
"""What comes of a change on the cloud as it is now, or by the plan that was previewed."""

import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial

from ensemble_api import exception
from ensemble_api.cloud.capacity import Capacity
from ensemble_api.cloud.compute import Compute
from ensemble_api.context import Context
from ensemble_api.planning import result
from ensemble_api.planning.errors import ModelError
from ensemble_api.planning.message import Sentence
from ensemble_api.planning.model import Member
from ensemble_api.planning.scaling import Scaled, restore, scale, stay
from ensemble_api.records import EnsembleRecord, places, template_digest
from ensemble_api.solver.process import solve
from ensemble_api.store.saved_plans import SavedPlans
from ensemble_api.usecases.capacity import LOOKS, PAUSE, FreeCapacity
from ensemble_api.usecases.change_request import (
    ChangeRequest,
    check_addresses,
    leaving,
    shrinks,
    touches_no_member,
)
from ensemble_api.usecases.member_servers import MemberServers
from ensemble_api.usecases.resolve import NovaCheck, ResolvedRequest, Resolver
from ensemble_api.usecases.stored_requests import StoredRequests, pins
from ensemble_api.views import stored_plans

_OTHER_CLOUD = Sentence(
    "conflict.other-cloud",
    "Some of its servers are on hosts that are not observed; try again in a moment.",
)
_PLAN = Sentence(
    "conflict.change-plan",
    "The change as it was previewed cannot be had any more, so nothing was changed. Preview again.",
)


class ChangePlans:
    """Plans changes; nothing is touched or kept."""

    def __init__(
        self,
        compute: Compute,
        resolver: Resolver,
        free_capacity: FreeCapacity,
        saved_plans: SavedPlans,
        *,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._compute = compute
        self._servers = MemberServers(compute)
        self._resolver = resolver
        self._free_capacity = free_capacity
        self._saved_plans = saved_plans
        self._sleep = sleep

    def resolve(
        self, context: Context, record: EnsembleRecord, asked: ChangeRequest, nova_check: NovaCheck
    ) -> ResolvedRequest:
        """What is asked for; only tiers that get new servers are looked up, and asked of Nova."""
        stored = StoredRequests(self._compute).request(context, record).demands
        counts = {tier.name: tier.count for tier in record.ensemble.tiers}
        replaced = {each.tier for each in record.members if each.name in asked.replace}
        servers = {tier["name"]: tier["server"] for tier in record.body["tiers"]}
        known = {
            tier["name"]: stored[tier["name"]]
            for tier in asked.body["tiers"]
            if tier["count"] <= counts.get(tier["name"], 0)
            and tier["name"] not in replaced
            and tier["server"] == servers[tier["name"]]
        }
        own = frozenset(server for member in record.members for server in member.server_ids)
        request = self._resolver.resolve(
            context,
            asked.body,
            nova_check=nova_check,
            known=known,
            own_servers=own,
            own_policies=record.body["policies"],
        )
        return replace(request, pins=pins(record))

    def find(
        self,
        context: Context,
        request: ResolvedRequest,
        record: EnsembleRecord,
        asked: ChangeRequest,
        *,
        to_reserve: bool = False,
    ) -> tuple[Scaled | result.Infeasible, Capacity]:
        """What comes of the change on the cloud as it is now, or by the plan that was previewed."""
        running = places(record.members)
        locked: set[Member] = (
            self._servers.locked(context, record)
            if asked.named or shrinks(running, request.ensemble)
            else set()
        )
        going = leaving(record, request.ensemble, asked, locked)
        fixed: frozenset[Member] | None = None
        for look in range(1, LOOKS + 1):
            readings = self._free_capacity.readings(context, to_reserve=to_reserve)
            free = self._free_capacity.free(context, request, readings, {record.id})
            snapshot = free.capacity.snapshot
            try:
                found: Scaled | result.Infeasible | None = None
                if asked.plan_id is not None:
                    found = self._previewed(record, request, asked, running, free.capacity)
                elif touches_no_member(record, asked):
                    found = stay(request.ensemble, running, snapshot)
                else:
                    plan = partial(
                        scale,
                        request.ensemble,
                        running,
                        snapshot,
                        solve=solve,
                        leaving=going,
                        replaced={each for each in going if each.name in asked.replace},
                        staying=locked - going,
                        promised=record.ensemble.policies,
                        mending=asked.mend,
                    )
                    found = plan(fixed=fixed or ())
                    if fixed is None and isinstance(found, Scaled) and found.moved:
                        # Those with another flavor than their tier are not alike with it.
                        resized = StoredRequests(self._compute).resized(context, record)
                        fixed = self._servers.unmovable(context, record) | resized
                        found = plan(fixed=fixed)
            except KeyError as error:
                raise exception.Conflict(_OTHER_CLOUD()) from error
            except ModelError as error:
                fields = (name for name in ("remove", "release", "replace") if getattr(asked, name))
                named = error.field == "remove"
                field = next(fields, "remove") if named else f"ensemble.{error.field}"
                raise exception.Invalid(error.reason, field=field) from error
            if isinstance(found, Scaled):
                check_addresses(request.body, found.added)
                return found, free.capacity
            if free.most is None or look == LOOKS:
                break
            self._sleep(PAUSE)  # what is being handed over may be counted twice
        if found is None:
            raise exception.PlanChanged(_PLAN())
        return found, free.capacity

    def _previewed(
        self,
        record: EnsembleRecord,
        request: ResolvedRequest,
        asked: ChangeRequest,
        running: result.Assignment,
        capacity: Capacity,
    ) -> Scaled | None:
        """The change that was previewed; None when it cannot be had any more."""
        known = self._saved_plans.find(record.project_id, asked.plan_id or "")
        if known is None or known.expired or known.digest != asked.digest(record):
            return None
        before = stored_plans.read(known.content)
        moves = known.content.get("moves", ())
        found = restore(
            request.ensemble,
            running,
            capacity.snapshot,
            before.assignment,
            before.objectives,
            sources={Member(tier, index): host for tier, index, host in moves},
            promised=record.ensemble.policies,
        )
        if found is None or any(
            each.amount > before.missed.get(each.policy, 0) for each in found.plan.violations
        ):
            return None
        return found


def outdated(record: EnsembleRecord, asked: ChangeRequest, found: Scaled) -> tuple[Member, ...]:
    """The members that stay with a server by another template than their tier is to have."""
    before = {tier["name"]: template_digest(tier["server"]) for tier in record.body["tiers"]}
    wanted = {tier["name"]: template_digest(tier["server"]) for tier in asked.body["tiers"]}
    return tuple(
        member
        for each in record.members
        if (member := Member(each.tier, each.index)) not in found.removed
        and (each.template or before[each.tier]) != wanted[each.tier]
    )
