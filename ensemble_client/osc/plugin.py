# SPDX-License-Identifier: Apache-2.0
"""The openstackclient plugin: how `openstack ensemble ...` gets its client."""

import argparse
import os
from typing import Any

from osc_lib import utils

from ensemble_client.language import accept_language

DEFAULT_API_VERSION = "1"
API_VERSION_OPTION = "os_ensemble_api_version"
API_NAME = "ensemble"
API_VERSIONS = ("1",)


def make_client(instance: Any) -> Any:
    """Build a novaclient with the ensembles extension on openstackclient's own session."""
    # Every `openstack` command imports this module; only those on ensembles need novaclient.
    from novaclient import client, extension

    from ensemble_client.v2 import ensembles

    made = client.Client(
        "2.1",
        session=instance.session,
        region_name=instance.region_name,
        endpoint_type=instance.interface or "public",
        endpoint_override=instance.sdk_connection.config.get_endpoint("compute"),
        extensions=[extension.Extension("ensembles", ensembles)],
    )
    language = accept_language(os.environ)
    if language:
        made.client.additional_headers["Accept-Language"] = language
    return made


def build_option_parser(parser: argparse.ArgumentParser) -> argparse.ArgumentParser:
    """Add the global options of this plugin."""
    parser.add_argument(
        "--os-ensemble-api-version",
        metavar="<ensemble-api-version>",
        default=utils.env("OS_ENSEMBLE_API_VERSION"),
        help=(
            f"Ensemble API version, default={DEFAULT_API_VERSION} (Env: OS_ENSEMBLE_API_VERSION)"
        ),
    )
    return parser
