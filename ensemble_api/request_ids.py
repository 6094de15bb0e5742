# SPDX-License-Identifier: Apache-2.0
"""Which request a thread works for, as the log and the services that are asked are told."""

from typing import Any, Protocol

from oslo_context import context as oslo_context


class _Stored(Protocol):
    """What of an oslo.context is needed here."""

    def update_store(self) -> None:
        """Make it the one of this thread, whose lines in the log have its ids from here on."""


def work_for(context: Any) -> None:
    """Let what this thread logs and asks have the ids of a context, until it works for another.

    Nova does the same for each request that comes by HTTP. Contexts of other kinds are passed over.
    """
    stored: _Stored | None = context if hasattr(context, "update_store") else None
    if stored is not None:
        stored.update_store()


def current() -> Any:
    """The context that this thread works for; None without one."""
    return oslo_context.get_current()


def current_id() -> str | None:
    """The id by which other services are to know what this thread asks; None without one."""
    context = current()
    return None if context is None else str(context.global_id)
