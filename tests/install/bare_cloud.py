# SPDX-License-Identifier: Apache-2.0
"""A cloud of separate processes whose nova-api and nova-scheduler know nothing of ensembles."""

import configparser
import json
import os
import signal
import time
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import openstack
import sqlalchemy as sa

from tests.install.environment import CommandFailed, Environment

READY = 180.0  # seconds


class BareCloud:
    """The embedded cloud from its package, with an operator's own environment for Nova."""

    def __init__(self, programs: Environment, nova: Environment, state: Path, port: int) -> None:
        self._programs = programs
        self._nova = nova
        self.state = state
        self._port = port

    def start(self) -> None:
        """Have it up, as it is without ensembles."""
        self._command("up", "--profile", "full", *self._options())

    def stop(self) -> None:
        """End it."""
        self._command("down")

    def remove(self) -> None:
        """Remove all that is left of an earlier one."""
        if self.state.exists():
            self._command("down")
            self._command("reset", "--yes")

    @property
    def etc(self) -> Path:
        """Where an operator has /etc/nova."""
        return self.state / "etc/nova"

    @property
    def clouds_yaml(self) -> Path:
        """Where openstack finds its users."""
        return self.state / "clouds.yaml"

    @property
    def database_socket(self) -> Path:
        """Where its MariaDB listens."""
        return self.state / "run/mariadb.sock"

    @property
    def message_bus(self) -> str:
        """The transport URL that Nova has."""
        options = configparser.RawConfigParser(strict=False)
        options.read(self.etc / "nova.conf")
        return options["DEFAULT"]["transport_url"]

    def sql(self, statement: str) -> list[Any]:
        """Run a statement as the server's administrator; give its rows."""
        url = f"mysql+pymysql://root@localhost/mysql?unix_socket={self.database_socket}"
        engine = sa.create_engine(url, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            result = connection.exec_driver_sql(statement.rstrip(";"))
            return [tuple(row) for row in result] if result.returns_rows else []

    def allocations(self) -> list[Any]:
        """What each consumer has in Placement, as its database tells."""
        return self.sql(
            "SELECT a.consumer_id, p.name, a.resource_class_id, a.used"
            " FROM placement.allocations a"
            " JOIN placement.resource_providers p ON p.id = a.resource_provider_id"
            " ORDER BY 1, 2, 3"
        )

    def asked(self, path: str) -> int:
        """The status of nova-api's answer to a request with a token of an administrator."""
        config = openstack.config.OpenStackConfig(
            config_files=[str(self.clouds_yaml)], load_envvars=False
        )
        cloud = openstack.connection.Connection(config=config.get_one("admin"))
        answer = cloud.compute.get(f"{self._nova_url()}{path}")
        return int(answer.status_code)

    def _nova_url(self) -> str:
        report = json.loads(self._command("status", "--json"))
        return str(report["urls"]["nova"])

    def files(self) -> Mapping[str, str]:
        """All that Nova is configured by, by path."""
        found = (each for each in sorted(self.etc.rglob("*")) if each.is_file())
        return {str(each.relative_to(self.etc)): each.read_text() for each in found}

    def restart(self, *names: str) -> None:
        """Restart processes as a service manager does, and wait until Nova answers."""
        before = self._pids()
        for name in names:
            os.kill(before[name], signal.SIGTERM)
        end = time.monotonic() + READY
        while any(self._pids().get(name, before[name]) == before[name] for name in names):
            self._patient(end, f"{' and '.join(names)} did not start again")
        while not self._answers():
            self._patient(end, "nova-api does not answer")

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self._nova_url()}/", timeout=30) as answer:
                return bool(answer.status < 500)
        except OSError:
            return False

    def _patient(self, end: float, told: str) -> None:
        if time.monotonic() > end:
            raise CommandFailed(told)
        time.sleep(0.5)

    def _pids(self) -> Mapping[str, int]:
        pids: dict[str, int] = json.loads((self.state / "run/status.json").read_text())["pids"]
        return pids

    def _options(self) -> list[str]:
        return [
            *("--nova-from", str(self._nova.root), "--port-base", str(self._port)),
            *("--no-dashboard", "--no-background", "--detach"),
        ]

    def _command(self, *arguments: str) -> str:
        return self._programs.run("ensemble-cloud", "--state", str(self.state), *arguments)
