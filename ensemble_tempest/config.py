# SPDX-License-Identifier: Apache-2.0
"""The options of the plugin in tempest.conf."""

from oslo_config import cfg

AVAILABLE = cfg.BoolOpt(
    "ensemble", default=True, help="Whether the cloud is expected to offer ensembles"
)
GROUP = cfg.OptGroup("ensemble", title="Ensembles")
OPTIONS = [
    cfg.StrOpt(
        "catalog_type",
        default="compute",
        help='Where the API is: "compute", below which the filter in nova-api offers it, or the '
        "type of a service of its own",
    ),
    cfg.StrOpt("region", default="", help="The region, by default that of [identity]"),
    cfg.StrOpt(
        "endpoint_type",
        default="publicURL",
        choices=["public", "admin", "internal", "publicURL", "adminURL", "internalURL"],
        help="The interface of the endpoint",
    ),
    cfg.IntOpt("build_timeout", default=600, help="Seconds that a build or a removal may take"),
    cfg.IntOpt("build_interval", default=2, help="Seconds between two looks at an ensemble"),
    cfg.StrOpt(
        "network",
        default="",
        help="The id of a network on which servers of the tests get a port; without it they have "
        "none. Projects of the tests must be able to use it",
    ),
    cfg.IntOpt(
        "hosts",
        default=3,
        min=2,
        help="How many hosts there are at least with room for some servers of "
        "[compute] flavor_ref; tests that need more of them are skipped",
    ),
]
