# SPDX-License-Identifier: Apache-2.0
"""Whether whoever asked for an ensemble may still have more built, before it is."""

import logging
from collections.abc import Sequence

from keystoneauth1 import exceptions as keystone

from ensemble_api import advice, exception, policies
from ensemble_api.cloud.session import Session
from ensemble_api.execution.actions import (
    AbortMove,
    Action,
    AskLater,
    CreateInstead,
    CreateServer,
    DeleteServer,
    Fail,
    FindHosts,
    MoveServer,
    StartServer,
    StopServer,
)
from ensemble_api.operations import MoveKind, Requester
from ensemble_api.records import EnsembleRecord

LOG = logging.getLogger(__name__)


class Rights:
    """Lets actions pass which their requester may still have; a removal needs no new right."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def check(
        self, ensemble: EnsembleRecord, decided: Sequence[Action]
    ) -> tuple[Requester, Sequence[Action]]:
        """The requester with the roles that are still held, and what may be done of the decided.

        A build whose requester lost the right to it fails with that reason. While Keystone does
        not say, nothing is lost: what would add to an ensemble waits, and the rest goes on.
        """
        recorded = ensemble.requester
        adding = [each for each in decided if _adds(each, ensemble)]
        if not adding:
            return recorded, decided
        try:
            now = self._session.current_rights(recorded, ensemble.project_id)
        except (exception.Unavailable, keystone.ClientException) as error:
            advice.log(LOG, f"Rights of ensemble {ensemble.id}'s requester cannot be read", error)
            return recorded, [each for each in decided if each not in adding]
        held, loss = now.limit(recorded), now.loss(recorded)
        if loss is None:
            return held, decided
        acting = self._session.acting_for(held, ensemble.project_id)
        if held.roles and policies.allowed(acting, "create", ensemble.project_id):
            return held, decided
        return recorded, [Fail(loss)]


def _adds(action: Action, ensemble: EnsembleRecord) -> bool:
    """Whether an action needs a right that its requester must still have.

    That what a tenant has comes back after a failure of its host needs none, nor that it is on
    another host, as an operator may want it too.
    """
    if isinstance(action, MoveServer):
        operation = ensemble.operation
        moves = operation is not None and operation.relocates
        return action.kind is not MoveKind.EVACUATION and not moves
    return isinstance(action, CreateServer | CreateInstead | FindHosts)


def needs_tenant(action: Action) -> bool:
    """Whether Nova is asked for this in the tenant's name, where that takes a token of theirs.

    Nova is asked to evacuate a server by us: what the tenant has comes back.
    """
    if isinstance(action, MoveServer):
        return action.kind is not MoveKind.EVACUATION
    asking = (CreateServer, CreateInstead, AskLater, FindHosts, StartServer, StopServer)
    return isinstance(action, asking) or removes(action)


def removes(action: Action) -> bool:
    """Whether an operator who asked for this needs nobody of the project for it."""
    return isinstance(action, DeleteServer | AbortMove)
