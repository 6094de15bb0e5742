# SPDX-License-Identifier: Apache-2.0
"""A nova-api process that is dead after so many writes, for tests of what a crash leaves."""

import itertools
import threading
from typing import Any

import webob
from small_cloud import LEASE, SmallCloud, caller

from ensemble_api import exception
from ensemble_api.cloud.reservation import Reservation
from ensemble_api.store import rows

WRITES = {
    *(
        "create_all",
        "begin_building",
        "replan",
        "transition",
        "update_member",
        "save_server_request",
        "postpone",
        "await_host",
        "set_blocked",
        "remove",
        "replace_members",
        "save_replaced",
    ),
    *(
        "begin_change",
        "replan_change",
        "run_change",
        "drop_change",
        "advance_change",
        "undo_change",
        "save_move",
        "save_moved",
    ),
    *("claim", "release", "post", "delete", "writing"),
}


class Killed(BaseException):
    """The process is gone: nobody catches this but the test."""


class WriteLimit:
    """Lets so many writes through; then the process is dead, in all its threads."""

    def __init__(self, limit: int) -> None:
        self.writes: list[str] = []
        self._limit = limit
        self._lock = threading.Lock()

    def count(self, what: str) -> None:
        with self._lock:
            if len(self.writes) >= self._limit:
                raise Killed(what)
            self.writes.append(what)


class Counted:
    """Any object whose writes are counted."""

    def __init__(self, inner: Any, limit: WriteLimit) -> None:
        self._inner, self._limit = inner, limit

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._inner, name)
        if name not in WRITES:
            return value

        def call(*args: Any, **kwargs: Any) -> Any:
            self._limit.count(f"{type(self._inner).__name__}.{name}")
            return value(*args, **kwargs)

        return call


class Process:
    """One nova-api process with the parts of ours in it; it ends at its limit of writes."""

    def __init__(self, cloud: SmallCloud, limit: WriteLimit) -> None:
        self._cloud = cloud
        self._store: Any = Counted(cloud.store, limit)
        reservation = Reservation(Counted(cloud.placement.adapter(), limit), sleep=lambda _: None)
        self._parts = {"store": self._store, "reservation": reservation}

        def before(method: str, path: str) -> None:
            if method in ("POST", "DELETE"):
                limit.count(f"Nova {method}")

        self._before = before

    def __enter__(self) -> "Process":
        self._cloud.nova.before = self._before
        return self

    def __exit__(self, *_: object) -> None:
        nova = self._cloud.nova
        nova.before = lambda method, path: None
        nova.refuse.clear()
        for server in nova.alive():
            server.locked = False

    def create(self, wanted: Any) -> str:
        return self._cloud.service(**self._parts).create(caller(), wanted).id

    def post(self, wanted: Any, **marks: Any) -> webob.Response:
        return self._cloud.post(wanted, **marks, **self._parts)

    def delete(self, ensemble_id: str) -> None:
        self._cloud.service(**self._parts).delete(caller(), ensemble_id)

    def change(self, ensemble_id: str, wanted: Any) -> webob.Response:
        return self._cloud.patch(ensemble_id, wanted, service=self._parts)

    def cancel(self, ensemble_id: str) -> None:
        self._cloud.service(**self._parts).cancel(caller(), ensemble_id)

    def work(self, ensemble_id: str, steps: int | None = None) -> None:
        """Step until the ensemble is settled, or so many times."""
        if self._store.claim(ensemble_id, "first", LEASE):
            engine = self._cloud.engine("first", concurrency=1, **self._parts)
            try:
                for _ in itertools.count() if steps is None else range(steps):
                    if self._store.get(ensemble_id).settled:
                        break
                    engine.step(ensemble_id)
                self._store.release(ensemble_id, "first")
            except exception.NotFound:
                pass

    def refuse(self, member: str) -> None:
        """Let Nova refuse a member's server for now."""
        self._cloud.nova.refuse[member] = (503, "Neutron restarts")

    def accept(self) -> None:
        """Let Nova take all again, a while later."""
        self._cloud.nova.refuse.clear()
        rows.now.forward(2)  # type: ignore[attr-defined]

    def break_host(self) -> None:
        """Let no server be built on one of the two hosts from now on."""
        self._cloud.nova.break_host["host1"] = "Failed to allocate the network(s)"

    def lock(self, locked: bool) -> None:
        """Lock or unlock the first server."""
        self._cloud.nova.alive()[0].locked = locked
