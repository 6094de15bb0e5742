# SPDX-License-Identifier: Apache-2.0
"""The ensemble file: what it may say, and how it is refused."""

import base64
import io
import json
import sys
import types
from pathlib import Path

import pytest

from ensemble_client.document import FileError
from ensemble_client.file import MAX_USER_DATA, read, read_text

GOOD = """\
name: shop
description: A shop
tiers:
  - name: web
    count: 3
    server:
      flavor: m1.tiny
      image: cirros
      networks: private
      key_name: k
      security_groups: default
      availability_zone: az1
      metadata: {port: 8080, on: yes}
  - name: cache
    count: 2
    server: {flavor: 2, image: cirros, networks: [private, storage]}
policies:
  - {type: anti-affinity, level: host, tiers: web, max_per_domain: 2}
  - type: affinity
    level: zone
    tiers: [web, cache]
    enforcement: soft
metadata: {owner: ops, cost center: 7, on: yes}
"""
BODY = {
    "name": "shop",
    "description": "A shop",
    "metadata": {"owner": "ops", "cost center": "7", "on": "yes"},
    "tiers": [
        {
            "name": "web",
            "count": 3,
            "server": {
                "flavor": "m1.tiny",
                "image": "cirros",
                "networks": ["private"],
                "key_name": "k",
                "security_groups": ["default"],
                "availability_zone": "az1",
                "metadata": {"port": "8080", "on": "yes"},
            },
        },
        {
            "name": "cache",
            "count": 2,
            "server": {"flavor": "2", "image": "cirros", "networks": ["private", "storage"]},
        },
    ],
    "policies": [
        {"type": "anti-affinity", "level": "host", "tiers": ["web"], "max_per_domain": 2},
        {"type": "affinity", "level": "zone", "tiers": ["web", "cache"], "enforcement": "soft"},
    ],
}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "shop.yaml"


def test_a_full_file_is_the_body_of_the_api(path: Path) -> None:
    path.write_text(GOOD)
    assert read(str(path)).body == BODY


def test_a_body_of_the_api_is_a_file_too(path: Path) -> None:
    path.write_text(json.dumps({"ensemble": BODY}, indent=2))
    assert read(str(path)).body == BODY


def test_standard_input_is_a_file_too(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = types.SimpleNamespace(buffer=io.BytesIO(GOOD.encode()))
    monkeypatch.setattr(sys, "stdin", stream)
    assert read("-").body == BODY


def test_a_name_given_beside_the_file_wins_and_need_not_be_in_it(path: Path) -> None:
    path.write_text(GOOD.replace("name: shop\n", ""))
    read_file = read(str(path), name="other")
    assert read_file.body["name"] == "other"
    assert read_file.place("ensemble.name") == "--name"
    assert read_file.place("ensemble.tiers[0].count") == f"{path}:4"


@pytest.mark.parametrize(
    ("text", "server"),
    [
        ("ports: p-0", {"ports": ["p-0"]}),
        ("ports: [p-0, p-1]", {"ports": ["p-0", "p-1"]}),
        ("config_drive: yes", {"config_drive": True}),
        ("config_drive: false", {"config_drive": False}),
        ("disk_config: MANUAL", {"disk_config": "MANUAL"}),
        ("description: Serves pages.", {"description": "Serves pages."}),
        ("tags: front", {"tags": ["front"]}),
        ("name: '{tier}-{index}'", {"name": "{tier}-{index}"}),
        ("hostname: web{index}.example.org", {"hostname": "web{index}.example.org"}),
        (
            "fixed_ips: [{network: private, addresses: 10.0.0.5-10.0.0.9}]",
            {"fixed_ips": [{"network": "private", "addresses": "10.0.0.5-10.0.0.9"}]},
        ),
        (
            "fixed_ips: [{network: private, addresses: 10.0.0.5}]",
            {"fixed_ips": [{"network": "private", "addresses": ["10.0.0.5"]}]},
        ),
        (
            "scheduler_hints: {disks: [a, b], size: 5}",
            {"scheduler_hints": {"disks": ["a", "b"], "size": "5"}},
        ),
        ("domains_in_metadata: yes", {"domains_in_metadata": True}),
        ("fill_in: user_data", {"fill_in": ["user_data"]}),
        ("trusted_image_certificates: [c-1, c-2]", {"trusted_image_certificates": ["c-1", "c-2"]}),
    ],
)
def test_what_else_a_server_may_have(path: Path, text: str, server: dict[str, object]) -> None:
    path.write_text(GOOD.replace("key_name: k", text))
    assert read(str(path)).body["tiers"][0]["server"].items() >= server.items()


def test_volumes_stand_in_the_place_of_an_image(path: Path) -> None:
    path.write_text(GOOD.replace("      image: cirros", "      volumes: [v-0, v-1, v-2]", 1))
    server = read(str(path)).body["tiers"][0]["server"]
    assert server["volumes"] == ["v-0", "v-1", "v-2"] and "image" not in server


@pytest.mark.parametrize("word", ["auto", "none"])
def test_auto_and_none_are_words_but_may_be_names_in_a_list(path: Path, word: str) -> None:
    path.write_text(GOOD.replace("networks: private", f"networks: {word}"))
    assert read(str(path)).body["tiers"][0]["server"]["networks"] == word
    path.write_text(GOOD.replace("networks: private", f"networks: [{word}]"))
    assert read(str(path)).body["tiers"][0]["server"]["networks"] == [word]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        pytest.param("name: shop\n", "", "1: ensemble: 'name' is missing", id="no name"),
        pytest.param(
            "name: shop",
            "nam: shop",
            "1: ensemble.nam: unknown name; did you mean 'name'?",
            id="a mistyped name at the top",
        ),
        pytest.param(
            "    count: 3",
            "    cuont: 3",
            "5: ensemble.tiers[0].cuont: unknown name; did you mean 'count'?",
            id="a mistyped name in a tier",
        ),
        pytest.param(
            "      key_name: k",
            "      config_drive: maybe",
            "10: ensemble.tiers[0].server.config_drive: must be true or false, not 'maybe'",
            id="a config drive, perhaps",
        ),
        pytest.param(
            "      key_name: k",
            "      volumes: v",
            "10: ensemble.tiers[0].server.volumes: give image or volumes, not both",
            id="an image and volumes",
        ),
        pytest.param(
            "      key_name: k",
            "      zzz: k",
            "10: ensemble.tiers[0].server.zzz: unknown name",
            id="a name like no other gets no suggestion",
        ),
        pytest.param(
            "    count: 3\n", "", "4: ensemble.tiers[0]: 'count' is missing", id="no count"
        ),
        pytest.param(
            "    count: 3",
            "    count: three",
            "5: ensemble.tiers[0].count: must be a whole number, not 'three'",
            id="a count in words",
        ),
        pytest.param(
            "      image: cirros\n",
            "",
            "7: ensemble.tiers[0].server: 'image' is missing",
            id="no image",
        ),
        pytest.param(
            "flavor: m1.tiny",
            "flavor:",
            "7: ensemble.tiers[0].server.flavor: must be text, not nothing",
            id="a flavor left empty",
        ),
        pytest.param(
            "flavor: m1.tiny",
            "flavor: ''",
            "7: ensemble.tiers[0].server.flavor: must not be empty",
            id="a flavor of no characters",
        ),
        pytest.param(
            "{flavor: 2,",
            "{<<: *x, flavor: 2,",
            "16: is not YAML: found undefined alias",
            id="an alias of nothing",
        ),
        pytest.param(
            "tiers: web,",
            "tiers: wbe,",
            "18: ensemble.policies[0].tiers: no tier is named 'wbe'; did you mean 'web'?",
            id="a policy over a tier that is not there",
        ),
        pytest.param(
            "type: affinity",
            "type: afinity",
            "19: ensemble.policies[1].type: must be 'affinity', 'anti-affinity', 'spread', 'near', "
            "'survive', 'exclusive' or 'selector', not 'afinity'; did you mean 'affinity'?",
            id="a mistyped policy type",
        ),
        pytest.param(
            "enforcement: soft",
            "enforcement: sotf",
            "22: ensemble.policies[1].enforcement: must be 'hard' or 'soft', not 'sotf'; "
            "did you mean 'soft'?",
            id="a mistyped enforcement",
        ),
        pytest.param(
            "enforcement: soft",
            "max_per_domain: 1",
            "22: ensemble.policies[1].max_per_domain: is for a policy of type anti-affinity, not "
            "affinity",
            id="max_per_domain with affinity",
        ),
        pytest.param(
            "    count: 3",
            "    count: 3\n    count: 4",
            "6: gives 'count' twice",
            id="a name given twice",
        ),
        pytest.param(
            "metadata: {port: 8080, on: yes}",
            "metadata: {port: [8080]}",
            "13: ensemble.tiers[0].server.metadata.port: must be text, not a list",
            id="a list for a metadata value",
        ),
        pytest.param(
            "      key_name: k",
            "      user_data: '#!/bin/sh'",
            "10: ensemble.tiers[0].server.user_data: must be base64; for plain text use "
            "user_data_file",
            id="user data in plain text",
        ),
        pytest.param(
            "tiers:\n",
            "tiers: none\nrest:\n",
            "4: ensemble.rest: unknown name",
            id="an unknown part comes before what is in it",
        ),
        pytest.param(
            GOOD,
            "- a\n- b\n",
            "1: ensemble: must be a mapping of names to values, not a list",
            id="a list for an ensemble",
        ),
        pytest.param(
            GOOD,
            "name: a\ntiers: {web: 3}",
            "2: ensemble.tiers: must be a list, not a mapping",
            id="a mapping for the tiers",
        ),
    ],
)
def test_a_mistake_is_refused_with_file_line_and_field(
    path: Path, old: str, new: str, said: str
) -> None:
    assert old in GOOD
    path.write_text(GOOD.replace(old, new, 1))
    with pytest.raises(FileError) as refused:
        read(str(path))
    assert str(refused.value) == f"{path}:{said}" or str(refused.value).startswith(
        f"{path}:{said} "
    )


def test_a_file_that_is_not_there_is_named(path: Path) -> None:
    with pytest.raises(FileError, match=r"shop.yaml: cannot be read: No such file"):
        read(str(path))


def with_user_data_file(path: Path, name: object) -> Path:
    path.write_text(GOOD.replace("key_name: k", f"user_data_file: {name}"))
    return path


def test_a_user_data_file_beside_the_ensemble_file_is_read(path: Path) -> None:
    (path.parent / "boot.sh").write_bytes(b"#!/bin/sh\n\xff")
    encoded = read(str(with_user_data_file(path, "boot.sh"))).body["tiers"][0]["server"][
        "user_data"
    ]
    assert base64.b64decode(encoded) == b"#!/bin/sh\n\xff"


def test_a_user_data_file_elsewhere_is_not_read(path: Path, tmp_path: Path) -> None:
    outside = tmp_path.parent / "outside"
    outside.write_text("secret")
    (tmp_path / "link").symlink_to(outside)
    for name in ("../outside", outside, "link"):
        with pytest.raises(FileError, match="must lie beside the ensemble file"):
            read(str(with_user_data_file(path, name)))


def test_a_user_data_file_too_large_for_nova_is_refused(path: Path) -> None:
    (path.parent / "big").write_bytes(b"x" * (MAX_USER_DATA + 1))
    with pytest.raises(FileError, match=r"shop.yaml:10: .*user_data_file: is larger than"):
        read(str(with_user_data_file(path, "big")))


def test_user_data_may_not_be_given_twice(path: Path) -> None:
    with_user_data_file(path, "boot.sh\n      user_data: aGk=")
    with pytest.raises(FileError, match="give user_data or user_data_file, not both"):
        read(str(path))


def test_a_mistake_cannot_steer_the_terminal(path: Path) -> None:
    path.write_text('"\\e[2Jname": shop\n')
    with pytest.raises(FileError) as refused:
        read(str(path))
    assert str(refused.value).startswith(f"{path}:1: ensemble.\\u001b[2Jname: unknown name")


def test_a_pasted_text_is_read_like_a_file(path: Path) -> None:
    path.write_text(GOOD)
    assert read_text(GOOD, "YAML").body == read(str(path)).body


def test_a_pasted_text_can_open_no_file() -> None:
    with pytest.raises(FileError, match="cannot be read from here") as refused:
        read_text(GOOD.replace("key_name: k", "user_data_file: /etc/hostname"), "YAML")
    assert refused.value.field == "ensemble.tiers[0].server.user_data_file"


def test_a_pasted_text_may_hold_half_a_character() -> None:
    with pytest.raises(FileError, match="is not UTF-8 text"):
        read_text("name: \ud800", "YAML")


def test_a_tier_may_name_those_that_come_before_it(path: Path) -> None:
    ordered = GOOD.replace("    count: 3\n", "    count: 3\n    after: cache\n")
    gated = ordered.replace("    count: 2\n", "    count: 2\n    gate: {wait_for: active}\n")
    path.write_text(gated)
    web, cache = read(str(path)).body["tiers"]
    assert (web["after"], cache["gate"]) == (["cache"], {"wait_for": "active"})
    signals = {"wait_for": "signal", "timeout": 600, "then": "go-on"}
    more = "{wait_for: signal, timeout: 600, then: go-on}"
    path.write_text(gated.replace("{wait_for: active}", more))
    assert read(str(path)).body["tiers"][1]["gate"] == signals
