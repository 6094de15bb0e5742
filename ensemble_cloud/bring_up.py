# SPDX-License-Identifier: Apache-2.0
"""The steps from nothing, or from an earlier state, to a cloud that is ready."""

import contextlib
import os
import sqlite3
import time
from collections.abc import Callable

from ensemble_cloud import clouds_yaml, control, fingerprint, warm_up
from ensemble_cloud.config.cloud import Cloud
from ensemble_cloud.processes import Child, Processes
from ensemble_cloud.seed import Seed
from ensemble_cloud.services import ENGINE, Services
from ensemble_cloud.steps import Step

_COMPUTES_SECONDS = 300


def busy_at_once() -> int:
    """Return how many steps may keep a processor busy at the same time."""
    return max(2, os.cpu_count() or 2)


class BringUp:
    """The steps of one start. What an earlier start has done is not done again."""

    def __init__(
        self,
        cloud: Cloud,
        processes: Processes,
        *,
        with_dashboard: bool = True,
        with_background: bool = True,
    ) -> None:
        self._cloud = cloud
        self._with_dashboard = with_dashboard
        self._with_background = with_background
        self._state = cloud.state
        self._services = Services(cloud, processes)
        self._seed = Seed(cloud)
        self._nova: Child | None = None

    def steps(self) -> list[Step]:
        """Return the steps; those that others wait for longest come first where there is a choice.

        That is the way from Keystone to the hosts, on which few processors are busy.
        """
        prepare = [
            self._database_step("keystone"),
            self._once("keystone bootstrap", self._bootstrap, "database keystone", busy=True),
            *(self._database_step(name) for name in ("nova_cell1", "nova_api")),
            *(() if self._cloud.nova_environment else (self._ensembles_step(),)),
            *(self._database_step(name) for name in ("placement", "neutron", "glance")),
        ]
        ours = () if self._cloud.nova_environment else ("ensembles",)
        nova = ("nova_cell1", "nova_api", *ours)
        services = " ".join(self._cloud.added)
        ports = f"{self._cloud.ports.base} {services}".strip()
        plugin = fingerprint.of_files("ensemble_dashboard", "**/*")
        dashboard = [
            self._once("dashboard files", self._make_static, busy=True, made_from=plugin),
            self._service("dashboard", "dashboard files", "keystone"),
            Step("first page", self._visit, ("dashboard", "nova", "glance", "neutron", "catalog")),
        ]
        return [
            *prepare,
            *(dashboard if self._with_dashboard else ()),
            *(self._cinder_steps() if self._cloud.volumes else ()),
            *(self._heat_steps() if self._cloud.stacks else ()),
            *(self._ensembles_steps() if self._cloud.stands_alone else ()),
            self._service("keystone", "keystone bootstrap"),
            self._service("placement", "database placement"),
            self._service("glance", "database glance"),
            self._service("neutron", "database neutron"),
            self._once("users", self._seed.identity, "keystone", made_from=services),
            self._once("catalog", self._seed.catalog, "users", "keystone", made_from=ports),
            *self._nova_steps((*(f"database {name}" for name in nova), "catalog")),
            self._once("image", self._seed.image, "catalog", "keystone", "glance"),
            self._once("network", self._seed.network, "catalog", "keystone", "neutron"),
            self._once("flavors", self._seed.flavors, "catalog", "keystone", "nova"),
            self._once("racks and zones", self._seed.aggregates, "keystone", "hosts"),
            *((self._background_step(),) if self._with_background else ()),
        ]

    def _once(
        self,
        name: str,
        action: Callable[[], None],
        *needs: str,
        busy: bool = False,
        made_from: str = "",
    ) -> Step:
        """Return a step whose result is kept.

        Where it is there already the step needs nothing: so name every service a step talks to,
        and do not rely on an earlier step to have waited for it.
        """
        marker = name.replace(" ", "-")

        def act() -> None:
            action()
            self._state.mark_done(marker, made_from)

        if self._state.is_done(marker, made_from):
            return Step(name, lambda: None, quiet=True)
        return Step(name, act, (*self._foundation(), *needs), busy=busy)

    def _service(self, name: str, *needs: str) -> Step:
        return Step(
            name,
            lambda: self._services.wait_ready(self._services.start(name)),
            (*self._foundation(), *needs),
        )

    def _foundation(self) -> tuple[str, ...]:
        """Return the steps that every other one needs, done already or not."""
        return ()

    def _nova_steps(self, needs: tuple[str, ...]) -> list[Step]:
        """Return the steps from the databases that Nova needs to hosts that have reported."""
        return [
            Step("nova", self._start_nova, needs),
            Step("hosts", self._wait_computes, ("nova", "placement", "catalog")),
        ]

    def _ensembles_steps(self) -> list[Step]:
        """Return the steps to ensembles as a service of their own, with their engine."""
        return [
            self._service("ensembles", "database ensembles", "catalog", "keystone"),
            Step(ENGINE, self._start_engine, (*self._foundation(), "ensembles", "hosts")),
        ]

    def _start_engine(self) -> None:
        """Wait for nothing: it has no port, and goes on until it finds what it needs."""
        self._services.start(ENGINE)

    def _cinder_steps(self) -> list[Step]:
        return [
            self._database_step("cinder"),
            self._service("cinder", "database cinder", "users", "keystone"),
        ]

    def _heat_steps(self) -> list[Step]:
        return [
            self._database_step("heat"),
            self._service("heat", "database heat", "users", "keystone"),
        ]

    def _background_step(self) -> Step:
        return self._once(
            "background servers",
            self._seed.background,
            *("racks and zones", "flavors", "image", "network"),
            *("keystone", "glance", "neutron", "hosts"),
        )

    def _forget_database(self, name: str) -> None:
        """Remove what an interrupted migration left: it cannot be continued."""
        for left in self._state.databases.glob(f"{name}.sqlite*"):
            left.unlink()

    def _copy_cell(self) -> None:
        """Make cell0: it has the tables of cell1, and they are all empty."""
        with (
            contextlib.closing(sqlite3.connect(self._state.database("nova_cell1"))) as cell1,
            contextlib.closing(sqlite3.connect(self._state.database("nova_cell0"))) as cell0,
        ):
            # Not the file alone: what was written last may be in the write-ahead log beside it.
            cell1.backup(cell0)

    def _database_step(self, name: str) -> Step:
        def migrate() -> None:
            self._forget_database(name)
            self._migrate(name)

        return self._once(f"database {name}", migrate, busy=True)

    def _ensembles_step(self) -> Step:
        """Our own tables follow our own code, so that a developer need not begin anew."""
        made_from = fingerprint.of_files("ensemble_api", "store/migration/**/*")
        return self._once(
            "database ensembles", self._migrate_ensembles, busy=True, made_from=made_from
        )

    def _migrate_ensembles(self) -> None:
        arguments = ["--config-file", str(self._state.etc / "nova/nova.conf"), "db", "sync"]
        self._services.run_tool("migrate-ensembles", "ensemble-manage", arguments)

    def _migrate(self, name: str) -> None:
        etc = self._state.etc
        log = f"migrate-{name}"
        match name:
            case "keystone":
                arguments = ["--config-file", str(etc / "keystone/keystone.conf"), "db_sync"]
                self._services.run_tool(log, "keystone-manage", arguments)
            case "placement":
                arguments = ["--config-file", str(etc / "placement/placement.conf"), "db", "sync"]
                self._services.run_tool(log, "placement-manage", arguments)
            case "glance":
                arguments = ["--config-file", str(etc / "glance/glance-api.conf"), "db_sync"]
                self._services.run_tool(log, "glance-manage", arguments)
            case "cinder":
                arguments = ["--config-file", str(etc / "cinder/cinder.conf"), "db", "sync"]
                self._services.run_tool(log, "cinder-manage", arguments)
            case "heat":
                files = (etc / "heat" / name for name in ("heat.conf", "schema.conf"))
                arguments = [each for path in files for each in ("--config-file", str(path))]
                self._services.run_tool(log, "heat-manage", [*arguments, "db_sync"])
            case "neutron":
                arguments = [str(etc / "neutron/neutron.conf")]
                self._services.run_module(log, "ensemble_cloud.neutron_schema", arguments)
            case "nova_api":
                self._services.run_tool(log, "nova-manage", [*self._nova_files(), "api_db", "sync"])
            case "nova_cell1":
                arguments = [*self._nova_files(), "db", "sync", "--local_cell"]
                self._services.run_tool(log, "nova-manage", arguments)
                self._copy_cell()

    def _nova_files(self) -> list[str]:
        """Return the arguments that name the configuration of Nova's first cell."""
        return ["--config-file", str(self._state.etc / "nova/nova.conf")]

    def _bootstrap(self) -> None:
        url = self._cloud.auth_url
        self._services.run_tool(
            "keystone-bootstrap",
            "keystone-manage",
            [
                "--config-file",
                str(self._state.etc / "keystone/keystone.conf"),
                "bootstrap",
                *("--bootstrap-password", self._cloud.shape.admin_password),
                *("--bootstrap-region-id", "RegionOne"),
                *("--bootstrap-public-url", url),
                *("--bootstrap-internal-url", url),
                *("--bootstrap-admin-url", url),
            ],
        )

    def _make_static(self) -> None:
        self._services.clear_static()
        self._services.run_module("dashboard-files", "ensemble_cloud.themes", [])

    def _start_nova(self) -> None:
        control.forget(self._state.run)
        self._nova = self._services.start("nova")
        self._services.wait_ready(self._nova)

    def _wait_computes(self) -> None:
        assert self._nova is not None
        deadline = time.monotonic() + _COMPUTES_SECONDS
        while time.monotonic() < deadline:
            if self._nova.process.poll() is not None:
                raise self._nova.failure()
            if control.listens(self._state.run):
                hosts = control.ask(self._state.run, {"do": "hosts"})
                if all(host["state"] == "up" or host["forced_down"] for host in hosts):
                    return
            time.sleep(0.2)
        raise self._nova.silence(_COMPUTES_SECONDS)

    def _visit(self) -> None:
        user = clouds_yaml.users(self._cloud.shape)[0]
        warm_up.visit(self._cloud.ports.url("dashboard"), user)
