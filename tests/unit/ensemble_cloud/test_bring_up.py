# SPDX-License-Identifier: Apache-2.0
"""What a start does, and in which order where there is a choice."""

from pathlib import Path

import pytest

from ensemble_cloud import shape_file
from ensemble_cloud.bring_up import BringUp
from ensemble_cloud.config.cloud import Cloud
from ensemble_cloud.ports import Ports
from ensemble_cloud.processes import Processes
from ensemble_cloud.profile import Profile
from ensemble_cloud.state import Identity, StateDirectory

DASHBOARD, BACKGROUND = "first page", "background servers"


@pytest.fixture
def cloud(tmp_path: Path) -> Cloud:
    state = StateDirectory.at(tmp_path / "state")
    state.create()
    identity = Identity.generate(state.root, {}, Profile.COMPACT)
    return Cloud(state, Ports(21000), shape_file.load(shape_file.default_path())[0], identity)


@pytest.mark.parametrize("without", [None, DASHBOARD, BACKGROUND])
def test_what_is_to_be_left_out_is_and_nothing_else(cloud: Cloud, without: str | None) -> None:
    bring_up = BringUp(
        cloud,
        Processes(),
        with_dashboard=without != DASHBOARD,
        with_background=without != BACKGROUND,
    )
    names = {each.name for each in bring_up.steps()}
    assert {DASHBOARD, BACKGROUND} - names == ({without} if without else set())
    assert "racks and zones" in names


def test_the_background_is_made_by_the_next_start_that_wants_it(cloud: Cloud) -> None:
    first = [each.name for each in BringUp(cloud, Processes(), with_background=False).steps()]
    for name in first:
        cloud.state.mark_done(name.replace(" ", "-"), "")
    (left,) = (each for each in BringUp(cloud, Processes()).steps() if each.name == BACKGROUND)
    assert not left.quiet


def test_whatever_needs_a_processor_on_the_way_to_the_hosts_comes_first(cloud: Cloud) -> None:
    busy = [each.name for each in BringUp(cloud, Processes()).steps() if each.busy]
    assert busy[:2] == ["database keystone", "keystone bootstrap"]
    assert set(busy[2:5]) == {"database nova_cell1", "database nova_api", "database ensembles"}
