# SPDX-License-Identifier: Apache-2.0
"""A plan is built once, however often its create is sent."""

import threading
from concurrent.futures import ThreadPoolExecutor

from creates import WANTED, Held, built, code, plan, post
from small_cloud import Clock, SmallCloud, body, caller

from ensemble_api import exception
from ensemble_api.store import saved_plans
from ensemble_api.store.api import Store


def test_the_second_create_with_a_plan_answers_with_the_first_ensemble(cloud: SmallCloud) -> None:
    plan_id = plan(cloud)
    first, second = (post(cloud, plan=each) for each in (plan_id, plan_id.upper()))
    assert (first.status_int, second.status_int) == (202, 202)
    assert first.json == second.json
    ensemble_id = first.json["ensemble"]["id"]
    assert first.location == second.location
    assert first.location == f"http://cloud:8774/v2.1/os-ensembles/{ensemble_id}"
    assert built(cloud) == 1
    cloud.run(ensemble_id)
    third = post(cloud, plan=plan_id)
    assert (third.status_int, third.json["ensemble"]["id"]) == (202, ensemble_id)
    assert third.json["ensemble"]["status"] == "ACTIVE"  # as it stands
    assert built(cloud) == 1


def test_another_person_of_the_project_gets_the_first_ensemble_too(cloud: SmallCloud) -> None:
    plan_id = plan(cloud)
    first = post(cloud, plan=plan_id)
    other = caller()
    other.user_id = "somebody-else"
    second = post(cloud, plan=plan_id, who=other)
    assert second.json["ensemble"]["id"] == first.json["ensemble"]["id"]
    reader = caller("shop-project", "reader")
    assert post(cloud, plan=plan_id, who=reader).status_int == 403


def test_the_second_create_with_a_plan_needs_no_room_and_no_quota_of_its_own(
    cloud: SmallCloud,
) -> None:
    wanted = body(("web", 8))  # all that there is
    plan_id = plan(cloud, wanted)
    cloud.nova.limits = {"maxTotalInstances": 8, "totalInstancesUsed": 0}
    first = post(cloud, wanted, plan=plan_id)
    cloud.nova.limits["totalInstancesUsed"] = 8
    second = post(cloud, wanted, plan=plan_id)
    assert (second.status_int, second.json) == (202, first.json)


def test_one_plan_built_by_many_at_once_in_two_processes_is_built_once(cloud: SmallCloud) -> None:
    plan_id = plan(cloud)
    other = Store(str(cloud.store.engine.url))
    stores = [cloud.store, other] * 3
    with ThreadPoolExecutor(len(stores)) as pool:
        answers = list(
            pool.map(
                lambda store: post(cloud, plan=plan_id, store=store, sleep=threading.Event().wait),
                stores,
            )
        )
    assert {each.status_int for each in answers} == {202}
    assert len({each.location for each in answers}) == 1
    assert built(cloud) == 1
    other.engine.dispose()


def test_a_plan_whose_create_failed_and_left_nothing_may_be_built_again(cloud: SmallCloud) -> None:
    plan_id = plan(cloud)

    def fail() -> None:
        raise exception.Unavailable("gone")

    assert post(cloud, plan=plan_id, reservation=Held(cloud, fail)).status_int == 503
    assert built(cloud) == 0
    assert post(cloud, plan=plan_id).status_int == 202
    assert built(cloud) == 1


def test_a_plan_whose_ensemble_is_deleted_is_not_built_again(cloud: SmallCloud) -> None:
    plan_id = plan(cloud)
    ensemble_id = post(cloud, plan=plan_id).json["ensemble"]["id"]
    cloud.service().delete(caller(), ensemble_id)
    assert post(cloud, plan=plan_id).json["ensemble"]["status"] == "DELETING"
    cloud.run(ensemble_id)
    again = post(cloud, plan=plan_id)
    assert (again.status_int, code(again)) == (409, "ensemble.already_built")
    assert ensemble_id in again.text
    assert "make a new plan" in again.text
    assert built(cloud) == 0


def test_a_plan_is_not_built_under_a_second_name(cloud: SmallCloud) -> None:
    plan_id = plan(cloud)
    first = post(cloud, plan=plan_id)
    again = post(cloud, WANTED | {"name": "second"}, plan=plan_id)
    assert (again.status_int, code(again)) == (409, "ensemble.already_built")
    assert (
        again.json["conflictingRequest"]["details"]["ensemble_id"] == (first.json["ensemble"]["id"])
    )
    assert built(cloud) == 1


def test_a_plan_that_is_still_kept_after_its_build_is_forgotten_is_not_built(
    cloud: SmallCloud, clock: Clock
) -> None:
    """Plans go when others are made, so an old one may lie about for days."""
    plan_id = plan(cloud)
    ensemble_id = post(cloud, plan=plan_id).json["ensemble"]["id"]
    cloud.service().delete(caller(), ensemble_id)
    cloud.run(ensemble_id)
    clock.forward(saved_plans.DAY.total_seconds() + 1)
    again = post(cloud, plan=plan_id)
    assert (again.status_int, code(again)) == (409, "ensemble.plan_changed")
    assert built(cloud) == 0
