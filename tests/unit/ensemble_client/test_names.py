# SPDX-License-Identifier: Apache-2.0
"""Names looked up in a cloud, through the real SDK."""

from pathlib import Path
from typing import Any

import openstack
import pytest

from ensemble_client.document import FileError
from ensemble_client.file import EnsembleFile, read
from ensemble_client.names import resolve
from tests.fakes.ensemble_answers import IMAGES
from tests.fakes.scripted_cloud import FLAVORS, NETWORKS, PORTS, ScriptedCloud

TEXT = """\
name: shop
tiers:
  - name: web
    count: 1
    server:
      flavor: m1.tiny
      image: cirros
      networks: private
"""


@pytest.fixture
def connection(fake: ScriptedCloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(fake.clouds_yaml(tmp_path)))
    return openstack.connect(cloud="fake")


def written(folder: Path, text: str) -> EnsembleFile:
    path = folder / "shop.yaml"
    path.write_text(text)
    return read(str(path))


def test_names_become_ids_and_the_file_stays_as_it_was(connection: Any, tmp_path: Path) -> None:
    file = written(tmp_path, TEXT)
    server = resolve(file, connection)["tiers"][0]["server"]
    expected = (FLAVORS["m1.tiny"], IMAGES["cirros"], [NETWORKS["private"]])
    assert (server["flavor"], server["image"], server["networks"]) == expected
    assert file.body["tiers"][0]["server"]["flavor"] == "m1.tiny"


def test_the_network_of_addresses_may_be_named_too(connection: Any, tmp_path: Path) -> None:
    fixed = "      fixed_ips: [{network: private, addresses: [10.0.0.5]}]\n"
    server = resolve(written(tmp_path, TEXT + fixed), connection)["tiers"][0]["server"]
    assert server["fixed_ips"] == [{"network": NETWORKS["private"], "addresses": ["10.0.0.5"]}]


def test_ids_stay_ids_and_words_stay_words(connection: Any, tmp_path: Path) -> None:
    text = TEXT.replace("m1.tiny", FLAVORS["m1.tiny"]).replace("cirros", IMAGES["cirros"])
    server = resolve(written(tmp_path, text.replace("private", "auto")), connection)["tiers"][0][
        "server"
    ]
    assert server["flavor"] == FLAVORS["m1.tiny"]
    assert server["image"] == IMAGES["cirros"]
    assert server["networks"] == "auto"


def test_ports_may_be_named_too(connection: Any, tmp_path: Path) -> None:
    text = TEXT.replace("networks: private", "ports: front")
    server = resolve(written(tmp_path, text), connection)["tiers"][0]["server"]
    assert server["ports"] == [PORTS["front"]] and "networks" not in server


def test_volumes_of_a_cloud_without_them_are_refused_at_their_line(
    connection: Any, tmp_path: Path
) -> None:
    text = TEXT.replace("image: cirros", "volumes: [root-0]")
    with pytest.raises(FileError, match="no such service") as refused:
        resolve(written(tmp_path, text), connection)
    place = "shop.yaml:7: ensemble.tiers[0].server.volumes[0]: volume 'root-0' cannot"
    assert place in str(refused.value)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        pytest.param(
            "m1.tiny", "m1.tinny",
            "6: ensemble.tiers[0].server.flavor: no flavor is named 'm1.tinny'; "
            "did you mean 'm1.tiny'?",
            id="a mistyped flavor",
        ),
        pytest.param(
            "cirros", "debian", "7: ensemble.tiers[0].server.image: no image is named 'debian'",
            id="an image like no other",
        ),
        pytest.param(
            "networks: private", "ports: [front, fornt]",
            "8: ensemble.tiers[0].server.ports[1]: no port is named 'fornt'; "
            "did you mean 'front'?",
            id="a mistyped port",
        ),
        pytest.param(
            "private", "[private, pirvate]",
            "8: ensemble.tiers[0].server.networks[1]: no network is named 'pirvate'; "
            "did you mean 'private'?",
            id="a mistyped network in a list",
        ),
    ],
)  # fmt: skip
def test_an_unknown_name_is_refused_at_its_line(
    connection: Any, tmp_path: Path, old: str, new: str, said: str
) -> None:
    file = written(tmp_path, TEXT.replace(old, new))
    with pytest.raises(FileError) as refused:
        resolve(file, connection)
    assert str(refused.value) == f"{tmp_path}/shop.yaml:{said}"


def test_a_name_that_two_images_have_is_refused(
    fake: ScriptedCloud, connection: Any, tmp_path: Path
) -> None:
    fake.images["cirros"] = ["a" * 32, "b" * 32]
    with pytest.raises(FileError, match="several images are named 'cirros'; give the id of one"):
        resolve(written(tmp_path, TEXT), connection)
