# SPDX-License-Identifier: Apache-2.0
"""The text of an oslo.config file."""

from collections.abc import Mapping

Value = str | int | bool | tuple[str, ...]  # several: an option that is there several times
Sections = Mapping[str, Mapping[str, Value]]


def render(sections: Sections) -> str:
    """Return the text of a configuration file with these sections and options."""
    lines: list[str] = []
    for name, options in sections.items():
        lines.append(f"[{name}]")
        lines += [
            f"{option} = {_text(each)}"
            for option, value in options.items()
            for each in (value if isinstance(value, tuple) else (value,))
        ]
        lines.append("")
    return "\n".join(lines)


def _text(value: str | int | bool) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    # oslo.config takes a dollar sign for the name of another option.
    return str(value).replace("$", "$$")
