# SPDX-License-Identifier: Apache-2.0
"""What is written as a file is read as the same ensemble again."""

from pathlib import Path
from typing import Any

import pytest

from ensemble_client import file
from ensemble_client.writer import file_name, written

SERVER = {
    "flavor": "f1",
    "image": "i1",
    "networks": ["n1", "n2"],
    "metadata": {"on": "2026"},
    "name": "{tier}-{index}",
    "fixed_ips": [
        {"network": "n1", "addresses": "10.0.0.5-10.0.0.9"},
        {"network": "n2", "addresses": ["2001:db8::1", "2001:db8::2", "2001:db8::3"]},
    ],
    "scheduler_hints": {"disks": ["a", "b"], "size": "5"},
}
BODY: dict[str, Any] = {
    "name": "shop",
    "description": "our shop: the \N{OCTOPUS} one",
    "metadata": {"owner": "ops", "cost center": "007"},
    "recovery": {
        "mode": "auto",
        "delay": 30,
        "at_once": 5,
        "locked": "leave",
        "rebalance": "auto",
        "reserve": {"level": "rack", "failures": 2},
    },
    "tiers": [
        {"name": "web", "count": 3, "server": SERVER, "recovery": {"rebuild": True}},
        {"name": "db", "count": 1, "server": {"flavor": "f1", "image": "i1", "networks": "auto"}},
    ],
    "policies": [
        {
            "type": "survive",
            "level": "rack",
            "tiers": ["web"],
            "enforcement": "soft",
            "failures": 1,
            "min_available": "50%",
        },
        {"type": "near", "level": "zone", "tiers": ["web"], "to": "db", "enforcement": "hard"},
    ],
}


def _read(text: str, folder: Path) -> dict[str, Any]:
    path = folder / "ensemble.yaml"
    path.write_text(text, encoding="utf-8")
    return file.read(str(path)).body


def test_a_file_that_was_written_is_read_as_the_same(tmp_path: Path) -> None:
    assert _read(written(BODY), tmp_path) == BODY


def test_what_only_the_api_says_is_left_out(tmp_path: Path) -> None:
    policies = [{**each, "message": "Of web ...", "holds": True} for each in BODY["policies"]]
    shown = {**BODY, "id": "1", "status": "ACTIVE", "description": "", "policies": policies}
    assert "description" not in written(shown)
    read = _read(written(shown), tmp_path)
    assert (read["tiers"], read["policies"]) == (BODY["tiers"], BODY["policies"])


def test_user_data_that_is_not_shown_is_said_to_be_left_out(tmp_path: Path) -> None:
    web, db = BODY["tiers"]
    text = written({**BODY, "tiers": [{**web, "hidden": ["user_data"]}, db]})
    assert text.startswith("# User data is left out of: web.\n# Only the user who created")
    assert _read(text, tmp_path) == BODY, "nothing but comments"
    odd = {**web, "name": "a\nb: c", "hidden": ["user_data"]}
    comments = [
        line for line in written({**BODY, "tiers": [odd]}).splitlines() if "left out" in line
    ]
    assert len(comments) == 1 and comments[0].startswith("# ")
    assert "#" not in written(BODY)


def test_names_stand_for_ids_where_they_are_unique(tmp_path: Path) -> None:
    names = {"f1": "m1.small", "i1": "cirros", "n1": "private", "n2": "twice", "n3": "twice"}
    server = _read(written(BODY, names), tmp_path)["tiers"][0]["server"]
    assert (server["flavor"], server["image"]) == ("m1.small", "cirros")
    assert server["networks"] == ["private", "n2"]


def test_lists_of_names_stand_in_one_line() -> None:
    assert "tiers: [web]" in written(BODY)


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("on", id="a word that YAML takes for true"),
        pytest.param("2026", id="a number"),
        pytest.param("- [x]: {y} # z", id="YAML's own signs"),
        pytest.param("<b>&\"'</b> {$ 1 $}", id="HTML and braces"),
        pytest.param("\u202egnirts", id="text that turns direction"),
        pytest.param("x" * 255, id="255 letters"),
    ],
)
def test_a_hostile_name_comes_back_as_it_was(name: str, tmp_path: Path) -> None:
    assert _read(written({**BODY, "name": name}), tmp_path)["name"] == name


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        pytest.param("web shop", "web-shop.yaml", id="spaces become dashes"),
        pytest.param("../../etc/passwd", "etc-passwd.yaml", id="no way out of the folder"),
        pytest.param("\N{OCTOPUS}", "ensemble.yaml", id="nothing left is called ensemble"),
    ],
)
def test_the_file_has_a_harmless_name(name: str, expected: str) -> None:
    assert file_name(name) == expected
