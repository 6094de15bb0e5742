# SPDX-License-Identifier: Apache-2.0
"""Whole racks and zones that are drained as one thing, and what ends that."""

from collections.abc import Mapping
from typing import Any

import pytest
from drains import ADMIN, asked, built, looking
from placement_service import PlacementService
from repairs import events, hosts_of, last_operation
from small_cloud import SmallCloud, anti_affinity, caller

from ensemble_api import limits
from ensemble_api.store.api import Store
from ensemble_api.usecases.auto_drain import PERIOD
from ensemble_api.usecases.host_drains import CANCELLED, REASON

RACKS = {
    f"secrethost{number}": (f"secretrack{number // 2}", "zone-one" if number < 4 else "zone-two")
    for number in range(8)
}
SURVIVES = {"type": "survive", "level": "rack", "tiers": ["web"], "min_available": 2}


@pytest.fixture
def cloud(placement: PlacementService, store: Store) -> SmallCloud:
    """Four racks of two hosts, in two zones."""
    return SmallCloud.build(placement, store, RACKS)


def rack_of_web(cloud: SmallCloud, ensemble_id: str) -> str:
    return RACKS[hosts_of(cloud, ensemble_id)["web-0"]][0]


def act(cloud: SmallCloud, rack: str, action: Any, who: Any = ADMIN) -> Any:
    return asked(cloud, f"/domains/rack/{rack}/action", action, who)


def shown(cloud: SmallCloud, rack: str, query: str = "") -> Any:
    answer = asked(cloud, f"/domains/rack/{rack}{query}")
    assert answer.status_code == 200, answer.text
    return answer.json["domain"]


def emptied(cloud: SmallCloud, ensemble_ids: list[str]) -> None:
    """Let the drain do what there is to do."""
    auto, clock = looking(cloud)
    for _ in ensemble_ids:
        begun = auto.look()
        assert begun in ensemble_ids
        cloud.run(begun)
        cloud.observe()
        clock.goes(PERIOD)
    assert auto.look() is None


def test_all_hosts_are_disabled_first_and_nobody_goes_within_the_rack(cloud: SmallCloud) -> None:
    ids = [
        built(cloud, 3, name=name, policies=[anti_affinity("web", "rack"), SURVIVES])
        for name in ("one", "two")
    ]
    rack = rack_of_web(cloud, ids[0])
    answer = act(cloud, rack, {"drain": {}})
    assert answer.status_code == 202, answer.text
    inside = [host for host, (name, _) in RACKS.items() if name == rack]
    for host in cloud.nova.hosts:
        why = (host.status, host.disabled_reason)
        zone = RACKS[host.name][1]
        expected = ("disabled", f"{REASON}, rack {zone}/{rack}")
        assert why == (expected if host.name in inside else ("enabled", None))
    assert answer.json["domain"]["drain"]["fits"] is True
    cloud.observe()
    emptied(cloud, [each for each in ids if rack in _racks(cloud, each)])
    for each in ids:
        assert rack not in _racks(cloud, each)
        assert cloud.store.get(each).status == "ACTIVE"
    assert {cloud.nova.host(host).status for host in inside} == {"disabled"}


def _racks(cloud: SmallCloud, ensemble_id: str) -> set[str]:
    return {RACKS[host][0] for host in hosts_of(cloud, ensemble_id).values()}


def test_a_preview_tells_who_moves_in_which_order_and_changes_nothing(cloud: SmallCloud) -> None:
    ensemble_id = built(cloud, 4)
    rack = rack_of_web(cloud, ensemble_id)
    before = hosts_of(cloud, ensemble_id)
    answer = act(cloud, rack, {"drain": {"dry_run": True}})
    assert answer.status_code == 200, answer.text
    domain = answer.json["domain"]
    assert (domain["state"], domain["level"], domain["name"]) == ("none", "rack", rack)
    [tried] = domain["drain"]["ensembles"]
    here = {name for name, host in before.items() if RACKS[host][0] == rack}
    assert {each["member"] for each in tried["moves"]} == here == set(tried["members"])
    for each in tried["moves"]:
        assert each["from"] == before[each["member"]]
        assert RACKS[each["host"]][0] == each["rack"] != rack
    assert {host.status for host in cloud.nova.hosts} == {"enabled"}
    assert "PUT" not in {method for method, _ in cloud.nova.calls}
    assert hosts_of(cloud, ensemble_id) == before


def test_the_moves_are_those_of_the_preview(cloud: SmallCloud) -> None:
    ensemble_id = built(cloud, 4, policies=[SURVIVES])
    rack = rack_of_web(cloud, ensemble_id)
    [tried] = act(cloud, rack, {"drain": {}}).json["domain"]["drain"]["ensembles"]
    cloud.observe()
    emptied(cloud, [ensemble_id])
    after = hosts_of(cloud, ensemble_id)
    assert {each["member"]: after[each["member"]] for each in tried["moves"]} == {
        each["member"]: each["host"] for each in tried["moves"]
    }


def test_nobody_goes_to_a_host_of_the_rack_that_is_not_disabled_yet(cloud: SmallCloud) -> None:
    """Nova is asked for one host after the other, and the observer may look in between."""
    ensemble_id = built(cloud, 1)
    host = hosts_of(cloud, ensemble_id)["web-0"]
    rack, zone = RACKS[host]
    found = cloud.nova.host(host)
    found.status, found.disabled_reason = "disabled", f"{REASON}, rack {zone}/{rack}"
    for name, (other, _) in RACKS.items():
        if other != rack and name != "secrethost7":
            cloud.fill(name, 4)  # what is best by itself would be the other host of the rack
    cloud.observe()
    emptied(cloud, [ensemble_id])
    assert hosts_of(cloud, ensemble_id) == {"web-0": "secrethost7"}


def test_a_drain_is_followed_from_its_beginning_to_its_end(cloud: SmallCloud) -> None:
    ensemble_id = built(cloud, 1)
    rack = rack_of_web(cloud, ensemble_id)
    assert shown(cloud, rack)["message"] is None
    act(cloud, rack, {"drain": {}})
    cloud.observe()
    begun = shown(cloud, rack)
    assert (begun["state"], begun["members"], begun["ensembles"]) == ("draining", 1, 1)
    assert begun["message"] == "1 member is still to move, and no new server comes."
    assert {each["drain"] for each in begun["hosts"]} == {"draining"}
    looking(cloud)[0].look()
    [moving] = shown(cloud, rack)["moving"]
    assert moving["ensemble_id"] == ensemble_id
    assert moving["progress"]["message"] == (
        "A server is being moved for maintenance; 0 of 1 is on its new host."
    )
    cloud.run(ensemble_id)
    cloud.observe()
    after = shown(cloud, rack)
    assert (after["state"], after["members"], after["moving"]) == ("drained", 0, [])
    assert last_operation(cloud, ensemble_id).type == "drain"


def test_projects_see_it_coming_without_any_name_of_the_cloud(cloud: SmallCloud) -> None:
    hit = built(cloud, 1)
    rack = rack_of_web(cloud, hit)
    for host, (name, _) in RACKS.items():
        if name == rack:
            cloud.fill(host, 4 - 2 * (host == hosts_of(cloud, hit)["web-0"]))
    spared = built(cloud, 1, name="elsewhere")
    act(cloud, rack, {"drain": {}})
    act(cloud, rack, {"drain": {}})
    told = [each for each in events(cloud, hit) if "maintenance" in each]
    [once] = told
    assert once.endswith("are to be moved to other hosts for maintenance. They go on running.")
    assert not [each for each in events(cloud, spared) if "maintenance" in each]
    assert "secret" not in " ".join(events(cloud, hit))


def test_a_cancel_ends_what_is_under_way_and_leaves_the_hosts_disabled(cloud: SmallCloud) -> None:
    ensemble_id = built(cloud, 1)
    rack = rack_of_web(cloud, ensemble_id)
    before = hosts_of(cloud, ensemble_id)
    act(cloud, rack, {"drain": {}})
    cloud.observe()
    auto, clock = looking(cloud)
    assert auto.look() == ensemble_id
    answer = act(cloud, rack, {"cancel": None})
    assert answer.status_code == 202, answer.text
    assert "drain" not in answer.json["domain"]
    assert shown(cloud, rack)["state"] == "cancelled"
    cloud.run(ensemble_id)
    cloud.observe()
    assert last_operation(cloud, ensemble_id).status == "CANCELLED"
    assert hosts_of(cloud, ensemble_id) == before, "Nova was not asked yet"
    clock.goes(PERIOD * 100)
    assert auto.look() is None
    inside = [cloud.nova.host(host) for host, (name, _) in RACKS.items() if name == rack]
    assert {(each.status, each.disabled_reason) for each in inside} == {("disabled", CANCELLED)}
    assert "The maintenance was called off: no more servers are moved." in events(
        cloud, ensemble_id
    )
    again = act(cloud, rack, {"cancel": None})
    assert again.status_code == 409
    act(cloud, rack, {"drain": {}})
    assert shown(cloud, rack)["state"] == "draining", "and it may begin again"


def test_a_zone_is_drained_like_a_rack(cloud: SmallCloud) -> None:
    ensemble_id = built(cloud, 2)
    zone = RACKS[hosts_of(cloud, ensemble_id)["web-0"]][1]
    answer = asked(cloud, f"/domains/zone/{zone}/action", {"drain": {}})
    assert answer.status_code == 202, answer.text
    assert answer.json["domain"]["found"] == 4
    cloud.observe()
    emptied(cloud, [ensemble_id])
    assert {RACKS[host][1] for host in hosts_of(cloud, ensemble_id).values()} == (
        {"zone-one", "zone-two"} - {zone}
    )


def test_an_ensemble_with_something_under_way_is_told_to_wait(cloud: SmallCloud) -> None:
    ensemble_id = built(cloud, 1)
    rack = rack_of_web(cloud, ensemble_id)
    tier = {"name": "web", "count": 2, "server": cloud.store.get(ensemble_id).body["tiers"][0]}
    tier["server"] = tier["server"]["server"]
    assert cloud.patch(ensemble_id, {"tiers": [tier]}).status_code == 202
    [tried] = act(cloud, rack, {"drain": {"dry_run": True}}).json["domain"]["drain"]["ensembles"]
    assert tried["waits"].startswith("It waits until what is under way")


def test_the_hosts_of_a_domain_come_in_pages(cloud: SmallCloud) -> None:
    path, seen = "/domains/zone/zone-one?limit=3", []
    for expected in (3, 1):
        domain = asked(cloud, path).json["domain"]
        assert (len(domain["hosts"]), domain["found"]) == (expected, 4)
        seen += [each["host"] for each in domain["hosts"]]
        links = domain.get("hosts_links")
        path = links[0]["href"].partition("/os-ensembles")[2] if links else ""
    assert path == "" and seen == sorted(host for host in RACKS if RACKS[host][1] == "zone-one")


def test_more_hosts_than_are_drained_at_once_are_refused(
    cloud: SmallCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "DRAINED_HOSTS", 1)
    answer = act(cloud, "secretrack1", {"drain": {}})
    assert _field(answer) == "drain"
    assert _field(asked(cloud, "/domains/rack/secretrack1?check=1")) == "check"
    assert {host.status for host in cloud.nova.hosts} == {"enabled"}


def test_a_name_that_two_zones_have_takes_the_zone(
    placement: PlacementService, store: Store
) -> None:
    twice = {"a": ("rack", "one"), "b": ("rack", "two")}
    cloud = SmallCloud.build(placement, store, twice)
    refused = act(cloud, "rack", {"drain": {}})
    assert _field(refused) == "zone"
    assert "one and two" in refused.text
    answer = asked(cloud, "/domains/rack/rack/action?zone=two", {"drain": {}})
    assert answer.status_code == 202, answer.text
    assert [each.status for each in cloud.nova.hosts] == ["enabled", "disabled"]


@pytest.mark.parametrize(
    ("path", "sent", "status", "field"),
    [
        pytest.param("/domains/row/r/action", {"drain": {}}, 400, "level", id="no such level"),
        pytest.param("/domains/rack/none/action", {"drain": {}}, 404, None, id="no such rack"),
        pytest.param(
            "/domains/rack/secretrack1/action?zone=zone-two",
            {"drain": {}},
            404,
            None,
            id="a rack of another zone",
        ),
        pytest.param("/domains/rack/secretrack1/action", {}, 400, "body", id="no action"),
        pytest.param(
            "/domains/rack/secretrack1/action",
            {"drain": {"dry_run": "yes"}},
            400,
            "drain.dry_run",
            id="a word for a flag",
        ),
        pytest.param(
            "/domains/rack/secretrack1/action", {"enable": None}, 400, "enable", id="enable it"
        ),
        pytest.param(
            "/domains/rack/secretrack1/action?check=1", {"drain": {}}, 400, "check", id="a question"
        ),
        pytest.param("/domains/rack/secretrack1?limit=0", None, 400, "limit", id="no hosts"),
        pytest.param("/domains/rack/secretrack1?marker=x", None, 400, "marker", id="no such host"),
        pytest.param("/domains/rack/secretrack1?check=2", None, 400, "check", id="two for a flag"),
        pytest.param("/domains/rack/secretrack1?host=x", None, 400, "host", id="another parameter"),
        pytest.param("/domains/rack/secretrack%00", None, 404, None, id="a name that cannot be"),
    ],
)
def test_what_is_asked_wrongly_is_refused_with_its_field(
    cloud: SmallCloud, path: str, sent: Any, status: int, field: str | None
) -> None:
    answer = asked(cloud, path, sent)
    assert answer.status_code == status, answer.text
    assert field is None or _field(answer) == field
    assert {host.status for host in cloud.nova.hosts} == {"enabled"}


def _field(answer: Any) -> Any:
    assert answer.status_code == 400, answer.text
    details: Mapping[str, Any] = answer.json["badRequest"]["details"]
    return details["field"]


@pytest.mark.parametrize("roles", [("member", "reader"), ("reader",), ("manager",)])
@pytest.mark.parametrize(
    "sent", [None, {"drain": {"dry_run": True}}, {"drain": {}}, {"cancel": None}]
)
def test_projects_neither_see_nor_drain_domains(
    cloud: SmallCloud, roles: tuple[str, ...], sent: Any
) -> None:
    path = "/domains/rack/secretrack1" + ("" if sent is None else "/action")
    answer = asked(cloud, path, sent, caller("shop-project", *roles))
    assert answer.status_code == 403
    assert "secret" not in answer.text
    assert cloud.nova.calls == []


def test_who_may_not_disable_services_in_nova_may_not_here(cloud: SmallCloud) -> None:
    plain = caller("operators", "admin")
    plain.is_admin = False
    answer = act(cloud, "secretrack1", {"drain": {}}, plain)
    assert answer.status_code == 403, answer.text
    assert {host.status for host in cloud.nova.hosts} == {"enabled"}
