# SPDX-License-Identifier: Apache-2.0
"""Requests that are safe to repeat are sent again when their answer gets lost."""

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias, TypeVar

from keystoneauth1 import exceptions as keystone

PAUSES: Final = (1.0, 2.0, 4.0, 8.0)
GATEWAY: Final = (502, 504)  # from a proxy, which does not know what came of the request

Result = TypeVar("Result")
Said: TypeAlias = tuple[int, Mapping[str, Any]]
"""An error of the API: its HTTP status and its details."""


def until_answered(
    send: Callable[[], Result],
    pause: Callable[[float], None],
    said: Callable[[Exception], Said | None],
) -> Result:
    """Send a few times, with growing pauses; the last error is the caller's.

    `said` reads an error of the client that sends, and gives None for any other.
    """
    for seconds in PAUSES:
        try:
            return send()
        except keystone.RetriableConnectionFailure:
            pause(seconds)
        except Exception as error:
            if (found := said(error)) is None:
                raise
            status, details = found
            at_work = details.get("code") == "ensemble.in_progress"
            if not at_work and status not in GATEWAY:
                raise
            pause(details.get("retry_after", seconds) if at_work else seconds)
    return send()
