# SPDX-License-Identifier: Apache-2.0
"""The filter: which requests are ours, that all others pass on untouched, and bad configuration."""

from typing import Any

import pytest
import webob
from nova.conf import scheduler
from oslo_config import cfg

from ensemble_api import conf, middleware, startup
from ensemble_api.process import Process
from tests.fakes.callers import caller

NOVA = b"Nova's own answer"


def nova(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    nova.seen.append(environ)  # type: ignore[attr-defined]
    start_response("299 Nova", [("X-Nova", "yes")])
    return [NOVA]


class Unstarted(Process):
    """Without the thread that assembles in the background."""

    def start(self) -> None:
        """Do nothing."""


def quiet(application: Any, config: cfg.ConfigOpts) -> middleware.EnsemblesFilter:
    process = Unstarted(lambda: startup.assemble(application, config))
    return middleware.EnsemblesFilter(application, config, process)


@pytest.fixture
def config() -> cfg.ConfigOpts:
    config = cfg.ConfigOpts()
    config.register_opt(cfg.StrOpt("default_availability_zone", default="nova"))
    config.register_opt(cfg.IntOpt("service_down_time", default=60))
    scheduler.register_opts(config)
    conf.register_services(config)
    conf.register(config)
    config([], project="nova", default_config_files=[])
    nova.seen = []  # type: ignore[attr-defined]
    return config


def ask(application: Any, path: str, project: str | None = "shop-project") -> webob.Response:
    environ = {"SCRIPT_NAME": "/v2.1", "nova.context": caller(project, "member", "reader")}
    return webob.Request.blank(path, environ=environ).get_response(application)


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/servers",
        "/servers/os-ensembles-1",
        "/os-ensemblesx",
        "/os-ensembles-x/y",
        "/a/b/os-ensembles",
        "/other-project/os-ensembles",
        "/servers/detail?name=/os-ensembles",
        "/OS-ENSEMBLES",
    ],
)
def test_requests_that_are_not_ours_pass_on_untouched(config: cfg.ConfigOpts, path: str) -> None:
    application = quiet(nova, config)
    response = ask(application, path)
    assert (response.status_int, response.body) == (299, NOVA)
    assert response.headers["X-Nova"] == "yes"
    (environ,) = nova.seen  # type: ignore[attr-defined]
    assert environ["PATH_INFO"] == path.partition("?")[0]


def test_a_request_without_a_context_that_is_not_ours_passes_on(config: cfg.ConfigOpts) -> None:
    response = webob.Request.blank("/").get_response(quiet(nova, config))
    assert response.status_int == 299


@pytest.mark.parametrize(
    "path",
    [
        "/os-ensembles",
        "/os-ensembles/",
        "/os-ensembles/plans",
        "/shop-project/os-ensembles/x",
        "/os-ensembles/a%0Ab/action",
    ],
)
def test_requests_that_are_ours_never_reach_nova(config: cfg.ConfigOpts, path: str) -> None:
    response = ask(quiet(nova, config), path)
    assert response.status_int == 503  # no database is configured here
    assert nova.seen == []  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("option", "value", "secret"),
    [
        pytest.param("connection", None, "connection", id="no database"),
        pytest.param("levels", ["secretlevel"], "secret", id="malformed levels"),
        pytest.param("auth_type", "secret-plugin", "secret", id="no such auth plugin"),
        pytest.param("auth_type", None, "credentials", id="no credentials"),
    ],
)
def test_what_is_wrong_with_the_configuration_is_for_the_log(
    config: cfg.ConfigOpts, caplog: pytest.LogCaptureFixture, option: str, value: Any, secret: str
) -> None:
    config.set_override("connection", "sqlite://", conf.GROUP)
    config.set_override(option, value, conf.GROUP)
    response = ask(quiet(nova, config), "/os-ensembles")
    assert response.status_int == 503
    assert response.json["serviceUnavailable"]["details"] == {"code": "ensemble.unavailable"}
    assert secret not in response.text
    assert secret in caplog.text


def test_a_database_that_cannot_be_read_is_not_described(
    config: cfg.ConfigOpts, caplog: pytest.LogCaptureFixture
) -> None:
    config.set_override("connection", "mysql+secret://u:secret@db/x", conf.GROUP)
    for section in (conf.GROUP, "placement", "neutron"):
        config.set_override("auth_type", "none", section)
    application = quiet(nova, config)
    try:
        response = ask(application, "/os-ensembles")
    finally:
        # Its threads would go on, and log into whichever test runs then.
        application.process.stop()
    assert response.status_int == 503
    assert "secret" not in response.text
    assert "[ensembles] connection names a kind of database" in caplog.text
    assert "u:secret" not in caplog.text


def test_the_factory_registers_our_section_and_wraps_the_application(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Process, "start", lambda self: None)
    monkeypatch.setattr(middleware, "_shared", [])
    nova.seen = []  # type: ignore[attr-defined]
    application = middleware.filter_factory({})(nova)
    assert cfg.CONF[conf.GROUP].max_members == 500
    assert ask(application, "/servers").status_int == 299
