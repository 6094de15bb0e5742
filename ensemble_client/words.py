# SPDX-License-Identifier: Apache-2.0
"""Plans, policies and refusals in words, as the command line says them."""

import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

Json = Mapping[str, Any]

LOSSES_SHOWN: Final = 5
"""How many losses of a level that cannot simply be placed again are listed."""

_FITS: Final = {
    True: "lost members can be placed again",
    False: "lost members cannot always be placed again",
    None: "not decided whether lost members can be placed again",
}


def printable(value: object) -> str:
    """Give text that cannot steer a terminal: control and direction characters become visible.

    Those that join letters, or the parts of an emoji, stay what they are.
    """
    return "".join(
        char
        if char in "\n\u200c\u200d" or unicodedata.category(char) not in ("Cc", "Cf")
        else f"\\u{ord(char):04x}"
        for char in str(value)
    )


def tiers_text(tiers: Iterable[Json]) -> str:
    """Say the tiers with their counts: "web 3, cache 2"."""
    return ", ".join(f"{printable(tier['name'])} {tier['count']}" for tier in tiers)


def policy_text(policy: Json) -> str:
    """Say one policy: "hard survive by rack: database keeps at least 2 after any 1 loss"."""
    enforcement = printable(policy.get("enforcement", "hard"))
    kind, level = printable(policy["type"]), printable(policy["level"])
    return f"{enforcement} {kind} by {level}: {printable(_meaning(policy))}"


def _meaning(policy: Json) -> str:
    """Say what a policy asks of its tiers; of a type not known here, only the tiers."""
    level, tiers = policy["level"], ", ".join(policy["tiers"])
    several = len(policy["tiers"]) > 1
    match policy["type"]:
        case "affinity":
            return f"{tiers}, all in one {level}"
        case "anti-affinity" if several:
            return f"{tiers}, never two of them in one {level}"
        case "anti-affinity":
            return f"{tiers}, at most {policy.get('max_per_domain', 1)} a {level}"
        case "spread":
            asked = []
            if policy.get("max_skew") is not None:
                asked.append(f"uneven by at most {policy['max_skew']}")
            if policy.get("min_domains") is not None:
                asked.append(f"in at least {_domains(policy['min_domains'], level)}")
            return ", ".join([tiers, *asked])
        case "near":
            return f"{tiers} only in a {level} that holds {policy['to']}"
        case "survive":
            keeps = "keep each" if several else "keeps"
            failures = policy.get("failures", 1)
            losses = "1 loss" if failures == 1 else f"{failures} losses"
            return f"{tiers} {keeps} at least {policy.get('min_available', 1)} after any {losses}"
        case "exclusive":
            return f"{tiers}, with no server of another {policy.get('other', 'project')}"
    return tiers


def _domains(number: int, level: str) -> str:
    plural = level if level.endswith("s") else f"{level}s"
    return f"{number} {level if number == 1 else plural}"


def states_text(levels: Iterable[Json]) -> str:
    """Say what any one failure of each level leaves at worst: "host: works, zone: down".

    The API judges, and knows no more than where the members were planned.
    """
    said = [f"{printable(each['level'])}: {printable(each['state'])}" for each in levels]
    return f"{', '.join(said)} (as planned)" if said else ""  # no member is anywhere


def verdict_lines(survivability: Iterable[Json], failures: int = 1) -> list[str]:
    """Say of each level what its loss leaves, and of which tiers nothing or too few is left.

    "After the loss of any rack: works". "After the loss of any zone: down, nothing of database".
    """
    lines = []
    for level in survivability:
        one = printable(level["level"])
        lost = one if failures == 1 else _domains(failures, one)
        ends, short = (", ".join(map(printable, level[key])) for key in ("ends", "short"))
        parts = [f"nothing of {ends}"] if ends else []
        parts += [f"fewer of {short} than needed"] if short else []
        what = f", {' and '.join(parts)}" if parts else ""
        lines.append(f"After the loss of any {lost}: {printable(level['state'])}{what}")
    return lines


def over_quota_lines(plan: Json) -> list[str]:
    """Say that a plan fits the cloud and not the project's quotas, if so; and each of these."""
    over = plan.get("over_quota") or ()
    if not over:
        return []
    said = (f"- {printable(each['message'])}" for each in over)
    return ["Fits, but not within the quota:", *said]


def survivability_lines(survivability: Iterable[Json], failures: int = 1) -> list[str]:
    """Say per tier what the worst failures leave: "web: 2 of 3 left after any host, ...".

    `failures` is how many domains at once the figures are for.
    """
    said: dict[str, list[str]] = {}
    for level in survivability:
        for worst in level["worst"]:
            one = printable(level["level"])
            lost = one if failures == 1 else _domains(failures, one)
            kept = f"{worst['left']} of {worst['count']} left after any {lost}"
            alone = f"may be lost with {'one ' if failures == 1 else ''}{lost}"
            text = kept if worst["left"] else alone
            said.setdefault(printable(worst["tier"]), []).append(text)
    return [f"{tier}: {', '.join(parts)}" for tier, parts in said.items()]


def several_lines(survivability: Iterable[Json]) -> list[str]:
    """Say what the loss of any two or three domains at once leaves, as long as that is something.

    "Any 2 racks at once leave: web 1 of 3, cache 0 of 2". Each tier is in its own worst case.
    """
    lines = []
    for level in survivability:
        counts = {worst["tier"]: worst["count"] for worst in level["worst"]}
        for entry in level.get("any") or ():
            left = entry["left"]
            if entry["failures"] > 1 and any(left.values()):
                each = ", ".join(f"{printable(t)} {left[t]} of {counts[t]}" for t in counts)
                where = _domains(entry["failures"], printable(level["level"]))
                lines.append(f"Any {where} at once leave: {each}")
    return lines


def broken_lines(broken: Iterable[Json]) -> list[str]:
    """Say which promises do not hold now, and which tiers have ended of which nothing was asked."""
    return [
        printable(
            f"{'Nothing was asked' if each['effect'] == 'unprotected' else 'Does not hold now'}, "
            f"{each['ensemble_name']}: {each['message']}"
        )
        for each in broken
    ]


def promise_lines(policies: Sequence[Json], current: Json) -> list[str]:
    """Say of each policy of an ensemble whether it is kept now, by the API's survivability."""
    missed = {each["policy"]: printable(each["message"]) for each in current["violations"]}
    return [
        f"Not met, {policy_text(policy)}: {missed[index]}"
        if index in missed
        else f"Kept, {policy_text(policy)}"
        for index, policy in enumerate(policies)
    ]


def current_state_lines(current: Json) -> list[str]:
    """Say how many members run where they were planned, and what the others do."""
    members = current["members"]
    moved = [printable(each["name"]) for each in members if each["moved"]]
    idle = [
        f"{printable(each['name'])} ({printable(each['status'] or 'no server')})"
        for each in members
        if not each["running"]
    ]
    fine = sum(each["running"] and not each["moved"] for each in members)
    when = printable(current["as_of"])
    return [
        f"As of {when}: {fine} of {len(members)} run where they were planned.",
        *([f"Moved: {', '.join(moved)}"] if moved else []),
        *([f"Not running, or on a host that is down: {', '.join(idle)}"] if idle else []),
    ]


def changed_text(details: Json, label: Callable[[str], str], levels: Sequence[str]) -> str:
    """Say which members another plan would place elsewhere than the one that was to be built."""

    def path(refs: Mapping[str, str]) -> str:
        return " / ".join(label(refs[level]) for level in levels if level in refs)

    lines = [
        f"- {printable(each['member'])}: {path(each['from'])} -> {path(each['to'])}"
        for each in details["moved"]
        if each["from"]
    ]
    build = f"To build the new plan: add --plan {printable(details['plan']['id'])}"
    return "\n".join([*lines, build])


def headroom_lines(survivability: Iterable[Json], label: Callable[[str], str]) -> list[str]:
    """Say per level whether what one failure takes could be placed again, and where it could not.

    `label` names a domain by its reference. Levels about which the cloud told nothing are left out.
    """
    lines = []
    for level in survivability:
        if not level.get("headroom"):
            continue
        one = printable(level["level"])
        lines.append(f"Headroom after any {one}: {_FITS[level['headroom'].get('fits')]}")
        open_ones = {
            label(loss["domain"]): f"({_counted(loss['lost'])}): {_limits(loss['room'])}"
            for loss in level["losses"]
            if _limits(loss.get("room"))
        }
        # By length first: rack Z comes before rack AA.
        order = sorted(open_ones, key=lambda name: (len(name), name))
        lines += [f"  {name} {open_ones[name]}" for name in order[:LOSSES_SHOWN]]
        if len(order) > LOSSES_SHOWN:
            lines.append(f"  and {len(order) - LOSSES_SHOWN} more")
    return lines


def _limits(room: Json | None) -> str:
    """Say what keeps a loss from being placed again just so; nothing when nothing does."""
    if room is None:
        return ""
    fits, others = room.get("fits"), room.get("others") or 0
    if fits and others:
        return f"fits again only if {others} other member{'s' if others > 1 else ''} moved too"
    if fits:
        return ""
    return "not decided" if fits is None else "does not fit again"


def _counted(lost: Mapping[str, int]) -> str:
    return ", ".join(f"{printable(tier)} {count}" for tier, count in lost.items() if count)


def objective_lines(objectives: Iterable[Json]) -> list[str]:
    """Say each objective, most important first: "soft violations: 3, proved optimal"."""
    return [f"{printable(each['name'])}: {_known(each)}" for each in objectives]


def _known(objective: Json) -> str:
    if objective["proved"]:
        return f"{objective['value']}, proved optimal"
    if objective["value"] <= objective["bound"]:
        return str(objective["value"])  # and yet not all that members need is looked at
    known = f"best {objective['value']}, bound {objective['bound']}"
    if "stopped" in objective:
        return f"{known}; stopped: no answer of the solver in {objective['stopped']} s"
    return known


def proof_text(objectives: Sequence[Json], proved: bool | None = None) -> str:
    """Say whether a better plan can exist, with what is open.

    `proved` is the whole plan's, when the cloud tells it: it covers objectives that are not shown
    to a tenant.
    """
    open_ones = [each for each in objectives if each["value"] > each["bound"]]
    if open_ones:
        return "not proved optimal; " + "; ".join(objective_lines(open_ones))
    if any(not each["proved"] for each in objectives):
        return "not proved optimal"
    if proved is False:
        return "not proved optimal; what is open is shown to administrators only"
    return "proved optimal" if proved or objectives else "not known whether it is optimal"


def unplanned_lines(plan: Json) -> list[str]:
    """Say what a plan does not look at, and which tiers need it."""
    return [
        f"{printable(each['message'])} A host of it may refuse a server of "
        f"{' or '.join(map(printable, each['tiers']))}."
        for each in plan.get("not_planned_with", ())
    ]


def violation_lines(violations: Iterable[Json]) -> list[str]:
    """Say which soft policies a plan does not meet."""
    return [printable(each["message"]) for each in violations]


def reason_lines(reasons: Sequence[Json], place: Callable[[str], str] | None = None) -> list[str]:
    """Say each reason of a refusal, and each change that would make the ensemble fit on its line.

    `place` tells where a field stands in the file the ensemble came from. Changes that several
    reasons in a row have in common are said once, after the last of these.
    """
    lines: list[str] = []
    for index, reason in enumerate(reasons):
        text = printable(reason["message"])
        if reason.get("policy") is not None:
            field = f"policies[{reason['policy']}]"
            text += f" ({place(f'ensemble.{field}')})" if place else f" ({field})"
        lines.append(f"- {text}")
        changes = reason.get("changes") or ()
        following = reasons[index + 1 :]
        if changes and following and following[0].get("changes") == changes:
            continue
        lines += [f"  This would fit: {_change_text(change, place)}" for change in changes]
        if reason.get("suggestion") and not changes:
            lines.append(f"  Suggestion: {printable(reason['suggestion'])}")
    return lines


def _change_text(change: Json, place: Callable[[str], str] | None) -> str:
    """Say a change; with a file, also what to write at which of its lines."""
    text = printable(change["message"])
    if place is None or not change.get("edits"):
        return text
    edits = []
    for edit in change["edits"]:
        name = edit["field"].rpartition(".")[2]
        new = "leave it out" if edit["value"] is None else edit["value"]
        edits.append(printable(f"{place(edit['field'])}, {name}: {new}"))
    return f"{text} ({'; '.join(edits)})"


def refusal_text(name: str, answer: Json, place: Callable[[str], str] | None = None) -> str:
    """Say why an ensemble cannot be placed; `answer` is an infeasible plan."""
    proof = "" if answer.get("proved", True) else " (not proved)"
    head = f"{printable(name)} cannot be placed{proof}:"
    return "\n".join([head, *reason_lines(answer["reasons"], place)])


def fault_text(fault: Json | None) -> str:
    """Say what went wrong with an ensemble in status ERROR."""
    if not fault:
        return "no fault is recorded"
    return "\n".join([printable(fault["message"]), *reason_lines(fault.get("reasons") or ())])
