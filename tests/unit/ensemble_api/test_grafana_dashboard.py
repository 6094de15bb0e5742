# SPDX-License-Identifier: Apache-2.0
"""The Grafana dashboard asks for metrics and labels that there are, and shows all of them."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ensemble_api import metrics

DASHBOARD = json.loads((Path(__file__).parents[3] / "etc/grafana/ensembles.json").read_text())
LABELS = {each.name: set(each.labels) for each in metrics.ALL} | {"ensembles_up": set()}
SUFFIXES = {
    **{f"{each.name}_total": each.name for each in metrics.COUNTERS},
    **{f"{metrics.PLANS.name}_{part}": metrics.PLANS.name for part in ("bucket", "count", "sum")},
}


def targets() -> Iterator[Any]:
    for panel in DASHBOARD["panels"]:
        yield from panel["targets"]


def base(name: str) -> str:
    """The metric of a sample's name; as it is if that is one of its own."""
    counted = {each.name for each in (*metrics.COUNTERS, metrics.PLANS)}
    return SUFFIXES.get(name, "" if name in counted else name)


@pytest.mark.parametrize("target", targets(), ids=lambda each: each["expr"][:60])
def test_a_panel_asks_for_a_metric_that_there_is_by_labels_that_it_has(target: Any) -> None:
    names = re.findall(r"\bensembles_\w+", target["expr"])
    assert names
    for name in names:
        assert base(name) in LABELS, name
    known = set.union(*(LABELS[base(name)] for name in names)) | {"le", "job"}
    grouped = re.findall(r"by \(([^)]*)\)", target["expr"])
    asked = {label.strip() for each in grouped for label in each.split(",")}
    asked |= set(re.findall(r'(\w+)(?:=|!=|=~)"', target["expr"]))
    assert asked <= known
    assert set(re.findall(r"\{\{(\w+)\}\}", target["legendFormat"])) <= asked


@pytest.mark.parametrize(
    ("metric", "label", "value"),
    [
        (base(name), label, value)
        for target in targets()
        for name, selector in re.findall(r"(ensembles_\w+)\{([^}]*)\}", target["expr"])
        for label, value in re.findall(r'(\w+)!?="([^"]*)"', selector)
    ],
)
def test_a_panel_asks_for_values_that_a_label_may_have(metric: str, label: str, value: str) -> None:
    values = next(each.labels for each in metrics.ALL if each.name == metric)[label]
    assert value in values


def test_every_metric_is_shown() -> None:
    shown = {
        base(name) for each in targets() for name in re.findall(r"\bensembles_\w+", each["expr"])
    }
    assert shown == set(LABELS)


def test_panels_have_titles_and_places_of_their_own() -> None:
    panels = DASHBOARD["panels"]
    assert len({each["title"] for each in panels}) == len(panels)
    assert len({each["id"] for each in panels}) == len(panels)
    taken: set[tuple[int, int]] = set()
    for each in panels:
        at = each["gridPos"]
        cells = {
            (at["x"] + across, at["y"] + down)
            for across in range(at["w"])
            for down in range(at["h"])
        }
        assert at["x"] + at["w"] <= 24
        assert not cells & taken, each["title"]
        taken |= cells
