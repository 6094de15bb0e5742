# SPDX-License-Identifier: Apache-2.0
"""Carries decided actions out, each saved as intent before and as result after."""

import logging
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from ensemble_api import exception
from ensemble_api.cloud.compute import Compute
from ensemble_api.cloud.reservation import Reservation
from ensemble_api.cloud.session import Session
from ensemble_api.cloud.tags import ENSEMBLE_TAG, MEMBER_TAG
from ensemble_api.execution import decide as decision
from ensemble_api.execution.names import server_name
from ensemble_api.planning.lifecycle import EnsembleRecord, MemberStatus, Status
from ensemble_api.store.api import Store

LOG = logging.getLogger(__name__)


class Engine:
    """Takes one ensemble one step on; the worker that calls it has the lease as ``owner``."""

    def __init__(
        self,
        store: Store,
        session: Session,
        compute: Compute,
        reservation: Reservation,
        *,
        owner: str,
        concurrency: int,
        timeout: float,
    ) -> None:
        self._store = store
        self._session = session
        self._compute = compute
        self._reservation = reservation
        self._owner = owner
        self._concurrency = concurrency
        self._timeout = timeout

    def step(self, ensemble_id: str) -> bool:
        """Observe, decide, act, record; False when there is nothing to do but wait.

        :raises ensemble_api.exception.NotFound: when the ensemble is gone.
        :raises ensemble_api.exception.LeaseLost: when another worker has it.
        """
        ensemble = self._store.get(ensemble_id)
        context = self._session.acting_for(ensemble.user_id, ensemble.project_id)
        actions = decision.decide(
            ensemble,
            tuple(self._observe(context, ensemble)),
            concurrency=self._concurrency,
            timeout=self._timeout,
        )
        with ThreadPoolExecutor(self._concurrency, "ensemble-engine") as pool:
            # Iterating raises the first error, after all actions have ended.
            list(pool.map(lambda action: self._carry_out(context, ensemble, action), actions))
        # That a server is to go is asked again until it goes, and no reason to hurry.
        return not all(isinstance(action, decision.DeleteServer) for action in actions)

    def _observe(self, context: Any, ensemble: EnsembleRecord) -> Iterator[decision.Server]:
        """All servers of the ensemble: by tag, and by id should a tenant have removed the tag."""
        members = {each.id for each in ensemble.members}
        by_server = {each.server_id: each.id for each in ensemble.members if each.server_id}
        listed = self._compute.servers(context, f"{ENSEMBLE_TAG}{ensemble.id}")
        for server in listed:
            # A tenant may tag any server so: what names no member of ours is none of ours. Without
            # tags Nova shows servers of a cell that is down.
            tags = (tag.removeprefix(MEMBER_TAG) for tag in server.get("tags", ()))
            member_id = by_server.get(server["id"]) or next(filter(members.__contains__, tags), "")
            if member_id:
                yield _server(server, member_id)
        for server_id in by_server.keys() - {server["id"] for server in listed}:
            if (found := self._compute.server(context, server_id)) is not None:
                yield _server(found, by_server[server_id])

    def _carry_out(self, context: Any, ensemble: EnsembleRecord, action: decision.Action) -> None:
        match action:
            case decision.CreateServer():
                self._create(context, ensemble, action)
            case decision.DeleteServer(server_id):
                self._compute.delete_server(context, server_id)
            case decision.ReleaseHold(member):
                # A server that is gone can leave its claim behind when Nova died in between.
                self._reservation.release(filter(None, (member.id, member.server_id)))
                self._store.mark(ensemble, member, self._owner, status=MemberStatus.DELETED.value)
            case decision.Record(member, status, server_id):
                changed = status is not member.status
                self._store.mark(
                    ensemble,
                    member,
                    self._owner,
                    message=f"{member.name} is {status}" if changed else "",
                    status=status.value,
                    server_id=server_id,
                )
            case decision.Fail(message):
                self._fail(ensemble, message)
            case decision.Settle(None):
                self._store.remove(ensemble.id)
            case decision.Settle(Status() as status):
                message = (
                    "All members are ACTIVE." if status is Status.ACTIVE else "Nothing is left."
                )
                self._store.transition(ensemble.id, [ensemble.status], status, message=message)

    def _create(
        self, context: Any, ensemble: EnsembleRecord, action: decision.CreateServer
    ) -> None:
        """Hand a member over from its hold to its server.

        Nova finds the planned host only when it has room, so the hold goes first. From the intent
        on, the member counts as a hand-over, which other ensembles' plans take into account.
        """
        member = action.member
        self._store.mark(
            ensemble,
            member,
            self._owner,
            status=MemberStatus.BUILDING.value,
            message=f"Nova is asked for {member.name}.",
        )
        self._reservation.release([member.id])
        try:
            server_id = self._compute.create_server(
                context,
                server_name(ensemble.name, member.name),
                member.host,
                ensemble.template(member),
                [f"{ENSEMBLE_TAG}{ensemble.id}", f"{MEMBER_TAG}{member.id}"],
            )
        except exception.CloudError as error:
            self._fail(ensemble, f"Nova refused {member.name}: {error.message}")
            return
        self._store.mark(ensemble, member, self._owner, server_id=server_id)

    def _fail(self, ensemble: EnsembleRecord, message: str) -> None:
        LOG.warning("Ensemble %s is rolled back: %s", ensemble.id, message)
        self._store.transition(
            ensemble.id,
            [Status.RESERVING, Status.BUILDING],
            Status.ROLLING_BACK,
            fault={"message": message, "reasons": []},
            message=message,
        )


def _server(server: Mapping[str, Any], member_id: str) -> decision.Server:
    return decision.Server(
        id=server["id"],
        member_id=member_id,
        status=server["status"],
        host=server.get("OS-EXT-SRV-ATTR:host"),
        task=server.get("OS-EXT-STS:task_state"),
        fault=server.get("fault", {}).get("message"),
    )
