# SPDX-License-Identifier: Apache-2.0
"""What Nova notifies over RabbitMQ is read by the one process that observes, beside others."""

import configparser

import kombu
import pytest

from tests.cloud.ensembles import Project, until
from tests.embedded import EmbeddedCloud

pytestmark = pytest.mark.cloud


def queues(cloud: EmbeddedCloud) -> dict[str, tuple[int, int]]:
    """How many notifications wait in our queue and in that of all others, and how many read it."""
    nova = configparser.ConfigParser(strict=False, interpolation=None)
    nova.read(cloud.state / "etc/nova/nova.conf")
    url = nova["oslo_messaging_notifications"]["transport_url"].replace("rabbit://", "amqp://")
    with kombu.Connection(url) as connection:
        found = (
            connection.channel().queue_declare(name, passive=True)
            for name in ("ensembles", "versioned_notifications.info")
        )
        return {each.queue: (each.message_count, each.consumer_count) for each in found}


def test_what_nova_notifies_is_read_by_one_process_and_left_to_others(
    full_cloud: EmbeddedCloud,
) -> None:
    demo = Project(full_cloud.connection("demo"))
    built = demo.wait(demo.create(demo.body("heard", [demo.tier("web", 1)]))["id"], "ACTIVE")
    try:
        until("all is read of what is ours", lambda: queues(full_cloud)["ensembles"] == (0, 1))
        waiting, readers = queues(full_cloud)["versioned_notifications.info"]
        assert waiting > 0
        assert readers == 0
    finally:
        demo.delete(built["id"])
