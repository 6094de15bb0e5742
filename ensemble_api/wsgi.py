# SPDX-License-Identifier: Apache-2.0
"""``ensemble-api``: the ``application`` that uWSGI or mod_wsgi serves as a service of its own.

The configuration is ``/etc/ensembles/ensembles.conf``, or the files that
``OS_ENSEMBLES_CONFIG_FILES`` names, with semicolons between them.
"""

# ruff: noqa: E402 - Nova must be told its kind of threads before anything of it is imported.
import os

from nova import monkey_patch

monkey_patch.patch(backend="threading")

from oslo_config import cfg

from ensemble_api import startup
from ensemble_api.standalone import pipeline

FILES = "OS_ENSEMBLES_CONFIG_FILES"
DEFAULT = "/etc/ensembles/ensembles.conf"

startup.configure("ensemble-api", files=os.environ.get(FILES, DEFAULT).split(";"))
application = pipeline(cfg.CONF)
