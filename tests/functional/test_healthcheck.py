# SPDX-License-Identifier: Apache-2.0
"""/healthcheck/ensembles as nova-api serves it: oslo.middleware's own application by paste."""

import configparser
import importlib.metadata
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
import webob
from configured import nova_conf
from oslo_middleware import healthcheck as oslo_healthcheck
from oslo_middleware.healthcheck import opts
from small_cloud import SmallCloud

from ensemble_api import healthcheck
from ensemble_api.healthcheck import DatabaseHealthcheck, ObserverHealthcheck
from ensemble_api.store import models, rows

FRAGMENT = Path(__file__).parents[2] / "etc/api-paste.ini"
BACKENDS = ["ensembles_database", "ensembles_observer"]
Ask = Callable[[], webob.Response]


@pytest.fixture
def ask(cloud: SmallCloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Ask]:
    monkeypatch.setattr(healthcheck, "FRESH", 0.0)

    def made(connection: str | None = None, **settings: Any) -> Ask:
        ours = {"connection": connection or str(cloud.store.engine.url), **settings}
        config = nova_conf(tmp_path / "nova.conf", {"ensembles": ours})
        config.register_opts(opts.HEALTHCHECK_OPTS, "healthcheck")
        config.set_override("backends", BACKENDS, "healthcheck")
        application = oslo_healthcheck.Healthcheck(None, config)
        return lambda: webob.Request.blank("/healthcheck").get_response(application)

    return made


def test_the_fragment_for_nova_api_names_backends_that_are_installed() -> None:
    fragment = configparser.ConfigParser()
    fragment.read(FRAGMENT)
    named = fragment["app:ensembles_healthcheck"]["backends"].split(", ")
    found = importlib.metadata.entry_points(group="oslo.middleware.healthcheck")
    loaded = {each.name: each.load() for each in found if each.name in named}
    assert loaded == {
        "ensembles_database": DatabaseHealthcheck,
        "ensembles_observer": ObserverHealthcheck,
    }


def test_all_is_well_when_the_database_answers_and_nova_was_looked_at(
    cloud: SmallCloud, ask: Callable[..., Ask]
) -> None:
    cloud.observe()
    answer = ask()()
    assert answer.status_int == 200
    assert answer.text.splitlines() == [
        "ensembles database: answers",
        "ensembles observer: looks at Nova",
    ]


def test_nobody_is_well_who_has_never_looked_at_nova(
    cloud: SmallCloud, ask: Callable[..., Ask]
) -> None:
    answer = ask()()
    assert answer.status_int == 503
    assert "has not looked at Nova yet" in answer.text


@pytest.mark.parametrize(
    ("age", "interval", "status"),
    [(50, 5.0, 200), (70, 5.0, 503), (70, 30.0, 200), (310, 30.0, 503)],
    ids=lambda value: str(value),
)
def test_the_observer_may_be_late_by_some_of_its_periods(
    cloud: SmallCloud, ask: Callable[..., Ask], age: int, interval: float, status: int
) -> None:
    cloud.observe()
    with cloud.store.writing() as session:
        late = rows.now() - timedelta(seconds=age)
        session.execute(sa.update(models.Observation).values(observed_at=late))
    assert ask(observe_interval=interval)().status_int == status


def test_a_database_that_is_away_is_told_without_its_address_and_found_again(
    cloud: SmallCloud, ask: Callable[..., Ask], tmp_path: Path
) -> None:
    other = tmp_path / "away" / "ensembles.sqlite"
    asking = ask(f"sqlite:///{other}")
    answer = asking()
    assert answer.status_int == 503
    assert "ensembles database: does not answer" in answer.text
    assert str(tmp_path) not in answer.text


def test_who_asks_often_is_given_the_same_answer_for_a_while(
    cloud: SmallCloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours = {"connection": str(cloud.store.engine.url)}
    check = DatabaseHealthcheck(nova_conf(tmp_path / "nova.conf", {"ensembles": ours}), {})
    now = [100.0]
    check.clock = lambda: now[0]  # type: ignore[method-assign]
    looks: list[Any] = []
    look = check.look
    monkeypatch.setattr(check, "look", lambda database: looks.append(database) or look(database))
    for _ in range(5):
        assert check.healthcheck(8774).available
    assert len(looks) == 1
    now[0] += healthcheck.FRESH
    assert check.healthcheck(8774).available
    assert len(looks) == 2


def test_without_a_database_that_is_named_nothing_is_well(
    cloud: SmallCloud, tmp_path: Path
) -> None:
    check = DatabaseHealthcheck(nova_conf(tmp_path / "nova.conf", {"ensembles": {}}), {})
    found = check.healthcheck(8774)
    assert (found.available, "connection" in found.reason) == (False, True)
