# SPDX-License-Identifier: Apache-2.0
"""By which names in a template become ids."""

from collections.abc import Callable
from typing import Any, Final

from heat.engine.translation import TranslationRule

_SERVER: Final = ["tiers", "server"]
_NEUTRON: Final = "find_resourceid_by_name_or_id"

# The path below a server, whose client finds it, by which method, and what of it.
_FOUND: Final = (
    (["flavor"], "nova", "find_flavor_by_name_or_id", None),
    (["image"], "glance", "find_image_by_name_or_id", None),
    (["networks"], "neutron", _NEUTRON, "network"),
    (["ports"], "neutron", _NEUTRON, "port"),
    (["fixed_ips", "network"], "neutron", _NEUTRON, "network"),
)


def rules(properties: Any, client_plugin: Callable[[str], Any]) -> list[TranslationRule]:
    """Give the rules for Heat's properties; `client_plugin` gives a client's plugin by its name."""
    return [
        TranslationRule(
            properties,
            TranslationRule.RESOLVE,
            translation_path=[*_SERVER, *path],
            client_plugin=client_plugin(client),
            finder=finder,
            entity=entity,
        )
        for path, client, finder, entity in _FOUND
    ]
