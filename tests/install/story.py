# SPDX-License-Identifier: Apache-2.0
"""What an operator does with ensembles, from before they are installed until they are gone."""

import json
import time
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path

from tests.install import nova_files, watching
from tests.install.bare_cloud import BareCloud
from tests.install.environment import CommandFailed, Environment
from tests.install.guide import Guide

ROOT = Path(__file__).parents[2]
API = ("nova", "nova-scheduler-1", "nova-scheduler-2")
EXAMPLE = "share/python-ensembleclient/three-tier.yaml"
PATIENCE = 180.0  # seconds
NOTIFIED = ("ensemble.change.start", "ensemble.change.end")
WARNED = (0, 1)  # what upgrade check ends with when nothing is wrong, or one is warned


class Story:
    """The steps; each raises CommandFailed, or LookupError where a page does not tell of it."""

    def __init__(self, cloud: BareCloud, nova: Environment, client: Environment) -> None:
        self._cloud = cloud
        self._nova = nova
        self._client = client
        self._admin = Environment(client.root, {**client.variables, "OS_CLOUD": "admin"})
        self._found: Mapping[str, object] = {}
        self._installing = Guide(ROOT / "doc/admin/install.md")
        self._upgrading = Guide(ROOT / "doc/admin/upgrading.md")
        self._notifying = Guide(ROOT / "doc/notifications/README.md")
        self._removing = Guide(ROOT / "doc/admin/removing.md")

    def look_before(self) -> None:
        """Looking at Nova as it is without ensembles"""
        self._plain_server()
        self._found = self._nova_now()

    def install(self, wheels: Path) -> None:
        """Installing the release before, as install.md says"""
        guide = self._installing
        self._pip(guide.commands("pip install", "ensembles-api"), wheels)
        for statement in guide.commands("CREATE DATABASE"):
            self._cloud.sql(statement)
        etc = self._cloud.etc
        nova_files.add_options(etc / "nova.conf", self._ours(guide.block("[ensembles]", "levels")))
        self._commands(guide.commands("ensemble-manage", "db sync"))
        policy = guide.block("compute:servers:create:requested_destination")
        with (etc / "policy.yaml").open("a") as file:
            file.write(policy)
        nova_files.add_filter(etc / "api-paste.ini", guide.block("[filter:ensembles]"))
        nova_files.add_options(
            etc / "nova.conf", guide.block("[filter_scheduler]", "EnsembleFilter")
        )
        self._cloud.restart(*API)
        self._commands(guide.commands("ensemble-status", "upgrade check"), codes=WARNED)

    def build(self) -> None:
        """Building an ensemble of eight servers"""
        self._client.shell(f"openstack ensemble create {self._client.root / EXAMPLE} --wait")
        self._is_active(8)

    def upgrade(self, wheels: Path) -> None:
        """Upgrading to this release while the ensemble runs, as upgrading.md says"""
        guide = self._upgrading
        self._pip(guide.commands("pip install", "ensembles-api"), wheels)
        self._commands(guide.commands("ensemble-manage", "db sync"))
        self._commands(guide.commands("ensemble-status", "upgrade check"), codes=WARNED)
        self._cloud.restart(*API)
        self._is_active(8)

    def watch(self) -> None:
        """Reading metrics of two processes, as watching.md says"""
        shown = self._notifying.block("notification_topics")
        options = shown.replace("rabbit://...", self._cloud.message_bus)
        nova_files.add_options(self._cloud.etc / "nova.conf", options)
        self._cloud.restart("nova")
        self._is_active(8)  # each process begins to serve metrics with its worker
        self._until("two processes listen", lambda: watching.listeners() == 2)
        told = [watching.metric('ensembles_ensembles{status="active"}') for _ in range(20)]
        if told != [1.0] * 20:
            raise CommandFailed(f"the processes tell {told} active ensembles")

    def change(self) -> None:
        """Adding a server with this release, and hearing of it by RabbitMQ"""
        self._client.shell("openstack ensemble scale shop web=4 --wait")
        self._is_active(9)
        heard: Counter[str] = Counter()

        def all_were_heard() -> bool:
            heard.update(watching.event_types(self._cloud.message_bus))
            return heard.total() >= len(NOTIFIED)

        self._until("notifications come", all_were_heard)
        if heard != Counter(NOTIFIED):
            raise CommandFailed(f"notifications: {dict(heard)}")

    def remove(self) -> None:
        """Removing ensembles, as removing.md says"""
        guide = self._removing
        with (self._cloud.etc / "policy.yaml").open("a") as file:
            file.write(guide.block("ensembles:create"))
        for command in guide.commands("openstack ensemble delete"):
            self._admin.shell(command)
        self._commands(guide.commands("ensemble-manage", "reservations audit"))
        before = self._found["files"]
        assert isinstance(before, Mapping)
        for path, text in before.items():  # what was edited is taken back
            (self._cloud.etc / path).write_text(text)
        self._cloud.restart(*API)
        self._commands(guide.commands("pip uninstall"))
        for statement in guide.commands("DROP DATABASE"):
            self._cloud.sql(statement)
        self._cloud.restart(*API)

    def look_after(self) -> None:
        """Comparing Nova with what it was before"""
        self._plain_server()
        found = self._nova_now()
        for what, before in self._found.items():
            if found[what] != before:
                raise CommandFailed(f"{what}: before {before}, now {found[what]}")

    def _nova_now(self) -> Mapping[str, object]:
        """What must be the same after the removal."""
        return {
            "files": self._cloud.files(),
            "answer to /v2.1/os-ensembles": self._cloud.asked("/v2.1/os-ensembles"),
            "databases": self._cloud.sql("SHOW DATABASES"),
            "users": self._cloud.sql("SELECT user, host FROM mysql.user ORDER BY 1, 2"),
            "allocations": self._cloud.allocations(),
            "servers": self._json("openstack server list --all-projects"),
            "ports": self._json("openstack port list -c ID"),
            "compute services": self._json("openstack compute service list -c Host -c Status"),
        }

    def _plain_server(self) -> None:
        self._admin.shell(
            "openstack server create plain --flavor m1.tiny --image cirros --network private --wait"
        )
        self._admin.shell("openstack server delete plain --wait")

    def _is_active(self, members: int) -> None:
        def is_active() -> bool:
            found = json.loads(self._client.shell("openstack ensemble list -f json"))
            told = [
                (each["Status"], sum(tier["running"] for tier in each["Running"])) for each in found
            ]
            return told == [("ACTIVE", members)]

        self._until(f"the ensemble is ACTIVE with {members}", is_active)

    @staticmethod
    def _until(what: str, holds: Callable[[], bool]) -> None:
        end = time.monotonic() + PATIENCE
        while not holds():
            if time.monotonic() > end:
                raise CommandFailed(f"in vain was waited until {what}")
            time.sleep(1.0)

    def _pip(self, commands: list[str], wheels: Path) -> None:
        """As it is written, from the wheels that were built and in the locked versions."""
        for command in commands:
            words = command.split()
            if words[:2] != ["pip", "install"]:
                raise CommandFailed(f"{command} is no installation by pip")
            self._nova.install(*words[2:], links=wheels)

    def _commands(self, commands: list[str], codes: tuple[int, ...] = (0,)) -> None:
        for command in commands:
            self._nova.shell(command.replace("/etc/nova", str(self._cloud.etc)), codes)

    def _ours(self, shown: str) -> str:
        """The options as they are shown, with the address of this cloud's database server."""
        socket = self._cloud.database_socket
        return shown.replace("@controller/ensembles", f"@localhost/ensembles?unix_socket={socket}")

    def _json(self, command: str) -> object:
        return json.loads(self._admin.shell(f"{command} -f json"))
