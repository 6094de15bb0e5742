# SPDX-License-Identifier: Apache-2.0
"""Root volumes that are made for members, by the real Cinder of the embedded cloud."""

from pathlib import Path
from typing import Any

import pytest

from tests.cloud.ensembles import Operator, Project, until

pytestmark = pytest.mark.cloud


def volumes_of(cloud: Any, project: Project) -> dict[str, Any]:
    """All volumes of all projects that were made for ensembles, which are this project's, by id."""
    found = {
        each.id: each
        for each in cloud.connection("admin").block_storage.volumes(all_projects=True)
        if "ensemble" in each.metadata
    }
    assert {each.project_id for each in found.values()} <= {project.connection.current_project_id}
    return found


def tier(demo: Project, name: str, count: int, **root: Any) -> Any:
    asked = demo.tier(name, count)
    asked["server"]["root_volume"] = {"size": 1, **root}
    return asked


def test_members_boot_from_volumes_of_the_project_s_that_go_or_stay_as_was_asked(
    cloud: Any, demo: Project, operator: Operator
) -> None:
    before = operator.left_behind()
    tiers = [tier(demo, "kept", 2), tier(demo, "gone", 1, delete_on_termination=True)]
    built = demo.wait(demo.create(demo.body("rooted", tiers))["id"], "ACTIVE")
    made = {each["root_volume_id"]: each for each in built["members"]}
    volumes = volumes_of(cloud, demo)
    assert volumes.keys() == made.keys()
    for volume_id, member in made.items():
        (attachment,) = volumes[volume_id].attachments
        assert attachment["server_id"] == member["server_id"]
        assert volumes[volume_id].status == "in-use"
        assert volumes[volume_id].volume_image_metadata, "it was made from the image"

    demo.delete(built["id"])
    kept = {each["root_volume_id"] for each in built["members"] if each["tier"] == "kept"}

    def left() -> Any:
        there = volumes_of(cloud, demo)
        return there if there.keys() == kept else None

    there = until("the others are deleted", left)
    assert {each.status for each in there.values()} == {"available"}
    assert operator.left_behind() == before
    for volume_id in kept:
        cloud.connection("demo").block_storage.delete_volume(volume_id)
    until("nothing is left", lambda: not volumes_of(cloud, demo))


def test_one_that_is_cancelled_leaves_no_volume(
    cloud: Any, demo: Project, operator: Operator
) -> None:
    before = operator.left_behind()
    created = demo.create(demo.body("cancelled", [tier(demo, "web", 6)]))
    assert len(volumes_of(cloud, demo)) == 6, "they are made before the create is accepted"
    demo.delete(created["id"])
    until("nothing is left", lambda: not volumes_of(cloud, demo))
    assert operator.left_behind() == before


def test_the_command_takes_them_from_a_file_and_a_quota_is_looked_at_first(
    cloud: Any, demo: Project, tmp_path: Path
) -> None:
    path = tmp_path / "big.yaml"
    path.write_text(
        """
name: big
tiers:
  - name: db
    count: 2
    server:
      flavor: m1.tiny
      image: cirros
      networks: private
      root_volume:
        size: 6000
        delete_on_termination: true
"""
    )
    refused = cloud.run(["--os-cloud", "demo", "ensemble", "create", str(path)])
    assert refused.returncode != 0
    assert "The quota allows 10000 GB of volumes" in refused.stderr, refused.stderr
    assert volumes_of(cloud, demo) == {}
