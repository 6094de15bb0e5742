# SPDX-License-Identifier: Apache-2.0
"""The words for policies and for what they miss, the same wherever they are shown."""

from collections.abc import Iterable, Mapping

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


def describe_policy(policy: Policy) -> str:
    """Say in a few plain words what a policy asks for."""
    tiers = listed(policy.tiers)
    match policy:
        case Affinity():
            return f"all members of {tiers} in one {policy.level}"
        case AntiAffinity():
            if len(policy.tiers) > 1:
                return f"no two of {tiers} in the same {policy.level}"
            return f"at most {policy.max_per_domain} of {tiers} in a {policy.level}"
        case Spread():
            parts = []
            if policy.max_skew is not None:
                parts.append(f"{tiers} even over each {policy.level} within {policy.max_skew}")
            if policy.min_domains is not None:
                parts.append(f"{tiers} in at least {policy.min_domains} {policy.level} domains")
            return " and ".join(parts)
        case Near():
            return f"{policy.to} in every {policy.level} that holds {tiers}"
        case Survive():
            return f"{policy.min_available} of {tiers} left after {describe_loss(policy)}"
        case Exclusive():
            return f"no server of another {policy.other} in a {policy.level} that holds {tiers}"


def describe_loss(policy: Survive) -> str:
    """Say which loss a policy is about."""
    if policy.failures == 1:
        return f"the loss of any one {policy.level}"
    return f"the loss of any {policy.failures} {policy.level} domains"


_MISSED: Mapping[str, str] = {
    "affinity": "they are in {more}",
    "anti-affinity": "{amount} too many",
    "spread": "{amount} short of it",
    "near": "{amount} without it",
    "survive": "{amount} too few are left",
    "exclusive": "{amount} are shared",
}


def describe_shortfall(policy: Policy, amount: int) -> str:
    """Say what a policy asks for and by how much it is missed."""
    return (
        f"{describe_policy(policy)}: {_MISSED[policy.kind].format(amount=amount, more=amount + 1)}"
    )


def describe_edits(ensemble: Ensemble, edits: Mapping[str, int | str]) -> str:
    """Say new values for fields of the description in one sentence."""
    softened = {f"policies[{i}].enforcement" for i, p in enumerate(ensemble.policies) if p.hard}
    if len(softened) > 1 and softened == edits.keys():
        return "Make all policies soft."
    *most, last = [_describe_edit(ensemble, field, value) for field, value in edits.items()]
    words = f"{', '.join(most)}, and {last}" if most else last
    return f"{words[0].upper()}{words[1:]}."


def _describe_edit(ensemble: Ensemble, field: str, value: int | str) -> str:
    part, name = field.split("].")
    number = int(part.split("[")[1])
    if part.startswith("tiers"):
        tier = ensemble.tiers[number]
        members = "1 member" if value == 1 else f"{value} members"
        return f"ask for {members} of {tier.name} in place of {tier.count}"
    policy = ensemble.policies[number]
    about = f"{listed(policy.tiers)} per {policy.level}"
    if name == "enforcement":
        return f"make {policy.kind} of {about} soft"
    verb = "raise" if name.startswith("max_") else "lower"
    return f"{verb} {name} of {about} to {value}"
