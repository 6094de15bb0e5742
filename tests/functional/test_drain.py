# SPDX-License-Identifier: Apache-2.0
"""The impact and the drain of a host, with real allocations: what holds, and what moves where."""

from collections.abc import Mapping
from typing import Any

import pytest
import webob
from small_cloud import SmallCloud, anti_affinity, body, caller

from ensemble_api import routes
from ensemble_api.store.api import Store

ADMIN = caller("operators", "admin")


def ask(cloud: SmallCloud, path: str, who: Any = ADMIN) -> webob.Response:
    request = webob.Request.blank(f"/os-ensembles/hosts{path}", base_url="http://nova/v2.1")
    request.environ["nova.context"] = who
    return routes.dispatch(request, cloud.service(), request.environ["PATH_INFO"])


def build(cloud: SmallCloud, *tiers: tuple[str, int], **more: Any) -> dict[str, str]:
    """Build an ensemble; gives the host of each member."""
    record = cloud.service().create(caller(), body(*tiers, **more))
    cloud.run(record.id)
    return {member.name: member.host for member in cloud.store.get(record.id).members}


def survive(needed: int) -> Mapping[str, Any]:
    return {"type": "survive", "level": "rack", "tiers": ["web"], "min_available": needed}


def test_a_host_that_is_down_makes_the_next_failure_worse(cloud: SmallCloud) -> None:
    hosts = build(cloud, ("web", 3), policies=[anti_affinity("web", "rack"), survive(2)])
    first, second = hosts["web-0"], hosts["web-1"]
    shown = {each["host"]: each for each in ask(cloud, "").json["hosts"]}
    assert {each["worst"] for each in shown.values() if each["members"]} == {"exposed"}
    cloud.nova.host(first).state = "down"
    shown = {each["host"]: each for each in ask(cloud, "").json["hosts"]}
    assert (shown[first]["worst"], shown[second]["worst"]) == ("exposed", "broken")
    [broken] = shown[second]["drain"]["breaks"]
    assert broken["message"].endswith(" Only 1 of web would be left.")


def test_a_drain_says_where_members_would_go_and_moves_nothing(cloud: SmallCloud) -> None:
    hosts = build(cloud, ("web", 2), policies=[anti_affinity("web")])
    victim = hosts["web-0"]
    before = cloud.placement.consumers(*cloud.providers)
    answer = ask(cloud, f"/{victim}?check=1")
    assert answer.status_int == 200, answer.text
    drain = answer.json["host"]["drain"]
    [tried] = drain["ensembles"]
    assert (drain["fits"], tried["members"], tried["others"]) == (True, ["web-0"], 0)
    [move] = tried["moves"]
    assert move["member"] == "web-0" and move["host"] not in hosts.values()
    assert move["rack"].startswith("secretrack") and move["zone"].startswith("zone-")
    assert cloud.placement.consumers(*cloud.providers) == before


def test_a_member_that_was_moved_is_drained_from_where_it_is(cloud: SmallCloud) -> None:
    hosts = build(cloud, ("web", 2), policies=[anti_affinity("web")])
    target = next(each.name for each in cloud.nova.hosts if each.name not in hosts.values())
    (server,) = [each for each in cloud.nova.alive() if each.host == hosts["web-0"]]
    server.host = target
    cloud.observe()
    drain = ask(cloud, f"/{target}?check=1").json["host"]["drain"]
    [tried] = drain["ensembles"]
    assert (drain["fits"], tried["members"]) == (True, ["web-0"])
    assert [move["member"] for move in tried["moves"]] == ["web-0"]
    assert ask(cloud, f"/{hosts['web-0']}?check=1").json["host"]["drain"]["ensembles"] == []


def test_an_ensemble_whose_last_member_left_while_the_host_was_looked_at_is_left_out(
    cloud: SmallCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    hosts = build(cloud, ("web", 2), policies=[anti_affinity("web")])
    target = next(each.name for each in cloud.nova.hosts if each.name not in hosts.values())
    (server,) = [each for each in cloud.nova.alive() if each.host == hosts["web-0"]]
    get = Store.get

    def late(store: Store, ensemble_id: str) -> Any:
        monkeypatch.setattr(Store, "get", get)
        server.host = target
        cloud.observe()
        return get(store, ensemble_id)

    monkeypatch.setattr(Store, "get", late)
    answer = ask(cloud, f"/{hosts['web-0']}?check=1")
    assert answer.status_int == 200, answer.text
    assert Store.get is get, "nobody has moved"
    assert all(each["moves"] == [] for each in answer.json["host"]["drain"]["ensembles"])


def test_two_ensembles_cannot_both_take_the_last_place(cloud: SmallCloud) -> None:
    # Each host has room for two servers. Two ensembles of one share a host, all others are full
    # but for one place.
    others = [host.name for host in cloud.nova.hosts][1:]
    full = [cloud.fill(name, 4) for name in others]
    hosts = [build(cloud, ("web", 1), name=name)["web-0"] for name in ("one", "two")]
    assert hosts[0] == hosts[1]
    cloud.placement.release(full[0])
    cloud.fill(others[0], 2)
    drain = ask(cloud, f"/{hosts[0]}?check=1").json["host"]["drain"]
    assert drain["fits"] is False
    assert sorted(each["fits"] for each in drain["ensembles"]) == [False, True]
    [stuck] = [each for each in drain["ensembles"] if not each["fits"]]
    assert stuck["reasons"] and stuck["moves"] == []


def test_what_runs_on_a_full_host_may_stay_there(cloud: SmallCloud) -> None:
    hosts = build(cloud, ("web", 2), policies=[anti_affinity("web")])
    cloud.fill(hosts["web-1"], 2)
    drain = ask(cloud, f"/{hosts['web-0']}?check=1").json["host"]["drain"]
    assert [move["member"] for move in drain["ensembles"][0]["moves"]] == ["web-0"]


def test_a_host_without_members_can_be_drained(cloud: SmallCloud) -> None:
    shown = ask(cloud, "/secrethost1?check=1").json["host"]
    assert (shown["drain"]["fits"], shown["drain"]["ensembles"]) == (True, [])
    assert "fits" not in ask(cloud, "/secrethost1").json["host"]["drain"]


@pytest.mark.parametrize(
    ("path", "who", "status"),
    [
        pytest.param("/nowhere", ADMIN, 404, id="a host that is not there"),
        pytest.param("/%00?check=1", ADMIN, 404, id="a host that cannot be"),
        pytest.param("/secrethost1?check=2", ADMIN, 400, id="a bad question"),
        pytest.param("/secrethost1?rack=r", ADMIN, 400, id="an unknown parameter"),
        pytest.param("/secrethost1", caller(), 403, id="a member of a project"),
        pytest.param("/nowhere?check=1", caller(), 403, id="a member who guesses hosts"),
    ],
)
def test_a_bad_question_about_a_host(cloud: SmallCloud, path: str, who: Any, status: int) -> None:
    assert ask(cloud, path, who).status_int == status
