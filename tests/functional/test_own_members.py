# SPDX-License-Identifier: Apache-2.0
"""Members that are told who they are: what Nova is asked for, member by member."""

import base64
from typing import Any

from small_cloud import SmallCloud, anti_affinity, body, caller

SPREAD = anti_affinity("web")
OWN = {
    "name": "{tier}{index}.{ensemble}",
    "hostname": "{tier}{index}.{ensemble}.example.org",
    "metadata": {"peers": "{count}", "me": "{index}"},
    "user_data": base64.b64encode(b"#!/bin/sh\necho {index} of {count} ${HOME}").decode(),
    "fill_in": ["metadata", "user_data"],
}


def asked(cloud: SmallCloud) -> dict[str, Any]:
    """What Nova was asked for of each server that is there, by the server's name."""
    return {server.name: server.request for server in cloud.nova.alive()}


def described(count: int, called: str = "shop", **own: Any) -> Any:
    """A description with one tier whose members have their own values."""
    wanted = body(("web", count), policies=[SPREAD], name=called)
    wanted["tiers"][0]["server"] |= {**OWN, **own}
    return wanted


def said(request: Any) -> str:
    return base64.b64decode(request["user_data"]).decode().splitlines()[1]


def test_each_member_has_its_own_name_metadata_and_user_data(cloud: SmallCloud) -> None:
    answer = cloud.post(described(2, "Shop 1"))
    assert answer.status_code == 202, answer.json
    ensemble_id = answer.json["ensemble"]["id"]
    cloud.run(ensemble_id)
    cloud.observe()

    assert cloud.patch(ensemble_id, {"tiers": [{"name": "web", "count": 3}]}).status_code == 202
    cloud.run(ensemble_id)

    cloud.assert_built(cloud.store.get(ensemble_id))
    found = asked(cloud)
    assert set(found) == {"web0.Shop 1", "web1.Shop 1", "web2.Shop 1"}
    assert found["web1.Shop 1"]["hostname"] == "web1.shop-1.example.org"
    assert found["web1.Shop 1"]["metadata"] == {"peers": "2", "me": "1"}
    assert said(found["web1.Shop 1"]) == "echo 1 of 2 ${HOME}"
    assert said(found["web2.Shop 1"]) == "echo 2 of 3 ${HOME}"
    assert all("fill_in" not in each for each in found.values())


def test_what_is_shown_is_the_pattern(cloud: SmallCloud) -> None:
    record = cloud.service().create(caller(), described(1))
    server = cloud.store.get(record.id).body["tiers"][0]["server"]
    assert {**server, **OWN} == server


def test_another_ensemble_of_the_name_leaves_chosen_names_as_they_are(cloud: SmallCloud) -> None:
    for _ in range(2):
        record = cloud.service().create(caller(), described(1))
        cloud.run(record.id)
    assert [each.name for each in cloud.nova.alive()] == ["web0.shop", "web0.shop"]


def test_a_name_that_a_change_makes_impossible_is_refused_with_its_field(
    cloud: SmallCloud,
) -> None:
    record = cloud.service().create(caller(), described(1, name="alone"))
    cloud.run(record.id)
    cloud.observe()
    answer = cloud.patch(record.id, {"tiers": [{"name": "web", "count": 2}]})
    assert answer.status_code == 400
    assert answer.json["badRequest"]["details"]["field"] == "ensemble.tiers[0].server.name"
    answer = cloud.patch(record.id, {"name": "\u2603"})
    assert answer.status_code == 400
    assert answer.json["badRequest"]["details"]["field"] == "ensemble.tiers[0].server.hostname"
