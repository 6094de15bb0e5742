# SPDX-License-Identifier: Apache-2.0
"""The words for policies and for what they miss, the same wherever they are shown."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from ensemble_api.planning.model import (
    Affinity,
    AntiAffinity,
    Ensemble,
    Exclusive,
    Near,
    Policy,
    Spread,
    Survive,
)


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


def describe_policy(policy: Policy) -> str:
    """Say in a few plain words what a policy asks for."""
    tiers, level, within = listed(policy.tiers), policy.level, inside(policy.level)
    match policy:
        case Affinity():
            return f"all members of {tiers} {within} one {level}"
        case AntiAffinity():
            if len(policy.tiers) > 1:
                return f"no two of {tiers} {within} the same {level}"
            return f"at most {policy.max_per_domain} of {tiers} {a_domain(level)}"
        case Spread():
            parts = []
            if policy.max_skew is not None:
                parts.append(
                    f"{tiers} over {plural(level)} with a skew of at most {policy.max_skew}"
                )
            if policy.min_domains is not None:
                parts.append(f"{tiers} {within} at least {domains(policy.min_domains, level)}")
            return " and ".join(parts)
        case Near():
            return f"{policy.to} {within} every {level} that holds {tiers}"
        case Survive():
            return f"{policy.min_available} of {tiers} left after {describe_loss(policy)}"
        case Exclusive():
            return f"no server of another {policy.other} {a_domain(level)} that holds {tiers}"


def describe_loss(policy: Survive) -> str:
    """Say which loss a policy is about."""
    return f"the loss of any {'one' if policy.failures == 1 else policy.failures} " + (
        policy.level if policy.failures == 1 else plural(policy.level)
    )


def describe_shortfall(policy: Policy, amount: int) -> str:
    """Say what a policy asks for and by how much it is missed."""
    match policy:
        case Affinity():
            missed = f"they are {inside(policy.level)} {domains(amount + 1, policy.level)}"
        case AntiAffinity():
            missed = f"{amount} too many"
        case Spread():
            missed = f"{amount} short of it"
        case Near():
            missed = f"{amount} without it"
        case Survive():
            missed = f"{amount} too few {'is' if amount == 1 else 'are'} left"
        case Exclusive():
            missed = f"{amount} {'is' if amount == 1 else 'are'} shared"
    return f"{describe_policy(policy)}: {missed}"


def describe_edits(ensemble: Ensemble, edits: Mapping[str, int | str]) -> str:
    """Say new values for fields of the description in one sentence."""
    softened = {f"policies[{i}].enforcement" for i, p in enumerate(ensemble.policies) if p.hard}
    if len(softened) > 1 and softened == edits.keys():
        return "Only wish (soft) for what the policies ask."
    *most, last = [_describe_edit(ensemble, field, value) for field, value in edits.items()]
    words = f"{', '.join(most)}, and {last}" if most else last
    return f"{words[0].upper()}{words[1:]}."


def _describe_edit(ensemble: Ensemble, field: str, value: int | str) -> str:
    part, name = field.split("].")
    number = int(part.split("[")[1])
    if part.startswith("tiers"):
        tier = ensemble.tiers[number]
        return f"ask for {members(int(value))} of {tier.name} in place of {tier.count}"
    policy = ensemble.policies[number]
    if name == "enforcement":
        return f"only wish (soft) for {describe_policy(policy)}"
    # A field has the name of the policy's own attribute, whose kind of policy we need not know.
    new: dict[str, Any] = {name: value}
    return f"be content with {describe_policy(replace(policy, **new))}"
