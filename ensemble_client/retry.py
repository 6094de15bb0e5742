# SPDX-License-Identifier: Apache-2.0
"""Requests that are safe to repeat are sent again when their answer gets lost."""

from collections.abc import Callable, Mapping
from typing import Final, TypeVar

from keystoneauth1 import exceptions as keystone
from novaclient import exceptions as nova

PAUSES: Final = (1.0, 2.0, 4.0, 8.0)
GATEWAY: Final = (502, 504)  # from a proxy, which does not know what came of the request

Result = TypeVar("Result")


def until_answered(send: Callable[[], Result], pause: Callable[[float], None]) -> Result:
    """Send a few times, with growing pauses; the last error is the caller's."""
    for seconds in PAUSES:
        try:
            return send()
        except keystone.RetriableConnectionFailure:
            pause(seconds)
        except nova.ClientException as error:
            details = error.details if isinstance(error.details, Mapping) else {}
            at_work = details.get("code") == "ensemble.in_progress"
            if not at_work and error.code not in GATEWAY:
                raise
            pause(details.get("retry_after", seconds) if at_work else seconds)
    return send()
