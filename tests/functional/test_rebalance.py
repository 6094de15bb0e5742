# SPDX-License-Identifier: Apache-2.0
"""The best spread is brought back: previewed, and carried out one move after the other."""

from typing import Any

from changes import built, fault
from repairs import act, events, failed, hosts_of, last_operation, repair, step_late
from small_cloud import SmallCloud, caller

REBALANCE = {"rebalance": {}}
PREVIEW = {"rebalance": {"dry_run": True}}


def crowded(cloud: SmallCloud) -> str:
    """An ensemble of two whose members share a host, since the others were full for a while."""
    ensemble_id = built(cloud, ("web", 2))
    record = cloud.store.get(ensemble_id)
    first, second = (cloud.nova.servers[each.server_id] for each in record.members)
    assert first.host != second.host
    cloud.nova.arrive(second, first.host)
    cloud.observe()
    assert len(set(hosts_of(cloud, ensemble_id).values())) == 1
    return ensemble_id


def test_the_preview_says_who_moves_and_is_carried_out_by_its_id(cloud: SmallCloud) -> None:
    ensemble_id = crowded(cloud)
    answer = act(cloud, ensemble_id, PREVIEW)
    assert answer.status_code == 200, answer.json
    found = answer.json["rebalance"]
    (move,) = found["moved"]
    assert found["message"].startswith("1 member moves to another host")
    assert "secret" not in answer.text
    assert cloud.store.get(ensemble_id).operation is None

    plan = found["plan"]["id"]
    begun = act(cloud, ensemble_id, {"rebalance": {"plan": plan}})
    assert begun.status_code == 202, begun.json
    assert begun.json["ensemble"]["operation"]["type"] == "move"
    cloud.run(ensemble_id)
    cloud.observe()
    places = hosts_of(cloud, ensemble_id)
    assert len(set(places.values())) == 2
    record = cloud.store.get(ensemble_id)
    assert (record.status, record.generation) == ("ACTIVE", 1)
    servers = {each.id for each in cloud.nova.alive()}
    assert cloud.placement.consumers(*cloud.providers) == servers, "nothing is held any more"
    operation = last_operation(cloud, ensemble_id)
    assert (operation.type, operation.status) == ("move", "SUCCEEDED")
    assert "All that was to move has moved." in events(cloud, ensemble_id)
    assert [move["member"]] == [each.name for each in operation.goals]


def test_what_is_spread_best_moves_nobody(cloud: SmallCloud) -> None:
    ensemble_id = built(cloud, ("web", 2))
    found = act(cloud, ensemble_id, PREVIEW).json["rebalance"]
    assert (found["moved"], found["plan"]["feasible"], found["plan"]["id"]) == ([], True, None)
    refused = act(cloud, ensemble_id, REBALANCE)
    assert refused.status_code == 409
    assert "nobody is to move" in fault(refused)["message"]
    assert last_operation(cloud, ensemble_id).type == "create"


def test_after_a_failure_and_its_end_the_spread_is_as_before(cloud: SmallCloud) -> None:
    ensemble_id = built(cloud, ("web", 2), policies=())
    host = "secrethost4"  # the only one of its zone
    assert host in hosts_of(cloud, ensemble_id).values()
    failed(cloud, host)
    refused = act(cloud, ensemble_id, REBALANCE)
    assert "Repair the ensemble first" in fault(refused)["message"]
    assert repair(cloud, ensemble_id).status_code == 202
    cloud.run(ensemble_id)
    cloud.nova.restart(host)
    cloud.observe()
    assert host not in hosts_of(cloud, ensemble_id).values()
    assert act(cloud, ensemble_id, REBALANCE).status_code == 202
    cloud.run(ensemble_id)
    cloud.observe()
    assert host in hosts_of(cloud, ensemble_id).values()
    assert act(cloud, ensemble_id, REBALANCE).status_code == 409, "it does not move to and fro"


def test_a_locked_server_stays_and_another_moves(cloud: SmallCloud) -> None:
    ensemble_id = crowded(cloud)
    first = cloud.store.get(ensemble_id).members[1]
    cloud.nova.servers[first.server_id].locked = True
    found: Any = act(cloud, ensemble_id, PREVIEW).json["rebalance"]
    assert [each["member"] for each in found["moved"]] == ["web-0"]


def test_what_was_previewed_and_cannot_be_had_any_more_moves_nobody(cloud: SmallCloud) -> None:
    ensemble_id = crowded(cloud)
    plan = act(cloud, ensemble_id, PREVIEW).json["rebalance"]["plan"]["id"]
    assert cloud.patch(ensemble_id, {"description": "Changed."}).status_code == 202
    refused = act(cloud, ensemble_id, {"rebalance": {"plan": plan}})
    assert (refused.status_code, cloud.store.get(ensemble_id).operation) == (409, None)
    assert fault(refused)["details"]["code"] == "ensemble.plan_changed"


def test_a_reader_moves_nobody_and_another_project_knows_nothing(cloud: SmallCloud) -> None:
    ensemble_id = crowded(cloud)
    assert act(cloud, ensemble_id, REBALANCE, caller("shop-project", "reader")).status_code == 403
    assert act(cloud, ensemble_id, REBALANCE, caller("other", "member")).status_code == 404


def test_a_cancel_ends_a_migration_that_does_not_end_by_itself(cloud: SmallCloud) -> None:
    ensemble_id = crowded(cloud)
    before = hosts_of(cloud, ensemble_id)
    cloud.nova.move_looks = 1000
    assert act(cloud, ensemble_id, REBALANCE).status_code == 202
    step_late(cloud, ensemble_id, 1.0)
    (moving,) = [each for each in cloud.nova.alive() if each.task == "migrating"]
    assert act(cloud, ensemble_id, {"cancel": None}).status_code == 202
    step_late(cloud, ensemble_id, 20.0)
    assert ("abort", moving.id) not in cloud.nova.acted
    step_late(cloud, ensemble_id, 31.0)
    assert ("abort", moving.id) in cloud.nova.acted
    cloud.run(ensemble_id)
    assert last_operation(cloud, ensemble_id).status == "CANCELLED"
    assert hosts_of(cloud, ensemble_id) == before
    servers = {each.id for each in cloud.nova.alive()}
    assert cloud.placement.consumers(*cloud.providers) == servers, "nothing is held any more"


def test_a_move_that_nova_refuses_is_given_up_and_said(cloud: SmallCloud) -> None:
    ensemble_id = crowded(cloud)
    assert act(cloud, ensemble_id, REBALANCE).status_code == 202
    for each in cloud.store.get(ensemble_id).members:
        cloud.nova.servers[each.server_id].locked = True
    cloud.run(ensemble_id)
    operation = last_operation(cloud, ensemble_id)
    assert operation.status == "FAILED"
    assert len(set(hosts_of(cloud, ensemble_id).values())) == 1
    servers = {each.id for each in cloud.nova.alive()}
    assert cloud.placement.consumers(*cloud.providers) == servers, "nothing is held any more"
