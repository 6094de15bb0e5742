# SPDX-License-Identifier: Apache-2.0
"""A drill as one HTML page that needs nothing else."""

from collections.abc import Iterable
from html import escape

from ensemble_drill import drawing, plots
from ensemble_drill.drawing import Scene, colours, letters, scene
from ensemble_drill.page import PAGE
from ensemble_drill.plots import legend, losses, running
from ensemble_drill.result import Drill, Outcome
from ensemble_drill.service import Loss


def html(drill: Drill) -> str:
    """Give the page: the verdict first, then what it rests on."""
    return PAGE.substitute(
        title=escape(f"Drill: {drill.domain} fails"),
        state="passed" if drill.passed else "failed",
        word="PASSED" if drill.passed else "FAILED",
        headline=escape(_headline(drill)),
        beside=escape(_beside(drill)),
        subline=escape(
            f"{drill.date}, cloud {drill.cloud}. {_where(drill)} Chosen {drill.chosen}."
        ),
        agreement=escape(_agreement(drill)),
        summary=_summary(drill),
        maps="".join(_maps(each, drill) for each in drill.outcomes),
        tiers=_tiers(drill),
        legend=legend(drill),
        running=_sizes(running(drill), running(drill, plots.NARROW)),
        losses=_sizes(losses(drill), losses(drill, plots.NARROW)),
        others=_others(drill),
        events=_events(drill),
        level=escape(drill.domain.level),
        commands=_commands(drill),
        method="".join(f"<li>{escape(each)}</li>" for each in _method(drill)),
    )


def _sizes(wide: str, narrow: str) -> str:
    """A picture twice, of which a window shows the one for which it has room."""
    return f'<div class="wide">{wide}</div><div class="narrow">{narrow}</div>'


def _headline(drill: Drill) -> str:
    told = []
    for each in drill.outcomes:
        if each.judged or len(drill.outcomes) == 1:
            count, members = len(each.loss.lost), len(drill.service.members)
            kept = "stayed up" if each.loss.kept else "went down"
            healed = ""
            if each.loss.lost:
                healed = ", and was not healed"
                if each.healed_after is not None:
                    healed = f", and was whole again after {each.healed_after:.0f} seconds"
            told.append(
                f"The {each.title.lower()} lost {count} of {members} servers, {kept}{healed}."
            )
    return " ".join(told)


def _beside(drill: Drill) -> str:
    """What became of the same service where it was not built as an ensemble."""
    told = [
        f"as {each.title.lower()} it lost {_servers(len(each.loss.lost))} and "
        f"{'stayed up' if each.loss.kept else 'went down'}"
        for each in drill.outcomes
        if not each.judged
    ]
    return f"The same failure, the same service: {', '.join(told)}." if told else ""


def _servers(count: int) -> str:
    return "1 server" if count == 1 else f"{count or 'no'} servers"


def _where(drill: Drill) -> str:
    hosts = len(drill.domain.hosts)
    with_ = f" with its {hosts} hosts" if hosts > 1 else ""
    return f"What failed: {drill.domain}{with_}."


def _agreement(drill: Drill) -> str:
    if drill.agreed:
        healed = [each for each in drill.outcomes if each.loss.lost and each.healed_after]
        return (
            "Exactly those servers were lost that had been predicted, for every way in which the "
            "service was built."
        ) + "".join(f" {_repair(each)}" for each in healed)
    wrong = [each for each in drill.outcomes if not each.agreed(drill.domain)]
    return " ".join(
        f"{each.title}: predicted were {_names(each.predicted[drill.domain.name].lost)}; lost were "
        f"{_names(each.loss.lost)}."
        if not each.lost_agreed(drill.domain)
        else _repair(each)
        for each in wrong
    )


def _repair(outcome: Outcome) -> str:
    if outcome.predicted_places is None:
        return f"{outcome.title}: no place had been predicted, and yet all run again."
    if dict(outcome.predicted_places or {}) == dict(outcome.places):
        return f"{outcome.title}: each of them runs again on the host that had been predicted."
    return f"{outcome.title}: not all run again on the hosts that had been predicted."


def _names(names: Iterable[str]) -> str:
    return ", ".join(names) or "none"


def _summary(drill: Drill) -> str:
    criteria = [each.criterion for each in drill.outcomes[0].verdicts]
    wanted = {each.criterion: each.wanted for each in drill.outcomes[0].verdicts}
    head = "".join(
        f'<th scope="col">{escape(each.capitalize())}<small>{escape(wanted[each])}</small></th>'
        for each in criteria
    )
    rows = []
    for outcome in drill.outcomes:
        cells = "".join(
            _cell(
                each.criterion.capitalize(),
                f"{_badge(each.passed)} {escape(each.found)}"
                f'<small class="narrow">{escape(each.wanted)}</small>',
            )
            for each in outcome.verdicts
        )
        agreed = outcome.lost_agreed(drill.domain)
        predicted = len(outcome.predicted[drill.domain.name].lost)
        fact = (
            f"{predicted} predicted, {len(outcome.loss.lost)} lost"
            f"<small>{'as predicted, member by member' if agreed else 'not as predicted'}</small>"
        )
        rows.append(
            f'<tr><th scope="row">{escape(outcome.title)}<small>{escape(outcome.how)}</small></th>'
            f"{_cell('Prediction and fact', fact)}{cells}</tr>"
        )
    return (
        '<table class="summary"><thead><tr><th scope="col">The same service</th>'
        f'<th scope="col">Prediction and fact</th>{head}</tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table>"
    )


def _cell(of: str, shown: str) -> str:
    """A cell that also says what it is `of`, for windows with no room for columns."""
    return f'<td data-of="{escape(of)}"><div>{shown}</div></td>'


def _badge(passed: bool) -> str:
    return '<b class="badge passed">PASSED</b>' if passed else '<b class="badge failed">FAILED</b>'


def _maps(outcome: Outcome, drill: Drill) -> str:
    lost, back = outcome.loss.lost, outcome.back
    before = Scene(f"{outcome.title}, before", outcome.before)
    after = Scene(
        f"{outcome.title}, after", outcome.after, drill.domain.hosts, set(lost) - set(back), back
    )
    said = f"{len(lost)} lost"
    if back:
        said += f", {len(back)} of them back elsewhere"
    used = {*outcome.before.values(), *outcome.after.values()}
    of = drill.layout, drill.service, drill.domain, used
    drawn = [
        f"<figure><figcaption>{caption}</figcaption>"
        f"{_sizes(scene(each, *of), scene(each, *of, across=drawing.NARROW))}</figure>"
        for each, caption in ((before, "Before"), (after, f"After: {said}"))
    ]
    return (
        f'<div class="pair"><h3>{escape(outcome.title)} '
        f"{_kept(outcome.loss)}</h3>{''.join(drawn)}</div>"
    )


def _kept(loss: Loss) -> str:
    if loss.kept:
        return '<span class="kept">service kept</span>'
    return f'<span class="gone">service lost: too few of {escape(", ".join(loss.broken))}</span>'


def _tiers(drill: Drill) -> str:
    colour, letter = colours(drill.service), letters(drill.service)
    return "".join(
        f'<span class="key"><i style="background:{colour[tier.name]}"></i>'
        f"{escape(letter[tier.name])} = {escape(tier.name)}: {tier.count}, at least "
        f"{tier.minimum} needed</span>"
        for tier in drill.service.tiers
    )


def _others(drill: Drill) -> str:
    """Every domain of the level: what its failure would take of each."""
    head = "".join(f'<th scope="col">{escape(each.title)}</th>' for each in drill.outcomes)
    rows = []
    for domain in drill.layout.domains(drill.domain.level):
        cells = "".join(
            _cell(each.title, _loss(each.predicted.get(domain.name))) for each in drill.outcomes
        )
        mark = ' class="chosen"' if domain == drill.domain else ""
        note = " <small>failed in this drill</small>" if mark else ""
        rows.append(f'<tr{mark}><th scope="row">{escape(domain.name)}{note}</th>{cells}</tr>')
    worst = "".join(_cell(each.title, _worst(each)) for each in drill.outcomes)
    return (
        f'<table><thead><tr><th scope="col">{escape(drill.domain.level.capitalize())}</th>{head}'
        f"</tr></thead><tbody>{''.join(rows)}</tbody>"
        f'<tfoot><tr><th scope="row">of all</th>{worst}</tr></tfoot></table>'
    )


def _loss(loss: Loss | None) -> str:
    if loss is None:
        return "not asked"
    if not loss.lost:
        return '<span class="quiet">nothing lost</span>'
    kept = "kept" if loss.kept else f"lost ({escape(', '.join(loss.broken))})"
    kind = "kept" if loss.kept else "gone"
    return f'{len(loss.lost)} lost, <span class="{kind}">service {kept}</span>'


def _worst(outcome: Outcome) -> str:
    losses_ = list(outcome.predicted.values())
    kept = sum(each.kept for each in losses_)
    most = max((len(each.lost) for each in losses_), default=0)
    return f"{most} lost at worst; service kept in {kept} of {len(losses_)}"


def _events(drill: Drill) -> str:
    return "".join(
        f'<li class="{escape(each.kind)}"><time>{each.at:.0f} s</time>'
        f"<span>{escape(each.text)}</span></li>"
        for each in drill.events
    )


def _commands(drill: Drill) -> str:
    """The operator's commands: what was run when, with what it was told and said."""
    parts = []
    for each in drill.commands:
        given = "\n".join(f"{name}={value}" for name, value in each.given.items())
        parts.append(
            f"<dt><code>{escape(each.command)}</code></dt><dd>{_after(each.at)}, for "
            f"{each.seconds:.0f} s<pre>{escape(given)}</pre>"
        )
        if each.said:
            said = escape("\n".join(each.said))
            parts.append(f"<details><summary>What it said</summary><pre>{said}</pre></details>")
        parts.append("</dd>")
    return "".join(parts)


def _after(seconds: float) -> str:
    return "With it the failure began" if seconds < 1 else f"{seconds:.0f} s after the failure"


def _method(drill: Drill) -> list[str]:
    level, told = drill.domain.level, list[str]()
    told.append(
        "All were on the same cloud at the same time, and one and the same failure hit them, "
        "begun by the operator's command."
    )
    if drill.load:
        filled = ", ".join(f"{rack} {share} %" for rack, share in drill.load.items())
        told.append(
            "Before, plain servers filled the racks unevenly, as racks are where some are older "
            f"than others; seed {drill.seed} drew how far: {filled}."
        )
    if len(drill.outcomes) > 1:
        told.append(
            "They were asked for at the same moment and built side by side, so that none found "
            "more room than another."
        )
    told.append(
        "What is lost is what Nova shows on a host whose compute service it takes for down. What "
        f"the failure of any other {level} would have taken is counted by the host that Nova "
        "gives for each server and the aggregates that the host is in; for an ensemble, the "
        "ensembles API was asked before anything failed."
    )
    told.append(
        "Until Nova has noticed a failure, it shows every server as ACTIVE, and so does the plot. "
        "Seconds count from the moment in which the command that lets it fail began."
    )
    if not any(each.repaired for each in drill.outcomes):
        told.append("Nothing repaired what had failed.")
    return told
