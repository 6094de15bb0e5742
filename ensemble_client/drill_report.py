# SPDX-License-Identifier: Apache-2.0
"""The drills of an ensemble as one HTML file that needs nothing else."""

from collections.abc import Iterable, Iterator
from html import escape
from string import Template

from ensemble_client import words
from ensemble_client.places import Places
from ensemble_client.words import Json

_STATES = ("works", "degraded", "down")
_PAGE = Template("""\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>$title</title>
<style>
body { font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 60rem; padding: 0 1rem }
table { border-collapse: collapse; width: 100% }
th, td { border-bottom: 1px solid #ccc; padding: .5rem; text-align: left; vertical-align: top }
.works { color: #17692b } .degraded { color: #8a5a00 } .down { color: #a8201a }
.state { font-weight: bold }
ul { margin: 0; padding-left: 1.2rem }
</style>
</head>
<body>
<h1>$title</h1>
<p>$summary</p>
<table>
<thead><tr><th scope="col">Failure</th><th scope="col">State</th><th scope="col">What is left</th>
<th scope="col">Promises</th><th scope="col">Repair</th></tr></thead>
<tbody>
$rows
</tbody>
</table>
</body>
</html>
""")


def html(name: str, found: Json) -> str:
    """Give the report on the ensemble of this `name`, the worst failure first."""
    places = Places(found["domains"])
    count = len(found["failures"])
    failures = "1 failure was" if count == 1 else f"{count} failures were"
    return _PAGE.substitute(
        title=escape(words.printable(f"What failures do to {name}")),
        summary=escape(
            words.printable(
                f"{failures} tried on the ensemble as it was observed at {found['as_of']}; "
                "the one that does most harm comes first. Nothing was touched."
            )
        ),
        rows="\n".join(_row(each, places) for each in found["failures"]),
    )


def _row(failure: Json, places: Places) -> str:
    repair = failure["repair"]
    moves = [
        f"{each['member']} to {' / '.join(places.path(each['domains']))}"
        for each in repair["moves"]
    ]
    lost = [f"Lost: {', '.join(failure['lost'])}"] if failure["lost"] else []
    left = _text(failure["message"]) + _items(lost)
    repaired = _text(repair["message"]) + _items(
        [*moves, *words.messages([*repair["unmet"], *repair["reasons"]])]
    )
    state = failure["state"] if failure["state"] in _STATES else ""
    return (
        f'<tr><th scope="row">{_text(failure["title"])}</th>'
        f'<td class="state {state}">{_text(failure["label"])}</td>'
        f"<td>{left}</td><td>{_items(_promises(failure['promises']))}</td><td>{repaired}</td></tr>"
    )


def _promises(promises: Iterable[Json]) -> Iterator[str]:
    for promise in promises:
        for kept in promise["tiers"]:
            yield ("Kept: " if promise["holds"] else "Not kept: ") + kept["message"]


def _items(texts: Iterable[str]) -> str:
    items = "".join(f"<li>{_text(each)}</li>" for each in texts)
    return f"<ul>{items}</ul>" if items else ""


def _text(text: str) -> str:
    return escape(words.printable(text))
