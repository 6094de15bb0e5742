# SPDX-License-Identifier: Apache-2.0
"""Each option of our own in nova.conf, set, and what it changes; and none is left out."""

import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any

import oslo_messaging
import pytest
import sqlalchemy as sa
from configured import nova_conf, user
from options_of_recovery import (
    automatic_recovery,
    evacuate_from,
    most_hosts_down,
    rebalance_delay,
    recovery_cores,
    recovery_ram,
)
from options_of_signals import OF_SIGNALS
from oslo_config import cfg
from served import PATIENCE, Serve, body, create, until
from small_cloud import SmallCloud
from standalone_service import STANDALONE
from test_filter import ask, wait
from test_options_of_services import AUTH, ENDPOINTS, RETRIES, SESSION
from watched_options import WATCHING

from ensemble_api.cloud.reservation import Reservation
from ensemble_api.middleware import EnsemblesFilter
from ensemble_api.records import Status
from ensemble_api.store import models, rows
from ensemble_api.store.api import Page, Store
from ensemble_api.store.guards import Guards
from tests.fakes.keystone import FakeKeystone
from tests.fakes.nova_objects import FakeHost

SAMPLE = Path(__file__).parents[2] / "etc/ensembles.conf.sample"


@pytest.fixture
def serve(cloud: SmallCloud, tmp_path: Path) -> Iterator[Serve]:
    """The filter as nova-api has it, with some options set."""
    keystone = FakeKeystone(cloud.placement.url)
    started: list[EnsemblesFilter] = []

    def start(others: Mapping[str, Any] = MappingProxyType({}), **settings: Any) -> EnsemblesFilter:
        ours = {
            "connection": cloud.store.engine.url,
            "poll_interval": 0.2,
            "auth_section": "placement",
            **settings,
        }
        sections = {name: user(keystone.url) for name in ("placement", "neutron")}
        config = nova_conf(tmp_path / "nova.conf", {"ensembles": ours, **sections, **others})
        started.append(EnsemblesFilter(cloud.nova, config))
        return started[-1]

    yield start
    for each in started:
        each.process.stop()
    keystone.stop()


def connection(serve: Serve, cloud: SmallCloud, tmp_path: Path) -> None:
    other = Store(f"sqlite:///{tmp_path}/other.sqlite")
    other.upgrade()
    ensemble_id = create(serve(connection=other.engine.url))
    assert [each.id for each in other.select(Page())] == [ensemble_id]
    assert cloud.store.select(Page()) == []


def levels(serve: Serve, cloud: SmallCloud, tmp_path: Path) -> None:
    application = serve(levels="room:rack")
    plans = "/os-ensembles/plans"
    assert ask(application, "POST", plans, body(level="room")).status_int == 200
    assert ask(application, "POST", plans, body(level="rack")).status_int == 400


def scheduler_hints(serve: Serve, cloud: SmallCloud, tmp_path: Path) -> None:
    wanted = body(1)
    wanted["ensemble"]["tiers"][0]["server"]["scheduler_hints"] = {"fast_disks": "yes"}
    plans = "/os-ensembles/plans"
    assert ask(serve(), "POST", plans, wanted).status_int == 400
    assert ask(serve(scheduler_hints="fast_disks"), "POST", plans, wanted).status_int == 200
    for key in ("group", "same_host", "ensemble_handover", "_nova_check_type"):
        assert ask(serve(scheduler_hints=key), "POST", plans, wanted).status_int == 503, key


def selectors(serve: Serve, cloud: SmallCloud, tmp_path: Path) -> None:
    cloud.nova.aggregates_beside.append(
        {"name": "fast", "metadata": {"disk": "nvme"}, "hosts": [cloud.nova.hosts[0].name]}
    )
    wanted = body(1)
    selector = {"type": "selector", "level": "host", "tiers": ["web"], "key": "disk"}
    wanted["ensemble"]["policies"].append({**selector, "values": ["nvme"]})
    plans = "/os-ensembles/plans"
    assert ask(serve(), "POST", plans, wanted).status_int == 400
    assert ask(serve(selectors="disk"), "POST", plans, wanted).status_int == 200
    for key in ("rack", "availability_zone", "filter_tenant_id", "filter_tenant_id_2"):
        assert ask(serve(selectors=key), "POST", plans, wanted).status_int == 503, key


def max_members(serve: Serve, cloud: SmallCloud, tmp_path: Path) -> None:
    application = serve(max_members=2)
    refused = ask(application, "POST", "/os-ensembles/plans", body(3))
    assert refused.status_int == 400 and "2" in refused.json["badRequest"]["message"]
    assert ask(application, "POST", "/os-ensembles/plans", body(2)).status_int == 200


def plan_lifetime(serve: Serve, cloud: SmallCloud, tmp_path: Path) -> None:
    """The same plan is made anew when its time is over, and built while it is kept."""
    for lifetime, status in ((30, 409), (900, 202)):
        application = serve(plan_lifetime=lifetime)
        plan = ask(application, "POST", "/os-ensembles/plans", body()).json["plan"]
        with cloud.store.writing() as session:
            session.execute(
                sa.update(models.SavedPlan).values(created_at=rows.now() - timedelta(seconds=60))
            )
        (used,) = (host for host, _ in _planned(cloud, plan["id"]))
        load = cloud.fill(used, 2)  # so that a new plan takes an emptier host
        answer = ask(application, "POST", "/os-ensembles", body() | {"plan": plan["id"]})
        assert answer.status_int == status, answer.text
        cloud.placement.release(load)


def _planned(cloud: SmallCloud, plan_id: str) -> list[tuple[str, str]]:
    with cloud.store.reading() as session:
        content = session.get_one(models.SavedPlan, plan_id).content
    return [(host, tier) for tier, _, host in content["members"]]


def packing(serve: Serve, cloud: SmallCloud, tmp_path: Path) -> None:
    """The next member goes where others are, or where nobody is."""
    taken = cloud.nova.hosts[-1].name
    cloud.fill(taken, 2)
    for how, beside_others in (("stack", True), ("spread", False)):
        plan = ask(serve(packing=how), "POST", "/os-ensembles/plans", body()).json["plan"]
        assert [host == taken for host, _ in _planned(cloud, plan["id"])] == [beside_others]


def shown_hosts(serve: Serve, cloud: SmallCloud, tmp_path: Path) -> None:
    for most, shown in ((4, 4), (3, 1)):
        answer = ask(serve(shown_hosts=most), "POST", "/os-ensembles/plans?domains=all", body())
        hosts = [each for each in answer.json["plan"]["domains"] if each["level"] == "host"]
        assert len(hosts) == shown


def capacity_interval(serve: Serve, cloud: SmallCloud, tmp_path: Path) -> None:
    """In a cloud of more than 200 hosts, what others take is seen at once or when it is time."""
    cloud.nova.hosts += [FakeHost(f"other{each}", f"{each}", None, None) for each in range(200)]
    for seconds, seen in ((3600, False), (0, True)):
        application = serve(capacity_interval=seconds)
        planned = []
        for _ in range(3):
            plan = ask(application, "POST", "/os-ensembles/plans", body()).json["plan"]
            planned.append(_planned(cloud, plan["id"])[0][0])
            if len(planned) == 2:  # with a first plan a process learns how large its cloud is
                cloud.fill(planned[-1], 4)
        assert (planned[1] != planned[2]) == seen


def reserve_attempts(serve: Serve, cloud: SmallCloud, tmp_path: Path) -> None:
    """Somebody takes each planned host just before it is held."""
    tried: list[str] = []
    hold_all = Reservation.hold_all

    def too_late(self: Reservation, claims: Any, *rest: Any) -> None:
        tried.append(claims[0].members[0].host)
        cloud.fill(tried[-1], 4)
        hold_all(self, claims, *rest)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Reservation, "hold_all", too_late)
        answer = ask(serve(reserve_attempts=2), "POST", "/os-ensembles", body())
    assert (answer.status_int, len(tried)) == (409, 2)


def build_concurrency(serve: Serve, cloud: SmallCloud, tmp_path: Path) -> None:
    """Two are asked for at once: nobody gets through alone, and never are there three."""
    pair = threading.Barrier(2)
    at_once: list[int] = []
    inside: list[str] = []

    def before(method: str, path: str) -> None:
        if (method, path) == ("POST", "/servers"):
            inside.append(path)
            at_once.append(len(inside))
            pair.wait(PATIENCE)
            inside.pop()

    cloud.nova.before = before
    application = serve(build_concurrency=2, handover_width=0)
    wait(application, f"/os-ensembles/{create(application, 4)}", "ACTIVE")
    assert (len(at_once), max(at_once)) == (4, 2)


def handover_width(serve: Serve, cloud: SmallCloud, tmp_path: Path) -> None:
    """Each of four members is on a host of its own, of which two are closed at once."""
    guards, closed = Guards(cloud.store), set[int]()

    def before(method: str, path: str) -> None:
        if (method, path) == ("POST", "/servers"):
            closed.add(len({each.host for each in guards.live()}))

    cloud.nova.before = before
    application = serve(handover_width=2)
    wait(application, f"/os-ensembles/{create(application, 4)}", "ACTIVE")
    assert max(closed) == 2


def build_timeout(serve: Serve, cloud: SmallCloud, tmp_path: Path) -> None:
    """A minute without progress is too long when half of one was set."""
    cloud.nova.build_looks = 10**6
    application = serve(build_timeout=30)
    ensemble_id = create(application)
    path = f"/os-ensembles/{ensemble_id}"
    # That a server is recorded is progress, so it must not come after what follows.
    until(lambda: all(each.server_id for each in cloud.store.get(ensemble_id).members))
    with cloud.store.writing() as session:
        session.execute(
            sa.update(models.Ensemble).values(updated_at=rows.now() - timedelta(seconds=60))
        )
    assert "within 30 seconds" in wait(application, path, "ERROR").text


def poll_interval(serve: Serve, cloud: SmallCloud, tmp_path: Path) -> None:
    waits: list[float | None] = []
    original = threading.Event.wait

    def noted(self: threading.Event, timeout: float | None = None) -> bool:
        waits.append(timeout)
        return original(self, timeout)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(threading.Event, "wait", noted)
        application = serve(poll_interval=0.37)
        wait(application, f"/os-ensembles/{create(application)}", "ACTIVE")
    assert 0.37 in waits


def observe_interval(serve: Serve, cloud: SmallCloud, tmp_path: Path) -> None:
    """A server that was moved is seen on its new host, and Nova is asked as often as that."""
    application = serve(observe_interval=1.0)
    ensemble_id = create(application)
    wait(application, f"/os-ensembles/{ensemble_id}", "ACTIVE")
    (server,) = cloud.nova.alive()
    server.host = next(each.name for each in cloud.nova.hosts if each.name != server.host)
    until(
        lambda: cloud.store.get(ensemble_id).members[0].location == server.host,
    )


def notifications(serve: Serve, cloud: SmallCloud, tmp_path: Path) -> None:
    """What Nova notifies of is looked at before the next look would be due."""
    bus = {"oslo_messaging_notifications": {"transport_url": "fake:/"}}
    application = serve(bus, notifications=True, observe_interval=10.0)
    ensemble_id = create(application)
    wait(application, f"/os-ensembles/{ensemble_id}", "ACTIVE")
    until(lambda: cloud.store.get(ensemble_id).observed_at != "")  # it listens from now on
    looked = time.monotonic()
    (server,) = cloud.nova.alive()
    server.host = next(each.name for each in cloud.nova.hosts if each.name != server.host)
    notifier = oslo_messaging.Notifier(
        oslo_messaging.get_notification_transport(cfg.ConfigOpts(), url="fake:/"),
        "nova-compute:h0",
        driver="messagingv2",
        topics=["versioned_notifications"],
    )

    def is_noticed() -> bool:
        notifier.info({}, "instance.update", {"nova_object.data": {"uuid": server.id}})
        return cloud.store.get(ensemble_id).members[0].location == server.host

    until(is_noticed)
    assert time.monotonic() - looked < 10


def event_lifetime(serve: Serve, cloud: SmallCloud, tmp_path: Path) -> None:
    """Of two old events the one of the day before yesterday goes, and no younger one."""
    application = serve(event_lifetime=2, observe_interval=1.0)
    ensemble_id = create(application)
    wait(application, f"/os-ensembles/{ensemble_id}", "ACTIVE")
    event = models.Event
    with cloud.store.reading() as session:
        kept, old = session.scalars(sa.select(event.id).order_by(event.id).limit(2)).all()
    with cloud.store.writing() as session:  # and not reading before, which SQLite would refuse
        for number, hours in ((kept, 47), (old, 49)):
            at = rows.now() - timedelta(hours=hours)
            session.execute(sa.update(event).where(event.id == number).values(at=at))
        session.execute(sa.update(models.Observation).values(compared_at=None))

    def left() -> set[int]:
        with cloud.store.reading() as session:
            return set(session.scalars(sa.select(models.Event.id)))

    until(lambda: old not in left())
    assert kept in left()


def lease_seconds(serve: Serve, cloud: SmallCloud, tmp_path: Path) -> None:
    """While Nova is asked for the server, the worker has its ensemble for a minute."""
    found: list[timedelta] = []

    def before(method: str, path: str) -> None:
        if (method, path) == ("POST", "/servers"):
            with cloud.store.reading() as session:
                (row,) = session.scalars(sa.select(models.Ensemble))
                assert row.lease_until is not None
                found.append(row.lease_until - rows.now())

    cloud.nova.before = before
    application = serve(lease_seconds=60)
    wait(application, f"/os-ensembles/{create(application)}", "ACTIVE")
    (left,) = found
    assert timedelta(seconds=30) < left <= timedelta(seconds=60)


def worker_threads(serve: Serve, cloud: SmallCloud, tmp_path: Path) -> None:
    """Six ensembles are worked on at once, where four would be by default."""
    together = threading.Barrier(6)

    def before(method: str, path: str) -> None:
        if (method, path) == ("POST", "/servers"):
            together.wait(PATIENCE)

    cloud.nova.before = before
    application = serve(worker_threads=6, handover_width=0)
    for ensemble_id in [create(application) for _ in range(6)]:
        wait(application, f"/os-ensembles/{ensemble_id}", "ACTIVE")
        assert cloud.store.get(ensemble_id).status is Status.ACTIVE


def run_worker(serve: Serve, cloud: SmallCloud, tmp_path: Path) -> None:
    """A process that does not work leaves an ensemble to one that does."""
    ensemble_id = create(serve(run_worker=False))
    threading.Event().wait(0.5)  # longer than its poll_interval
    assert cloud.store.get(ensemble_id).status is Status.BUILDING
    wait(serve(), f"/os-ensembles/{ensemble_id}", "ACTIVE")


OURS: dict[str, Callable[[Serve, SmallCloud, Path], None]] = {
    "connection": connection,
    "levels": levels,
    "scheduler_hints": scheduler_hints,
    "selectors": selectors,
    "max_members": max_members,
    "plan_lifetime": plan_lifetime,
    "packing": packing,
    "shown_hosts": shown_hosts,
    "capacity_interval": capacity_interval,
    "reserve_attempts": reserve_attempts,
    "build_concurrency": build_concurrency,
    "recovery_cores": recovery_cores,
    "recovery_ram": recovery_ram,
    "handover_width": handover_width,
    "build_timeout": build_timeout,
    "poll_interval": poll_interval,
    "observe_interval": observe_interval,
    "automatic_recovery": automatic_recovery,
    "evacuate_from": evacuate_from,
    "most_hosts_down": most_hosts_down,
    "rebalance_delay": rebalance_delay,
    "notifications": notifications,
    "event_lifetime": event_lifetime,
    "lease_seconds": lease_seconds,
    "worker_threads": worker_threads,
    "run_worker": run_worker,
    **WATCHING,
    **OF_SIGNALS,
}


@pytest.mark.parametrize("option", OURS)
def test_an_option_does_what_it_says(
    serve: Serve, cloud: SmallCloud, tmp_path: Path, option: str
) -> None:
    OURS[option](serve, cloud, tmp_path)


def test_every_option_of_the_sample_is_seen_to_work() -> None:
    sample = set(re.findall(r"^#(\w+) = ", SAMPLE.read_text(), re.MULTILINE))
    assert sample == {*OURS, *STANDALONE, *AUTH, *SESSION, *ENDPOINTS, *RETRIES}
