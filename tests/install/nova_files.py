# SPDX-License-Identifier: Apache-2.0
"""Nova's configuration as an operator edits it, with what the documentation shows."""

import re
from pathlib import Path

_SECTION = re.compile(r"^\[(?P<name>[^\]]+)\]\s*$", re.M)


def add_options(path: Path, shown: str) -> None:
    """Put the options of an ini text into a file, in the place of those of the same names."""
    for section, body in _sections(shown):
        text = path.read_text()
        found = re.search(rf"^\[{re.escape(section)}\]\n(?P<body>(?:(?!\[).*\n?)*)", text, re.M)
        there = found["body"] if found else ""
        names = {line.split("=")[0].strip() for line in body}
        kept = [
            line for line in there.splitlines() if line and line.split("=")[0].strip() not in names
        ]
        new = f"[{section}]\n" + "\n".join([*kept, *body]) + "\n\n"
        if found:
            text = text[: found.start()] + new + text[found.end() :]
        else:
            text = f"{text.rstrip()}\n\n{new}"
        path.write_text(text)


def add_filter(path: Path, sample: str) -> None:
    """Put the filter into both pipelines of an api-paste.ini, and its section at the end."""
    text = path.read_text()
    for before, application in (
        ("keystonecontext", "osapi_compute_app_v21"),
        ("legacy_v2_compatible", "osapi_compute_app_v21"),
    ):
        text = text.replace(f"{before} {application}", f"{before} ensembles {application}")
    [(name, body)] = [each for each in _sections(sample) if each[0] == "filter:ensembles"]
    path.write_text("\n".join([text, f"[{name}]", *body, ""]))


def _sections(text: str) -> list[tuple[str, list[str]]]:
    """The sections of an ini text, each with its lines that are no comments."""
    starts = [*_SECTION.finditer(text)]
    ends = [each.start() for each in starts[1:]] + [len(text)]
    return [
        (
            start["name"],
            [
                line.strip()
                for line in text[start.end() : end].splitlines()
                if line.strip() and not line.lstrip().startswith("#")
            ],
        )
        for start, end in zip(starts, ends, strict=True)
    ]
