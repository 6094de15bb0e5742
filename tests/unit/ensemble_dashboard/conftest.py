# SPDX-License-Identifier: Apache-2.0
"""The dashboard with Horizon's real settings, logged in to a little cloud over HTTP."""

import copy
import functools
import os
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

# Horizon's settings look for a package `local`, which lies beside this file.
sys.path.insert(0, str(Path(__file__).parent))
os.environ["DJANGO_SETTINGS_MODULE"] = "openstack_dashboard.settings"

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import django

    django.setup()

# Workers of pytest-xdist inherit it, and would read the settings before they know the path above.
del os.environ["DJANGO_SETTINGS_MODULE"]

from django.contrib.sessions.backends.cache import SessionStore
from django.test import Client

from tests.fakes.dashboard_cloud import DashboardCloud


@pytest.fixture(scope="session")
def running() -> Iterator[DashboardCloud]:
    """The server, one for the whole run."""
    cloud = DashboardCloud()
    yield cloud
    cloud.stop()


@pytest.fixture
def dashboard_cloud(running: DashboardCloud, settings: Any) -> DashboardCloud:
    """The cloud without any ensembles, to which the dashboard logs in."""
    running.empty()
    settings.OPENSTACK_KEYSTONE_URL = running.url + "/v3"
    return running


@functools.cache
def _log_in(name: str) -> Client:
    client = Client()
    answer = client.post(
        "/auth/login/", {"username": name, "password": "secret", "region": "default"}
    )
    assert answer.status_code == 302, "the login was refused"
    return client


def _person(name: str) -> Client:
    """Give somebody who logged in by Horizon's form, in a session of the test's own."""
    client = Client(enforce_csrf_checks=True)
    logged_in = _log_in(name)
    client.cookies = copy.deepcopy(logged_in.cookies)
    session = SessionStore()
    session.update(logged_in.session)
    session.save()
    client.cookies["sessionid"] = session.session_key
    return client


@pytest.fixture
def demo(dashboard_cloud: DashboardCloud) -> Client:
    """A member of the project."""
    return _person("demo")


@pytest.fixture
def admin(dashboard_cloud: DashboardCloud) -> Client:
    """An operator."""
    return _person("admin")


@pytest.fixture
def reader(dashboard_cloud: DashboardCloud) -> Client:
    """Somebody who may look at the project, and change nothing."""
    return _person("reader")
