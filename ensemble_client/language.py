# SPDX-License-Identifier: Apache-2.0
"""The language of the person at the terminal, as the API is asked for it."""

from collections.abc import Mapping

# In the order of gettext; LANGUAGE names several, the first one first.
_VARIABLES = ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG")


def accept_language(environment: Mapping[str, str]) -> str | None:
    """Give the value of Accept-Language for the locale that an environment names, if any."""
    named = next((environment[name] for name in _VARIABLES if environment.get(name)), "")
    locales = (each.partition(".")[0].partition("@")[0] for each in named.split(":"))
    tags = [each.replace("_", "-") for each in locales if each not in ("", "C", "POSIX")]
    if not tags or not all(each.replace("-", "").isalnum() and each.isascii() for each in tags):
        return None
    return ", ".join(
        tag if not place else f"{tag};q={max(0.1, 1 - place / 10):.1f}"
        for place, tag in enumerate(tags)
    )
