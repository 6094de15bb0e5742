# SPDX-License-Identifier: Apache-2.0
"""Whose servers are by what is recorded: adopted ones are ours, and released ones are not."""

import functools
from collections.abc import Callable, Iterator
from typing import Any

from ensemble_api import exception
from ensemble_api.records import EnsembleRecord
from ensemble_api.store.api import Store
from tests.simulation.invariants.recorded import Recorded
from tests.simulation.nova import SimulatedNova
from tests.simulation.nova_objects import Server


class Ownership:
    """Notes with the servers what the store has done, be its answer lost."""

    def __init__(self, nova: SimulatedNova, recorded: Recorded) -> None:
        self._nova = nova
        self._recorded = recorded

    def patches(self) -> Iterator[tuple[Any, str, Callable[..., Any]]]:
        """What to put in the place of what."""
        for name, seen in (
            ("adopt", self._adopts),
            ("give_back", self._gives_back),
            ("advance_change", self._advances),
        ):
            yield Store, name, _around(getattr(Store, name), seen)

    def _adopts(self, record: EnsembleRecord, *_: Any) -> Callable[[], None]:
        def done() -> None:
            for member in record.members:
                if self._recorded.member(member.id) is not None:
                    server = self._server(member.server_id)
                    server.ours, server.kept, server.member_id = True, False, member.id

        return done

    def _gives_back(self, ensemble_id: str) -> Callable[[], None]:
        try:
            members = self._recorded.ensemble(ensemble_id).members
        except exception.NotFound:
            members = ()
        return lambda: self._keep(members)

    def _advances(self, record: EnsembleRecord, *_: Any) -> Callable[[], None]:
        released = record.operation.released if record.operation else ()
        return lambda: self._keep([each for each in record.members if each.id in released])

    def _keep(self, members: Any) -> None:
        for member in members:
            if member.server_id and self._recorded.member(member.id) is None:
                self._server(member.server_id).kept = True

    def _server(self, server_id: str | None) -> Server:
        found = self._nova.servers[server_id or ""]
        assert isinstance(found, Server)
        return found


def _around(original: Callable[..., Any], seen: Callable[..., Any]) -> Callable[..., Any]:
    """A method of the store that has something noted, also when its answer is lost."""

    @functools.wraps(original)
    def method(store: Store, *facts: Any, **more: Any) -> Any:
        done = seen(*facts)
        try:
            return original(store, *facts, **more)
        finally:
            done()

    return method
