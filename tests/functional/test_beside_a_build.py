# SPDX-License-Identifier: Apache-2.0
"""Planning while another ensemble is built, whose capacity may be counted twice for a moment."""

import json
from collections.abc import Callable
from typing import Any

import pytest
import webob
from small_cloud import LEASE, SmallCloud, anti_affinity, body, caller

from ensemble_api import exception, routes
from ensemble_api.cloud.reservation import Reservation
from ensemble_api.planning import result
from ensemble_api.records import EnsembleRecord

ALL_BUT_ONE = body(("web", 7))  # of the eight that four hosts have room for
ALL = body(("web", 8))


def during_a_look(cloud: SmallCloud, then: Callable[[], None]) -> None:
    """Do something after the next look has begun and before capacity is read for it."""

    def before(method: str, path: str) -> None:
        if path == "/os-hypervisors/detail":
            cloud.nova.before = lambda method, path: None
            then()

    cloud.nova.before = before


def build(cloud: SmallCloud, record: EnsembleRecord) -> None:
    """Do one step, in which each member's hold becomes its server's claim."""
    assert cloud.store.claim(record.id, "worker", LEASE)
    cloud.engine().step(record.id)
    cloud.store.release(record.id, "worker")


def under_way(cloud: SmallCloud) -> EnsembleRecord:
    """An ensemble of one member, which is held and not yet asked of Nova."""
    return cloud.service().create(caller("other"), body(("db", 1)))


@pytest.fixture
def given_up(cloud: SmallCloud) -> EnsembleRecord:
    """An ensemble of one member, whose hold is given up and whose server has not claimed yet."""
    return given_up_late(cloud)


def given_up_late(cloud: SmallCloud) -> EnsembleRecord:
    """The same as ``given_up``, at another time."""
    record = under_way(cloud)
    (member,) = record.members
    assert cloud.store.claim(record.id, "worker", LEASE)
    cloud.store.save_server_request(record, member, "worker")
    cloud.placement.release(member.id)
    return record


def refusal(answer: Any) -> Any:
    assert answer.status_int == 409
    (fault,) = answer.json.values()
    assert fault["details"]["code"] == "ensemble.infeasible"
    return fault


def test_a_claim_that_comes_during_the_look_is_not_counted_twice(cloud: SmallCloud) -> None:
    other = under_way(cloud)
    during_a_look(cloud, lambda: build(cloud, other))
    answer = cloud.post(ALL_BUT_ONE, key="k1")
    assert answer.status_int == 202, answer.text
    for ensemble_id in (other.id, answer.json["ensemble"]["id"]):
        cloud.run(ensemble_id)
        assert cloud.store.get(ensemble_id).status == "ACTIVE"


def test_nor_is_it_by_a_dry_run(cloud: SmallCloud) -> None:
    other = under_way(cloud)
    during_a_look(cloud, lambda: build(cloud, other))
    assert isinstance(cloud.service().plan(caller(), ALL_BUT_ONE).result, result.Plan)


def test_nor_is_a_plan_said_to_have_changed_for_it(cloud: SmallCloud) -> None:
    full = cloud.fill("secrethost4", 4)
    other = under_way(cloud)
    wanted = body(("web", 3), policies=[anti_affinity("web")])
    planned = cloud.service().plan(caller(), wanted)
    cloud.placement.release(full)  # there is another plan now, which nobody has to take
    during_a_look(cloud, lambda: build(cloud, other))
    answer = cloud.post(wanted, plan=planned.id)
    assert answer.status_int == 202, answer.text


def test_what_is_given_up_and_not_claimed_yet_is_refused_without_a_proof(
    cloud: SmallCloud, given_up: EnsembleRecord
) -> None:
    first = refusal(cloud.post(ALL, key="k1"))
    assert first["details"]["proved"] is False
    *_, last = first["details"]["reasons"]
    assert last["code"] == "build-under-way"
    assert str(last["suggestion"]) == "Try again in a moment."
    assert "other ensembles are being built" in first["message"]
    assert cloud.pauses, "it looked again before it said so"

    planned = cloud.service().plan(caller(), ALL).result
    assert isinstance(planned, result.Infeasible)
    assert (planned.proved, planned.reasons[-1].code) == (False, "build-under-way")


def test_such_a_refusal_does_not_use_the_key_up(
    cloud: SmallCloud, given_up: EnsembleRecord
) -> None:
    refusal(cloud.post(ALL, key="k1"))
    cloud.store.release(given_up.id, "worker")
    cloud.service().delete(caller("other"), given_up.id)
    cloud.run(given_up.id)
    assert cloud.post(ALL, key="k1").status_int == 202


def test_what_does_not_fit_without_that_build_either_is_proved_at_once(
    cloud: SmallCloud, given_up: EnsembleRecord
) -> None:
    too_many = body(("web", 9))
    first = refusal(cloud.post(too_many, key="k1"))
    assert first["details"]["proved"] is True
    assert "build-under-way" not in json.dumps(first)
    planned = cloud.service().plan(caller(), too_many).result
    assert isinstance(planned, result.Infeasible)
    assert planned.proved
    assert cloud.pauses == []
    assert refusal(cloud.post(too_many, key="k1")) == first


def test_what_is_handed_over_is_not_planned_for_others_meanwhile(
    cloud: SmallCloud, given_up: EnsembleRecord
) -> None:
    answer = cloud.post(ALL_BUT_ONE)
    assert answer.status_int == 202
    (member,) = given_up.members
    assert cloud.placement.claim(member.id, member.provider, VCPU=2), "its room is still there"


def test_a_refusal_that_proves_nothing_does_not_use_its_key_up(cloud: SmallCloud) -> None:
    """Others keep taking what it needs, which passes."""

    def taken(*_: Any) -> None:
        raise exception.CapacityTaken

    class Contended(Reservation):
        hold_all = taken  # type: ignore[assignment]

    small = body(("web", 1))
    first = refusal(cloud.post(small, key="k1", reservation=Contended(cloud.placement.adapter())))
    assert first["details"]["proved"] is False
    assert cloud.post(small, key="k1").status_int == 202


def test_a_drain_that_only_a_build_is_in_the_way_of_is_not_decided(cloud: SmallCloud) -> None:
    mine = cloud.service().create(caller(), body(("web", 1)))
    cloud.run(mine.id)
    other = under_way(cloud)
    (here,), (member,) = mine.members, other.members
    assert here.host != member.host
    for host in cloud.nova.hosts:
        # One place is left beside the two, and that is the other ensemble's.
        cloud.fill(host.name, 2 if host.name in (here.host, member.host) else 4)
    assert drained(cloud, here.host) is False
    assert cloud.store.claim(other.id, "worker", LEASE)
    cloud.store.save_server_request(other, member, "worker")
    cloud.placement.release(member.id)
    assert drained(cloud, here.host) is None


def drained(cloud: SmallCloud, host: str) -> bool | None:
    path = f"/os-ensembles/hosts/{host}?check=1"
    request = webob.Request.blank(path, base_url="http://nova/v2.1")
    request.environ["nova.context"] = caller("operators", "admin")
    answer = routes.dispatch(request, cloud.service(), request.environ["PATH_INFO"])
    fits: bool | None = answer.json["host"]["drain"]["fits"]
    return fits


def test_what_is_being_handed_over_is_not_taken_by_a_reservation_that_was_planned_before(
    cloud: SmallCloud,
) -> None:
    """Placement has room for it just then, and shows nobody that this was promised."""
    for name in ("secrethost2", "secrethost3", "secrethost4"):
        cloud.fill(name, 4)
    cloud.fill("secrethost1", 2)  # which leaves room for one
    meanwhile: list[EnsembleRecord] = []

    class Late(Reservation):
        def hold_all(self, *args: Any) -> None:
            meanwhile.append(meanwhile[0] if meanwhile else given_up_late(cloud))
            super().hold_all(*args)

    refusal(cloud.post(body(("web", 1)), reservation=Late(cloud.placement.adapter())))
    assert cloud.placement.used(cloud.nova.host("secrethost1").provider)["VCPU"] == 2
    cloud.store.release(meanwhile[0].id, "worker")
    cloud.run(meanwhile[0].id)
    assert cloud.store.get(meanwhile[0].id).status == "ACTIVE"


def test_nor_is_it_held_for_a_moment_in_which_its_server_would_not_find_it(
    cloud: SmallCloud,
) -> None:
    for name in ("secrethost2", "secrethost3", "secrethost4"):
        cloud.fill(name, 4)
    cloud.fill("secrethost1", 2)
    meanwhile: list[EnsembleRecord] = []
    held: list[Any] = []

    class Watched(Reservation):
        def hold_all(self, *args: Any) -> None:
            held.append(args)
            super().hold_all(*args)

    class Late:
        """The store, in which another ensemble is under way as soon as ours is planned."""

        def __getattr__(self, name: str) -> Any:
            if name == "create_all" and not meanwhile:
                meanwhile.append(given_up_late(cloud))
            return getattr(cloud.store, name)

    watched = Watched(cloud.placement.adapter())
    refusal(cloud.post(body(("web", 1)), store=Late(), reservation=watched))
    assert held == []
