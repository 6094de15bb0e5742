# SPDX-License-Identifier: Apache-2.0
"""Heat's own engine, on a database in memory, and a cloud with a little ensembles API.

Heat and Nova have options of the same names: these tests need a process without Nova.
"""

# ruff: noqa: E402 - oslo.service must be told its kind of threads before Heat is imported.

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from oslo_service import backend

backend.init_backend(backend.BackendType.THREADING)

from heat.common import context as heat_context
from heat.common import messaging, template_format
from heat.db import api as db_api
from heat.db import models
from heat.engine import resources, scheduler
from heat.engine.environment import Environment
from heat.engine.stack import Stack
from heat.engine.template import Template
from keystoneauth1.identity import v3
from oslo_config import cfg
from oslo_db import options

import ensemble_heat
from tests.fakes.ensemble_answers import PROJECT
from tests.fakes.ensembles_service import EnsemblesService

TEMPLATE = """
heat_template_version: 2021-04-16
resources:
  shop:
    type: OS::Ensemble::Ensemble
    properties:
      name: shop
      tiers:
        - name: web
          count: 2
          server: {flavor: m1.tiny, image: cirros, networks: [private]}
        - name: cache
          count: 1
          server: {flavor: m1.small, image: cirros}
      policies:
        - {type: anti-affinity, level: host, tiers: [web]}
"""
MakeStack = Callable[..., Stack]


@pytest.fixture(scope="session")
def heat() -> None:
    """Heat with the resource loaded as heat-engine loads it."""
    cfg.CONF([], project="heat", default_config_files=[], default_config_dirs=[])
    options.set_defaults(cfg.CONF, connection="sqlite://")
    cfg.CONF.set_override("plugin_dirs", [ensemble_heat.PLUGINS])
    cfg.CONF.set_override("environment_dir", "/nowhere")
    cfg.CONF.set_override("convergence_engine", False)
    cfg.CONF.set_override("deferred_auth_method", "password")  # there is no Keystone for trusts
    cfg.CONF.set_override("auth_encryption_key", "0" * 32)
    messaging.setup("fake://")
    models.BASE.metadata.create_all(db_api.get_engine())
    resources.initialise()


@pytest.fixture
def service(request: pytest.FixtureRequest) -> Iterator[EnsemblesService]:
    """Ensembles inside of Nova, or, with the parameter True, a service of their own."""
    cloud = EnsemblesService(apart=getattr(request, "param", False))
    cloud.start()
    yield cloud
    cloud.stop()


@pytest.fixture
def context(heat: None, service: EnsemblesService, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A context as the engine has it, whose session asks the cloud."""
    monkeypatch.setattr(scheduler, "ENABLE_SLEEP", False)
    auth = v3.Password(
        f"{service.url}/identity/v3",
        username="demo",
        password="secret",
        user_domain_id="default",
        project_name="demo",
        project_domain_id="default",
    )
    return heat_context.RequestContext(
        username="demo",
        user_id="u1",
        project_id=PROJECT,
        roles=["member"],
        is_admin=False,
        auth_url=f"{service.url}/identity/v3",
        password="secret",
        auth_plugin=auth,
        overwrite=False,
    )


@pytest.fixture
def make_stack(context: Any) -> MakeStack:
    """Give a stack of a template, stored and not created yet."""

    def make(text: str = TEMPLATE, **options: Any) -> Stack:
        template = Template(template_format.parse(text), env=Environment({}))
        made = Stack(context, f"stack{make_stack_number()}", template, **options)
        made.validate()
        made.store()
        return made

    return make


def _numbers() -> Iterator[int]:
    number = 0
    while True:
        number += 1
        yield number


_NUMBERS = _numbers()


def make_stack_number() -> int:
    """Names of stacks are unique in a database."""
    return next(_NUMBERS)
