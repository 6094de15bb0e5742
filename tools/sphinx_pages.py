# SPDX-License-Identifier: Apache-2.0
"""What Sphinx needs to show Markdown that was written to be read without it."""

import re
import sys
from pathlib import Path
from typing import Any

from pygments.lexers.special import TextLexer

sys.path.insert(0, str(Path(__file__).parent))

import api_reference

INDEX = "README"
LINK = re.compile(r"\]\((?P<page>[\w./-]+)\.(?:md|rst)\)")


def pages(text: str) -> list[str]:
    """Give the pages below a folder that its index links to, each once and in their order."""
    found = (match["page"] for match in LINK.finditer(text))
    return list(dict.fromkeys(page for page in found if not page.startswith("..")))


def _add_toctree(_app: Any, name: str, source: list[str]) -> None:
    if Path(name).name == INDEX and (found := pages(source[0])):
        source[0] += "\n\n```{toctree}\n:hidden:\n\n" + "\n".join(found) + "\n```\n"


def _write_reference(app: Any) -> None:
    api_reference.write(Path(app.srcdir) / "reference/api")


def setup(app: Any) -> dict[str, bool]:
    """Register with Sphinx."""
    app.connect("builder-inited", _write_reference)
    app.connect("source-read", _add_toctree)
    app.add_lexer("http", TextLexer)  # ours leave out what HTTP says of itself
    return {"parallel_read_safe": True, "parallel_write_safe": True}
