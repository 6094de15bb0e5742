# SPDX-License-Identifier: Apache-2.0
"""Creates that meet others: capacity that goes between plan and hold, and hand-overs in flight."""

from typing import Any

import pytest
from small_cloud import LEASE, Clock, SmallCloud, anti_affinity, body, caller

from ensemble_api import exception
from ensemble_api.cloud.reservation import Reservation
from ensemble_api.planning import result
from ensemble_api.store.api import Page
from ensemble_api.usecases.reserve import RESERVE_SECONDS


class Contended(Reservation):
    """Somebody else takes a host of the plan just before it is held, so many times."""

    def __init__(self, cloud: SmallCloud, times: int) -> None:
        super().__init__(cloud.placement.adapter(), sleep=cloud.pauses.append)
        self.cloud, self.times = cloud, times
        self.tried: list[list[Any]] = []

    def hold_all(self, claims: Any, *planned: Any) -> None:
        members = [member for each in claims for member in each.members]
        self.tried.append(members)
        if len(self.tried) <= self.times:
            self.cloud.fill(members[0].host, 4)
        super().hold_all(claims, *planned)


def test_a_create_that_loses_its_capacity_plans_again_elsewhere(cloud: SmallCloud) -> None:
    reservation = Contended(cloud, 2)
    record = cloud.service(reservation=reservation).create(caller(), body(("web", 1)))
    assert len(reservation.tried) == 3
    hosts = [members[0].host for members in reservation.tried]
    assert len(set(hosts)) == 3
    assert [each.id for each in record.members] == [each.id for each in reservation.tried[-1]]
    assert len(cloud.pauses) == 2
    cloud.run(record.id)
    assert cloud.store.get(record.id).status == "ACTIVE"


def test_a_create_that_never_gets_its_capacity_is_refused_with_a_reason(cloud: SmallCloud) -> None:
    reservation = Contended(cloud, 3)
    with pytest.raises(exception.InfeasibleEnsemble) as caught:
        cloud.service(reservation=reservation, attempts=3).create(caller(), body(("web", 1)))
    (reason,) = caught.value.facts["reasons"]
    assert reason.code == "no-capacity"
    assert cloud.store.all_members() == []
    held = {each.id for members in reservation.tried for each in members}
    assert cloud.placement.consumers(*cloud.providers).isdisjoint(held)


def test_a_create_that_others_made_impossible_is_refused_and_forgotten(cloud: SmallCloud) -> None:
    reservation = Contended(cloud, 1)
    with pytest.raises(exception.InfeasibleEnsemble) as caught:
        cloud.service(reservation=reservation).create(
            caller(), body(("web", 4), policies=[anti_affinity("web")])
        )
    assert caught.value.facts["reasons"]
    assert cloud.store.all_members() == []
    assert len(cloud.placement.consumers(*cloud.providers)) == 1  # the other's


def test_an_infeasible_create_saves_and_holds_nothing(cloud: SmallCloud) -> None:
    with pytest.raises(exception.InfeasibleEnsemble) as caught:
        cloud.service().create(caller(), body(("web", 5), policies=[anti_affinity("web")]))
    (reason,) = caught.value.facts["reasons"]
    assert (reason.policy, reason.level) == (0, "host")
    assert cloud.store.all_members() == []
    cloud.assert_clean()


def test_capacity_that_is_handed_over_to_nova_is_not_planned_for_others(cloud: SmallCloud) -> None:
    """Between the end of a hold and the server's claim Placement shows that capacity as free."""
    everything = body(("web", 8))  # 2 of 4 VCPU each, on 4 hosts
    record = cloud.service().create(caller(), everything)
    plans = []

    def look(method: str, path: str) -> None:
        if method == "POST":
            cloud.nova.before = lambda method, path: None
            plans.append(cloud.service().plan(caller("other"), body(("thief", 1))).result)
            cloud.nova.before = look

    cloud.nova.before = look
    cloud.run(record.id, concurrency=1)
    assert len(plans) == 8
    assert {type(each) for each in plans} == {result.Infeasible}
    cloud.assert_built(cloud.store.get(record.id))


def test_a_placement_that_fails_while_it_undoes_is_left_to_the_worker(cloud: SmallCloud) -> None:
    class Falling(Reservation):
        def hold_all(self, *args: Any) -> None:
            super().hold_all(*args)
            raise exception.Unavailable("gone")

        def release_all(self, *_: Any) -> None:
            raise exception.Unavailable("gone")

    with pytest.raises(exception.Unavailable):
        cloud.service(reservation=Falling(cloud.placement.adapter())).create(
            caller(), body(("web", 2))
        )
    (ensemble_id,) = {owner.id for owner, _ in cloud.store.all_members()}
    cloud.store.release(ensemble_id, "api")  # as after the lease
    cloud.run(ensemble_id)
    assert cloud.store.get(ensemble_id).status == "ERROR"
    cloud.assert_clean()


@pytest.mark.parametrize("fails", ["release", "get"])
def test_a_database_that_fails_after_the_promise_does_not_undo_it(
    cloud: SmallCloud, fails: str
) -> None:
    """The worker may have begun to build by then: what is forgotten now nobody would remove."""

    def fail(*_: Any) -> None:
        raise exception.Unavailable("gone")

    class Failing:
        def __getattr__(self, name: str) -> Any:
            return fail if name == fails else getattr(cloud.store, name)

    with pytest.raises(exception.Unavailable):
        cloud.service(store=Failing()).create(caller(), body(("web", 2)))
    (ensemble_id,) = {owner.id for owner, _ in cloud.store.all_members()}
    cloud.store.release(ensemble_id, "api")  # as after the lease
    cloud.run(ensemble_id)
    cloud.assert_built(cloud.store.get(ensemble_id))


def test_a_dry_run_leaves_nothing(cloud: SmallCloud) -> None:
    cloud.service().plan(caller(), body(("web", 2)))
    assert {path for method, path in cloud.nova.calls if method != "GET"} == {"/servers"}
    assert cloud.nova.servers == {}, "Nova was asked whether it would take them, and no more"
    assert cloud.store.all_members() == []
    cloud.assert_clean()


def test_references_are_checked_before_the_cloud_is_looked_at(cloud: SmallCloud) -> None:
    cloud.flavor("m1.secret", private=True)
    wanted = body(("web", 1), flavor="m1.secret")
    with pytest.raises(exception.UnknownFlavor):
        cloud.service().create(caller(), wanted)
    assert [path for _, path in cloud.nova.calls] == ["/flavors/m1.secret"]


def test_delete_while_the_capacity_is_being_reserved_is_a_conflict(cloud: SmallCloud) -> None:
    conflicts = []

    class Slow(Reservation):
        def hold_all(self, *args: Any) -> None:
            (owner, _), *_ = cloud.store.all_members()
            with pytest.raises(exception.Conflict) as caught:
                cloud.service().delete(caller(), owner.id)
            conflicts.append(caught.value)
            super().hold_all(*args)

    record = cloud.service(reservation=Slow(cloud.placement.adapter())).create(
        caller(), body(("web", 1))
    )
    assert len(conflicts) == 1
    assert record.status == "BUILDING"


def test_a_create_that_a_worker_has_undone_meanwhile_is_to_be_tried_again(
    cloud: SmallCloud, clock: Clock
) -> None:
    class Slow(Reservation):
        """Takes so long that a worker has the ensemble, and others have the capacity."""

        def hold_all(self, *args: Any, **options: Any) -> None:
            clock.forward(RESERVE_SECONDS + 1)
            (record,) = cloud.store.select(Page())
            assert cloud.store.claim(record.id, "worker", LEASE)
            raise exception.CapacityTaken

    answer = cloud.post(body(("web", 1)), reservation=Slow(cloud.placement.adapter()))
    assert answer.status_int == 503
    assert "Reserving took too long; try again later." in answer.text
