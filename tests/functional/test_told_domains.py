# SPDX-License-Identifier: Apache-2.0
"""A guest is told where it is, also after a move, and never in the place of its tenant."""

from typing import Any

import pytest
from small_cloud import SmallCloud, anti_affinity, body, caller

from ensemble_api.planning.topology import FailureDomain, reference
from ensemble_api.rights import CurrentRights

KEYS = {
    "ensemble_id",
    "ensemble_member",
    "ensemble_domain_host",
    "ensemble_domain_rack",
    "ensemble_domain_zone",
}


def built(cloud: SmallCloud, count: int = 2, **server: Any) -> str:
    wanted = body(
        ("web", count), policies=[anti_affinity("web")], domains_in_metadata=True, **server
    )
    answer = cloud.post(wanted)
    assert answer.status_code == 202, answer.json
    cloud.run(answer.json["ensemble"]["id"])
    cloud.observe()
    return str(answer.json["ensemble"]["id"])


def server(cloud: SmallCloud, name: str) -> Any:
    return next(each for each in cloud.nova.alive() if each.name == name)


def told(cloud: SmallCloud, name: str = "shop-web-0") -> dict[str, str]:
    return dict(server(cloud, name).request["metadata"])


def of(cloud: SmallCloud, host: str) -> dict[str, str]:
    """What a guest on a host is to be told of its domains."""
    found = cloud.nova.host(host)
    paths = {"host": (found.zone, found.rack, host), "rack": (found.zone, found.rack)}
    return {
        f"ensemble_domain_{level}": reference("shop-project", FailureDomain(level, path[-1], path))
        for level, path in {**paths, "zone": (found.zone,)}.items()
    }


def move(cloud: SmallCloud, name: str = "shop-web-0") -> str:
    """Have Nova move a server to a host that has none; gives it."""
    used = {each.host for each in cloud.nova.alive()}
    target = next(each.name for each in reversed(cloud.nova.hosts) if each.name not in used)
    server(cloud, name).host = target
    return target


def events(cloud: SmallCloud, ensemble_id: str) -> list[str]:
    said = [each["message"] for each in cloud.store.get(ensemble_id).events]
    return [str(each) for each in said if each.code == "event.metadata-left"]


def test_a_new_guest_knows_its_ensemble_its_name_and_its_domains(cloud: SmallCloud) -> None:
    ensemble_id = built(cloud, metadata={"team": "{tier}"}, fill_in=["metadata"])
    first = told(cloud)
    assert first.keys() == KEYS | {"team"} and first["team"] == "web"
    assert (first["ensemble_id"], first["ensemble_member"]) == (ensemble_id, "web-0")
    assert first.items() >= of(cloud, server(cloud, "shop-web-0").host).items()
    text = "".join(first.values())
    assert not any(name in text for host in cloud.nova.hosts for name in (host.name, host.rack))
    # As the API shows its domains.
    (member, _) = cloud.store.get(ensemble_id).members
    assert first["ensemble_domain_rack"] == reference(
        "shop-project", FailureDomain("rack", member.domains["rack"][-1], member.domains["rack"])
    )


def test_a_tier_that_does_not_ask_for_it_is_told_nothing(cloud: SmallCloud) -> None:
    record = cloud.service().create(caller(), body(("web", 1), domains_in_metadata=False))
    cloud.run(record.id)
    cloud.observe()
    move(cloud)
    cloud.observe(tell=cloud.teller().tell)
    assert "metadata" not in server(cloud, "shop-web-0").request


def test_a_guest_is_told_after_a_move_and_nobody_else_is_touched(cloud: SmallCloud) -> None:
    built(cloud)
    teller = cloud.teller()
    before = told(cloud, "shop-web-1")
    target = move(cloud)
    cloud.nova.calls.clear()
    cloud.observe(tell=teller.tell)
    assert told(cloud).items() >= of(cloud, target).items()
    assert told(cloud, "shop-web-1") == before
    writes = [call for call in cloud.nova.calls if call[0] == "POST"]
    assert len(writes) == 1
    cloud.nova.calls.clear()
    cloud.observe(tell=teller.tell)
    assert not [path for _, path in cloud.nova.calls if path.endswith("metadata")]


@pytest.mark.parametrize("state", ["locked", "ERROR", "migrating"])
def test_a_server_that_nova_lets_nobody_change_is_told_once_it_can_be(
    cloud: SmallCloud, state: str
) -> None:
    built(cloud)
    now = [0.0]
    teller = cloud.teller(clock=lambda: now[0])
    before, target, moved = told(cloud), move(cloud), server(cloud, "shop-web-0")
    cloud.observe()  # an erroneous server is shown without its host by this Nova
    moved.locked = state == "locked"
    moved.status = "ERROR" if state == "ERROR" else "ACTIVE"
    moved.task = "migrating" if state == "migrating" else None
    teller.tell([])
    assert told(cloud) == before
    moved.locked, moved.status, moved.task = False, "ACTIVE", None
    cloud.nova.calls.clear()
    teller.tell([])
    assert cloud.nova.calls == [], "it is not asked about again and again"
    if state == "locked":
        now[0] += 31
        teller.tell([])
    else:
        teller.tell([moved.id])  # Nova lists it as changed
    assert told(cloud).items() >= of(cloud, target).items()


def test_what_a_tenant_has_overwritten_or_deleted_is_left_and_told_of_once(
    cloud: SmallCloud,
) -> None:
    ensemble_id = built(cloud)
    metadata = server(cloud, "shop-web-0").request["metadata"]
    metadata["ensemble_domain_rack"] = "our-own"
    del metadata["ensemble_domain_zone"]
    for _ in range(2):
        target = move(cloud)
        cloud.observe(tell=cloud.teller().tell)
        assert told(cloud)["ensemble_domain_rack"] == "our-own"
        assert "ensemble_domain_zone" not in told(cloud)
        host = of(cloud, target)["ensemble_domain_host"]
        assert told(cloud)["ensemble_domain_host"] == host
    (said,) = events(cloud, ensemble_id)
    assert said.startswith("ensemble_domain_rack, ensemble_domain_zone in the metadata of the ")


def test_a_released_server_is_told_nothing_any_more_and_keeps_what_is_the_tenants(
    cloud: SmallCloud,
) -> None:
    ensemble_id = built(cloud, metadata={"team": "web"})
    server(cloud, "shop-web-0").request["metadata"]["ensemble_domain_rack"] = "our-own"
    server(cloud, "shop-web-1").locked = True
    locked = told(cloud, "shop-web-1")
    cloud.service().release(caller(), ensemble_id)
    assert cloud.find(ensemble_id) is None
    assert told(cloud) == {"team": "web", "ensemble_domain_rack": "our-own"}
    assert told(cloud, "shop-web-1") == locked, "but where Nova keeps it"


def test_a_member_that_is_taken_out_is_told_nothing_any_more(cloud: SmallCloud) -> None:
    ensemble_id = built(cloud)
    tiers = {"tiers": [{"name": "web", "count": 1}]}
    answer = cloud.patch(ensemble_id, tiers, release=["web-1"])
    assert answer.status_code == 202, answer.json
    cloud.run(ensemble_id)
    assert told(cloud, "shop-web-1") == {}
    assert told(cloud).keys() == KEYS


def test_a_host_that_comes_into_another_rack_is_told_to_its_guests(cloud: SmallCloud) -> None:
    built(cloud)
    home = server(cloud, "shop-web-0").host
    before = told(cloud)
    cloud.nova.host(home).rack = "another-rack"
    cloud.observe(tell=cloud.teller().tell)
    assert told(cloud).items() >= of(cloud, home).items()
    assert told(cloud) != before


def test_rights_that_were_taken_away_are_not_used_to_tell(cloud: SmallCloud) -> None:
    built(cloud)
    teller = cloud.teller()
    asked: list[Any] = []
    session: Any = teller._session
    acting = session.acting_for
    session.rights = lambda requester, _: CurrentRights(frozenset(requester.roles) - {"member"})
    session.acting_for = lambda held, project: asked.append(held.roles) or acting(held, project)
    move(cloud)
    cloud.observe(tell=teller.tell)
    assert asked == [("reader",)]


def test_its_items_are_held_against_the_quota_of_metadata(cloud: SmallCloud) -> None:
    seen: list[dict[str, str]] = []
    check = cloud.nova._objection

    def objection(wanted: Any) -> str:
        seen.append(wanted.get("metadata", {}))
        return "Metadata exceeds 5." if len(wanted.get("metadata", {})) > 5 else check(wanted)

    cloud.nova._objection = objection  # type: ignore[method-assign]
    answer = cloud.post(body(("web", 1), domains_in_metadata=True, metadata={"team": "web"}))
    assert answer.status_code == 400, answer.json
    assert answer.json["badRequest"]["details"]["field"] == "ensemble.tiers[0].server.metadata"
    assert seen[0].keys() == KEYS | {"team"}
    assert cloud.post(body(("web", 1), domains_in_metadata=True)).status_code == 202


def test_a_tenants_own_key_cannot_be_called_as_these_are(cloud: SmallCloud) -> None:
    wanted = body(("web", 1), domains_in_metadata=True, metadata={"ensemble_domain_rack": "x"})
    answer = cloud.post(wanted)
    assert answer.status_code == 400
    field = answer.json["badRequest"]["details"]["field"]
    assert field == "ensemble.tiers[0].server.metadata.ensemble_domain_rack"
