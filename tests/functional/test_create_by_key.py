# SPDX-License-Identifier: Apache-2.0
"""A create with an idempotency key is done once, however often it is sent."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import webob
from creates import TOO_MANY, WANTED, Held, built, code, plan, post
from small_cloud import Clock, SmallCloud, body, caller

from ensemble_api import exception
from ensemble_api.store import create_requests, saved_plans
from ensemble_api.store.api import Store
from ensemble_api.usecases import idempotency


def test_the_same_key_and_body_get_the_same_answer_whatever_happened_since(
    cloud: SmallCloud,
) -> None:
    first = post(cloud, key="k1")
    ensemble_id = first.json["ensemble"]["id"]
    cloud.run(ensemble_id)
    spelled = {key: value for key, value in WANTED.items() if key != "description"}
    second = post(cloud, dict(reversed(spelled.items())), key="k1")
    assert (second.status_int, second.body, second.location) == (202, first.body, first.location)
    assert built(cloud) == 1
    cloud.service().delete(caller(), ensemble_id)
    cloud.run(ensemble_id)
    assert post(cloud, key="k1").body == first.body
    assert built(cloud) == 0


def test_a_key_is_taken_quoted_or_not_and_its_capitals_count(cloud: SmallCloud) -> None:
    first = post(cloud, key='k "1\\')
    assert post(cloud, key='"k \\"1\\\\"').body == first.body
    assert post(cloud, key='K "1\\').body != first.body
    assert built(cloud) == 2


def test_a_key_with_another_body_is_refused_and_nothing_is_built(cloud: SmallCloud) -> None:
    post(cloud, key="k1")
    plan_id = plan(cloud)
    for wanted, with_plan in ((WANTED | {"name": "other"}, None), (WANTED, plan_id)):
        refused = post(cloud, wanted, key="k1", plan=with_plan)
        assert refused.status_int == 422
        assert refused.json.keys() == {"unprocessableEntity"}
        assert code(refused) == "ensemble.key_reused"
        assert "Idempotency-Key: was used for another request" in refused.text
    assert built(cloud) == 1


def test_a_key_is_its_user_s_in_its_project(cloud: SmallCloud) -> None:
    other = caller()
    other.user_id = "somebody-else"
    answers = [
        post(cloud, body(("web", 1)), key="k1", who=who)
        for who in (caller(), other, caller("other-project"))
    ]
    assert [each.status_int for each in answers] == [202] * 3
    assert built(cloud) == 3


@pytest.mark.parametrize(
    "key",
    [
        pytest.param("", id="empty"),
        pytest.param('""', id="empty, quoted"),
        pytest.param("k" * 256, id="too long"),
        pytest.param('"' + "k" * 256 + '"', id="too long, quoted"),
        pytest.param("k\x7f", id="control character"),
        pytest.param("schl\xfcssel", id="not ASCII"),
        pytest.param('"k', id="quote without an end"),
        pytest.param('"k";v=1', id="with a parameter"),
    ],
)
def test_a_key_that_is_none_is_refused_by_name(cloud: SmallCloud, key: str) -> None:
    refused = post(cloud, key=key)
    assert (refused.status_int, code(refused)) == (400, "ensemble.invalid")
    details = refused.json["badRequest"]["details"]
    assert details["field"] == "Idempotency-Key"
    assert "1 to 255 printable" in refused.text
    assert built(cloud) == 0


def test_the_longest_key_is_taken(cloud: SmallCloud) -> None:
    assert post(cloud, key="~" * 255).body == post(cloud, key='"' + "~" * 255 + '"').body


def test_the_second_waits_while_the_first_reserves_and_gets_the_same_answer(
    cloud: SmallCloud,
) -> None:
    held, go_on = threading.Event(), threading.Event()
    pauses: list[float] = []

    def hold() -> None:
        held.set()
        assert go_on.wait(30)

    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(post, cloud, key="k1", reservation=Held(cloud, hold))
        assert held.wait(30)

        def pause(seconds: float) -> None:
            pauses.append(seconds)
            go_on.set()
            running.result(30)

        second = post(cloud, key="k1", sleep=pause)
        first = running.result()
    assert pauses
    assert (second.status_int, second.body, second.location) == (202, first.body, first.location)
    assert built(cloud) == 1


def test_the_second_does_not_wait_for_ever(cloud: SmallCloud) -> None:
    answers: list[webob.Response] = []
    pauses: list[float] = []
    held = Held(cloud, lambda: answers.append(post(cloud, key="k1", sleep=pauses.append)))
    first = post(cloud, key="k1", reservation=held)
    (second,) = answers
    assert (second.status_int, code(second)) == (409, "ensemble.in_progress")
    assert int(second.headers["Retry-After"]) == idempotency.RETRY_SECONDS
    assert 5 <= sum(pauses) <= 15
    assert post(cloud, key="k1").body == first.body
    assert built(cloud) == 1


def test_what_the_first_took_is_not_missing_to_the_second(cloud: SmallCloud) -> None:
    """The second looks before the first is recorded, and plans after the first holds it all."""
    everything = body(("web", 8))
    others: list[webob.Response] = []

    def meanwhile(method: str, path: str) -> None:
        if path == "/os-hypervisors/detail":
            cloud.nova.before = lambda method, path: None
            others.append(post(cloud, everything, key="k1"))

    cloud.nova.before = meanwhile
    second = post(cloud, everything, key="k1")
    (first,) = others
    assert first.status_int == 202
    assert (second.status_int, second.body) == (202, first.body)
    assert built(cloud) == 1


def test_a_refusal_for_what_there_is_is_answered_the_same_for_the_same_key(
    cloud: SmallCloud,
) -> None:
    first = post(cloud, TOO_MANY, key="k1")
    assert (first.status_int, code(first)) == (409, "ensemble.infeasible")
    for host in cloud.nova.hosts:
        host.state = "down"  # whose reasons would be others
    assert post(cloud, TOO_MANY, key="k1").body == first.body
    assert post(cloud, TOO_MANY, key="k2").body != first.body
    assert post(cloud, key="k1").status_int == 422


def test_a_plan_that_changed_is_answered_the_same_for_the_same_key(cloud: SmallCloud) -> None:
    plan_id = plan(cloud)
    for host in cloud.nova.hosts:
        host.rack = "secretrack9" if host.zone == "zone-one" else host.rack
    first = post(cloud, key="k1", plan=plan_id)
    assert (first.status_int, code(first)) == (409, "ensemble.plan_changed")
    assert post(cloud, key="k1", plan=plan_id).body == first.body
    assert b"secret" not in first.body


def test_a_request_that_was_wrong_or_not_allowed_does_not_use_its_key_up(
    cloud: SmallCloud,
) -> None:
    assert post(cloud, WANTED | {"tiers": []}, key="k1").status_int == 400
    assert post(cloud, body(("web", 1), flavor="m1.none"), key="k1").status_int == 400
    assert post(cloud, key="k1", who=caller("shop-project", "reader")).status_int == 403
    cloud.nova.limits = {"maxTotalInstances": 1, "totalInstancesUsed": 0}
    refused = post(cloud, key="k1")
    assert (refused.status_int, code(refused)) == (403, "ensemble.quota")
    cloud.nova.limits = {}
    assert post(cloud, key="k1").status_int == 202
    assert built(cloud) == 1


def test_a_cloud_that_did_not_answer_does_not_use_the_key_up(cloud: SmallCloud) -> None:
    def fail() -> None:
        raise exception.Unavailable("gone")

    assert post(cloud, key="k1", reservation=Held(cloud, fail)).status_int == 503
    assert post(cloud, key="k1").status_int == 202
    assert built(cloud) == 1


def test_a_key_is_kept_for_a_day_and_then_goes_by_itself(cloud: SmallCloud, clock: Clock) -> None:
    small = body(("web", 1))
    first = post(cloud, small, key="k1")
    clock.forward(saved_plans.DAY.total_seconds() - 60)
    assert post(cloud, small, key="k1").body == first.body
    clock.forward(120)
    post(cloud, small, key="k2")
    with cloud.store.reading() as session:
        assert len(session.query(create_requests.models.CreateRequest).all()) == 1
    assert post(cloud, small, key="k1").location != first.location
    assert built(cloud) == 3


def test_a_key_that_has_expired_but_is_still_there_is_as_good_as_new(
    cloud: SmallCloud, clock: Clock
) -> None:
    first = post(cloud, body(("web", 1)), key="k1")
    clock.forward(saved_plans.DAY.total_seconds() + 1)
    other = post(cloud, body(("db", 1)), key="k1")
    assert other.status_int == 202
    assert other.location != first.location


def test_a_project_s_oldest_answers_go_but_what_was_built_stays_known(
    cloud: SmallCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(create_requests, "MOST", 2)
    small = body(("web", 1))
    first = post(cloud, small, key="k1")
    for key in ("r1", "r2", "r3"):
        post(cloud, TOO_MANY, key=key)
    again = post(cloud, small, key="k1")
    assert (again.status_int, again.location) == (202, first.location)
    with cloud.store.reading() as session:
        found = session.query(create_requests.models.CreateRequest).all()
        assert sum(each.answer is not None for each in found) <= 3
    assert built(cloud) == 1


def test_with_a_key_and_a_plan_both_are_used_up(cloud: SmallCloud) -> None:
    plan_id = plan(cloud)
    first = post(cloud, plan=plan_id, key="k1")
    answers = [post(cloud, plan=plan_id, key=key) for key in ("k1", "k2", None)]
    assert {each.status_int for each in answers} == {202}
    assert {each.location for each in answers} == {first.location}
    assert built(cloud) == 1


def test_without_key_and_plan_each_create_is_its_own(cloud: SmallCloud) -> None:
    first, second = (post(cloud, body(("web", 1))) for _ in range(2))
    assert first.location != second.location
    assert built(cloud) == 2


def test_many_at_once_with_one_key_in_two_processes_build_once(cloud: SmallCloud) -> None:
    other = Store(str(cloud.store.engine.url))
    stores = [cloud.store, other] * 3
    with ThreadPoolExecutor(len(stores)) as pool:
        answers = list(
            pool.map(
                lambda store: post(cloud, key="k1", store=store, sleep=threading.Event().wait),
                stores,
            )
        )
    assert {each.status_int for each in answers} == {202}
    assert len({json.dumps(each.json, sort_keys=True) for each in answers}) == 1
    assert built(cloud) == 1
    other.engine.dispose()


def test_the_memory_of_creates_outlives_every_plan(cloud: SmallCloud) -> None:
    for seconds in (1, 900, 100_000):
        lifetime = timedelta(seconds=seconds)
        assert saved_plans.remembered(lifetime) >= saved_plans.OLD * lifetime
