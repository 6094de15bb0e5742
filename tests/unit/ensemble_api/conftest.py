# SPDX-License-Identifier: Apache-2.0
"""oslo.policy finds its file through the configuration, so one must have been read."""

import pytest
from oslo_config import cfg


@pytest.fixture(scope="session", autouse=True)
def configuration() -> None:
    cfg.CONF([], project="nova", default_config_files=[])
