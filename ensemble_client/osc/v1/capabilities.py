# SPDX-License-Identifier: Apache-2.0
"""The command `openstack ensemble capabilities show`."""

from collections.abc import Iterable, Mapping
from typing import Any

from osc_lib.command import command

from ensemble_client import words
from ensemble_client.errors import plain_words
from ensemble_client.osc.v1.readable import ReadableColumn


class ShowCapabilities(command.ShowOne):
    """Show the limits, levels, features and policies of this cloud's ensembles."""

    def take_action(self, parsed_args: Any) -> Any:
        """Show."""
        with plain_words():
            found = self.app.client_manager.ensemble.ensembles.capabilities()
        fields = {
            "limits": ReadableColumn(found["limits"], _pairs),
            "levels": ReadableColumn(found["levels"], _levels),
            "selectors": ReadableColumn(found.get("selectors", []), _selectors),
            "policies": ReadableColumn(found["policies"], _policies),
            "statuses": ReadableColumn(found["statuses"], _names),
            "member_statuses": ReadableColumn(found["member_statuses"], _names),
            "sort_keys": ReadableColumn(found["sort_keys"], _sort_keys),
            "mount": found.get("mount", "nova-api"),  # as older ones are
            "features": ReadableColumn(found["features"], ", ".join),
        }
        return tuple(fields), tuple(fields.values())


def _pairs(values: Mapping[str, Any]) -> str:
    return "\n".join(f"{words.printable(name)}: {value}" for name, value in values.items())


def _names(items: Iterable[Mapping[str, Any]]) -> str:
    return ", ".join(words.printable(each["name"]) for each in items)


def _sort_keys(keys: Mapping[str, Iterable[str]]) -> str:
    return _pairs({of: ", ".join(names) for of, names in keys.items()})


def _levels(levels: Iterable[Mapping[str, Any]]) -> str:
    """Say the levels, the smallest first: "host, rack, az (availability zone)"."""
    return ", ".join(
        words.printable(each["name"]) + (" (availability zone)" if each["zone"] else "")
        for each in levels
    )


def _selectors(selectors: Iterable[Mapping[str, Any]]) -> str:
    """Say the keys with their values: "disk: hdd, nvme"."""
    return _pairs(
        {each["key"]: ", ".join(map(words.printable, each["values"])) for each in selectors}
    )


def _policies(kinds: Iterable[Mapping[str, Any]]) -> str:
    """Say the kinds with their own fields: "spread: max_skew, min_domains"."""
    return _pairs({each["type"]: ", ".join(each["fields"]) or "no more fields" for each in kinds})
