# SPDX-License-Identifier: Apache-2.0
"""What operators are told when something is wrong: one line that says what to do, no traceback."""

import logging
import os
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
import webob
from configured import nova_conf, user
from oslo_db import exception as db_exception
from small_cloud import SmallCloud, caller
from two_regions import TwoRegions

from ensemble_api.cmd import manage
from ensemble_api.middleware import EnsemblesFilter
from ensemble_api.process import Process
from ensemble_api.store.api import Page, Store
from tests.fakes.keystone import FakeKeystone

BODY = {
    "ensemble": {
        "name": "shop",
        "tiers": [
            {
                "name": "web",
                "count": 1,
                "server": {
                    "flavor": "m1.small",
                    "image": "11111111-1111-4111-8111-111111111111",
                    "networks": "none",
                },
            }
        ],
    }
}


def newer(path: Path) -> str:
    database = made(path)
    change(path, "UPDATE alembic_version SET version_num = '0999'")
    change(path, "ALTER TABLE events RENAME COLUMN type TO kind")
    return database


def older(path: Path) -> str:
    database = made(path)
    change(path, "UPDATE alembic_version SET version_num = '0001'")
    return database


def without_a_table(path: Path) -> str:
    database = made(path)
    change(path, "DROP TABLE events")
    return database


def empty(path: Path) -> str:
    return f"sqlite:///{path}"


def made(path: Path) -> str:
    store = Store(f"sqlite:///{path}")
    store.upgrade()
    store.engine.dispose()
    return f"sqlite:///{path}"


def change(path: Path, statement: str) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute(statement)


def nobody(path: Path) -> str:
    """The address of a database server where none is."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    return f"mysql+pymysql://ensembles:hidden@127.0.0.1:{port}/ensembles"


AT_THE_START = [
    pytest.param(empty, "has no tables yet: run `ensemble-manage db sync`", id="no table yet"),
    pytest.param(older, "at 0001, and this release needs", id="an older schema"),
    pytest.param(newer, "at 0999, which a later release made", id="a newer schema"),
    pytest.param(without_a_table, "lacks events, though", id="a table is missing"),
    pytest.param(lambda path: "nonsense", "is not a database's URL", id="no URL"),
    pytest.param(
        lambda path: "mysql+secret://u:hidden@h/n", "SQLAlchemy does not know", id="no such driver"
    ),
    pytest.param(
        lambda path: "mysql+mysqldb://u:hidden@h/n", "install it, or write", id="no driver here"
    ),
    pytest.param(lambda path: "sqlite:////nowhere/at/all", "does not exist", id="no database"),
    pytest.param(nobody, "cannot be reached: see that it runs", id="the server is away"),
    pytest.param(None, "connection is not set", id="nothing is set"),
]


MENDED_BY_SYNC = ("no table yet", "an older schema", "a table is missing")


@pytest.fixture
def keystone(cloud: SmallCloud) -> Iterator[FakeKeystone]:
    keystone = FakeKeystone(cloud.placement.url)
    yield keystone
    keystone.stop()


@pytest.fixture
def serve(
    cloud: SmallCloud, keystone: FakeKeystone, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Any]:
    """The filter without the thread that would go on trying for ever."""
    monkeypatch.setattr(Process, "start", lambda self: None)
    started: list[EnsemblesFilter] = []

    def start(connection: Any, **sections: Any) -> EnsemblesFilter:
        users = {name: user(keystone.url) for name in ("placement", "neutron")}
        ours = {"connection": connection, "auth_section": "placement", "poll_interval": 0.2}
        config = nova_conf(tmp_path / "nova.conf", {"ensembles": ours, **users, **sections})
        started.append(EnsemblesFilter(cloud.nova, config))
        return started[-1]

    yield start
    for each in started:
        each.process.stop()


def create(application: Any) -> webob.Response:
    request = webob.Request.blank(
        "/os-ensembles", method="POST", environ={"nova.context": caller()}
    )
    request.json_body = BODY
    return request.get_response(application)


def lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    """What was logged as a failure, in full; a traceback is more lines than one."""
    formatter = logging.Formatter()
    records = [each for each in caplog.records if each.levelno >= logging.WARNING]
    return [formatter.format(each) for each in records]


@pytest.mark.parametrize(("connection", "told"), AT_THE_START)
def test_a_database_that_does_not_do_is_one_line_in_the_log(
    serve: Any,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    connection: Callable[[Path], str] | None,
    told: str,
) -> None:
    url = connection(tmp_path / "e.sqlite") if connection else None
    refused = create(serve(url))
    assert refused.status_int == 503
    assert told not in refused.text and "hidden" not in refused.text
    found = lines(caplog)
    assert any(told in each for each in found), found
    assert all("\n" not in each and "hidden" not in each for each in found), found


@pytest.mark.parametrize(
    ("connection", "told"), [each for each in AT_THE_START if each.id not in MENDED_BY_SYNC]
)
def test_a_database_that_does_not_do_is_one_line_of_the_command(
    tmp_path: Path, connection: Callable[[Path], str] | None, told: str
) -> None:
    url = connection(tmp_path / "e.sqlite") if connection else ""
    config = tmp_path / "nova.conf"
    config.write_text(f"[ensembles]\nconnection = {url}\n")
    command = Path(sys.executable).with_name("ensemble-manage")
    run = subprocess.run(
        [command, "--config-file", str(config), "db", "sync"],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONWARNINGS": "ignore"},
    )
    assert run.returncode == 1
    (line,) = run.stderr.splitlines()
    assert told in line and "hidden" not in line
    assert run.stdout == ""


@pytest.mark.parametrize("broken", ["keystone", "password", "region", "role", "placement"])
def test_a_cloud_that_does_not_do_is_one_line_in_the_log(
    serve: Any,
    cloud: SmallCloud,
    keystone: FakeKeystone,
    caplog: pytest.LogCaptureFixture,
    broken: str,
) -> None:
    settings: dict[str, Any] = {}
    regions = TwoRegions()
    match broken:
        case "keystone":
            settings, told = (
                {"auth_url": "http://127.0.0.1:9/v3"},
                "http://127.0.0.1:9/v3/auth/tokens cannot be",
            )
        case "password":
            settings, told = {"password": "wrong"}, "Keystone refuses the service user (HTTP 401)"
        case "region":
            settings, told = {"region_name": "Nowhere"}, "see region_name, valid_interfaces"
        case "role":
            settings = {"endpoint_override": regions.url}
            regions.statuses = [403] * 9
            told = "give the user of [placement] the roles admin and service"
        case _:
            settings = {"endpoint_override": "http://127.0.0.1:9"}
            told = "http://127.0.0.1:9/resource_providers cannot be"
    section = {**user(keystone.url), "connect_retries": 0, **settings}
    refused = create(serve(cloud.store.engine.url, placement=section))
    regions.stop()
    assert refused.status_int == 503
    assert told not in refused.text and "127.0.0.1" not in refused.text
    found = lines(caplog)
    assert any(told in each for each in found), found
    assert all("\n" not in each for each in found), found


def test_a_transaction_that_was_given_up_for_another_is_tried_again_in_silence(
    store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    failures = [db_exception.DBDeadlock(), db_exception.DBDeadlock()]

    @sa.event.listens_for(store.engine, "before_cursor_execute")
    def given_up(*_: Any) -> None:
        if failures:
            raise failures.pop()

    store.remove("unknown")
    assert failures == []
    assert lines(caplog) == []
    assert store.select(Page()) == []


def test_the_snapshot_says_what_is_wrong_with_the_cloud(
    keystone: FakeKeystone, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "nova.conf"
    for settings, told in (
        ({"password": "wrong"}, "Keystone refuses the service user (HTTP 401)"),
        ({"auth_url": "http://127.0.0.1:9/v3"}, "http://127.0.0.1:9/v3/auth/tokens cannot be"),
    ):
        section = {**user(keystone.url), "connect_retries": 0, **settings}
        nova_conf(path, {"ensembles": {"auth_section": "placement"}, "placement": section})
        assert manage.main(["--config-file", str(path), "snapshot"]) == 2
        (line,) = capsys.readouterr().err.splitlines()
        assert told in line
