# SPDX-License-Identifier: Apache-2.0
"""Tiers that wait until the guests of others have signalled, from the request to the servers."""

from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from small_cloud import LEASE, SmallCloud, body

from ensemble_api import signals
from ensemble_api.records import Status
from ensemble_api.signals import SignalUrls
from ensemble_api.store import models, rows
from ensemble_api.store.signals import Signals

URLS = SignalUrls("https://c/signal", 7200)
GATE = {"wait_for": "signal", "timeout": 900}


def gated(**server: Any) -> Any:
    """Two members of which the guests signal, and one that waits for them."""
    wanted = body(("db", 2), ("web", 1), **server)
    db, web = wanted["tiers"]
    return {**wanted, "tiers": [{**db, "gate": GATE}, {**web, "after": ["db"]}]}


class Build:
    """An ensemble on the way, as a worker sees it."""

    def __init__(self, cloud: SmallCloud, wanted: Any) -> None:
        self.cloud = cloud
        answer = cloud.post(wanted, longest_gate=7200)
        assert answer.status_code == 202, answer.json
        self.id = str(answer.json["ensemble"]["id"])
        assert cloud.store.claim(self.id, "worker", LEASE)
        self.engine = cloud.engine(signal_urls=URLS)

    def go_on(self, steps: int = 10) -> None:
        for _ in range(steps):
            if not self.cloud.store.get(self.id).settled:
                self.engine.step(self.id)

    def urls(self) -> dict[str, str]:
        servers = self.cloud.nova.alive()
        return {each.name: each.request.get("metadata", {}).get(signals.KEY) for each in servers}

    def signal(self, name: str) -> int:
        secret = self.urls()[name].rpartition("/")[2]
        return Signals(self.cloud.store).receive([signals.digest(secret)])

    def grow_old(self, seconds: float) -> None:
        with self.cloud.store.writing() as session:
            before = rows.now() - timedelta(seconds=seconds)
            session.execute(sa.update(models.Ensemble).values(updated_at=before))


def field(answer: Any) -> str:
    return str(answer.json["badRequest"]["details"]["field"])


def test_a_tier_is_built_when_each_guest_before_it_has_signalled(cloud: SmallCloud) -> None:
    build = Build(cloud, gated())
    build.go_on()
    first = build.urls()
    assert set(first) == {"shop-db-0", "shop-db-1"}
    assert len(set(first.values())) == 2, "each has its own"
    assert build.signal("shop-db-0") == 1
    assert build.signal("shop-db-0") == 0
    build.go_on()
    assert set(build.urls()) == set(first)
    assert build.signal("shop-db-1") == 1
    build.go_on()
    assert cloud.store.get(build.id).status is Status.ACTIVE
    assert build.urls() == first | {"shop-web-0": None}


def test_without_a_signal_in_time_all_is_rolled_back_and_said(cloud: SmallCloud) -> None:
    build = Build(cloud, gated())
    build.go_on()
    build.signal("shop-db-0")
    build.grow_old(890)
    build.go_on()
    assert len(cloud.nova.alive()) == 2
    build.grow_old(901)
    build.go_on(30)
    record = cloud.store.get(build.id)
    assert record.status is Status.ERROR
    assert "The guest of db-1 has not signalled within 900 seconds." in str(record.fault)
    assert cloud.nova.alive() == []


def test_a_guests_own_item_keeps_its_place_beside_the_tenants(cloud: SmallCloud) -> None:
    build = Build(cloud, gated(metadata={"team": "shop"}, domains_in_metadata=True))
    build.go_on()
    (server, _) = cloud.nova.alive()
    told = server.request["metadata"]
    assert {"team", "ensemble_id", signals.KEY} <= told.keys()


def test_a_tenants_own_key_cannot_be_that_of_the_signal(cloud: SmallCloud) -> None:
    answer = cloud.post(gated(metadata={signals.KEY: "http://mine"}), longest_gate=7200)
    assert answer.status_code == 400
    assert field(answer) == f"ensemble.tiers[0].server.metadata.{signals.KEY}"


def test_the_item_counts_against_the_quota_before_anything_is_built(cloud: SmallCloud) -> None:
    check = cloud.nova._objection

    def objection(wanted: Any) -> str:
        many = len(wanted.get("metadata", {})) > 1
        return "Metadata exceeds 1." if many else check(wanted)

    cloud.nova._objection = objection  # type: ignore[method-assign]
    answer = cloud.post(gated(metadata={"team": "shop"}), longest_gate=7200)
    assert answer.status_code == 400
    assert field(answer) == "ensemble.tiers[0].server.metadata"
    assert cloud.post(gated(), longest_gate=7200).status_code == 202


def test_where_the_url_was_taken_away_meanwhile_nobody_is_waited_for(cloud: SmallCloud) -> None:
    build = Build(cloud, gated())
    build.engine = cloud.engine()
    build.go_on(20)
    assert cloud.store.get(build.id).status is Status.ACTIVE
    assert set(build.urls().values()) == {None}
