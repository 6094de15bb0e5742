# SPDX-License-Identifier: Apache-2.0
"""The page on openstacksdk tells the truth: its examples run, in their order."""

import re
from pathlib import Path
from typing import Any

import pytest
from served_cloud import ServedCloud
from small_cloud import SmallCloud

from ensemble_client.sdk.proxy import Proxy

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "doc/user/sdk.md"
EXAMPLE = re.compile(r"^```python\n(.*?)^```$", re.DOTALL | re.MULTILINE)
METHOD = re.compile(r"`(\w+)`")


def test_the_examples_of_the_page_run_in_their_order(
    cloud: SmallCloud,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    served = ServedCloud(cloud=cloud)
    served.start()
    clouds = served.clouds_yaml(tmp_path)
    clouds.write_text(clouds.read_text().replace("fake:", "demo:"))
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(clouds))
    monkeypatch.setattr(Proxy, "pause", staticmethod(lambda _: served.work()))
    monkeypatch.chdir(ROOT)
    text = PAGE.read_text()
    names: dict[str, Any] = {}
    for found in EXAMPLE.finditer(text):
        line = text[: found.start()].count("\n") + 1
        exec(compile("\n" * line + found[1], str(PAGE), "exec"), names)
    served.stop()
    printed = capsys.readouterr().out
    for said in (
        r"host .*works",
        r"web-0 ACTIVE [0-9a-f-]{36}",
        r"shop .*\b5\b",
        r"would go: \['",
        r"change SUCCEEDED",
        r"ensemble\.infeasible \['",
    ):
        assert re.search(said, printed), (said, printed)
    names["connection"].close()
    cloud.assert_clean()


def test_the_methods_of_the_page_are_there() -> None:
    rows = [line for line in PAGE.read_text().splitlines() if line.startswith("| `")]
    methods = {name for row in rows for name in METHOD.findall(row.split("|")[1])}
    methods -= {name for name in methods if name.endswith("Exception")}
    assert len(methods) > 10
    assert [name for name in methods if not callable(getattr(Proxy, name, None))] == []
