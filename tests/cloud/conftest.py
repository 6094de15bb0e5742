# SPDX-License-Identifier: Apache-2.0
"""The projects and the operator of the embedded cloud, as all cloud tests have them."""

from typing import Any

import pytest

from tests.cloud.ensembles import Operator, Project


@pytest.fixture(scope="module")
def demo(cloud: Any) -> Project:
    return Project(cloud.connection("demo"))


@pytest.fixture(scope="module")
def other_project(cloud: Any) -> Project:
    return Project(cloud.connection("demo2"))


@pytest.fixture(scope="module")
def operator(cloud: Any) -> Operator:
    return Operator(cloud.connection("admin"))
