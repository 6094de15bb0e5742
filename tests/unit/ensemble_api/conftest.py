# SPDX-License-Identifier: Apache-2.0
"""What the tests of the API share: a configuration, and a service to ask."""

import pytest
from oslo_config import cfg
from routed import Ensembles


@pytest.fixture(scope="session", autouse=True)
def configuration() -> None:
    """oslo.policy finds its file through the configuration, so one must have been read."""
    cfg.CONF([], project="nova", default_config_files=[])


@pytest.fixture
def service() -> Ensembles:
    """A service with one ensemble, for requests to its routes."""
    return Ensembles()
