# SPDX-License-Identifier: Apache-2.0
"""Errors of the API as novaclient raises them."""

from collections.abc import Mapping

from novaclient import exceptions

from ensemble_client.retry import Said


def said(error: Exception) -> Said | None:
    """Read the HTTP status and the details of an error; None for one of something else."""
    if not isinstance(error, exceptions.ClientException):
        return None
    return error.code, error.details if isinstance(error.details, Mapping) else {}
