# SPDX-License-Identifier: Apache-2.0
"""The tutorial tells the truth: its commands run in their order, with the files that it shows."""

import contextlib
import io
import logging
import re
import shlex
import warnings
from pathlib import Path

import pytest
from openstackclient.shell import OpenStackShell
from osc_lib.clientmanager import ClientCache, ClientManager
from placement_service import PlacementService
from served_cloud import ServedCloud
from small_cloud import SmallCloud

from ensemble_api.store.api import Page, Store
from ensemble_client.osc import plugin
from ensemble_client.osc.v1.building import BuildingCommand
from ensemble_client.osc.v1.ensemble import DeleteEnsemble
from ensemble_client.osc.v1.template_update import UpdateTemplate

PAGE = Path(__file__).parents[2] / "doc/user/twenty-tenants.md"
FILE = re.compile(r"^```yaml\n# (?P<name>\S+)\n(?P<text>.*?)^```$", re.DOTALL | re.MULTILINE)
COMMAND = re.compile(r"^\$ openstack (?P<words>.*)$", re.MULTILINE)
TENANTS = 20
# What some of the commands say, by how they begin.
SAID = {
    "ensemble template create --ensemble shop": r"version +\| 1 ",
    'ensemble template show "web shop" -f yaml': r"ensemble:\n  policies:",
    'ensemble template instantiate "web shop" tenant-01': r"\| tenant-01 ",
    'ensemble template instantiate "web shop" --file tenants.yaml --dry-run': r"Nothing was built",
    'ensemble template instantiate "web shop" --file tenants.yaml --wait': r"tenant-20: ACTIVE",
    'ensemble template update "web shop" --dry-run': r"tenant-01 .* cache-1 ",
    'ensemble template update "web shop" --ensemble': r"1 are of version 3 now",
    'ensemble template update "web shop" --batch': r"19 are of version 3 now",
    "ensemble delete": r"tenant-20: gone",
    "ensemble show": r"\| tenant-01 ",
}


def test_its_commands_run_in_their_order(
    placement: PlacementService, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hosts = {f"host{n:02}": (f"rack{n % 8}", f"zone{n % 2}") for n in range(30)}
    cloud = SmallCloud.build(placement, store, hosts)
    served = ServedCloud(cloud=cloud)
    served.start()
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(served.clouds_yaml(tmp_path)))
    # openstackclient keeps a plugin's client for the life of the process, one cloud a process.
    setattr(ClientManager, plugin.API_NAME, ClientCache(plugin.make_client))
    for command in (BuildingCommand, UpdateTemplate, DeleteEnsemble):
        monkeypatch.setattr(command, "pause", staticmethod(lambda _: served.work()))
    monkeypatch.chdir(tmp_path)
    text = PAGE.read_text()
    for each in FILE.finditer(text):
        Path(each["name"]).write_text(each["text"])
    missing = dict(SAID)
    for each in COMMAND.finditer(text):
        said = run(*shlex.split(each["words"]))
        for begin in [begin for begin in missing if each["words"].startswith(begin)]:
            wanted = missing.pop(begin)
            assert re.search(wanted, said), (each["words"], wanted, said)
    assert not missing
    served.stop()
    assert_all_there(cloud)


def run(*words: str) -> str:
    """What a command says, which ends well."""
    out = io.StringIO()
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    with (
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(out),
        warnings.catch_warnings(),
    ):
        try:
            code = OpenStackShell().run(["--os-cloud", "fake", *words])
        finally:
            root.handlers[:] = handlers
            root.setLevel(level)
    assert code == 0, (words, out.getvalue())
    return out.getvalue()


def assert_all_there(cloud: SmallCloud) -> None:
    """What is left is the first one and all tenants but the last, of the last version."""
    by_name = {each.name: each for each in cloud.store.select(Page())}
    assert set(by_name) == {"shop"} | {f"tenant-{n:02}" for n in range(1, TENANTS)}
    caches = {}
    for name, each in by_name.items():
        assert each.status == "ACTIVE"
        assert name == "shop" or each.body["template"]["version"] == 3
        for tier in ("web", "cache"):
            hosts = [member.host for member in each.members if member.tier == tier]
            assert len(set(hosts)) == len(hosts)
            caches[name] = len(hosts)
    assert {name: count for name, count in caches.items() if count} == {
        "tenant-01": 2,
        "tenant-02": 2,
    }
    servers = {member.server_id for each in by_name.values() for member in each.members}
    assert {each.id for each in cloud.nova.alive()} == servers
