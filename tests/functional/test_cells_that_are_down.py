# SPDX-License-Identifier: Apache-2.0
"""While the database of one cell is away, all goes on in the others."""

import pytest
from drains import asked as ask
from drains import drain, looking
from repairs import hosts_of
from small_cloud import SmallCloud, anti_affinity, body, caller

from ensemble_api import exception
from ensemble_api.cloud.compute import Compute
from ensemble_api.cloud.known_hosts import KnownHosts
from ensemble_api.store.current_state import CurrentStates
from ensemble_api.usecases.host_drains import REASON

AUTO = {"recovery": {"mode": "auto"}}


def built(cloud: SmallCloud) -> str:
    wish = body(("web", 2), policies=[anti_affinity("web")])
    ensemble_id = cloud.service().create(caller(), {**wish, **AUTO}).id
    cloud.run(ensemble_id)
    cloud.observe()
    return ensemble_id


def look(cloud: SmallCloud) -> None:
    cloud.observe(repair=cloud.service().auto_repair.look)


def elsewhere(cloud: SmallCloud, ensemble_id: str) -> str:
    """A host that has none of its members."""
    used = hosts_of(cloud, ensemble_id).values()
    return next(each.name for each in cloud.nova.hosts if each.name not in used)


@pytest.mark.parametrize(
    "with_member", [False, True], ids=["none of its members", "another of its members"]
)
def test_a_failure_is_repaired_while_a_cell_is_away_that_has(
    cloud: SmallCloud, with_member: bool
) -> None:
    ensemble_id = built(cloud)
    before = hosts_of(cloud, ensemble_id)
    silent = before["web-1"] if with_member else elsewhere(cloud, ensemble_id)
    cloud.nova.host(silent).silent = True
    cloud.nova.fail(before["web-0"])
    look(cloud)
    cloud.run(ensemble_id)
    after = hosts_of(cloud, ensemble_id)
    assert after["web-0"] not in {before["web-0"], silent}
    assert after["web-1"] == before["web-1"], "who is silent is not lost"


def test_a_member_on_a_host_that_was_never_listed_does_not_keep_the_others_lost(
    cloud: SmallCloud,
) -> None:
    ensemble_id = built(cloud)
    before = hosts_of(cloud, ensemble_id)
    listed = dict(cloud.known._providers)
    cloud.known._providers = {name: listed[name] for name in listed if name != before["web-1"]}
    cloud.nova.host(before["web-1"]).silent = True
    cloud.nova.fail(before["web-0"])
    look(cloud)
    cloud.run(ensemble_id)
    assert hosts_of(cloud, ensemble_id)["web-0"] != before["web-0"]


def test_a_host_is_drained_while_a_cell_is_away(cloud: SmallCloud) -> None:
    ensemble_id = built(cloud)
    host, silent = hosts_of(cloud, ensemble_id)["web-0"], elsewhere(cloud, ensemble_id)
    cloud.nova.host(silent).silent = True
    assert drain(cloud, host).status_code == 202
    cloud.observe()
    assert looking(cloud)[0].look() == ensemble_id
    cloud.run(ensemble_id)
    assert not {host, silent} & {*hosts_of(cloud, ensemble_id).values()}


def test_a_process_that_begins_while_a_cell_is_away_repairs_with_what_was_stored(
    cloud: SmallCloud,
) -> None:
    ensemble_id = built(cloud)
    before = hosts_of(cloud, ensemble_id)
    states = CurrentStates(cloud.store)
    known = {each.name: each.up for each in states.hosts()}
    cloud.nova.host(before["web-1"]).silent = True
    cloud.nova.fail(before["web-0"])
    cloud.begin_anew()
    look(cloud)
    record = cloud.store.get(ensemble_id)
    assert record.operation is not None, "web-0 is brought back"
    assert [each.name for each in record.operation.goals] == ["web-0"], "web-1 is not known lost"
    now = {each.name: each for each in states.hosts()}
    assert {name: each.up or name == before["web-0"] for name, each in now.items()} == known
    assert [each.name for each in now.values() if each.silent] == [before["web-1"]]
    assert [each.server_status for each in record.members] == ["ACTIVE", "ACTIVE"]
    cloud.run(ensemble_id)
    after = hosts_of(cloud, ensemble_id)
    assert after["web-0"] not in before.values() and after["web-1"] == before["web-1"]


@pytest.mark.parametrize("asked", ["drain", "cancel"])
def test_what_is_asked_of_a_host_that_is_silent_is_refused_and_it_is_said_what_to_do(
    cloud: SmallCloud, asked: str
) -> None:
    cloud.observe()
    inside = ("secrethost1", "secrethost2")  # of one rack
    if asked == "cancel":
        assert drain(cloud, inside[1]).status_code == 202
    cloud.nova.host(inside[0]).silent = True
    cloud.observe()
    sent = {asked: {} if asked == "drain" else None}
    for path in (f"/hosts/{inside[0]}", "/domains/rack/secretrack1"):
        answer = ask(cloud, f"{path}/action", sent)
        assert answer.status_code == 409, answer.text
        assert "Nova says nothing of host secrethost1 now" in answer.text
        assert "Try again when it does" in answer.text
    before = "disabled" if asked == "cancel" else "enabled"
    assert cloud.nova.host(inside[1]).status == before
    if asked == "cancel":
        assert cloud.nova.host(inside[1]).disabled_reason == REASON
    assert ask(cloud, f"/hosts/{inside[1]}/action", sent).status_code == 202


def test_ensembles_are_created_while_a_cell_is_away(cloud: SmallCloud) -> None:
    cloud.observe()
    cloud.nova.host("secrethost1").silent = True
    record = cloud.service().create(caller(), body(("web", 3), policies=[anti_affinity("web")]))
    assert {each.host for each in record.members} == {f"secrethost{n}" for n in (2, 3, 4)}


def test_who_has_never_seen_the_hosts_says_that_nova_fails(cloud: SmallCloud) -> None:
    cloud.nova.host("secrethost1").silent = True
    with pytest.raises(exception.CloudError, match="500"):
        KnownHosts(Compute(cloud.nova)).hosts(caller())


def test_hosts_are_listed_anew_when_there_are_others_alone(cloud: SmallCloud) -> None:
    def listed() -> int:
        return cloud.nova.calls.count(("GET", "/os-hypervisors/detail"))

    cloud.observe()
    before = listed()
    cloud.observe()
    assert listed() == before
    cloud.nova.hosts.pop()
    cloud.observe()
    assert listed() > before
