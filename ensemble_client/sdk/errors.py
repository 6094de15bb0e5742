# SPDX-License-Identifier: Apache-2.0
"""Errors of the API as openstacksdk raises them."""

from collections.abc import Mapping
from typing import Any

from openstack import exceptions

from ensemble_client import request
from ensemble_client.retry import Said


class TooLarge(exceptions.SDKException):
    """A request that is longer than the cloud takes; it was not sent."""

    def __init__(self, size: int, most: int) -> None:
        super().__init__(request.too_large_text(size, most))


def details(error: exceptions.HttpException) -> Mapping[str, Any]:
    """Give what the API tells of an error beside its message; nothing if it is not the API's.

    "code" is stable across releases; "reasons" say why an ensemble does not fit, "field" which
    field of the request is wrong.
    """
    try:
        (body,) = error.response.json().values() if error.response is not None else ({},)
    except (AttributeError, ValueError):
        return {}
    found = body.get("details") if isinstance(body, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def said(error: Exception) -> Said | None:
    """Read the HTTP status and the details of an error; None for one of something else."""
    if not isinstance(error, exceptions.HttpException):
        return None
    return error.status_code or 0, details(error)
