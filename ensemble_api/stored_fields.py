# SPDX-License-Identifier: Apache-2.0
"""What this release knows of what is stored: workers of a newer one may have written more."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any


def known_fields(kind: Any, stored: Mapping[str, Any]) -> dict[str, Any]:
    """What is stored of a dataclass, without what that has no field for."""
    names = {each.name for each in fields(kind)}
    return {name: value for name, value in stored.items() if name in names}
