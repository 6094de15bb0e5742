# SPDX-License-Identifier: Apache-2.0
"""Metrics as Prometheus scrapes them, on an address of their own; every process tells the same."""

import logging
import socket
import socketserver
import threading
import time
import wsgiref.simple_server
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from prometheus_client import make_wsgi_app
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import CollectorRegistry

from ensemble_api import advice, metrics
from ensemble_api.metrics import Key
from ensemble_api.store import rows
from ensemble_api.store.gauges import Gauges
from ensemble_api.store.metrics import Stored, StoredMetrics

LOG = logging.getLogger(__name__)

FRESH = 5.0  # seconds for which what was read is told again, whoever asks
RETRY = 30.0  # seconds until an address that is taken is tried again
TIMEOUT = 10.0  # seconds that whoever asks has for it

_BY_NAME = {each.name: each for each in metrics.ALL}


class Samples:
    """All metrics, read from the database no more than once in ``FRESH`` seconds.

    ``flush`` has what this process has counted saved before that.
    """

    def __init__(
        self,
        stored: StoredMetrics,
        gauges: Gauges,
        flush: Callable[[], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._stored = stored
        self._gauges = gauges
        self._flush = flush
        self._clock = clock
        self._lock = threading.Lock()
        self._read_at = -FRESH
        self._families: Sequence[Metric] = ()

    def collect(self) -> Iterable[Metric]:
        """What prometheus_client asks for; that something is wrong is told as ``ensembles_up``."""
        with self._lock:
            if self._clock() - self._read_at >= FRESH:
                self._families = tuple(self._read())
                self._read_at = self._clock()
            return self._families

    def _read(self) -> Iterator[Metric]:
        up = GaugeMetricFamily("ensembles_up", "Whether the ensembles database could be read.")
        try:
            self._flush()
            stored, gauges = self._stored.read(), self._gauges.read()
        except Exception as error:  # noqa: BLE001
            advice.log(LOG, "Metrics cannot be read", error)
            up.add_metric((), 0.0)
            yield up
            return
        up.add_metric((), 1.0)
        yield up
        yield from _families(stored, gauges)


def _families(stored: Sequence[Stored], gauges: Mapping[Key, float]) -> Iterator[Metric]:
    values = {each.key: each.value for each in stored}
    for metric in metrics.COUNTERS:
        counter = CounterMetricFamily(metric.name, metric.help, labels=list(metric.labels))
        for labels in _every(metric):
            counter.add_metric(labels, values.get(Key(metric.name, labels), 0.0))
        yield counter
    yield _plans(values)
    now = rows.now()
    ages = {
        metrics.HEADROOM_AGE.key(each.key.labels[0]): max(0.0, (now - each.at).total_seconds())
        for each in stored
        if each.key.metric == metrics.HEADROOM_ENSEMBLES.name
    }
    known = {**values, **gauges, **ages}
    for metric in (*metrics.MEASURED, *metrics.GAUGES):
        gauge = GaugeMetricFamily(metric.name, metric.help, labels=list(metric.labels))
        for key, value in sorted(known.items(), key=lambda each: each[0].labels):
            if key.metric == metric.name:
                gauge.add_metric(key.labels, value)
        yield gauge


def _every(metric: metrics.Metric) -> Iterable[tuple[str, ...]]:
    """All samples of a metric: what was never counted is 0, and no gap in a graph."""
    found: list[tuple[str, ...]] = [()]
    for values in metric.labels.values():
        found = [(*each, value) for each in found for value in values]
    return found


def _plans(values: Mapping[Key, float]) -> Metric:
    family = HistogramMetricFamily(
        metrics.PLANS.name, metrics.PLANS.help, labels=list(metrics.PLANS.labels)
    )
    (results,) = metrics.PLANS.labels.values()
    for result in results:
        total, buckets = 0.0, []
        for bound in metrics.PLAN_BUCKETS.labels["le"]:
            total += values.get(metrics.PLAN_BUCKETS.key(result, bound), 0.0)
            buckets.append((bound, total))
        spent = values.get(metrics.PLAN_SUM.key(result), 0.0)
        family.add_metric((result,), buckets, sum_value=spent)
    return family


class _Handler(wsgiref.simple_server.WSGIRequestHandler):
    """One request; whoever keeps it waiting is let go."""

    timeout = TIMEOUT

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Log nothing: there is one every few seconds."""


class _Server(socketserver.ThreadingMixIn, wsgiref.simple_server.WSGIServer):
    """Listens beside the other processes of this node; the kernel chooses one for each request."""

    allow_reuse_port = True
    daemon_threads = True

    def server_bind(self) -> None:
        """Bind without asking anybody for the name of the address, which nobody needs."""
        socketserver.TCPServer.server_bind(self)
        host, port = self.server_address[:2]
        self.server_name, self.server_port = str(host), int(port)
        self.setup_environ()


class _Server6(_Server):
    """The same at an address of IPv6."""

    address_family = socket.AF_INET6


class MetricsServer:
    """Serves ``/metrics`` at ``address``, a host and a port with a colon, such as 127.0.0.1:9834.

    An address that somebody else has is tried again after a while: nothing else depends on it.
    """

    def __init__(self, address: str, samples: Samples) -> None:
        host, _, port = address.rpartition(":")
        self._host, self._port = host.strip("[]"), int(port)
        registry = CollectorRegistry(auto_describe=False)
        registry.register(samples)
        self._application = make_wsgi_app(registry)
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._server: _Server | None = None

    def start(self) -> None:
        """Serve from now on, in a thread."""
        threading.Thread(target=self._run, name="ensemble-metrics", daemon=True).start()

    def stop(self) -> None:
        """Serve no more."""
        with self._lock:
            self._stopping.set()
        if self._server is not None:
            self._server.shutdown()

    def _run(self) -> None:
        told = ""
        while not self._stopping.is_set():
            try:
                made = self._made()
            except OSError as error:
                if str(error) != told:
                    LOG.warning(
                        "Metrics are not served at %s:%s: %s", self._host, self._port, error
                    )
                told = str(error)
                self._stopping.wait(RETRY)
            else:
                with made:
                    with self._lock:
                        if self._stopping.is_set():
                            return
                        self._server = made  # which ends only when it serves
                    made.serve_forever(poll_interval=0.2)
                return

    def _made(self) -> _Server:
        kind = _Server6 if ":" in self._host else _Server
        found = kind((self._host, self._port), _Handler)
        found.set_app(self._answer)
        return found

    def _answer(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if environ.get("PATH_INFO") != "/metrics" or environ["REQUEST_METHOD"] != "GET":
            start_response(
                "404 Not Found", [("Content-Type", "text/plain"), ("Content-Length", "0")]
            )
            return [b""]
        answer: Iterable[bytes] = self._application(environ, start_response)
        return answer
