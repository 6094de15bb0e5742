# SPDX-License-Identifier: Apache-2.0
"""A field of a request as a person calls it."""

import re

from ensemble_api.planning.message import Argument, Sentence

_TIER = Sentence("field.tier", "tier %(number)s")
_POLICY = Sentence("field.policy", "policy %(number)s")
_ENTRY = Sentence("field.entry", "%(name)s %(number)s")
_INSTANCE = Sentence("field.instance", "instance %(number)s")
_INSIDE = Sentence("field.inside", "%(outer)s, %(inner)s")
_PARTS = {"tiers": _TIER, "policies": _POLICY}
_AROUND = frozenset(("ensemble", "server"))  # of which there is one, so that nobody asks which
_OF_INSTANCE = re.compile(r"instances\[(\d+)\]\.")
_STEP = re.compile(r"([^.\[\]]+)(?:\[(\d+)\])?")


def label(field: str) -> Argument:
    """Say where a field is, such as "tier 2, image" of `ensemble.tiers[1].server.image`."""
    if of_one := _OF_INSTANCE.match(field):
        instance = _INSTANCE(number=int(of_one[1]) + 1)
        return _INSIDE(outer=instance, inner=label(field[of_one.end() :]))
    steps: list[Argument] = []
    described = field.removeprefix("template.") if ".ensemble." in field else field
    for place, (name, index) in enumerate(_STEP.findall(described)):
        if index:
            sentence = _PARTS.get(name, _ENTRY) if place == 1 else _ENTRY
            steps.append(sentence(name=name, number=int(index) + 1))
        elif name not in _AROUND:
            steps.append(name)
    found: Argument = steps[0] if steps else field
    for step in steps[1:]:
        found = _INSIDE(outer=found, inner=step)
    return found
