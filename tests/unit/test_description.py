# SPDX-License-Identifier: Apache-2.0
"""What a package index shows of the built package: the README without what leads nowhere."""

import re
import subprocess
import sys
from email import message_from_string
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def description(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("metadata")
    subprocess.run(
        [sys.executable, "-W", "ignore", "setup.py", "-q", "egg_info", "--egg-base", str(folder)],
        cwd=ROOT,
        check=True,
    )
    [found] = folder.glob("*.egg-info/PKG-INFO")
    message = message_from_string(found.read_text(encoding="utf-8"))
    assert message["Description-Content-Type"] == "text/markdown"
    return str(message.get_payload() or message["Description"])


def test_no_link_of_the_built_description_leads_into_the_source(description: str) -> None:
    assert "# Ensembles for OpenStack" in description
    links = re.findall(r"\]\(([^)]*)\)", description)
    assert [each for each in links if not each.startswith("https://")] == []


def test_what_the_built_description_names_is_in_the_source(description: str) -> None:
    named = re.findall(r"\(`([^`]+)` in the source\)", description)
    assert "doc/user/cli.md" in named
    assert [each for each in named if not (ROOT / each).is_file()] == []
