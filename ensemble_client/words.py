# SPDX-License-Identifier: Apache-2.0
"""Plans, policies and refusals in words, as the command line says them."""

import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

Json = Mapping[str, Any]


def printable(value: object) -> str:
    """Give text that cannot steer a terminal: control and direction characters become visible."""
    return "".join(
        char
        if char == "\n" or unicodedata.category(char) not in ("Cc", "Cf")
        else f"\\u{ord(char):04x}"
        for char in str(value)
    )


def tiers_text(tiers: Iterable[Json]) -> str:
    """Say the tiers with their counts: "web 3, cache 2"."""
    return ", ".join(f"{printable(tier['name'])} {tier['count']}" for tier in tiers)


def policy_text(policy: Json) -> str:
    """Say one policy: "hard anti-affinity by rack: database, at most 1 a rack"."""
    level = printable(policy["level"])
    enforcement = printable(policy.get("enforcement", "hard"))
    tiers = printable(", ".join(policy["tiers"]))
    text = f"{enforcement} {printable(policy['type'])} by {level}: {tiers}"
    if policy["type"] == "anti-affinity" and len(policy["tiers"]) == 1:
        text += f", at most {policy.get('max_per_domain', 1)} a {level}"
    return text


def survives_text(survives: Iterable[Json]) -> str:
    """Say which single failures leave every tier alive: "any host, any rack"."""
    levels = [printable(entry["level"]) for entry in survives if entry["survives"]]
    return ", ".join(f"any {level}" for level in levels) or "none"


def survivability_lines(survivability: Iterable[Json]) -> list[str]:
    """Say per tier what the worst single failure leaves: "web: 2 of 3 left after any host, ..."."""
    said: dict[str, list[str]] = {}
    for level in survivability:
        for worst in level["worst"]:
            one = printable(level["level"])
            kept = f"{worst['left']} of {worst['count']} left after any {one}"
            text = kept if worst["left"] else f"may be lost with one {one}"
            said.setdefault(printable(worst["tier"]), []).append(text)
    return [f"{tier}: {', '.join(parts)}" for tier, parts in said.items()]


def proof_text(objectives: Sequence[Json]) -> str:
    """Say whether a better plan can exist, per objective that is not proved."""
    open_ones = [each for each in objectives if not each["proved"]]
    if not open_ones:
        return "proved optimal"
    return "not proved optimal; " + "; ".join(
        f"{printable(each['name'])}: best {each['value']}, bound {each['bound']}"
        for each in open_ones
    )


def violation_lines(violations: Iterable[Json]) -> list[str]:
    """Say which soft policies a plan does not meet."""
    return [f"policies[{each['policy']}]: {printable(each['message'])}" for each in violations]


def reason_lines(reasons: Iterable[Json], place: Callable[[str], str] | None = None) -> list[str]:
    """Say each reason of a refusal, with its suggestion on a line of its own.

    `place` tells where a field stands in the file the ensemble came from.
    """
    lines = []
    for reason in reasons:
        text = printable(reason["message"])
        if reason.get("policy") is not None:
            field = f"policies[{reason['policy']}]"
            text += f" ({place(f'ensemble.{field}')})" if place else f" ({field})"
        lines.append(f"- {text}")
        if reason.get("suggestion"):
            lines.append(f"  Suggestion: {printable(reason['suggestion'])}")
    return lines


def refusal_text(name: str, answer: Json, place: Callable[[str], str] | None = None) -> str:
    """Say why an ensemble cannot be placed; `answer` is an infeasible plan."""
    proof = "" if answer.get("proved", True) else " (not proved: the search ended undecided)"
    head = f"{printable(name)} cannot be placed{proof}:"
    return "\n".join([head, *reason_lines(answer["reasons"], place)])


def fault_text(fault: Json | None) -> str:
    """Say what went wrong with an ensemble in status ERROR."""
    if not fault:
        return "no fault is recorded"
    return "\n".join([printable(fault["message"]), *reason_lines(fault.get("reasons") or ())])
