# SPDX-License-Identifier: Apache-2.0
"""Metrics, scraped by HTTP as Prometheus does."""

import itertools
import socket
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from typing import Any

from prometheus_client.parser import text_string_to_metric_families
from small_cloud import SmallCloud

from ensemble_api.counters import Counters
from ensemble_api.exposition import MetricsServer, Samples
from ensemble_api.metrics import ALL
from ensemble_api.store.api import Store
from ensemble_api.store.gauges import Gauges
from ensemble_api.store.metrics import StoredMetrics
from ensemble_api.store.standings import Levels

LEVELS = Levels(("host", "rack", "zone"), "zone")


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def scrape(port: int, path: str = "/metrics") -> str:
    """What is answered, once somebody listens."""
    end = time.monotonic() + 20
    while True:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=20) as answer:
                return str(answer.read().decode())
        except urllib.error.HTTPError:
            raise
        except OSError:
            assert time.monotonic() < end
            time.sleep(0.05)


class Figures:
    """The samples of one scrape."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.types = {each.name: each.type for each in text_string_to_metric_families(text)}
        self.samples = [
            sample for each in text_string_to_metric_families(text) for sample in each.samples
        ]

    def __call__(self, name: str, **labels: str) -> float:
        (found,) = (
            each.value for each in self.samples if each.name == name and each.labels == labels
        )
        return float(found)

    def all(self, name: str) -> Mapping[tuple[str, ...], float]:
        """Those that are not 0, by the values of their labels in the metric's own order."""
        labels = next((each.labels for each in ALL if each.name == name.removesuffix("_total")), ())
        return {
            tuple(each.labels[label] for label in labels): each.value
            for each in self.samples
            if each.name == name and each.value
        }


class Watched:
    """One process that counts and serves metrics, which are read anew by each scrape."""

    def __init__(self, cloud: SmallCloud, port: int, store: Store | None = None) -> None:
        self.store = store or cloud.store
        self.port = port
        self.stored = StoredMetrics(self.store)
        self.counters = Counters(self.stored.add, period=3600.0)
        self.store.listen(self.counters.hear)
        clock: Any = itertools.count(step=100).__next__
        samples = Samples(self.stored, Gauges(self.store, LEVELS), self.counters.flush, clock=clock)
        self.server = MetricsServer(f"127.0.0.1:{port}", samples)
        self.server.start()

    def figures(self) -> Figures:
        return Figures(scrape(self.port))

    def stop(self) -> None:
        self.server.stop()
        self.counters.stop()
