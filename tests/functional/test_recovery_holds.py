# SPDX-License-Identifier: Apache-2.0
"""Capacity is held for recovery with the create, kept true after that, and given back."""

import threading
from typing import Any

import pytest
from killed_process import Killed, Process, WriteLimit
from repairs import events, hosts_of
from reserves import (
    ANY,
    assert_held,
    built,
    fill_up,
    holds,
    in_placement,
    look,
    status,
    wanted,
    wish,
)
from small_cloud import LEASE, Clock, SmallCloud, anti_affinity, body, caller

from ensemble_api import exception
from ensemble_api.cloud.leftover_holds import LeftoverHolds
from ensemble_api.cmd.sweep import sweep
from ensemble_api.planning import result
from ensemble_api.recovery_hold import Amount, RecoveryHold, RecoveryLimits
from ensemble_api.service import ChangeRequest
from ensemble_api.store import recovery_holds
from ensemble_api.store.api import Page
from ensemble_api.store.recovery_holds import RecoveryHolds
from ensemble_api.usecases.reserve import RESERVE_SECONDS


def test_what_one_failure_takes_is_held_where_no_member_is(cloud: SmallCloud) -> None:
    ensemble_id = built(cloud)
    assert_held(cloud, ensemble_id)
    ((host, amounts),) = in_placement(cloud).items()
    assert amounts == {"VCPU": 2, "MEMORY_MB": 512, "DISK_GB": 1}
    assert host not in hosts_of(cloud, ensemble_id).values()
    used = cloud.placement.client.get("/usages?project_id=shop-project").json()["usages"]
    assert "ENSEMBLE_RECOVERY_HOLD" not in str(used)
    assert "The capacity for recovery is held." in events(cloud, ensemble_id)


def test_of_a_rack_it_is_what_the_rack_has(cloud: SmallCloud) -> None:
    ensemble_id = built(cloud, wanted(3, level="rack"))
    assert_held(cloud, ensemble_id)


LIMITS = [
    (
        "cores",
        Amount(1, -1),
        "may have 1 VCPUs held for recovery, 0 are, and this ensemble needs 2",
    ),
    ("memory", Amount(-1, 511), "may have 511 MB of memory held"),
    ("nothing, as it is by default", Amount(0, 0), "may have 0 VCPUs held for recovery"),
]


@pytest.mark.parametrize(
    ("most", "told"), [each[1:] for each in LIMITS], ids=[each[0] for each in LIMITS]
)
def test_more_than_a_project_may_have_held_is_refused_and_nothing_is_left(
    cloud: SmallCloud, most: Amount, told: str
) -> None:
    limits = RecoveryLimits(most, guarded=True)
    with pytest.raises(exception.OverQuota, match=told):
        cloud.service(recovery_limits=limits).create(caller(), wanted())
    cloud.assert_clean()
    assert RecoveryHolds(cloud.store).consumers() == frozenset()
    preview = cloud.service(recovery_limits=limits).plan(caller(), wanted())
    assert told in " ".join(str(each.message) for each in preview.over_quota)


def test_it_is_counted_over_all_ensembles_of_a_project_and_of_no_other(cloud: SmallCloud) -> None:
    limits = RecoveryLimits(Amount(2, -1), guarded=True)
    built(cloud, wanted(1, name="one"), limits=limits)
    with pytest.raises(exception.OverQuota, match="may have 2 VCPUs held for recovery, 2 are"):
        built(cloud, wanted(1, name="two"), limits=limits)
    cloud.service(recovery_limits=limits).create(caller("other-project"), wanted(1))


def test_of_two_that_ask_at_once_one_is_over_the_limit(cloud: SmallCloud) -> None:
    """Each has looked before the other has saved what it is about to hold."""
    stored, most = RecoveryHolds(cloud.store), Amount(2, -1)
    first, second = (
        RecoveryHold(name, name, "shop-project", "secrethost1", "provider", {"VCPU": 2})
        for name in ("one", "two")
    )
    started = threading.Barrier(2)
    refused: list[Amount | None] = []

    def intend(hold: RecoveryHold) -> None:
        started.wait(20)
        refused.append(stored.intend(hold.ensemble_id, [hold], most=most, anew=True))

    threads = [threading.Thread(target=intend, args=(each,)) for each in (first, second)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sorted(refused, key=str) == [Amount(2, 0), None]
    assert len(stored.consumers()) == 1


def test_where_a_failure_leaves_no_places_it_is_refused_with_the_reason(cloud: SmallCloud) -> None:
    apart = anti_affinity("web")
    service = cloud.service(recovery_limits=ANY)
    with pytest.raises(exception.InfeasibleEnsemble, match="No capacity can be held"):
        service.create(caller(), wanted(4, [apart]))
    preview = service.plan(caller(), wanted(4, [apart])).result
    assert isinstance(preview, result.Infeasible)
    assert "after the failure of one host" in str(preview.reasons[0].message)
    cloud.assert_clean()


def test_others_that_are_quicker_have_it_planned_anew(cloud: SmallCloud) -> None:
    """All is taken in one request, so what is taken between is seen there."""
    adapter = cloud.placement.adapter()
    taken: list[str] = []

    class Racing:
        def __getattr__(self, name: str) -> Any:
            return getattr(adapter, name)

        def post(self, url: str, json: Any) -> Any:
            spare = [each for each in json.values() if each["consumer_type"] != "ENSEMBLE_HOLD"]
            if spare and not taken:
                (provider,) = spare[0]["allocations"]
                host = next(each.name for each in cloud.nova.hosts if each.provider == provider)
                taken.append(host)
                cloud.fill(host, 4)
            return adapter.post(url, json=json)

    record = cloud.service(recovery_limits=ANY, adapter=Racing()).create(caller(), wanted())
    cloud.run(record.id)
    cloud.observe()
    assert_held(cloud, record.id)
    assert taken[0] not in in_placement(cloud)


def test_a_delete_gives_it_back_at_once_and_forgets_it_later(cloud: SmallCloud) -> None:
    ensemble_id = built(cloud)
    cloud.service().delete(caller(), ensemble_id)
    assert in_placement(cloud) == {}
    cloud.run(ensemble_id)
    look(cloud)
    assert holds(cloud, ensemble_id) == []
    cloud.assert_clean()


def test_a_released_ensemble_has_nothing_held(cloud: SmallCloud) -> None:
    ensemble_id = built(cloud)
    cloud.service().release(caller(), ensemble_id)
    assert in_placement(cloud) == {}
    look(cloud)
    assert holds(cloud, ensemble_id) == []


def test_a_build_that_fails_gives_it_back(cloud: SmallCloud) -> None:
    cloud.nova.break_build["web-1"] = "no"
    record = cloud.service(recovery_limits=ANY).create(caller(), wanted())
    cloud.run(record.id)
    assert cloud.store.get(record.id).status == "ERROR"
    look(cloud)
    cloud.assert_clean()
    assert holds(cloud, record.id) == []


def test_a_create_interrupted_anywhere_has_it_held_or_leaves_nothing(
    cloud: SmallCloud, clock: Clock
) -> None:
    def create(process: Process) -> None:
        process._parts |= {"recovery_limits": ANY}
        process.create(wanted(1))

    whole = WriteLimit(10_000)
    with Process(cloud, whole) as process:
        create(process)
    states = set()
    for limit, write in enumerate(whole.writes):
        for each in cloud.store.select(Page()):
            cloud.service().delete(caller(), each.id)
            cloud.run(each.id, "third")
        look(cloud)
        cloud.assert_clean()
        with Process(cloud, WriteLimit(limit)) as process, pytest.raises(Killed):
            create(process)
        found = cloud.store.select(Page())
        clock.forward(max(LEASE, RESERVE_SECONDS) + 1)
        where = f"crash {limit} before {write}"
        for each in found:
            if not cloud.store.get(each.id).settled:
                cloud.run(each.id, "second")
        cloud.observe()
        look(cloud)
        states |= {each.status.value for each in found}
        built_now = [each for each in cloud.store.select(Page()) if each.status.built]
        if built_now:
            assert_held(cloud, built_now[0].id)
        else:
            assert in_placement(cloud) == {}, where
            assert RecoveryHolds(cloud.store).consumers() == frozenset(), where
    assert len(whole.writes) > 5 and states == {"RESERVING", "BUILDING"}


def test_a_member_that_nova_moves_has_it_planned_anew(cloud: SmallCloud) -> None:
    ensemble_id = built(cloud)
    (before,) = in_placement(cloud)
    member = cloud.store.get(ensemble_id).members[0]
    server = cloud.nova.servers[member.server_id or ""]
    # Somebody moves it to where its own room is held, as far as there is some beside.
    assert cloud.placement.claim_beside(
        server.id, cloud.nova.host(before).provider, VCPU=2, MEMORY_MB=512, DISK_GB=1
    )
    cloud.placement.release(server.id, cloud.nova.host(server.host).provider)
    server.host = before
    cloud.observe()
    look(cloud)
    assert_held(cloud, ensemble_id)
    assert before not in in_placement(cloud), "it would fail with the member"


def test_what_an_operator_has_removed_is_held_again(cloud: SmallCloud) -> None:
    """As ``nova-manage placement audit --delete`` does."""
    ensemble_id = built(cloud)
    for each in holds(cloud, ensemble_id):
        cloud.placement.release(each.id)
    assert in_placement(cloud) == {}
    look(cloud)
    assert_held(cloud, ensemble_id)


def test_it_is_said_when_it_cannot_be_held_any_more_and_when_it_can_again(
    cloud: SmallCloud,
) -> None:
    ensemble_id = built(cloud)
    (host,) = in_placement(cloud)
    filled = fill_up(cloud)
    cloud.nova.fail(host)
    cloud.observe()
    look(cloud)
    assert status(cloud, ensemble_id) == "not-held"
    assert "after the failure of one host there are not places" in events(cloud, ensemble_id)[-1]
    assert "secret" not in str(events(cloud, ensemble_id))
    for each in filled:
        cloud.placement.release(each)
    look(cloud)
    assert_held(cloud, ensemble_id)


def test_nothing_is_done_while_nothing_has_changed(cloud: SmallCloud) -> None:
    ensemble_id = built(cloud)
    reserve = cloud.service(recovery_limits=ANY).auto_reserve
    reserve.look()
    calls = len(cloud.nova.calls)
    reserve._next = None
    reserve.look()
    assert len(cloud.nova.calls) == calls
    assert_held(cloud, ensemble_id)


def test_each_of_however_many_has_its_turn(
    cloud: SmallCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As of the 501st, which was never looked after."""
    monkeypatch.setattr(recovery_holds, "MOST", 1)
    ids = [built(cloud, wanted(1, name=name)) for name in ("one", "two", "three")]
    for each in [hold for ensemble_id in ids for hold in holds(cloud, ensemble_id)]:
        cloud.placement.release(each.id)  # as an audit does
    reserve = cloud.service(recovery_limits=ANY).auto_reserve
    for _ in ids:
        reserve._next = None
        reserve.look()
    every = [hold for ensemble_id in ids for hold in holds(cloud, ensemble_id)]
    held = in_placement(cloud)
    assert sum(each["VCPU"] for each in held.values()) == 2 * len(every) == 6


CHANGES = [
    ("it is scaled out", {"tiers": 3, **wish()}, "held"),
    ("it wants more", {"tiers": 2, **wish("rack")}, "held"),
    ("it wants none any more", {"tiers": 2, "recovery": {}}, None),
]


@pytest.mark.parametrize(
    ("change", "after"), [each[1:] for each in CHANGES], ids=[each[0] for each in CHANGES]
)
def test_a_change_has_it_planned_anew(cloud: SmallCloud, change: Any, after: str | None) -> None:
    ensemble_id = built(cloud)
    record = cloud.store.get(ensemble_id)
    count = change.pop("tiers")
    asked = {**record.body, **change, "tiers": [{**record.body["tiers"][0], "count": count}]}
    service = cloud.service(recovery_limits=ANY)
    service.change(caller(), record, ChangeRequest(record.generation, asked))
    assert status(cloud, ensemble_id) is None, "it has to be looked at first"
    if not cloud.store.get(ensemble_id).settled:
        cloud.run(ensemble_id)
    cloud.observe()
    look(cloud)
    assert status(cloud, ensemble_id) == after
    if after is None:
        assert in_placement(cloud) == {} and holds(cloud, ensemble_id) == []
    else:
        assert_held(cloud, ensemble_id)


def test_a_change_for_which_nothing_can_be_held_is_refused(cloud: SmallCloud) -> None:
    ensemble_id = built(cloud, wanted(3, [anti_affinity("web")]))
    record = cloud.store.get(ensemble_id)
    asked = {**record.body, "tiers": [{**record.body["tiers"][0], "count": 4}]}
    service = cloud.service(recovery_limits=ANY)
    more = ChangeRequest(record.generation, asked)
    preview = service.preview_change(caller(), record, more).dry_run.result
    assert isinstance(preview, result.Infeasible)
    assert "No capacity can be held" in str(preview.reasons[0].message)
    with pytest.raises(exception.InfeasibleEnsemble, match="No capacity can be held"):
        service.change(caller(), record, more)
    assert cloud.store.get(ensemble_id).generation == record.generation
    assert_held(cloud, ensemble_id)


def test_the_sweep_leaves_what_is_ours_and_finds_what_nobody_knows(
    cloud: SmallCloud, capsys: pytest.CaptureFixture[str]
) -> None:
    ensemble_id = built(cloud)
    assert sweep(cloud.store, cloud.placement.adapter(), remove=True) == 0
    assert_held(cloud, ensemble_id)
    # As after the database was restored from a backup.
    RecoveryHolds(cloud.store).forget([each.id for each in holds(cloud, ensemble_id)])
    assert len(LeftoverHolds(cloud.placement.adapter()).find(cloud.store.member_ids)) == 1
    assert sweep(cloud.store, cloud.placement.adapter(), remove=True) == 0
    assert "1 of 1 released." in capsys.readouterr().out
    assert in_placement(cloud) == {}


@pytest.mark.parametrize("by_plan", [False, True], ids=["at once", "by the plan of a preview"])
def test_another_plan_is_taken_where_the_best_leaves_no_room_for_the_reserve(
    cloud: SmallCloud, by_plan: bool
) -> None:
    """The one that needs a whole host finds another one only if the small one is not there."""
    cloud.fill("secrethost3", 2)
    cloud.fill("secrethost4", 4)
    asked = {**body(("web", 1), ("db", 1)), **wish()}
    asked["tiers"][1]["server"]["flavor"] = cloud.flavor("m1.large", vcpus=4)
    service = cloud.service(recovery_limits=ANY)
    preview = service.plan(caller(), asked)
    assert isinstance(preview.result, result.Plan), preview.result
    record = service.create(caller(), asked, preview.id if by_plan else None)
    assert {each.name: each.host for each in record.members}["web-0"] == "secrethost3"
    cloud.run(record.id)
    cloud.observe()
    assert_held(cloud, record.id)
    free = {"secrethost1", "secrethost2"} - {each.host for each in record.members}
    assert in_placement(cloud).keys() == free
    assert max(each["VCPU"] for each in in_placement(cloud).values()) == 4
