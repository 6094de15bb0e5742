# SPDX-License-Identifier: Apache-2.0
"""Metrics of a cloud, scraped by HTTP: what is counted and read, and that all tell the same."""

import re
import socket
import threading
import time
import urllib.error
from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from scraped import Figures, Watched, free_port, scrape
from small_cloud import SmallCloud, anti_affinity, body, caller

from ensemble_api import exception, metrics
from ensemble_api.exposition import MetricsServer
from ensemble_api.operations import OperationType
from ensemble_api.store import models
from ensemble_api.store.api import Store
from ensemble_api.store.metrics import StoredMetrics
from ensemble_api.usecases.measured_headroom import MeasuredHeadroom


@pytest.fixture
def watched(cloud: SmallCloud) -> Iterator[Watched]:
    found = Watched(cloud, free_port())
    yield found
    found.stop()


def test_a_cloud_without_ensembles_tells_zeros_and_no_observation(watched: Watched) -> None:
    figures = watched.figures()
    assert figures("ensembles_up") == 1
    assert figures("ensembles_ensembles", status="active") == 0
    assert figures("ensembles_operations_total", type="repair", outcome="failed") == 0
    assert "ensembles_observed_age_seconds" not in {each.name for each in figures.samples}


def test_what_is_there_and_what_was_done_is_told(cloud: SmallCloud, watched: Watched) -> None:
    record = cloud.service().create(caller(), body(("web", 2)))
    before = watched.figures()
    assert before("ensembles_operations_under_way", type="create") == 1
    assert before("ensembles_operations_unattended") == 1
    assert before.all("ensembles_ensembles") == {("building",): 1}
    cloud.run(record.id)
    cloud.observe()
    after = watched.figures()
    assert after.all("ensembles_ensembles") == {("active",): 1}
    assert after.all("ensembles_members") == {("active",): 2}
    assert after.all("ensembles_operations_total") == {("create", "succeeded"): 1}
    assert after.all("ensembles_operations_under_way") == {}
    assert after.all("ensembles_hosts") == {("up",): 4}
    assert 0 <= after("ensembles_observed_age_seconds") < 60
    assert after("ensembles_operations_unattended") == after("ensembles_lease_age_seconds") == 0


def test_lost_members_and_promises_are_told(cloud: SmallCloud, watched: Watched) -> None:
    policies = [anti_affinity("web", "rack")]
    record = cloud.service().create(caller(), body(("web", 2), policies=policies))
    cloud.run(record.id)
    cloud.observe()
    name = cloud.store.get(record.id).members[0].host
    cloud.nova.host(name).state = "down"
    cloud.observe()
    figures = watched.figures()
    assert figures.all("ensembles_ensembles") == {("degraded",): 1}
    assert figures.all("ensembles_members_lost") == {("host",): 1}
    assert figures.all("ensembles_promises_total") == {("lost",): 1}
    assert figures.all("ensembles_hosts") == {("down",): 1, ("up",): 3}
    with cloud.store.writing() as session:
        session.execute(sa.update(models.Ensemble).values(degraded_at=sa.null()))
    assert watched.figures()("ensembles_degraded_longest_seconds") == 0
    cloud.nova.host(name).state = "up"
    cloud.observe()
    figures = watched.figures()
    assert figures.all("ensembles_members_lost") == {}
    assert figures.all("ensembles_promises_total") == {("lost",): 1, ("regained",): 1}


def test_plans_are_counted_by_whether_there_was_one_and_how_long_they_took(
    cloud: SmallCloud, watched: Watched
) -> None:
    for seconds, found in ((0.004, True), (0.3, True), (99.0, True), (0.05, False)):
        watched.counters.plan(seconds, found=found)
    figures = watched.figures()
    assert figures.types["ensembles_plan_seconds"] == "histogram"
    assert figures("ensembles_plan_seconds_count", result="plan") == 3
    assert figures("ensembles_plan_seconds_sum", result="plan") == pytest.approx(99.304)
    assert figures("ensembles_plan_seconds_bucket", result="plan", le="0.01") == 1
    assert figures("ensembles_plan_seconds_bucket", result="plan", le="0.5") == 2
    assert figures("ensembles_plan_seconds_bucket", result="plan", le="30.0") == 2
    assert figures("ensembles_plan_seconds_bucket", result="refused", le="0.05") == 1


def test_the_plans_of_use_cases_are_timed(cloud: SmallCloud, watched: Watched) -> None:
    service = cloud.service(measure_plan=watched.counters.plan)
    service.plan(caller(), body(("web", 1)))
    service.create(caller(), body(("web", 1)))
    with pytest.raises(exception.InfeasibleEnsemble):
        service.create(caller(), body(("web", 9), policies=[anti_affinity("web")]))
    figures = watched.figures()
    assert figures("ensembles_plan_seconds_count", result="plan") == 2
    assert figures("ensembles_plan_seconds_count", result="refused") == 1
    assert 0 < figures("ensembles_plan_seconds_sum", result="plan") < 60


def test_builds_on_other_hosts_and_cancelled_ones_are_told_apart(
    cloud: SmallCloud, watched: Watched
) -> None:
    record = cloud.service().create(caller(), body(("web", 1)))
    with cloud.store.writing() as session:
        session.execute(sa.update(models.Operation).values(attempts=3))
    cloud.service().delete(caller(), record.id)
    cloud.run(record.id)
    figures = watched.figures()
    assert figures.all("ensembles_operations_total") == {
        ("create", "cancelled"): 1,
        ("delete", "succeeded"): 1,
    }
    assert figures.all("ensembles_replans_total") == {("create",): 2}


def test_all_processes_tell_the_same_and_share_the_port(cloud: SmallCloud) -> None:
    port = free_port()
    stores = [Store(str(cloud.store.engine.url)) for _ in range(2)]
    both = [Watched(cloud, port, store) for store in stores]
    for each in both:
        for _ in range(10):
            each.counters.refusal(409)
    both[0].counters.flush()
    both[1].counters.flush()
    seen = {Figures(scrape(port))("ensembles_refused_requests_total", status="409")}
    both[0].stop()
    seen |= {
        Figures(scrape(port))("ensembles_refused_requests_total", status="409") for _ in range(3)
    }
    assert seen == {20}
    both[1].stop()


def test_nothing_that_is_counted_at_the_same_time_is_lost(cloud: SmallCloud) -> None:
    stores = [StoredMetrics(Store(str(cloud.store.engine.url))) for _ in range(4)]
    keys = [metrics.refusal(status) for status in (400, 404, 409)]

    def count(stored: StoredMetrics) -> None:
        for _ in range(5):
            stored.add(dict.fromkeys(keys, 2.0))

    threads = [threading.Thread(target=count, args=(each,)) for each in stores]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {each.key: each.value for each in stores[0].read()} == dict.fromkeys(keys, 40.0)


def test_what_cannot_be_saved_is_counted_when_the_database_is_back(
    cloud: SmallCloud, watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    watched.counters.refusal(404)
    with monkeypatch.context() as broken:
        broken.setattr(
            Store, "writing", lambda _: (_ for _ in ()).throw(exception.LeaseLost("away"))
        )
        watched.counters.flush()
    figures = watched.figures()
    assert figures("ensembles_refused_requests_total", status="404") == 1


def test_a_database_that_is_away_is_told_instead_of_figures(
    watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(_: object) -> None:
        raise exception.LeaseLost("away")

    monkeypatch.setattr(StoredMetrics, "read", away)
    figures = watched.figures()
    assert figures.all("ensembles_up") == {}
    assert [each.name for each in figures.samples] == ["ensembles_up"]


def test_no_figure_names_a_tenant_an_ensemble_or_a_host(
    cloud: SmallCloud, watched: Watched
) -> None:
    record = cloud.service().create(caller(), body(("web", 2), name="nosy"))
    cloud.run(record.id)
    cloud.observe()
    text = watched.figures().text
    for secret in ("nosy", "secret", "shop-project", "zone-one", record.id):
        assert secret not in text, secret
    known = {each.name: each for each in metrics.ALL}
    for name, labels in re.findall(r"^(\w+)\{(.*)\}", text, re.MULTILINE):
        family = re.sub(r"_(total|bucket|count|sum|created)$", "", name)
        for label, value in re.findall(r'(\w+)="([^"]*)"', labels):
            if label != "le":
                assert value in known[family].labels[label], (name, label, value)


def test_nothing_but_metrics_is_served(watched: Watched) -> None:
    watched.figures()
    for path in ("/", "/os-ensembles", "/metrics/x"):
        with pytest.raises(urllib.error.HTTPError) as refused:
            scrape(watched.port, path)
        assert refused.value.code == 404


def test_whoever_has_the_port_keeps_it_and_nothing_else_depends_on_it(
    cloud: SmallCloud, caplog: pytest.LogCaptureFixture
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        made = MetricsServer(f"127.0.0.1:{taken.getsockname()[1]}", None)  # type: ignore[arg-type]
        made.start()
        end = time.monotonic() + 20
        while "Metrics are not served" not in caplog.text:
            assert time.monotonic() < end
            time.sleep(0.02)
        made.stop()


def test_headroom_is_measured_by_level_and_replaces_what_was_measured_before(
    cloud: SmallCloud, watched: Watched
) -> None:
    record = cloud.service().create(caller(), body(("web", 2), policies=[anti_affinity("web")]))
    cloud.run(record.id)
    cloud.observe()
    levels = ("host", "rack", "zone")
    headroom = MeasuredHeadroom(
        cloud.service().headrooms,
        watched.stored,
        levels,
        lambda: caller("operators", "admin"),
        600.0,
    )
    for level in levels:
        headroom.measure(level)
    before = watched.figures()
    assert before("ensembles_headroom_domains", level="host", fits="yes") == 2
    assert before("ensembles_headroom_domains", level="host", fits="no") == 0
    assert before("ensembles_headroom_age_seconds", level="rack") < 60
    for each in cloud.nova.hosts:
        used = {member.host for member in cloud.store.get(record.id).members}
        cloud.fill(each.name, 2 if each.name in used else 4)
    fresh = MeasuredHeadroom(
        cloud.service().headrooms,
        watched.stored,
        levels,
        lambda: caller("operators", "admin"),
        600.0,
    )
    fresh.measure("host")
    after = watched.figures()
    assert after("ensembles_headroom_domains", level="host", fits="yes") == 0
    assert after("ensembles_headroom_domains", level="host", fits="no") == 2
    assert after("ensembles_headroom_ensembles", level="host") == 1
    others = before.all("ensembles_headroom_ensembles")
    assert after.all("ensembles_headroom_ensembles") == {**others, ("host",): 1}


def test_every_word_for_an_operation_can_be_counted() -> None:
    for kind in OperationType:
        word = metrics.WORDS[kind]
        assert metrics.OPERATIONS.key(word, "failed").labels == (word, "failed")


@pytest.mark.parametrize("values", [("repair",), ("repair", "lost"), ("shop", "failed")])
def test_a_sample_that_a_metric_has_not_is_refused(values: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="ensembles_operations: "):
        metrics.OPERATIONS.key(*values)
