# SPDX-License-Identifier: Apache-2.0
"""Tells Heat of the resource."""

from collections.abc import Mapping
from typing import Any

from ensemble_heat.ensemble import Ensemble


def resource_mapping() -> Mapping[str, Any]:
    """Give the resource by its type."""
    return {"OS::Ensemble::Ensemble": Ensemble}
