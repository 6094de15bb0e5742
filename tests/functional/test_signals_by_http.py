# SPDX-License-Identifier: Apache-2.0
"""Signals through the pipelines of both mounts, as guests send them: without a token."""

import configparser
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
import webob
from configured import nova_conf
from paste import deploy
from small_cloud import SmallCloud
from standalone_service import Start, standing_alone
from test_signals import Gate

from ensemble_api import signal_app

__all__ = ["standing_alone"]

FRAGMENT = Path(__file__).parents[2] / "etc/api-paste.ini"
NOVA = """
[composite:osapi_compute]
use = call:nova.api.openstack.urlmap:urlmap_factory
/ensembles-signal: ensembles_signal

[filter:http_proxy_to_wsgi]
paste.filter_factory = oslo_middleware.http_proxy_to_wsgi:HTTPProxyToWSGI.factory
"""


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signal_app, "PAUSE", 0.0)
    monkeypatch.setattr(signal_app, "RETRY", 0.05)


def secret(url: str) -> str:
    return url.rpartition("/")[2]


def post(application: Any, path: str, address: str = "192.0.2.7", **headers: str) -> webob.Response:
    request = webob.Request.blank(path, method="POST", body=b"hostname=web-0", headers=headers)
    request.environ["REMOTE_ADDR"] = address
    return request.get_response(application)


def until(condition: Callable[[], bool]) -> None:
    for _ in range(1000):
        if condition():
            return
        threading.Event().wait(0.02)
    raise AssertionError("did not happen")


def test_in_a_service_of_its_own_a_guest_signals_without_a_token(
    standing_alone: Start, cloud: SmallCloud
) -> None:
    service = standing_alone(run_worker=False)
    gate = Gate(cloud.store)
    made = gate.ask()
    for path in ("/signal", "/signal/", "/signal/nothing", f"/signal/{'x' * 43}"):
        answer = post(service.application, path)
        assert (answer.status_int, answer.body) == (204, b""), path
    assert gate.awaited() == [True, False]
    answer = post(service.application, f"/signal/{secret(made.url)}")
    assert (answer.status_int, answer.body) == (204, b"")
    until(lambda: gate.awaited() == [False, False])
    assert service.keystone.asked == []
    assert service.ask(None, "GET", f"/signal/{secret(made.url)}").status_int == 405
    assert post(service.application, "/signals/x").status_int == 401
    assert post(service.application, f"/v1/signal/{secret(made.url)}").status_int == 401


def in_nova_api(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, **settings: Any) -> Any:
    paste = tmp_path / "api-paste.ini"
    paste.write_text(NOVA + FRAGMENT.read_text())
    config = nova_conf(tmp_path / "nova.conf", {"ensembles": settings})
    monkeypatch.setattr(signal_app.cfg, "CONF", config)
    return deploy.loadapp(f"config:{paste}", name="osapi_compute")


def test_in_nova_api_the_fragment_of_the_pipeline_takes_a_guests_signal(
    cloud: SmallCloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    application = in_nova_api(tmp_path, monkeypatch, connection=cloud.store.engine.url)
    gate = Gate(cloud.store)
    made = gate.ask()
    answer = post(application, f"/ensembles-signal/{secret(made.url)}", Accept="text/html")
    assert (answer.status_int, answer.body) == (204, b"")
    until(lambda: gate.awaited() == [False, False])


def test_the_fragment_has_sections_that_go_into_an_api_paste_ini() -> None:
    fragment = configparser.ConfigParser()
    fragment.read(FRAGMENT)
    pipeline = fragment["pipeline:ensembles_signal"]["pipeline"].split()
    assert pipeline == ["http_proxy_to_wsgi", "ensembles_signal_app"]


def test_a_signal_that_comes_while_the_database_does_not_answer_is_taken_later(
    cloud: SmallCloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    application = in_nova_api(tmp_path, monkeypatch, connection=cloud.store.engine.url)
    gate = Gate(cloud.store)
    made = gate.ask()
    asked = threading.Event()
    monkeypatch.setattr(signal_app.advice, "advice", lambda _: asked.set() or "away")
    with cloud.store.engine.begin() as connection:
        connection.execute(sa.text("ALTER TABLE signals RENAME TO hidden"))
    assert post(application, f"/ensembles-signal/{secret(made.url)}").status_int == 204
    assert asked.wait(30)
    with cloud.store.engine.begin() as connection:
        connection.execute(sa.text("ALTER TABLE hidden RENAME TO signals"))
    until(lambda: gate.awaited() == [False, False])
