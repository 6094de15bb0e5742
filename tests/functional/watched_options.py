# SPDX-License-Identifier: Apache-2.0
"""Each option of nova.conf that is about watching ensembles, set, and what it changes."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import oslo_messaging
from oslo_config import cfg
from scraped import Figures, free_port, scrape
from served import until
from small_cloud import SmallCloud
from test_filter import BODY, ask, wait

from ensemble_api.metrics import MEASURED
from ensemble_api.store.api import Page
from ensemble_api.store.metrics import StoredMetrics


def create(application: Any) -> None:
    answer = ask(application, "POST", "/os-ensembles", BODY)
    assert answer.status_int == 202, answer.text
    wait(application, f"/os-ensembles/{answer.json['ensemble']['id']}", "ACTIVE")


class Listening:
    """What is notified to a topic."""

    def __init__(self, topic: str) -> None:
        self.events: list[str] = []
        transport = oslo_messaging.get_notification_transport(cfg.ConfigOpts(), url="fake:/")
        self._listener = oslo_messaging.get_notification_listener(
            transport, [oslo_messaging.Target(topic=topic)], [self], executor="threading"
        )
        self._listener.start()

    def info(self, _: Any, __: str, event_type: str, ___: Any, ____: Any) -> None:
        self.events.append(event_type)

    def stop(self) -> None:
        self._listener.stop()
        self._listener.wait()


def notification_topics(serve: Any, cloud: SmallCloud, tmp_path: Path) -> None:
    """What happens is notified to the topics that are named, and to none by default."""
    bus = {"oslo_messaging_notifications": {"transport_url": "fake:/"}}
    first, second = Listening("first"), Listening("second")
    create(serve(bus, notification_topics="first,second"))
    for each in (first, second):
        until(lambda each=each: len(each.events) == 2)
        assert set(each.events) == {"ensemble.create.start", "ensemble.create.end"}
        each.stop()


def metrics_listen(serve: Any, cloud: SmallCloud, tmp_path: Path) -> None:
    """Metrics are served there, and nowhere when it is empty; what is no address is refused."""
    of_others = set(threading.enumerate())  # of tests before this one

    def serves() -> bool:
        ours = set(threading.enumerate()) - of_others
        return "ensemble-metrics" in {each.name for each in ours}

    port = free_port()
    create(application := serve(metrics_listen=f"127.0.0.1:{port}"))
    assert Figures(scrape(port)).all("ensembles_ensembles") == {("active",): 1}
    assert ask(application, "GET", "/os-ensembles/nothing").status_int == 404
    until(lambda: Figures(scrape(port)).all("ensembles_refused_requests_total") == {("404",): 1})
    assert serves()
    application.process.stop()
    until(lambda: not serves())
    create_again = ask(serve(metrics_listen=""), "GET", "/os-ensembles")
    assert create_again.status_int == 200
    assert not serves()
    for wrong in ("9834", "127.0.0.1", "127.0.0.1:0", "127.0.0.1:http"):
        assert ask(serve(metrics_listen=wrong), "GET", "/os-ensembles").status_int == 503, wrong


def headroom_interval(serve: Any, cloud: SmallCloud, tmp_path: Path) -> None:
    """Headroom is measured by whoever observes, and not with 0."""

    def measured() -> set[str]:
        return {each.key.metric for each in StoredMetrics(cloud.store).read()} & {
            each.name for each in MEASURED
        }

    port = free_port()
    first = serve(metrics_listen=f"127.0.0.1:{port}", headroom_interval=0, observe_interval=1.0)
    create(first)
    observed = cloud.store.select(Page())[0].observed_at
    until(lambda: cloud.store.select(Page())[0].observed_at > observed)
    assert measured() == set()
    first.process.stop()
    second = serve(metrics_listen=f"127.0.0.1:{port}", headroom_interval=1, observe_interval=1.0)
    assert ask(second, "GET", "/os-ensembles").status_int == 200
    until(lambda: len(measured()) == len(MEASURED))


WATCHING: dict[str, Callable[[Any, SmallCloud, Path], None]] = {
    "notification_topics": notification_topics,
    "metrics_listen": metrics_listen,
    "headroom_interval": headroom_interval,
}
