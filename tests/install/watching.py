# SPDX-License-Identifier: Apache-2.0
"""What somebody sees who watches ensembles: metrics, and notifications on a message bus."""

import json
import urllib.request
from pathlib import Path

import kombu

METRICS = ("127.0.0.1", 9834)  # metrics_listen where nobody has set it
QUEUE = "ensembles_notifications.info"
_LISTENING = "0A"  # of the states in /proc/net/tcp


def listeners() -> int:
    """How many sockets listen where metrics are served."""
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    ports = [int(row[1].split(":")[1], 16) for row in rows if row[3] == _LISTENING]
    return ports.count(METRICS[1])


def metric(sample: str) -> float | None:
    """The value of a sample, such as ``ensembles_ensembles{status="active"}``."""
    host, port = METRICS
    with urllib.request.urlopen(f"http://{host}:{port}/metrics", timeout=30) as answer:
        lines = answer.read().decode().splitlines()
    values = [line.rpartition(" ")[2] for line in lines if line.startswith(f"{sample} ")]
    return float(values[0]) if values else None


def event_types(transport_url: str) -> list[str]:
    """The types of the notifications that came since this was asked last."""
    found: list[str] = []
    with kombu.Connection(transport_url.replace("rabbit://", "amqp://", 1)) as connection:
        channel = connection.channel()
        # Made when the first is sent; asking for one that is not there ends the channel.
        try:
            while message := channel.basic_get(QUEUE, no_ack=True):
                body = json.loads(message.body)
                found.append(json.loads(body["oslo.message"])["event_type"])
        except connection.channel_errors:
            pass
    return found
