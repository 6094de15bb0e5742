# SPDX-License-Identifier: Apache-2.0
"""Words for members and domains, the same in every sentence."""

from collections.abc import Iterable


def listed(names: Iterable[str]) -> str:
    """Join names as people do: a, b and c."""
    *most, last = names
    return f"{', '.join(most)} and {last}" if most else last


def plural(level: str) -> str:
    """Give the word for several domains of a level; one that ends like a plural is left alone."""
    return level if level.endswith("s") else f"{level}s"


def domains(number: int, level: str) -> str:
    """Count domains of a level: 1 rack, 7 racks."""
    return f"{number} {level if number == 1 else plural(level)}"


def members(number: int) -> str:
    """Count members: 1 member, 7 members."""
    return "1 member" if number == 1 else f"{number} members"


def there_are(number: int) -> str:
    """Say how many there are of what was named before."""
    return "there is none" if number == 0 else f"there {'is' if number == 1 else 'are'} {number}"


def inside(level: str) -> str:
    """Give the preposition for a level: servers are on a host, and in anything larger."""
    return "on" if level == "host" else "in"


def a_domain(level: str) -> str:
    """Give a level with its preposition and article: on a host, in a rack."""
    return f"{inside(level)} {'an' if level[0] in 'aeiou' else 'a'} {level}"
