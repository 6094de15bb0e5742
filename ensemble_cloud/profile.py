# SPDX-License-Identifier: Apache-2.0
"""The profiles of an embedded cloud: how much of a real one it has, and where ensembles are."""

import enum


class Profile(enum.StrEnum):
    """``compact``: five processes on SQLite, with all of Nova in one of them.

    ``full``: MariaDB, RabbitMQ, nova-api under uWSGI, two schedulers, two cells, and each compute
    service a process of its own, so that whatever dies does so alone.
    """

    COMPACT = "compact"
    FULL = "full"


class Mount(enum.StrEnum):
    """Where ensembles are: inside nova-api, or a service of their own with an engine beside it."""

    NOVA_API = "nova-api"
    SERVICE = "service"
