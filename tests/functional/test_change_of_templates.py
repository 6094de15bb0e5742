# SPDX-License-Identifier: Apache-2.0
"""Tiers whose servers are described otherwise by a change."""

from changes import OTHER, built, changed, tiers
from small_cloud import SmallCloud


def test_another_template_is_for_new_members_and_the_others_are_outdated(cloud: SmallCloud) -> None:
    ensemble_id = built(cloud, ("web", 2))
    first = cloud.store.get(ensemble_id).body["tiers"][0]["server"]
    wanted = tiers(("web", 3))
    wanted["tiers"][0]["server"] = {**OTHER, "metadata": {"version": "2"}}
    found = cloud.patch(ensemble_id, wanted, query="?dry_run=1").json["change"]
    assert (found["added"], found["outdated"]) == (["web-2"], ["web-0", "web-1"])

    def outdated() -> list[str]:
        record = cloud.store.get(ensemble_id)
        return [each.name for each in record.members if record.is_outdated(each)]

    record = changed(cloud, ensemble_id, wanted)
    assert outdated() == ["web-0", "web-1"]
    new = cloud.nova.servers[record.members[2].server_id]
    assert new.request["metadata"] == {"version": "2"}
    changed(cloud, ensemble_id, {}, replace=["web-0"])
    assert outdated() == ["web-1"]
    wanted["tiers"][0]["server"] = first
    changed(cloud, ensemble_id, wanted)
    assert outdated() == ["web-2", "web-3"]


def test_a_template_that_came_with_a_change_goes_with_it(cloud: SmallCloud) -> None:
    ensemble_id = built(cloud, ("web", 1))
    wanted = tiers(("web", 2))
    wanted["tiers"][0]["server"] = OTHER
    cloud.nova.refuse["web-1"] = (403, "Quota exceeded for ports")
    cloud.patch(ensemble_id, wanted)
    cloud.run(ensemble_id)
    record = cloud.store.get(ensemble_id)
    assert [record.is_outdated(each) for each in record.members] == [False]
