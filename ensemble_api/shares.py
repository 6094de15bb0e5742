# SPDX-License-Identifier: Apache-2.0
"""What one consumer takes of several resource providers, written down as one mapping.

What it takes of its host's own provider is by resource class, as all of it once was. What it takes
of another one, as of a card of the host, is by the class and that provider's UUID.
"""

from collections import Counter
from collections.abc import Mapping
from typing import Final

_OF: Final = "@"  # no resource class has it in its name


def share(resource_class: str, provider: str) -> str:
    """The key of what is taken of a provider that is not the host's own."""
    return f"{resource_class}{_OF}{provider}"


def by_class(resources: Mapping[str, int]) -> dict[str, int]:
    """Units by resource class, whatever providers they are of."""
    found: Counter[str] = Counter()
    for key, amount in resources.items():
        found[key.partition(_OF)[0]] += amount
    return dict(found)


def by_provider(own: str, resources: Mapping[str, int]) -> dict[str, dict[str, int]]:
    """Units by provider and resource class; ``own`` is the host's own provider."""
    found: dict[str, dict[str, int]] = {}
    for key, amount in resources.items():
        name, _, other = key.partition(_OF)
        found.setdefault(other or own, {})[name] = amount
    return found
