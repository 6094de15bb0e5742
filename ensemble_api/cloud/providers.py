# SPDX-License-Identifier: Apache-2.0
"""All resource providers of Placement in one listing."""

from typing import Any

from ensemble_api.cloud.answers import unavailable


def generations(placement: Any) -> dict[str, int]:
    """The generation of every resource provider, by its UUID.

    :raises ensemble_api.exception.Unavailable: when Placement does not answer.
    """
    response = placement.get("/resource_providers")
    if response.status_code != 200:
        raise unavailable("Placement", response)
    return {each["uuid"]: each["generation"] for each in response.json()["resource_providers"]}
