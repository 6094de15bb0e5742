# SPDX-License-Identifier: Apache-2.0
"""The report is one page that needs nothing else, and shows what was found."""

import re
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any
from xml.etree import ElementTree

import pytest
from drilled import HEAPED, LAYOUT, RACK, SERVICE, SPREAD, drill, outcome

from ensemble_drill.drawing import Scene, letters, scene
from ensemble_drill.plots import losses, running
from ensemble_drill.report import html
from ensemble_drill.service import Layout, Service, Tier

AFTER = SPREAD | {"web-0": "h4", "db-0": "h3"}
STORY = drill(outcome("plain", HEAPED), outcome("ensemble", SPREAD, repaired=True, after=AFTER))
PAGE = html(STORY)


class Tags(HTMLParser):
    """The elements of a page, each that must be closed closed in its order."""

    ALONE = ("meta", "br")

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))
        if tag not in self.ALONE:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data.strip())


def read(page: str) -> Tags:
    tags = Tags()
    tags.feed(page)
    assert tags.open == []
    return tags


def drawn(svg: str) -> Any:
    return ElementTree.fromstring(svg)


def test_a_page_needs_nothing_from_elsewhere() -> None:
    tags = read(PAGE)
    assert not {tag for tag, _ in tags.seen} & {"script", "link", "img", "iframe", "object"}
    loading = {"src", "href", "xlink:href", "srcset", "action"}
    assert not [attributes for _, attributes in tags.seen if loading & attributes.keys()]
    assert "url(" not in PAGE
    assert "@import" not in PAGE


@pytest.mark.parametrize(
    ("moved", "said"),
    [
        ({"web-1": "h3", "db-0": "h3", "db-1": "h3"}, "it lost 1 server and stayed up"),
        (dict.fromkeys(HEAPED, "h3"), "it lost no servers and stayed up"),
    ],
    ids=["one", "none"],
)
def test_a_page_counts_the_servers_that_the_others_lost(moved: dict[str, str], said: str) -> None:
    others = outcome("plain", HEAPED | moved)
    ensemble = outcome("ensemble", SPREAD, repaired=True, after=AFTER)
    assert f"as plain {said}" in html(drill(others, ensemble))


def test_a_page_says_the_verdict_and_what_it_rests_on() -> None:
    said = " ".join(filter(None, read(PAGE).texts))
    assert said.index("PASSED") < said.index(
        "The ensemble lost 2 of 5 servers, stayed up, and was whole again after 31 seconds."
    )
    assert "4 predicted, 4 lost as predicted, member by member" in said
    assert "service lost: too few of web, db" in said
    assert "not healed: nobody repairs it" in said
    assert "After: 2 lost, 2 of them back elsewhere" in said
    assert "4 lost at worst; service kept in 2 of 3" in said
    assert "The failure of rack r1 begins." in said
    assert "as plain it lost 4 servers and went down" in said
    assert 'off "$DRILL_HOSTS" With it the failure began, for 1 s DRILL_HOSTS=h1 h2' in said
    assert "What it said h1 <is> off" in said
    assert 'on "$DRILL_HOSTS" 45 s after the failure, for 3 s' in said


def test_who_has_a_new_host_and_does_not_run_there_yet_is_not_back() -> None:
    unhealed = outcome("ensemble", SPREAD, after=AFTER, back=("db-0",))
    page = html(drill(unhealed))
    assert "After: 2 lost, 1 of them back elsewhere" in page
    assert "<title>web-0, lost</title>" in page
    assert "<title>db-0, runs again</title>" in page


def test_a_drill_that_failed_says_so_first() -> None:
    page = html(drill(outcome("ensemble", HEAPED)))
    said = [each for each in read(page).texts if each]
    assert "FAILED" in said[: said.index("One failure, the same service")]
    assert "The ensemble lost 4 of 5 servers, went down, and was not healed." in said


def test_a_prediction_that_did_not_come_true_is_told_by_name() -> None:
    wrong = replace(outcome("ensemble", SPREAD), loss=SERVICE.without(["web-0"]))
    assert "Ensemble: predicted were web-0, db-0; lost were web-0." in html(drill(wrong))


@pytest.mark.parametrize(
    ("places", "said"),
    [
        pytest.param({"web-0": "h4", "db-0": "h3"}, "each of them runs again on", id="as told"),
        pytest.param({"web-0": "h3", "db-0": "h4"}, "not all run again on", id="elsewhere"),
        pytest.param(None, "no place had been predicted, and yet", id="none was predicted"),
    ],
)
def test_it_is_told_whether_the_repair_went_where_it_was_to_go(
    places: dict[str, str] | None, said: str
) -> None:
    made = outcome("ensemble", SPREAD, repaired=True, after=AFTER, predicted_places=places)
    page = html(drill(made))
    assert said in page


def test_names_cannot_become_part_of_the_page() -> None:
    evil = outcome("ensemble", SPREAD, title="<script>alert(1)</script>", how='"><b>')
    page = html(drill(evil, chosen="<i>"))
    assert "<script" not in page
    assert "<i>" not in page
    read(page)


def test_each_member_stands_on_its_host_once_and_the_lost_are_struck_through() -> None:
    shown = Scene("After", SPREAD, RACK.hosts, lost=("db-0",), back=("web-0",))
    titles = [
        each.text
        for each in drawn(scene(shown, LAYOUT, SERVICE, RACK)).iter()
        if each.tag.endswith("title")
    ]
    assert sorted(titles) == sorted(
        ["After", "web-0, runs again", "web-1", "db-0, lost", "db-1", "db-2"]
    )


@pytest.mark.parametrize("members", [1, 3, 4, 9, 30])
def test_a_host_grows_with_what_is_on_it(members: int) -> None:
    service = Service((Tier("web", members, 1),))
    there = dict.fromkeys(service.members, "h1")
    picture = drawn(scene(Scene("Now", there), LAYOUT, service, RACK))
    width, height = map(float, picture.attrib["viewBox"].split()[2:])
    for rect in picture.iter("{http://www.w3.org/2000/svg}rect"):
        x, y, w, h = (float(rect.attrib[name]) for name in ("x", "y", "width", "height"))
        assert x >= 0 and x + w <= width and y >= 0 and y + h <= height


def test_of_a_large_cloud_only_what_is_used_or_has_failed_is_drawn() -> None:
    above = {f"h{n}": (f"r{n // 10}", "az1") for n in range(500)}
    layout = Layout(("rack", "zone"), above)
    failed = layout.domain("rack", "r3")
    there = dict(zip(SERVICE.members, ("h1", "h2", "h111", "h222", "h222"), strict=True))
    picture = scene(Scene("Now", there), layout, SERVICE, failed, {"h499"})
    shown = set(re.findall(r">(h\d+)<", picture))
    assert shown == {"h1", "h2", "h111", "h222", "h499", *failed.hosts}


def test_tiers_that_begin_alike_have_letters_of_their_own() -> None:
    service = Service(tuple(Tier(name, 1, 1) for name in ("web", "worker", "cache", "w")))
    assert len(set(letters(service).values())) == 4


def test_plots_have_a_line_for_each_method_and_a_bar_for_each_failure() -> None:
    assert len(re.findall("<polyline", running(STORY))) == 2
    bars = [each.text for each in drawn(losses(STORY)).iter() if each.tag.endswith("title")]
    assert "Plain, r1: 4 lost, the service is lost" in bars
    assert "Ensemble, r1: 2 lost, the service is kept" in bars
    assert len(bars) == 1 + 2 * 3
