# SPDX-License-Identifier: Apache-2.0
"""What Tempest asks a plugin for."""

from pathlib import Path
from typing import Any

from tempest import config
from tempest.test_discover import plugins

from ensemble_tempest import config as options

_PACKAGE = Path(__file__).parent


class EnsembleTempestPlugin(plugins.TempestPlugin):
    """The plugin, as the entry point tempest.test_plugins names it."""

    def load_tests(self) -> tuple[str, str]:
        """Give where the tests are, and what their modules' names begin at."""
        return str(_PACKAGE / "tests"), str(_PACKAGE.parent)

    def register_opts(self, conf: Any) -> None:
        """Add the options of ours."""
        conf.register_opt(options.AVAILABLE, group="service_available")
        conf.register_group(options.GROUP)
        conf.register_opts(options.OPTIONS, options.GROUP)

    def get_opt_lists(self) -> list[tuple[str, list[Any]]]:
        """Give the options for a sample of tempest.conf."""
        return [("service_available", [options.AVAILABLE]), (options.GROUP.name, options.OPTIONS)]

    def get_service_clients(self) -> list[dict[str, Any]]:
        """Give the client of the API, with its place and timeouts."""
        return [
            {
                "name": "ensemble_v1",
                "service_version": "ensemble.v1",
                "module_path": "ensemble_tempest.services",
                "client_names": ["EnsemblesClient"],
                **config.service_client_config("ensemble"),
            }
        ]
