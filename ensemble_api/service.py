# SPDX-License-Identifier: Apache-2.0
"""What can be asked of the ensembles of one cloud."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ensemble_api import exception
from ensemble_api.assembly import Assembly
from ensemble_api.capabilities import Capabilities
from ensemble_api.context import Context
from ensemble_api.operations import Operation
from ensemble_api.records import EnsembleRecord
from ensemble_api.results.adoption import AdoptionPreview
from ensemble_api.results.current_state import CurrentState
from ensemble_api.results.drill import DrillResult
from ensemble_api.results.dry_run import DryRun, JointDryRun
from ensemble_api.results.headroom import Headroom
from ensemble_api.results.host_impact import DrainAttempt, HostImpacts
from ensemble_api.results.maintenance import MaintainedDomain
from ensemble_api.results.repair import RepairPreview
from ensemble_api.standing import MembersNow
from ensemble_api.store.api import Page
from ensemble_api.store.templates import TemplatePage
from ensemble_api.usecases.adopt import AdoptionRequest
from ensemble_api.usecases.change import ChangePreview
from ensemble_api.usecases.change_request import ChangeRequest
from ensemble_api.usecases.drill import DrillRequest
from ensemble_api.usecases.headroom import HeadroomSearch
from ensemble_api.usecases.host_impact import Search
from ensemble_api.usecases.idempotency import CreateRequest
from ensemble_api.usecases.maintenance import DomainSearch
from ensemble_api.usecases.plan import DEFAULT_OPTIONS, PlanOptions
from ensemble_api.usecases.rebalance import RebalancePreview
from ensemble_api.usecases.templates import Instantiation

__all__ = [
    "AdoptionRequest",
    "ChangeRequest",
    "CreateRequest",
    "DomainSearch",
    "DrillRequest",
    "HeadroomSearch",
    "Instantiation",
    "Page",
    "PlanOptions",
    "Search",
    "Service",
    "TemplatePage",
]


class Service(Assembly):
    """The ensembles of one cloud; ``Assembly`` says what it takes."""

    def capabilities(self, context: Context) -> Capabilities:
        """What this installation can do."""
        try:
            self._check_rights()
            can_build = True
        except exception.Unavailable:
            can_build = False
        return Capabilities(
            self._max_members,
            self.max_body,
            int(self._plan_lifetime),
            self.levels,
            self.zone_level,
            can_build,
            self.recovery_limits.allow,
            self._scheduler_hints,
            self._inventory.selectors(context.elevated()),
            self._mount,
            self._outlives_tokens,
            self._takes_signals,
        )

    @property
    def levels(self) -> tuple[str, ...]:
        """The failure domain levels of this cloud, smallest first."""
        return self._inventory.levels

    @property
    def zone_level(self) -> str | None:
        """The name of the level whose domains are Nova's availability zones, if there is one."""
        return self._inventory.zone_level

    def plan(
        self, context: Context, body: Mapping[str, Any], options: PlanOptions = DEFAULT_OPTIONS
    ) -> DryRun:
        """See ``usecases/plan``."""
        return self._dry_runs.plan(context, body, options)

    def plan_all(
        self, context: Context, bodies: Sequence[Mapping[str, Any]], options: PlanOptions
    ) -> JointDryRun:
        """See ``usecases/plan``."""
        return self._dry_runs.plan_all(context, bodies, options)

    def namesakes(self, record: EnsembleRecord) -> int:
        """How many other ensembles of the project have the name of this one."""
        return self._store.namesakes(record.project_id, record.name, record.id)

    def create(
        self,
        context: Context,
        body: Mapping[str, Any],
        plan_id: str | None = None,
        options: PlanOptions = DEFAULT_OPTIONS,
        key: str | None = None,
    ) -> EnsembleRecord:
        """See ``usecases/create``."""
        return self._create.create(context, body, plan_id, options, key)

    def create_all(
        self,
        context: Context,
        bodies: Sequence[Mapping[str, Any]],
        plan_id: str | None,
        options: PlanOptions,
        key: str | None,
    ) -> tuple[EnsembleRecord, ...]:
        """See ``usecases/create``."""
        return self._create.create_all(context, bodies, plan_id, options, key)

    def stored_answer(self, request: CreateRequest) -> Mapping[str, Any] | None:
        """See ``usecases/idempotency``."""
        return self._once.stored_answer(request)

    def store_answer(self, request: CreateRequest, answer: Mapping[str, Any]) -> Mapping[str, Any]:
        """See ``usecases/idempotency``."""
        return self._once.store_answer(request, answer)

    def select(self, page: Page) -> list[EnsembleRecord]:
        """One page of ensembles, with members, without events."""
        return self._store.select(page)

    def get(self, ensemble_id: str) -> EnsembleRecord:
        """One ensemble with members and its latest events.

        :raises ensemble_api.exception.NotFound: if there is none.
        """
        return self._store.get(ensemble_id)

    def members_now(self, records: Iterable[EnsembleRecord]) -> dict[str, MembersNow]:
        """See ``usecases/current_state``."""
        return self._stored_states.members_now(records)

    def survivability(
        self, context: Context, record: EnsembleRecord, *, whole: bool
    ) -> CurrentState:
        """See ``usecases/current_state``."""
        return self._stored_states.current_state(context, record, whole=whole)

    def drill(
        self, context: Context, record: EnsembleRecord, asked: DrillRequest, *, whole: bool
    ) -> DrillResult:
        """See ``usecases/drill``."""
        return self._drills.drill(context, record, asked, whole=whole)

    def preview_repair(
        self, context: Context, record: EnsembleRecord, *, whole: bool
    ) -> RepairPreview:
        """See ``usecases/repair``."""
        return self._repairs.preview(context, record, whole=whole)

    def repair(self, context: Context, record: EnsembleRecord) -> EnsembleRecord:
        """See ``usecases/repair``."""
        return self._repairs.repair(context, record)

    def preview_rebalance(self, context: Context, record: EnsembleRecord) -> RebalancePreview:
        """See ``usecases/rebalance``."""
        return self._rebalances.preview(context, record)

    def rebalance(
        self, context: Context, record: EnsembleRecord, plan_id: str | None = None
    ) -> EnsembleRecord:
        """See ``usecases/rebalance``."""
        return self._rebalances.rebalance(context, record, plan_id)

    def operations(
        self, record: EnsembleRecord, limit: int, marker: str | None = None
    ) -> list[Operation]:
        """One page of an ensemble's operations, the newest first.

        :raises ensemble_api.exception.Invalid: if the marker is unknown.
        """
        return self._operations.select(record.id, limit, marker)

    def operation(self, record: EnsembleRecord, operation_id: str) -> Operation:
        """One operation of an ensemble.

        :raises ensemble_api.exception.NotFound: if it has none of this id.
        """
        return self._operations.get(record.id, operation_id)

    def preview_change(
        self, context: Context, record: EnsembleRecord, asked: ChangeRequest
    ) -> ChangePreview:
        """See ``usecases/change``."""
        return self._change.preview(context, record, asked)

    def change(
        self, context: Context, record: EnsembleRecord, asked: ChangeRequest
    ) -> EnsembleRecord:
        """See ``usecases/change``."""
        return self._change.change(context, record, asked)

    def preview_adoption(
        self, context: Context, asked: AdoptionRequest, *, whole: bool
    ) -> AdoptionPreview:
        """See ``usecases/adopt``."""
        return self._adopt.preview(context, asked, whole=whole)

    def adopt(self, context: Context, asked: AdoptionRequest, *, whole: bool) -> EnsembleRecord:
        """See ``usecases/adopt``."""
        return self._adopt.adopt(context, asked, whole=whole)

    def release(self, context: Context, ensemble_id: str) -> EnsembleRecord:
        """See ``usecases/release``."""
        return self._release.release(context, self._store.get(ensemble_id))

    def delete(self, context: Context, ensemble_id: str) -> EnsembleRecord:
        """See ``usecases/delete``."""
        return self._delete.delete(context, ensemble_id)

    def cancel(self, context: Context, ensemble_id: str) -> EnsembleRecord:
        """See ``usecases/delete``."""
        return self._delete.cancel(context, ensemble_id)

    def headroom(self, context: Context, search: HeadroomSearch) -> Headroom:
        """See ``usecases/headroom``."""
        return self.headrooms.find(context, search)

    def hosts(self, context: Context, search: Search) -> HostImpacts:
        """See ``usecases/hosts``."""
        return self._hosts.index(context, search)

    def host(
        self, context: Context, name: str, *, drain: bool = False
    ) -> tuple[HostImpacts, tuple[DrainAttempt, ...] | None]:
        """See ``usecases/maintenance``."""
        return self._maintenance.host(context, name, drain=drain)

    def domain(self, context: Context, asked: DomainSearch, *, check: bool) -> MaintainedDomain:
        """See ``usecases/maintenance``."""
        return self._maintenance.show(context, asked, check=check)

    def maintain(self, context: Context, asked: DomainSearch, action: str) -> None:
        """Drain a domain, or cancel that, as ``action`` says: see ``usecases/maintenance``."""
        begin = self._maintenance.drain if action == "drain" else self._maintenance.cancel
        begin(context, asked)
