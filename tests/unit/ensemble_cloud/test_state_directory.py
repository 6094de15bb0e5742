# SPDX-License-Identifier: Apache-2.0
"""The state directory: who may use it, and what is said when it cannot be used."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from ensemble_cloud.profile import Profile
from ensemble_cloud.state import StateDirectory, StateError, default_root

VERSIONS = {"nova": "34.0.0"}


@pytest.fixture
def state(tmp_path: Path) -> StateDirectory:
    directory = StateDirectory.at(tmp_path / "state")
    directory.create()
    return directory


def test_the_environment_names_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENSEMBLE_CLOUD_STATE", "/some/where")
    assert default_root() == Path("/some/where")
    monkeypatch.delenv("ENSEMBLE_CLOUD_STATE")
    assert default_root() == Path(sys.prefix) / "var/ensemble-cloud"


def test_another_process_cannot_take_a_directory_in_use(state: StateDirectory) -> None:
    lock = state.lock()
    script = (
        "import sys; from pathlib import Path; from ensemble_cloud.state import *\n"
        "state = StateDirectory.at(Path(sys.argv[1])); print(state.owner())\n"
        "try: state.lock()\n"
        "except StateError as error: print(error)"
    )
    command = [sys.executable, "-c", script, str(state.root)]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    owner, refusal = said.splitlines()
    assert owner in refusal
    assert "is in use by a running embedded cloud" in refusal
    lock.release()
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert said == "None\n"


def test_a_directory_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StateError, match=r"cannot make .*/file"):
        StateDirectory.at(tmp_path / "file").create()


def test_a_full_disk_is_told_with_figures(
    state: StateDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage(state.root)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=3 * 2**20))
    with pytest.raises(StateError, match="is full: 500 MB are needed, 3 MB are free"):
        state.create()


def test_an_identity_is_made_once(state: StateDirectory) -> None:
    first = state.identity(VERSIONS)
    assert state.identity(VERSIONS) == first
    assert (state.root / "cloud.json").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        pytest.param({"versions": {"nova": "33.0.0"}}, "other versions", id="another Nova"),
        pytest.param({"format": 0}, "other versions", id="another layout"),
        pytest.param({"root": "/else/where"}, "was made as /else/where", id="a moved directory"),
    ],
)
def test_a_state_that_no_longer_fits_is_refused(
    state: StateDirectory, change: dict[str, object], reason: str
) -> None:
    state.identity(VERSIONS)
    path = state.root / "cloud.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(StateError, match=reason):
        state.identity(VERSIONS)


def test_a_damaged_file_is_named(state: StateDirectory) -> None:
    (state.root / "cloud.json").write_text("{")
    with pytest.raises(StateError, match=r"cloud\.json is damaged"):
        state.identity(VERSIONS)


def test_a_step_is_done_only_for_what_it_was_made_from(state: StateDirectory) -> None:
    assert not state.is_done("static", "v1")
    state.mark_done("static", "v1")
    assert state.is_done("static", "v1")
    assert not state.is_done("static", "v2")


def test_the_profile_is_that_of_the_first_start(state: StateDirectory) -> None:
    assert state.identity(VERSIONS, Profile.FULL).profile == Profile.FULL
    assert state.identity(VERSIONS).profile == Profile.FULL
    with pytest.raises(StateError, match="made with the profile full; to use compact"):
        state.identity(VERSIONS, Profile.COMPACT)
