# SPDX-License-Identifier: Apache-2.0
"""What would come of an adoption: an ensemble of servers that run, and how it stands."""

from collections.abc import Mapping
from dataclasses import dataclass

from ensemble_api.planning.message import Message
from ensemble_api.planning.moving import Move
from ensemble_api.planning.result import Infeasible
from ensemble_api.planning.topology import Topology
from ensemble_api.records import EnsembleRecord
from ensemble_api.results.current_state import CurrentState


@dataclass(frozen=True, slots=True)
class LeftOutServer:
    """A server that cannot be a member, and why."""

    id: str
    name: str
    reason: Message


@dataclass(frozen=True, slots=True)
class Mending:
    """The moves, in their order, with which policies would hold that do not hold now.

    Without any, ``refused`` says why there are none.
    """

    topology: Topology
    moves: tuple[Move, ...] = ()
    refused: Infeasible | None = None


@dataclass(frozen=True, slots=True)
class AdoptionPreview:
    """An ensemble as it would be; ``id`` is that under which it is kept for a while.

    ``server_names`` are what its servers are called, by their ids. ``notes`` say what of server
    groups no policy says. ``mending`` is how it could all hold, None where it does.
    """

    current: CurrentState
    server_names: Mapping[str, str]
    left_out: tuple[LeftOutServer, ...] = ()
    notes: tuple[Message, ...] = ()
    mending: Mending | None = None
    id: str | None = None

    @property
    def record(self) -> EnsembleRecord:
        """The ensemble."""
        return self.current.record
