# SPDX-License-Identifier: Apache-2.0
"""The page about watching has every metric with its labels, and no other."""

import configparser
import re
from pathlib import Path

from ensemble_api import metrics

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "doc/admin/watching.md").read_text()


def test_every_metric_is_described_with_its_labels_and_no_other() -> None:
    rows = re.findall(r"^\| `(ensembles_\w+)` \|([^|]*)\|", PAGE, re.MULTILINE)
    described = {name: set(re.findall(r"`(\w+)`", labels)) for name, labels in rows}
    counted = {each.name for each in metrics.COUNTERS}
    known = {
        f"{each.name}_total" if each.name in counted else each.name: set(each.labels)
        for each in metrics.ALL
    }
    assert described == known | {"ensembles_up": set()}


def test_alerts_ask_for_metrics_that_there_are() -> None:
    described = set(re.findall(r"^\| `(ensembles_\w+)` \|", PAGE, re.MULTILINE))
    asked = set(re.findall(r"\((ensembles_\w+)", PAGE))
    assert asked
    assert asked <= described


def test_the_health_check_of_the_page_is_that_of_the_fragment() -> None:
    fragment = configparser.ConfigParser()
    fragment.read(ROOT / "etc/api-paste.ini")
    for name, value in fragment["app:ensembles_healthcheck"].items():
        assert f"{name} = {value}" in PAGE
