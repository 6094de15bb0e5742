# SPDX-License-Identifier: Apache-2.0
"""A browser, and people who are logged in to the dashboard of the embedded cloud."""

import os
from collections.abc import Iterator

import pytest
from selenium import webdriver

from tests.cloud.ensembles import Operator, Project
from tests.embedded import EmbeddedCloud
from tests.ui import browser

PASSWORD = "secret"


@pytest.fixture(scope="session")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[webdriver.Chrome]:
    """One browser for the whole run."""
    started = browser.start(tmp_path_factory.mktemp("profile"))
    yield started
    started.quit()


@pytest.fixture
def dashboard(driver: webdriver.Chrome, cloud: EmbeddedCloud) -> Iterator[browser.Dashboard]:
    """The dashboard before anybody has logged in; afterwards nothing severe may have happened.

    ENSEMBLE_TEST_DASHBOARD names another dashboard of the same cloud, for work on the pages.
    """
    url = os.environ.get("ENSEMBLE_TEST_DASHBOARD") or cloud.status["urls"]["dashboard"]
    shown = browser.Dashboard(driver, url)
    shown.severe()  # what a test before this one left
    yield shown
    assert shown.severe() == []


@pytest.fixture
def demo(dashboard: browser.Dashboard) -> browser.Dashboard:
    """A member of the project, with an empty drawing."""
    dashboard.log_in("demo", PASSWORD)
    dashboard.driver.execute_script("sessionStorage.clear()")
    return dashboard


@pytest.fixture
def admin(dashboard: browser.Dashboard) -> browser.Dashboard:
    """An operator."""
    dashboard.log_in("admin", PASSWORD)
    return dashboard


@pytest.fixture
def project(cloud: EmbeddedCloud) -> Iterator[Project]:
    """The same project through the API, without ensembles before and after."""
    seen = Project(cloud.connection("demo"))
    _empty(seen)
    yield seen
    _empty(seen)


def _empty(project: Project) -> None:
    for left in project.request("GET").json()["ensembles"]:
        project.delete(left["id"])


@pytest.fixture
def operator(cloud: EmbeddedCloud) -> Operator:
    """What is really there."""
    return Operator(cloud.connection("admin"))
