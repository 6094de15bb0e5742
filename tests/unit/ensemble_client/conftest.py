# SPDX-License-Identifier: Apache-2.0
"""A fake cloud, and the real openstack command line pointed at it."""

import contextlib
import io
import logging
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from openstackclient.shell import OpenStackShell
from osc_lib.clientmanager import ClientCache, ClientManager

from ensemble_client.osc import plugin
from ensemble_client.osc.v1 import ensemble as commands
from ensemble_client.osc.v1.building import BuildingCommand
from ensemble_client.osc.v1.change import ChangeOfEnsemble
from ensemble_client.osc.v1.template_update import UpdateTemplate
from ensemble_client.v2.ensembles import EnsembleManager
from tests.fakes.scripted_cloud import ScriptedCloud


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a command did."""

    code: int
    out: str
    err: str


Run = Callable[..., Outcome]


@pytest.fixture
def fake() -> Iterator[ScriptedCloud]:
    cloud = ScriptedCloud()
    cloud.start()
    yield cloud
    cloud.stop()


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Give the pauses taken by --wait and for lost answers, which then cost no time."""
    taken: list[float] = []
    changing = (BuildingCommand, commands.DeleteEnsemble, ChangeOfEnsemble, UpdateTemplate)
    for command in (*changing, EnsembleManager):
        monkeypatch.setattr(command, "pause", staticmethod(taken.append))
    return taken


@pytest.fixture
def openstack(fake: ScriptedCloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run `openstack --os-cloud fake ...` in this process, through the real shell."""
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(fake.clouds_yaml(tmp_path)))
    # openstackclient keeps a plugin's client for the life of the process, one cloud a process.
    setattr(ClientManager, plugin.API_NAME, ClientCache(plugin.make_client))

    def run(*words: str) -> Outcome:
        out, err = io.StringIO(), io.StringIO()
        root = logging.getLogger()
        handlers, level = root.handlers[:], root.level
        with (
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
            warnings.catch_warnings(),
        ):
            try:
                code = OpenStackShell().run(["--os-cloud", "fake", *words])
            except SystemExit as left:
                code = int(left.code or 0)
            finally:
                root.handlers[:] = handlers
                root.setLevel(level)
        return Outcome(code, out.getvalue(), err.getvalue())

    return run
