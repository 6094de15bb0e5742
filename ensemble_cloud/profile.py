# SPDX-License-Identifier: Apache-2.0
"""The profiles of an embedded cloud: how much of a real one it has."""

import enum


class Profile(enum.StrEnum):
    """``compact``: five processes on SQLite, with all of Nova in one of them.

    ``full``: MariaDB, RabbitMQ, nova-api under uWSGI, two schedulers, two cells, and each compute
    service a process of its own, so that whatever dies does so alone.
    """

    COMPACT = "compact"
    FULL = "full"
