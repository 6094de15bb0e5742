# SPDX-License-Identifier: Apache-2.0
"""Answers of the API laid out as lines for a terminal; the sentences are the API's own."""

import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

Json = Mapping[str, Any]

LOSSES_SHOWN: Final = 5
"""How many losses of a level that cannot simply be placed again are listed."""


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


def messages(items: Iterable[Json]) -> list[str]:
    """Give the sentence of each item, on lines that cannot steer a terminal."""
    return [printable(each["message"]) for each in items]


def tiers_text(tiers: Iterable[Json]) -> str:
    """List the tiers with their counts: "web 3, cache 2"."""
    return ", ".join(f"{printable(tier['name'])} {tier['count']}" for tier in tiers)


def states_text(levels: Iterable[Json]) -> str:
    """List what any one failure of each level leaves: "host: works, zone: down"."""
    return ", ".join(f"{printable(each['level'])}: {printable(each['label'])}" for each in levels)


def survival_lines(survivability: Iterable[Json]) -> list[str]:
    """Give for each level what a failure leaves the ensemble as, and its figures.

    What two or three failures at once leave is left out where that is nothing.
    """
    lines: list[str] = []
    for level in survivability:
        several = (each for each in level["any"] if each["failures"] > 1)
        left = [
            each
            for each in several
            if any(each["left"].values()) and each["message"] != level["worst_message"]
        ]
        lines += map(printable, (level["message"], level["worst_message"]))
        lines += messages(left)
    return lines


def headroom_lines(survivability: Iterable[Json], label: Callable[[str], str]) -> list[str]:
    """Give for each level whether lost members can be placed again, and where not.

    `label` names a domain by its reference.
    """
    lines = []
    for level in survivability:
        if not level.get("headroom"):
            continue
        lines.append(printable(level["headroom"]["message"]))
        losses = [each for each in level["losses"] if not _is_simple(each["room"])]
        # By length first: rack Z comes before rack AA.
        losses.sort(key=lambda loss: (len(label(loss["domain"])), label(loss["domain"])))
        lines += [
            f"  {label(loss['domain'])} ({_counted(loss['lost'])}): "
            f"{printable(loss['room']['message'])}"
            for loss in losses[:LOSSES_SHOWN]
        ]
        if len(losses) > LOSSES_SHOWN:
            lines.append(f"  and {len(losses) - LOSSES_SHOWN} more")
    return lines


def _is_simple(room: Json) -> bool:
    """Whether lost members are placed again without moving others."""
    return bool(room["fits"]) and not room["others"]


def _counted(lost: Mapping[str, int]) -> str:
    return ", ".join(f"{printable(tier)} {count}" for tier, count in lost.items() if count)


def repair_lines(found: Json) -> list[str]:
    """Say who is lost, and where a repair would place each, or why it would not."""
    labels = {each["ref"]: each["label"] for each in found["domains"]}
    lines = [f"Lost: {', '.join(map(printable, found['lost']))}"]
    lines.append(printable(found["message"]))
    for each in found["moves"]:
        places = ", ".join(printable(labels.get(ref, ref)) for ref in each["domains"].values())
        lines.append(f"{printable(each['member'])}: {places}")
    lines += [printable(each["message"]) for each in (*found["unmet"], *found["reasons"])]
    return lines + [printable(each["message"]) for each in found["left"]]


def policy_lines(answer: Json) -> list[str]:
    """Give each policy of an answer with whether it holds, and by how much it is missed."""
    missed = {each["policy"]: printable(each["message"]) for each in answer["violations"]}
    lines = []
    for index, policy in enumerate(answer["policies"]):
        head = {True: "Kept: ", False: "Not met: "}.get(policy["holds"], "")
        lines.append(head + printable(policy["message"]))
        if index in missed:
            lines.append(f"  {missed[index]}")
    return lines


def current_state_lines(current: Json) -> list[str]:
    """Give how many members run where they were planned, what the others do, and what it costs."""
    return [
        printable(f"As of {current['as_of']}: {current['message']}"),
        *messages(current["differences"]),
        *messages(current["costs"]),
    ]


def move_lines(moves: Iterable[Json], domains: Iterable[Json]) -> list[str]:
    """Give who moves, from which host to which, in the order of the moves."""
    labels = {each["ref"]: each["label"] for each in domains}
    return [
        printable(f"{each['member']}, from {labels[before]} to {labels[after]}")
        for each in moves
        for before, after in ((each["from"]["host"], each["to"]["host"]),)
    ]


def mending_lines(mending: Json | None) -> list[str]:
    """Give the moves with which all would hold, or why there are none."""
    if mending is None:
        return []
    if mending["moves"]:
        lines = move_lines(mending["moves"], mending["domains"])
        return [f"This would mend it: move {each}" for each in lines]
    return ["No moves would mend it:", *reason_lines(mending["reasons"])]


def adopted_lines(members: Iterable[Json]) -> str:
    """Give each member of an adoption with the server that it would be."""
    return "\n".join(
        printable(f"{each['name']}: {each['server_name']} ({each['server_status']})")
        for each in members
    )


def left_out_lines(servers: Iterable[Json]) -> str:
    """Give each server that cannot be a member, and why."""
    return "\n".join(printable(f"{each['server_name']} {each['message']}") for each in servers)


def failure_lines(failure: Json, places: Any) -> list[str]:
    """Give what one failure does to an ensemble, and the repair, whose `places` are known."""
    repair = failure["repair"]
    return [
        printable(f"{failure['title']}: {failure['message']}"),
        *(
            ("Kept: " if promise["holds"] else "Not kept: ") + printable(kept["message"])
            for promise in failure["promises"]
            for kept in promise["tiers"]
        ),
        printable(repair["message"]),
        *(
            f"  {printable(each['member'])} to {' / '.join(places.path(each['domains']))}"
            for each in repair["moves"]
        ),
        *(f"  {line}" for line in messages([*repair["unmet"], *repair["reasons"]])),
    ]


def broken_lines(broken: Iterable[Json]) -> list[str]:
    """Give what does not hold now, by ensemble."""
    return [printable(f"{each['ensemble_name']}: {each['message']}") for each in broken]


def drain_lines(tried: Iterable[Json]) -> list[str]:
    """Give where the members of each ensemble on a host would go, or what keeps them."""
    lines = []
    for each in tried:
        lines.append(printable(f"{each['ensemble_name']}: {each['message']}"))
        lines += [printable(one["message"]) for one in each.get("blocked", ())]
        lines += [printable(each["waits"])] if each.get("waits") else []
        lines += reason_lines(each["reasons"])
    return lines


def cannot_leave(tried: Sequence[Json]) -> bool:
    """Whether nobody of any ensemble on a host can leave it, by what was tried just now."""
    return bool(tried) and all(
        each["fits"] is False or len(each["blocked"]) == len(each["members"]) for each in tried
    )


def without_text(without: Iterable[Json]) -> str:
    """List the ensembles that would have members without a place, and how many of how many."""
    return "\n".join(
        f"{printable(each['ensemble_name'])}: {each['missing']} of {each['members']}"
        for each in without
    )


def cloud_headroom_lines(page: Json) -> list[str]:
    """Give what `headroom` comes to, with what is not decided or not looked at, and as of when."""
    totals = page["totals"]
    every = totals["fits"] + totals["does_not_fit"] + totals["not_decided"]
    if not every:
        return ["No host holds members.", f"As of {page['as_of']}."]
    lines = [f"All members find places after {totals['fits']} of {every} failures."]
    if totals["ensembles_without"]:
        told = f"{totals['ensembles_without']} of {totals['ensembles']}"
        lines.append(f"Ensembles that some failure leaves with members without a place: {told}.")
    if totals["not_decided"]:
        lines.append(f"Not decided: {totals['not_decided']}.")
    if totals["left_out"]:
        lines.append(f"Ensembles that were not looked at: {totals['left_out']}.")
    return [*lines, f"As of {page['as_of']}."]


def changed_text(details: Json) -> str:
    """Give how another plan differs from the one that was to be built, and how to build it."""
    lines = [f"- {each}" for each in messages([*details["moved"], *(details["worst"] or ())])]
    build = f"To build the new plan, give --plan {printable(details['plan']['id'])} instead."
    return "\n".join([*lines, build])


def jointly_changed_text(details: Json) -> str:
    """Give how another plan of several ensembles differs from the one that was to be built."""
    moved = [
        {"message": f"{each['name']}: {move['message']}"}
        for each in details["instances"]
        for move in each["moved"]
    ]
    return changed_text({"moved": moved, "worst": None, "plan": details["plan"]})


def reason_lines(reasons: Sequence[Json], place: Callable[[str], str] | None = None) -> list[str]:
    """Give each reason of a refusal, and each change that would make the ensemble fit on its line.

    `place` tells where a field stands in the file the ensemble came from. Changes that several
    reasons in a row have in common are said once, after the last of these.
    """
    lines: list[str] = []
    for index, reason in enumerate(reasons):
        text = printable(reason["message"])
        if place and reason.get("policy") is not None:
            field = f"ensemble.policies[{reason['policy']}]"
            text += f" ({place(field)})"
        lines.append(f"- {text}")
        changes = reason.get("changes") or ()
        following = reasons[index + 1 :]
        if changes and following and following[0].get("changes") == changes:
            continue
        lines += [f"  This would fit: {_change_text(change, place)}" for change in changes]
        if reason.get("suggestion") and not changes:
            lines.append(f"  {printable(reason['suggestion'])}")
    return lines


def _change_text(change: Json, place: Callable[[str], str] | None) -> str:
    """Give a change; with a file, also what to write at which of its lines."""
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
    """Give why an ensemble cannot be placed; `answer` is an infeasible plan, or such an error."""
    head = f"{printable(name)}: {printable(answer['message'])}"
    return "\n".join([head, *reason_lines(answer["reasons"], place)])


def fault_text(fault: Json | None) -> str:
    """Give what went wrong with an ensemble in status ERROR."""
    if not fault:
        return "no fault is recorded"
    return "\n".join([printable(fault["message"]), *reason_lines(fault.get("reasons") or ())])
