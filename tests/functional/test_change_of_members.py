# SPDX-License-Identifier: Apache-2.0
"""Members that a change takes out, replaces or leaves alone, by name."""

import pytest
from changes import built, changed, fault, names, tiers
from small_cloud import IMAGE, SmallCloud, caller

from ensemble_api.store import models


def test_a_member_with_parts_of_its_own_is_not_scaled(cloud: SmallCloud) -> None:
    ensemble_id = built(cloud, ("web", 1))
    record = cloud.store.get(ensemble_id)
    server = {**record.body["tiers"][0]["server"], "ports": [IMAGE]}
    with cloud.store.writing() as session:
        row = session.get(models.Ensemble, ensemble_id)
        row.body = {**record.body, "tiers": [{**record.body["tiers"][0], "server": server}]}
    answer = cloud.patch(ensemble_id, tiers(("web", 2)))
    assert fault(answer)["details"]["field"] == "ensemble.tiers[0].count"


def test_a_locked_server_is_not_chosen_and_not_removed_by_name(cloud: SmallCloud) -> None:
    ensemble_id = built(cloud, ("web", 2))
    record = cloud.store.get(ensemble_id)
    kept = record.members[1]
    cloud.nova.servers[kept.server_id].locked = True
    answer = cloud.patch(ensemble_id, tiers(("web", 1)), remove=[kept.name])
    assert answer.status_code == 409
    assert f"The server of {kept.name} is locked." in fault(answer)["message"]
    assert names(changed(cloud, ensemble_id, tiers(("web", 1)))) == [kept.name]


def test_a_member_is_taken_out_and_its_server_is_nobodys_any_more(cloud: SmallCloud) -> None:
    ensemble_id = built(cloud, ("web", 3))
    before = {each.name: each for each in cloud.store.get(ensemble_id).members}
    found = cloud.patch(ensemble_id, tiers(("web", 2)), release=["web-1"], query="?dry_run=1").json
    assert (found["change"]["removed"], found["change"]["released"]) == ([], ["web-1"])
    answer = cloud.patch(ensemble_id, tiers(("web", 2)), release=["web-1"])
    assert answer.status_code == 202
    cloud.run(ensemble_id)
    record = cloud.store.get(ensemble_id)
    assert (names(record), record.settled) == (["web-0", "web-2"], True)
    server = cloud.nova.servers[before["web-1"].server_id]
    assert (server.status, server.task, server.tags) == ("ACTIVE", None, [])
    assert (
        str(record.events[-2]["message"])
        == "web-1 is of the ensemble no longer; its server was kept."
    )
    cloud.service().delete(caller(), ensemble_id)
    cloud.run(ensemble_id)
    assert [each.id for each in cloud.nova.alive()] == [server.id]


def test_the_last_member_of_a_tier_is_taken_out_with_its_tier(cloud: SmallCloud) -> None:
    ensemble_id = built(cloud, ("web", 2), ("db", 1))
    last = next(each for each in cloud.store.get(ensemble_id).members if each.tier == "db")
    answer = cloud.patch(ensemble_id, tiers(("web", 2), ("db", 1)), release=["db-0"])
    assert (answer.status_code, fault(answer)["details"]["field"]) == (400, "release")
    assert "goes with its tier: leave that out of the tiers" in fault(answer)["message"]
    assert cloud.patch(ensemble_id, tiers(("web", 2)), release=["db-0"]).status_code == 202
    cloud.run(ensemble_id)
    record = cloud.store.get(ensemble_id)
    assert (names(record), [each["name"] for each in record.body["tiers"]]) == (
        ["web-0", "web-1"],
        ["web"],
    )
    assert cloud.nova.servers[last.server_id].tags == []

    answer = cloud.patch(ensemble_id, {"tiers": []}, release=["web-0", "web-1"])
    assert fault(answer)["details"]["field"] == "ensemble.tiers"
    assert "delete it, or release it and keep its servers" in fault(answer)["message"]


def test_a_member_that_is_locked_or_failed_is_taken_out_all_the_same(cloud: SmallCloud) -> None:
    ensemble_id = built(cloud, ("web", 3))
    first, second, _ = cloud.store.get(ensemble_id).members
    cloud.nova.servers[first.server_id].locked = True
    cloud.nova.servers[second.server_id].status = "ERROR"
    answer = cloud.patch(ensemble_id, tiers(("web", 1)), release=[first.name, second.name])
    assert answer.status_code == 202
    cloud.run(ensemble_id)
    assert names(cloud.store.get(ensemble_id)) == ["web-2"]
    assert len(cloud.nova.alive()) == 3


@pytest.mark.parametrize("kept", [False, True])
def test_a_member_is_replaced_and_the_new_one_is_there_before_the_old_one_goes(
    cloud: SmallCloud, kept: bool
) -> None:
    ensemble_id = built(cloud, ("web", 2))
    old = cloud.store.get(ensemble_id).members[0]
    more = {"release": [old.name]} if kept else {}
    assert cloud.patch(ensemble_id, {}, replace=[old.name], **more).status_code == 202
    cloud.store.claim(ensemble_id, "worker", 20)
    while cloud.store.get(ensemble_id).operation.status == "RUNNING":
        assert cloud.nova.servers[old.server_id].task is None
        cloud.engine().step(ensemble_id)
    assert len(cloud.nova.alive()) == 3
    cloud.run(ensemble_id)
    record = cloud.store.get(ensemble_id)
    assert names(record) == ["web-1", "web-2"]
    assert (old.server_id in {each.id for each in cloud.nova.alive()}) is kept


def test_what_was_to_be_kept_is_kept_by_a_delete_in_the_middle_of_the_change(
    cloud: SmallCloud,
) -> None:
    ensemble_id = built(cloud, ("web", 2))
    old = cloud.store.get(ensemble_id).members[0]
    assert cloud.patch(ensemble_id, {}, replace=["web-0"], release=["web-0"]).status_code == 202
    cloud.service().delete(caller(), ensemble_id)
    cloud.run(ensemble_id)
    assert [each.id for each in cloud.nova.alive()] == [old.server_id]
