# SPDX-License-Identifier: Apache-2.0
"""An ensemble written out as the YAML file that `ensemble_client.file` reads."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import yaml

from ensemble_client.words import printable

_PARTS: Final = ("name", "description", "metadata", "tiers", "policies", "recovery")
_TIER: Final = ("name", "count", "after", "gate", "server", "recovery")
_SAID: Final = ("message", "holds")  # what answers say of a policy
_WIDTH: Final = 100


class _Dumper(yaml.SafeDumper):
    """Block style, but a list of plain values stands in one line, and nothing is an alias."""

    def ignore_aliases(self, data: Any) -> bool:
        """Write what occurs twice twice, as people would."""
        return True


def _list(dumper: _Dumper, data: Sequence[Any]) -> yaml.Node:
    plain = not any(isinstance(each, list | tuple | dict) for each in data)
    return dumper.represent_sequence("tag:yaml.org,2002:seq", data, flow_style=plain)


_Dumper.add_representer(list, _list)
_Dumper.add_representer(tuple, _list)


def description(body: Mapping[str, Any]) -> dict[str, Any]:
    """Give an ensemble as posted, from how the API shows it: what answers say of it is left out."""
    posted = {key: body.get(key) for key in _PARTS}
    posted["policies"] = [
        {key: value for key, value in policy.items() if key not in _SAID}
        for policy in body.get("policies") or ()
    ]
    return posted


def template(body: Mapping[str, Any]) -> dict[str, Any]:
    """Give a template without parameters that describes an ensemble as the API shows it."""
    posted = {key: value for key, value in description(body).items() if value}
    posted["tiers"] = [_tier(tier, {}) for tier in posted["tiers"]]
    made: dict[str, Any] = {
        key: posted.pop(key) for key in ("name", "description") if key in posted
    }
    return {**made, "ensemble": posted}


def written(body: Mapping[str, Any], names: Mapping[str, str] | None = None) -> str:
    """Give the YAML of an ensemble as posted or as the API shows it; what a file lacks is left out.

    What the API does not show the caller, a comment says.

    `names` tells what ids of flavors, images and networks are called. A name stands in the place
    of its id where no other id has the same one, since names are what people know and other clouds
    may have too.
    """
    called = _unique(names)
    shown = {key: value for key, value in description(body).items() if value}
    shown["tiers"] = [_tier(tier, called) for tier in body.get("tiers", ())]
    return "".join(f"# {line}\n" for line in hidden_lines(body)) + _dumped(shown)


def _unique(names: Mapping[str, str] | None) -> dict[str, str]:
    """Leave out the names that several ids have."""
    called = dict(names or {})
    shared = {name for name, count in Counter(called.values()).items() if count > 1}
    return {key: name for key, name in called.items() if name and name not in shared}


def _dumped(shown: Mapping[str, Any]) -> str:
    text: str = yaml.dump(
        shown, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=_WIDTH, indent=2
    )
    return text


def template_text(template: Mapping[str, Any], names: Mapping[str, str] | None = None) -> str:
    """Write a template as the API shows it as the YAML file that makes one like it.

    `names` is what `written` takes; defaults that are looked up are called by them too.
    """
    called = _unique(names)
    shown = {key: template[key] for key in ("name", "description") if template.get(key)}
    if template["parameters"]:
        shown["parameters"] = {
            name: _parameter(each, called) for name, each in template["parameters"].items()
        }
    described = dict(template["ensemble"])
    if isinstance(described.get("tiers"), list):
        described["tiers"] = [_template_tier(each, called) for each in described["tiers"]]
    return _dumped({**shown, "ensemble": described})


def _parameter(parameter: Mapping[str, Any], called: Mapping[str, str]) -> dict[str, Any]:
    default = parameter.get("default")
    looked_up = any("custom_constraint" in each for each in parameter.get("constraints", ()))
    if looked_up and isinstance(default, str):
        return {**parameter, "default": called.get(default, default)}
    return dict(parameter)


def _template_tier(tier: Any, called: Mapping[str, str]) -> Any:
    """Call by name what a tier of a template is made of, but what refers to a parameter."""
    server = tier.get("server") if isinstance(tier, dict) else None
    if not isinstance(server, dict):
        return tier
    plain = {key: each for key, each in server.items() if key != "fixed_ips"}
    named = {key: _named(key, each, called) for key, each in plain.items()}
    return {**tier, "server": {**server, **named}}


def hidden_lines(body: Mapping[str, Any]) -> Iterator[str]:
    """Say which tiers have user data that the API keeps to its own user."""
    hidden = [
        str(tier.get("name", ""))
        for tier in body.get("tiers", ())
        if "user_data" in tier.get("hidden", ())
    ]
    if hidden:
        # One comment stays one line, whatever a name holds.
        yield f"User data is left out of: {printable(', '.join(hidden))}."
        yield "Only the user who created the ensemble sees it. Add user_data or user_data_file,"
        yield "or the servers are built without it."


def file_name(name: str) -> str:
    """Give the name of a file for an ensemble, harmless to shells and file systems."""
    plain = re.sub(r"[^A-Za-z0-9._-]+", "-", name)[:60].strip("-.")
    return f"{plain or 'ensemble'}.yaml"


def _tier(tier: Mapping[str, Any], called: Mapping[str, str]) -> dict[str, Any]:
    server = {key: _named(key, value, called) for key, value in tier["server"].items()}
    return {**{key: tier[key] for key in _TIER if key in tier}, "server": server}


def _named(key: str, value: Any, called: Mapping[str, str]) -> Any:
    if key in ("flavor", "image") and isinstance(value, str):
        return called.get(value, value)
    if key == "networks" and isinstance(value, list):
        return [called.get(each, each) if isinstance(each, str) else each for each in value]
    if key == "fixed_ips":
        return [{**each, "network": called.get(each["network"], each["network"])} for each in value]
    return value
