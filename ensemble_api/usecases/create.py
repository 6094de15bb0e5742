# SPDX-License-Identifier: Apache-2.0
"""Create ensembles: resolve, plan, reserve, and leave the building to the worker."""

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ensemble_api import exception
from ensemble_api.cloud.capacity import Capacity
from ensemble_api.context import Context
from ensemble_api.operations import Requester
from ensemble_api.planning import result
from ensemble_api.planning.snapshot import Snapshot
from ensemble_api.records import EnsembleRecord
from ensemble_api.rights import CurrentRights
from ensemble_api.solver.process import solve
from ensemble_api.store.api import Store
from ensemble_api.usecases.idempotency import CreateRequest, Idempotency
from ensemble_api.usecases.intent import new_record
from ensemble_api.usecases.joint_request import resolve_all
from ensemble_api.usecases.plan import DEFAULT_OPTIONS, DryRuns, PlanOptions
from ensemble_api.usecases.quota import Quota
from ensemble_api.usecases.requesters import lasting_requester
from ensemble_api.usecases.reserve import Reserve
from ensemble_api.usecases.resolve import Resolver

LOG = logging.getLogger(__name__)


class Create:
    """Creates ensembles, each once however often it is asked for."""

    def __init__(
        self,
        store: Store,
        resolver: Resolver,
        quota: Quota,
        dry_runs: DryRuns,
        once: Idempotency,
        reserve: Reserve,
        *,
        wake: Callable[[], None],
        check_rights: Callable[[], None],
        current_rights: Callable[[Requester, str], CurrentRights],
    ) -> None:
        self._store = store
        self._resolver = resolver
        self._quota = quota
        self._dry_runs = dry_runs
        self._once = once
        self._reserve = reserve
        self._wake = wake
        self._check_rights = check_rights
        self._current_rights = current_rights

    def create(
        self,
        context: Context,
        body: Mapping[str, Any],
        plan_id: str | None = None,
        options: PlanOptions = DEFAULT_OPTIONS,
        key: str | None = None,
    ) -> EnsembleRecord:
        """Plan all members, hold all capacity at once, and leave the building to the worker.

        See ``create_all``, which does that for several.
        """
        request = CreateRequest.of(context, body, plan_id, key)
        (made,) = self._create_once(context, [request], plan_id, options)
        return made

    def create_all(
        self,
        context: Context,
        bodies: Sequence[Mapping[str, Any]],
        plan_id: str | None = None,
        options: PlanOptions = DEFAULT_OPTIONS,
        key: str | None = None,
    ) -> tuple[EnsembleRecord, ...]:
        """Plan all members, hold all capacity at once, and leave the building to the worker.

        Of several ensembles all are made, or none is. With ``plan_id`` that plan is built, if it
        still holds. ``options`` is what to add to another plan where it does not. A second call
        with the same plan or with the same ``key`` gives the ensembles of the first, also of one
        that is under way in another process.

        :raises ensemble_api.exception.AlreadyBuilt: when that is another or deleted.
        :raises ensemble_api.exception.InProgress: when the first call takes too long.
        :raises ensemble_api.exception.KeyReused: when the key is another request's.
        :raises ensemble_api.exception.Forbidden: when the caller's roles end with the token.
        :raises ensemble_api.exception.Invalid: naming the field that is wrong.
        :raises ensemble_api.exception.OverQuota: when the project's quota is too small.
        :raises ensemble_api.exception.InfeasibleEnsemble: with reasons; nothing is left then.
        :raises ensemble_api.exception.PlanChanged: with another plan; nothing is left then.
        """
        requests = CreateRequest.all_of(context, bodies, plan_id, key)
        return self._create_once(context, requests, plan_id, options)

    def _create_once(
        self,
        context: Context,
        requests: Sequence[CreateRequest],
        plan_id: str | None,
        options: PlanOptions,
    ) -> tuple[EnsembleRecord, ...]:
        """What was made of these requests before, or else is made now."""
        while True:
            existing = self._once.all_existing(requests)
            if existing is not None:
                return existing
            try:
                return self._create(context, requests, plan_id, options)
            except exception.DuplicateCreate:
                LOG.info("The same create is under way elsewhere")
            except (
                exception.OverQuota,
                exception.InfeasibleEnsemble,
                exception.PlanChanged,
            ):
                # What is missing may be just what the same create has taken meanwhile.
                if not self._once.is_recorded(requests[0]):
                    raise

    def _create(
        self,
        context: Context,
        asked: Sequence[CreateRequest],
        plan_id: str | None,
        options: PlanOptions,
    ) -> tuple[EnsembleRecord, ...]:
        # 1 Resolve with the tenant's rights, and hold the whole against the quota.
        self._check_rights()
        asking = lasting_requester(context, self._current_rights)
        request = resolve_all(self._resolver, context, [each.body for each in asked])
        whole = request.whole
        saved = self._dry_runs.find(context, whole, plan_id) if plan_id else None
        for shortage in self._quota.shortages(context, whole):
            raise exception.OverQuota(shortage.message, **shortage.facts)

        # 2 Reserve: a plan that is named by its id, or a new one.
        def plan(snapshot: Snapshot) -> result.Plan | result.Infeasible:
            if plan_id is None:
                return request.several.plan(snapshot, solve=solve)
            return self._dry_runs.confirm(context, request, snapshot, saved, options)

        def records(planned: result.Plan, capacity: Capacity) -> list[EnsembleRecord]:
            own = request.separated(planned, capacity.snapshot)
            return [
                new_record(context, asking, part, each, capacity, options, planned)
                for part, each in zip(request.parts, own, strict=True)
            ]

        keys = [each.keys for each in asked]
        reserved = self._reserve.reserve(
            context, request, plan, records, keys, others=plan_id is None
        )
        # 3 Wake the worker, which builds.
        self._wake()
        return tuple(self._store.get(each.id) for each in reserved)
