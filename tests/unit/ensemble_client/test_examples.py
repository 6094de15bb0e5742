# SPDX-License-Identifier: Apache-2.0
"""Every example is a good file of the demo cloud's flavors, image and network."""

from pathlib import Path

import openstack
import pytest
from fake_cloud import FLAVORS, IMAGES, NETWORKS, FakeCloud

from ensemble_client.file import read
from ensemble_client.names import resolve

TOP = Path(__file__).parents[3]
EXAMPLES = sorted((TOP / "examples").glob("*.yaml"))


def test_there_are_examples() -> None:
    assert "three-tier.yaml" in [path.name for path in EXAMPLES]


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_an_example_can_be_read_and_its_names_resolved(
    path: Path, fake: FakeCloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(fake.clouds_yaml(tmp_path)))
    body = resolve(read(str(path)), openstack.connect(cloud="fake"))
    for tier in body["tiers"]:
        assert tier["server"]["flavor"] in FLAVORS.values()
        assert tier["server"]["image"] in IMAGES.values()
        assert set(tier["server"]["networks"]) <= set(NETWORKS.values())


def test_the_example_in_the_user_documentation_is_a_good_file(tmp_path: Path) -> None:
    text = (TOP / "doc" / "user" / "cli.md").read_text()
    path = tmp_path / "shop.yaml"
    path.write_text(text.split("```yaml\n")[1].split("```")[0])
    assert [tier["count"] for tier in read(str(path)).body["tiers"]] == [3, 2]
