# SPDX-License-Identifier: Apache-2.0
"""Hosts that are drained as an operation: who leaves, who cannot, and what ends it."""

from datetime import timedelta
from typing import Any

import pytest
from drains import asked, built, drain, host_of_web, looking
from repairs import events, failed, hosts_of, last_operation
from small_cloud import Clock, SmallCloud, anti_affinity, body, caller

from ensemble_api.store import rows
from ensemble_api.usecases.auto_drain import AGAIN, LONGEST_TURN, PERIOD, STUBBORN
from ensemble_api.usecases.host_drains import REASON


def test_the_members_leave_the_host_which_is_disabled_first_and_stays_so(cloud: SmallCloud) -> None:
    ensemble_id = built(cloud, policies=[anti_affinity("web")])
    before = hosts_of(cloud, ensemble_id)
    host = before["web-0"]
    answer = drain(cloud, host)
    assert answer.status_code == 202, answer.text
    [tried] = answer.json["host"]["drain"]["ensembles"]
    assert (tried["fits"], tried["blocked"]) == (True, [])
    assert (cloud.nova.host(host).status, cloud.nova.host(host).disabled_reason) == (
        "disabled",
        REASON,
    )
    assert hosts_of(cloud, ensemble_id) == before, "the answer comes before anybody moves"
    cloud.observe()
    auto, clock = looking(cloud)
    assert auto.look() == ensemble_id
    operation = cloud.store.get(ensemble_id).operation
    assert operation is not None
    assert (operation.type, operation.requester.user_id) == ("drain", "user-of-shop-project")
    assert "1 member moves to another host: its host is to be maintained." in events(
        cloud, ensemble_id
    )
    cloud.run(ensemble_id)
    cloud.observe()
    after = hosts_of(cloud, ensemble_id)
    assert host not in after.values()
    assert after["web-1"] == before["web-1"]
    assert last_operation(cloud, ensemble_id).status == "SUCCEEDED"
    clock.goes(PERIOD)
    assert auto.look() is None
    assert cloud.nova.host(host).status == "disabled", "it is enabled by operators alone"
    cloud.assert_built(cloud.store.get(ensemble_id))


def test_a_dry_run_changes_nothing(cloud: SmallCloud) -> None:
    ensemble_id = built(cloud)
    host = host_of_web(cloud, ensemble_id)
    answer = drain(cloud, host, dry_run=True)
    assert (answer.status_code, answer.json["host"]["drain"]["fits"]) == (200, True)
    assert cloud.nova.host(host).status == "enabled"
    assert ("PUT" in {method for method, _ in cloud.nova.calls}) is False


def test_one_ensemble_leaves_at_a_time(cloud: SmallCloud) -> None:
    full = [cloud.fill(host.name, 4) for host in cloud.nova.hosts[1:]]
    ids = [built(cloud, 1, name=name) for name in ("one", "two")]
    for each in full:
        cloud.placement.release(each)
    hosts = [host_of_web(cloud, each) for each in ids]
    assert hosts[0] == hosts[1]
    drain(cloud, hosts[0])
    cloud.observe()
    auto, clock = looking(cloud)
    first = auto.look()
    assert first in ids
    clock.goes(PERIOD)
    assert auto.look() is None, "the first is still on its way"
    again, _ = looking(cloud)
    assert again.look() is None, "another process sees that too"
    cloud.run(first)
    cloud.observe()
    clock.goes(PERIOD)
    second = auto.look()
    assert {first, second} == set(ids)
    cloud.run(second)
    assert hosts[0] not in {host_of_web(cloud, each) for each in ids}


def test_a_move_that_nova_has_lost_ends_and_keeps_nobody_else(
    cloud: SmallCloud, clock: Clock
) -> None:
    """Nova's API has written its task down, and its conductor never hears of it."""
    full = [cloud.fill(host.name, 4) for host in cloud.nova.hosts[1:]]
    ids = {built(cloud, 1, name=name) for name in ("one", "two")}
    for each in full:
        cloud.placement.release(each)
    cloud.nova.lose_move = {"web-0"}
    (host,) = {host_of_web(cloud, each) for each in ids}
    drain(cloud, host)
    cloud.observe()
    auto = cloud.service().auto_drain
    first = auto.look()
    assert first in ids
    with pytest.raises(AssertionError, match="not settled"):
        cloud.run(first, steps=3)
    clock.forward(200)
    cloud.observe()
    assert auto.look() is None
    with pytest.raises(AssertionError, match="not settled"):
        cloud.run(first, steps=3)
    clock.forward(LONGEST_TURN.total_seconds())
    cloud.observe()
    assert auto.look() in ids - {first}, "others have their turn"
    cloud.run(first)
    assert host_of_web(cloud, first) == host
    assert "the request was lost" in str(last_operation(cloud, first).reason)


@pytest.mark.parametrize(
    "reason", [pytest.param(None, id="enabled"), pytest.param("broken fan", id="another reason")]
)
def test_it_ends_when_an_operator_has_said_otherwise(cloud: SmallCloud, reason: str | None) -> None:
    ensemble_id = built(cloud)
    host = host_of_web(cloud, ensemble_id)
    drain(cloud, host)
    if reason is None:
        cloud.nova.enable(host)
    else:
        cloud.nova.host(host).disabled_reason = reason
    cloud.observe()
    assert looking(cloud)[0].look() is None
    assert cloud.store.get(ensemble_id).operation is None


def test_a_locked_member_is_named_stays_and_leaves_when_it_is_unlocked(cloud: SmallCloud) -> None:
    ensemble_id = built(cloud, 1)
    host = host_of_web(cloud, ensemble_id)
    (server,) = cloud.nova.alive()
    server.locked = True
    [tried] = drain(cloud, host).json["host"]["drain"]["ensembles"]
    [blocked] = tried["blocked"]
    assert blocked["member"] == "web-0"
    assert blocked["message"].startswith("web-0 cannot be moved: its server is locked. Unlock it")
    cloud.observe()
    auto, clock = looking(cloud)
    assert auto.look() is None
    server.locked = False
    clock.goes(PERIOD)
    assert auto.look() is None, "it is tried again after a while only"
    clock.goes(AGAIN)
    assert auto.look() == ensemble_id


def test_where_a_member_is_locked_the_others_leave_all_the_same(cloud: SmallCloud) -> None:
    together = {"type": "affinity", "level": "host", "tiers": ["web"], "enforcement": "soft"}
    ensemble_id = built(cloud, policies=[together])
    before = hosts_of(cloud, ensemble_id)
    host = before["web-0"]
    assert before["web-1"] == host
    (server,) = [each for each in cloud.nova.alive() if each.name.endswith("web-0")]
    server.locked = True
    drain(cloud, host)
    cloud.observe()
    assert looking(cloud)[0].look() == ensemble_id
    cloud.run(ensemble_id)
    after = hosts_of(cloud, ensemble_id)
    assert after["web-0"] == host
    assert after["web-1"] != host


def test_nobody_waits_for_a_member_that_cannot_be_moved(cloud: SmallCloud) -> None:
    """It is tried on another host each time, ever later, and then the others leave before it."""
    together = {"type": "affinity", "level": "host", "tiers": ["web"], "enforcement": "soft"}
    ensemble_id = built(cloud, 2, policies=[together])
    host = host_of_web(cloud, ensemble_id)
    assert set(hosts_of(cloud, ensemble_id).values()) == {host}
    drain(cloud, host)
    cloud.observe()
    cloud.nova.break_move = {"web-0"}
    look, clock = looking(cloud)
    tried = []
    for pause in (timedelta(0), AGAIN):
        clock.time = rows.now() + pause - PERIOD
        assert not pause or look.look() is None
        clock.goes(2 * PERIOD)
        assert look.look() == ensemble_id
        operation = cloud.store.get(ensemble_id).operation
        assert operation is not None
        tried.extend(each.host for each in operation.goals if each.name == "web-0")
        cloud.run(ensemble_id)
        cloud.observe()
    assert len(set(tried)) == STUBBORN
    clock.time = rows.now() + 2 * AGAIN - PERIOD
    assert look.look() is None, "the pause grows"
    clock.goes(2 * PERIOD)
    assert look.look() == ensemble_id
    cloud.run(ensemble_id)
    assert hosts_of(cloud, ensemble_id)["web-0"] == host != hosts_of(cloud, ensemble_id)["web-1"]
    # It alone is left, and is tried again.
    cloud.observe()
    cloud.nova.break_move = set()
    clock.goes(2 * PERIOD)
    assert look.look() == ensemble_id
    cloud.run(ensemble_id)
    assert host not in hosts_of(cloud, ensemble_id).values()


def test_where_there_is_no_other_place_nobody_moves_and_it_is_said(cloud: SmallCloud) -> None:
    ensemble_id = built(cloud, 1)
    host = host_of_web(cloud, ensemble_id)
    for each in cloud.nova.hosts:
        if each.name != host:
            cloud.fill(each.name, 4)
    shown = drain(cloud, host).json["host"]["drain"]
    assert (shown["fits"], shown["message"]) == (False, "Not all members fit elsewhere.")
    cloud.observe()
    assert looking(cloud)[0].look() is None
    assert cloud.store.get(ensemble_id).operation is None


def test_an_ensemble_with_something_under_way_waits(cloud: SmallCloud) -> None:
    ensemble_id = built(cloud, 1)
    host = host_of_web(cloud, ensemble_id)
    changed = {"tiers": [{**body(("web", 2))["tiers"][0]}]}
    assert cloud.patch(ensemble_id, changed).status_code == 202
    drain(cloud, host)
    cloud.observe()
    auto, clock = looking(cloud)
    assert auto.look() is None
    cloud.run(ensemble_id)
    cloud.observe()
    clock.goes(PERIOD)
    assert auto.look() == ensemble_id


@pytest.mark.parametrize("loss", ["deleted", "in ERROR"])
def test_a_member_whose_server_is_lost_keeps_no_other_on_the_host(
    cloud: SmallCloud, loss: str
) -> None:
    """Its tenant may see to that, and no repair comes by itself: a host could not be drained."""
    ensemble_id = built(cloud, policies=[anti_affinity("web")])
    before = hosts_of(cloud, ensemble_id)
    (server,) = [each for each in cloud.nova.alive() if each.name.endswith("web-1")]
    if loss == "deleted":
        server.gone = True
        cloud.placement.release(server.id)
    else:
        server.status = "ERROR"
    drain(cloud, before["web-0"])
    cloud.observe()
    assert cloud.store.get(ensemble_id).status == "DEGRADED"
    assert looking(cloud)[0].look() == ensemble_id
    cloud.run(ensemble_id)
    assert hosts_of(cloud, ensemble_id)["web-0"] not in before.values()


def test_nobody_leaves_a_host_that_is_down(cloud: SmallCloud) -> None:
    ensemble_id = built(cloud, 1)
    host = host_of_web(cloud, ensemble_id)
    drain(cloud, host)
    failed(cloud, host)
    assert looking(cloud)[0].look() is None
    assert cloud.store.get(ensemble_id).operation is None


def test_a_host_that_is_not_there_is_not_found(cloud: SmallCloud) -> None:
    answer = drain(cloud, "nowhere")
    assert (answer.status_code, "nowhere" in answer.text) == (404, True)


def test_who_may_not_disable_services_in_nova_may_not_here(cloud: SmallCloud) -> None:
    """The rule is an operator's to give; Nova's own is asked with the caller's rights alone."""
    ensemble_id = built(cloud, 1)
    host = host_of_web(cloud, ensemble_id)
    plain = caller("operators", "admin")
    plain.is_admin = False
    answer = drain(cloud, host, plain)
    assert answer.status_code == 403, answer.text
    assert cloud.nova.host(host).status == "enabled"


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        pytest.param({}, "body", id="nothing"),
        pytest.param({"drain": {}, "cancel": None}, "body", id="two actions"),
        pytest.param({"cancel": {}}, "cancel", id="a cancel with something"),
        pytest.param({"drain": None}, "drain", id="no object"),
        pytest.param({"drain": {"dry_run": 1}}, "drain.dry_run", id="a number"),
        pytest.param({"drain": {"force": True}}, "drain.force", id="an unknown field"),
    ],
)
def test_what_is_asked_wrongly_is_refused_with_its_field(
    cloud: SmallCloud, sent: Any, field: str
) -> None:
    answer = asked(cloud, "/hosts/secrethost1/action", sent)
    assert answer.status_code == 400
    assert answer.json["badRequest"]["details"]["field"] == field


def test_a_drain_of_one_host_is_cancelled_and_the_host_stays_disabled(cloud: SmallCloud) -> None:
    ensemble_id = built(cloud, 1)
    host = host_of_web(cloud, ensemble_id)
    drain(cloud, host)
    answer = asked(cloud, f"/hosts/{host}/action", {"cancel": None})
    assert answer.status_code == 202, answer.text
    assert cloud.nova.host(host).status == "disabled"
    cloud.observe()
    assert looking(cloud)[0].look() is None


@pytest.mark.parametrize(
    ("state", "message"),
    [
        pytest.param(
            {"status": "SHUTOFF"}, "its server is SHUTOFF, and only one that is ACTIVE", id="off"
        ),
        pytest.param({"task": "rebooting"}, "something is under way with its server", id="busy"),
    ],
)
def test_what_keeps_a_member_is_said_with_a_way_out(
    cloud: SmallCloud, state: Any, message: str
) -> None:
    ensemble_id = built(cloud, 1)
    host = host_of_web(cloud, ensemble_id)
    (server,) = cloud.nova.alive()
    for name, value in state.items():
        setattr(server, name, value)
    [tried] = drain(cloud, host, dry_run=True).json["host"]["drain"]["ensembles"]
    [blocked] = tried["blocked"]
    assert message in blocked["message"]
    assert tried["moves"], "where it would go is told all the same"
