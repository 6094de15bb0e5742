# SPDX-License-Identifier: Apache-2.0
"""A browser, and people who are logged in to the dashboard of the embedded cloud."""

import os
from collections.abc import Iterator

import pytest
from selenium import webdriver

from tests.cloud.ensembles import Operator, Project
from tests.embedded import EmbeddedCloud
from tests.ui import browser
from tests.ui import dashboard as second_dashboard

PASSWORD = "secret"


@pytest.fixture(scope="session")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[webdriver.Chrome]:
    """One browser for the whole run."""
    started = browser.start(tmp_path_factory.mktemp("profile"))
    yield started
    started.quit()


@pytest.fixture(scope="session")
def sessions() -> dict[tuple[str, str], str]:
    """The sessions that users have, by dashboard and user, for the tests that come later."""
    return {}


@pytest.fixture(scope="session")
def dashboard_url(cloud: EmbeddedCloud) -> str:
    """The address of the dashboard.

    ENSEMBLE_TEST_DASHBOARD names another dashboard of the same cloud, for work on the pages.
    """
    named = os.environ.get("ENSEMBLE_TEST_DASHBOARD")
    return named or str(cloud.status["urls"]["dashboard"])


@pytest.fixture(scope="session")
def second_url(cloud: EmbeddedCloud) -> Iterator[str]:
    """The address of the second dashboard, which has other themes and languages."""
    with second_dashboard.started(cloud) as url:
        yield url


@pytest.fixture
def dashboard(
    driver: webdriver.Chrome,
    dashboard_url: str,
    sessions: dict[tuple[str, str], str],
    project: Project,
) -> Iterator[browser.Dashboard]:
    """The dashboard before anybody has logged in; afterwards nothing severe may have happened.

    What a page shows is there until the page is left: else it would ask for what is gone.
    """
    shown = browser.Dashboard(driver, dashboard_url, sessions)
    shown.severe()  # what a test before this one left
    yield shown
    assert shown.severe() == []
    shown.leave()


@pytest.fixture
def demo(dashboard: browser.Dashboard) -> browser.Dashboard:
    """A member of the project, with an empty drawing."""
    dashboard.go_on_as("demo", PASSWORD)
    dashboard.driver.execute_script("sessionStorage.clear()")
    return dashboard


@pytest.fixture
def second(
    driver: webdriver.Chrome,
    second_url: str,
    sessions: dict[tuple[str, str], str],
    project: Project,
) -> Iterator[browser.Dashboard]:
    """A member of the project at the second dashboard, with an empty drawing."""
    shown = browser.Dashboard(driver, second_url, sessions)
    shown.severe()
    shown.go_on_as("demo", PASSWORD)
    driver.execute_script("sessionStorage.clear(); localStorage.clear()")
    yield shown
    assert shown.severe() == []
    shown.leave()


@pytest.fixture
def admin(dashboard: browser.Dashboard) -> browser.Dashboard:
    """An operator."""
    dashboard.go_on_as("admin", PASSWORD)
    return dashboard


@pytest.fixture
def project(cloud: EmbeddedCloud) -> Iterator[Project]:
    """The same project through the API, without ensembles before and after."""
    seen = Project(cloud.connection("demo"))
    _empty(seen)
    yield seen
    _empty(seen)


def _empty(project: Project) -> None:
    left = [each["id"] for each in project.request("GET").json()["ensembles"]]
    for ensemble_id in left:
        assert project.request("DELETE", f"/{ensemble_id}").status_code in (202, 404)
    for ensemble_id in left:
        project.wait_gone(ensemble_id)


@pytest.fixture
def operator(cloud: EmbeddedCloud) -> Operator:
    """What is really there."""
    return Operator(cloud.connection("admin"))
