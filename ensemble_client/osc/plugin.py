# SPDX-License-Identifier: Apache-2.0
"""The openstackclient plugin: how `openstack ensemble ...` gets its client."""

import argparse
import os
from typing import Any

from osc_lib import utils

from ensemble_client import client
from ensemble_client.language import accept_language

DEFAULT_API_VERSION = "1"
API_VERSION_OPTION = "os_ensemble_api_version"
API_NAME = "ensemble"
API_VERSIONS = ("1",)


def make_client(instance: Any) -> Any:
    """Build a client on openstackclient's own session.

    As with other services, ``ensemble_endpoint_override`` in clouds.yaml says where they are.
    """
    config = instance.sdk_connection.config
    made = client.make_client(
        instance.session,
        region_name=instance.region_name,
        interface=instance.interface,
        endpoint_override=config.get_endpoint(client.SERVICE_TYPE),
        compute_endpoint_override=config.get_endpoint(client.COMPUTE),
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
