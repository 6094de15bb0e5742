# SPDX-License-Identifier: Apache-2.0
"""Repairs that begin by themselves, after a look at the cloud."""

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from changes import SPREAD
from repairs import act, events, hosts_of, last_operation
from small_cloud import SmallCloud, body, caller

from ensemble_api import policies
from ensemble_api.rights import USER_GONE, CurrentRights
from ensemble_api.store import models, rows
from ensemble_api.store.repairs import RepairableEnsembles
from ensemble_api.usecases.auto_repair import LONGEST_PAUSE
from ensemble_api.usecases.repair_plans import REFUSED_FOR_LONG
from tests.fakes.session import FakeSession

AUTO = {"recovery": {"mode": "auto"}}


def built(cloud: SmallCloud, count: int = 2, policies: Any = (SPREAD,), **more: Any) -> str:
    """An ensemble that runs and wants to be repaired by itself, or as it says."""
    wish = {**body(("web", count), policies=policies), **AUTO, **more}
    record = cloud.service().create(caller(more.pop("project", "shop-project")), wish)
    cloud.run(record.id)
    cloud.observe()
    return record.id


def fail_first(cloud: SmallCloud, ensemble_id: str) -> str:
    host = hosts_of(cloud, ensemble_id)["web-0"]
    cloud.nova.fail(host)
    return host


def look(cloud: SmallCloud, **parts: Any) -> None:
    cloud.observe(repair=cloud.service(**parts).auto_repair.look)


def is_repairing(cloud: SmallCloud, ensemble_id: str) -> bool:
    return cloud.store.get(ensemble_id).operation is not None


def test_an_ensemble_heals_by_itself(cloud: SmallCloud) -> None:
    ensemble_id = built(cloud)
    failed = fail_first(cloud, ensemble_id)
    look(cloud)
    operation = cloud.store.get(ensemble_id).operation
    assert operation is not None
    assert (operation.type, operation.requester.user_id) == ("repair", "user-of-shop-project")
    cloud.run(ensemble_id)
    cloud.observe()
    cloud.assert_built(cloud.store.get(ensemble_id))
    assert failed not in hosts_of(cloud, ensemble_id).values()
    said = events(cloud, ensemble_id)
    assert "A repair has begun: 1 lost member gets another place." in said
    assert said[-2:] == ["The repair is done.", "What was promised holds again."]
    look(cloud)
    assert not is_repairing(cloud, ensemble_id)


@pytest.mark.parametrize(
    "wish",
    [
        {"recovery": {"mode": "manual"}},
        {"recovery": {"mode": "auto", "delay": 3600}},
    ],
    ids=["it is not wished for", "it is not lost for long enough"],
)
def test_nothing_begins_by_itself(cloud: SmallCloud, wish: Any) -> None:
    ensemble_id = built(cloud, **wish)
    fail_first(cloud, ensemble_id)
    look(cloud)
    assert not is_repairing(cloud, ensemble_id)


def test_what_does_not_answer_is_left_alone(cloud: SmallCloud) -> None:
    ensemble_id = built(cloud)
    cloud.nova.host(hosts_of(cloud, ensemble_id)["web-0"]).silent = True
    look(cloud)
    assert not is_repairing(cloud, ensemble_id)


def test_all_that_a_failure_hit_is_held_in_one_request(cloud: SmallCloud) -> None:
    for host in cloud.nova.hosts:
        cloud.placement.set_inventory(host.provider, "VCPU", 12)
    ids = [built(cloud, name=name) for name in ("one", "two", "three")]
    where = Counter(host for each in ids for host in hosts_of(cloud, each).values())
    ((host, _),) = where.most_common(1)
    hit = [each for each in ids if host in hosts_of(cloud, each).values()]
    assert len(hit) > 1
    cloud.nova.fail(host)
    posts: list[str] = []
    adapter = cloud.placement.adapter()

    class Watched:
        def get(self, url: str) -> Any:
            return adapter.get(url)

        def delete(self, url: str) -> Any:
            return adapter.delete(url)

        def post(self, url: str, json: Any) -> Any:
            posts.append(url)
            return adapter.post(url, json=json)

    look(cloud, adapter=Watched())
    assert posts == ["/allocations"]
    assert [each for each in ids if is_repairing(cloud, each)] == hit
    for each in hit:
        cloud.run(each)
    cloud.observe()
    for each in ids:
        assert cloud.store.get(each).status == "ACTIVE"
        assert host not in hosts_of(cloud, each).values()


def test_a_broken_promise_comes_before_what_is_older_where_there_is_not_room_for_all(
    cloud: SmallCloud,
) -> None:
    more = {f"secrethost{n}": (f"secretrack{n}", "zone-one") for n in range(1, 7)}
    cloud = SmallCloud.build(cloud.placement, cloud.store, more)
    survive = {
        "type": "survive",
        "level": "host",
        "tiers": ["web"],
        "failures": 1,
        "min_available": 1,
        "enforcement": "hard",
    }
    older = built(cloud, name="older")
    promised = built(cloud, policies=(survive,), name="promised")
    kept = hosts_of(cloud, older)["web-1"]
    failed = {hosts_of(cloud, older)["web-0"], *hosts_of(cloud, promised).values()} - {kept}
    cloud.nova.fail(*failed)
    room = next(each.name for each in cloud.nova.hosts if each.name not in {kept, *failed})
    for each in cloud.nova.hosts:
        if each.name not in failed:
            used = cloud.placement.used(each.provider).get("VCPU", 0)
            cloud.fill(each.name, (2 if each.name == room else 4) - used)
    look(cloud)
    assert is_repairing(cloud, promised)
    assert not is_repairing(cloud, older)


def test_one_that_finds_no_place_waits_longer_each_time(cloud: SmallCloud) -> None:
    ensemble_id = built(cloud)
    failed = fail_first(cloud, ensemble_id)
    filled = [
        cloud.fill(each.name, 4 - cloud.placement.used(each.provider).get("VCPU", 0))
        for each in cloud.nova.hosts
        if each.name != failed and cloud.placement.used(each.provider).get("VCPU", 0) < 4
    ]
    moments = [rows.now() + timedelta(seconds=60)]
    auto = cloud.service().auto_repair
    auto._now = lambda: moments[-1]
    looks: list[int] = []
    find = auto._repairs._plans.find

    def counted(*args: Any, **more: Any) -> Any:
        looks.append(len(moments))
        return find(*args, **more)

    auto._repairs._plans.find = counted  # type: ignore[method-assign]
    for _ in range(20):
        cloud.observe(repair=auto.look)
        moments.append(moments[-1] + timedelta(seconds=5))
    assert looks == [1, 2, 4, 8, 16]
    for consumer in filled:
        cloud.placement.release(consumer)
    moments.append(moments[-1] + timedelta(seconds=120))
    cloud.observe(repair=auto.look)
    assert is_repairing(cloud, ensemble_id)


def test_a_host_on_which_it_came_to_nothing_is_left_out_for_a_while(cloud: SmallCloud) -> None:
    ensemble_id = built(cloud)
    fail_first(cloud, ensemble_id)
    cloud.nova.break_move = {"web-0"}
    look(cloud)
    cloud.run(ensemble_id)
    (goal,) = last_operation(cloud, ensemble_id).goals
    assert goal.move.status == "GIVEN_UP"
    look(cloud)
    assert not is_repairing(cloud, ensemble_id), "it waits after a failure"
    cloud.nova.break_move = set()
    assert act(cloud, ensemble_id, {"repair": {}}).status_code == 202
    (again,) = cloud.store.get(ensemble_id).operation.goals  # type: ignore[union-attr]
    assert again.host != goal.host
    cloud.run(ensemble_id)
    cloud.observe()
    cloud.assert_built(cloud.store.get(ensemble_id))


def test_one_whom_nova_refuses_each_time_is_asked_for_ever_more_seldom(cloud: SmallCloud) -> None:
    """As one with a vTPM, which Nova evacuates never; another that is lost then is not delayed."""
    ensemble_id = built(cloud)
    fail_first(cloud, ensemble_id)
    cloud.nova.refuse = {"web-0": (400, "It has a vTPM.")}
    auto, ahead = cloud.service().auto_repair, [timedelta(0)]
    auto._now = lambda: rows.now() + ahead[0]
    for times in range(REFUSED_FOR_LONG):
        ahead[0] = timedelta(seconds=LONGEST_PAUSE)
        with cloud.store.writing() as session:
            session.execute(sa.update(models.Member).values(lost_hosts=None))
        auto._waiting.clear()
        cloud.observe(repair=auto.look)
        assert is_repairing(cloud, ensemble_id), times
        cloud.run(ensemble_id)
    assert "It has a vTPM." in str(last_operation(cloud, ensemble_id).reason)
    with cloud.store.writing() as session:
        session.execute(sa.update(models.Member).values(lost_hosts=None))
    cloud.observe(repair=auto.look)
    assert not is_repairing(cloud, ensemble_id), "it was refused too often"

    other = hosts_of(cloud, ensemble_id)["web-1"]
    cloud.nova.fail(other)
    auto._waiting.clear()
    cloud.observe(repair=auto.look)
    operation = cloud.store.get(ensemble_id).operation
    assert operation is not None
    assert [each.name for each in operation.goals] == ["web-1"]
    cloud.run(ensemble_id)
    cloud.observe(repair=auto.look)
    assert not is_repairing(cloud, ensemble_id), "that another one is back changes nothing"

    ahead[0] = timedelta(seconds=2 * LONGEST_PAUSE + 5)
    auto._waiting.clear()
    cloud.observe(repair=auto.look)
    operation = cloud.store.get(ensemble_id).operation
    assert operation is not None
    assert [each.name for each in operation.goals] == ["web-0"]


def test_a_second_failure_in_the_middle_is_planned_anew(cloud: SmallCloud) -> None:
    ensemble_id = built(cloud)
    fail_first(cloud, ensemble_id)
    look(cloud)
    (goal,) = cloud.store.get(ensemble_id).operation.goals  # type: ignore[union-attr]
    cloud.nova.fail(goal.host)
    cloud.run(ensemble_id)
    assert "has failed too" in str(last_operation(cloud, ensemble_id).reason)
    assert cloud.nova.evacuated == []
    auto = cloud.service().auto_repair
    auto._now = lambda: rows.now() + timedelta(seconds=10)
    cloud.observe(repair=auto.look)
    cloud.run(ensemble_id)
    cloud.observe()
    cloud.assert_built(cloud.store.get(ensemble_id))


def test_one_whose_requester_is_gone_comes_back_all_the_same(cloud: SmallCloud) -> None:
    ensemble_id = built(cloud)
    fail_first(cloud, ensemble_id)
    session = FakeSession()
    session.rights = lambda *_: CurrentRights(frozenset(), gone=USER_GONE())
    look(cloud, session=session)
    cloud.run(ensemble_id, session=session)
    cloud.observe()
    cloud.assert_built(cloud.store.get(ensemble_id))


def test_only_those_are_brought_back_that_were_lost_for_as_long_as_it_wants(
    cloud: SmallCloud,
) -> None:
    """A host that restarts is back by then, whatever became of another one."""
    ensemble_id = built(cloud, recovery={"mode": "auto", "delay": 600})
    hosts = hosts_of(cloud, ensemble_id)
    long_ago = rows.now() - timedelta(seconds=700)
    cloud.nova.fail(hosts["web-0"])
    cloud.observe()
    with cloud.store.writing() as session:
        session.execute(
            sa.update(models.Host)
            .where(models.Host.name == hosts["web-0"])
            .values(down_since=long_ago)
        )
    cloud.nova.fail(hosts["web-1"])
    look(cloud)
    operation = cloud.store.get(ensemble_id).operation
    assert operation is not None
    assert [each.name for each in operation.goals] == ["web-0"]


def test_ensembles_that_are_repaired_by_command_are_not_even_read(cloud: SmallCloud) -> None:
    ensemble_id = built(cloud, recovery={"mode": "manual"})
    fail_first(cloud, ensemble_id)
    cloud.observe()
    found = RepairableEnsembles(cloud.store)
    assert found.degraded() == []
    wish = {"ensemble": {"generation": 1, "recovery": {"mode": "auto"}}}
    assert cloud.patch(ensemble_id, wish["ensemble"]).status_code == 202
    cloud.observe()
    assert [each.record.id for each in found.degraded()] == [ensemble_id]


def test_nobody_has_done_by_itself_what_policy_forbids_by_command(
    cloud: SmallCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    allowed = policies.allowed
    monkeypatch.setattr(
        policies,
        "allowed",
        lambda context, action, *more: (
            action not in ("repair", "rebalance") and allowed(context, action, *more)
        ),
    )
    manual = built(cloud, recovery={"mode": "manual"})
    for wish in ({"mode": "auto"}, {"rebalance": "auto"}):
        refused = cloud.post({**body(("web", 1)), "recovery": wish})
        assert refused.status_code == 403, refused.json
        change = {"ensemble": {"generation": 1, "recovery": wish}}
        assert cloud.patch(manual, change["ensemble"]).status_code == 403


def test_an_operator_may_have_nothing_done_by_itself(cloud: SmallCloud) -> None:
    wish = {**body(("web", 1)), **AUTO}
    refused = cloud.post(wish, acts_by_itself=False)
    assert refused.status_code == 400
    assert refused.json["badRequest"]["details"]["field"] == "ensemble.recovery.mode"
