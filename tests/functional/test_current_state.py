# SPDX-License-Identifier: Apache-2.0
"""What is true of an ensemble after its build, whatever was done to its servers in Nova."""

import json
from typing import Any

import pytest
from small_cloud import HOSTS, Clock, SmallCloud, anti_affinity, body, caller

from ensemble_api import views
from ensemble_api.records import EnsembleRecord
from ensemble_api.store.current_state import CurrentStates
from tests.fakes.nova_objects import FakeServer

SURVIVE = {"type": "survive", "level": "rack", "tiers": ["web"], "min_available": 2}
SOFT = {**anti_affinity("web", "rack"), "enforcement": "soft"}


def build(cloud: SmallCloud, wanted: Any = None) -> EnsembleRecord:
    """Three web members, each on a rack of its own."""
    wanted = wanted or body(("web", 3), policies=[SURVIVE, anti_affinity("web"), SOFT])
    record = cloud.service().create(caller(), wanted)
    cloud.run(record.id)
    return cloud.store.get(record.id)


def state_now(cloud: SmallCloud, record: EnsembleRecord, failures: int = 1, **changes: Any) -> Any:
    who = changes.pop("who", None) or caller()
    cloud.observe()
    found = cloud.service().survivability(who, cloud.store.get(record.id), whole=True)
    return views.translated(views.current_state(found, failures, names=changes.pop("names", False)))


def server(cloud: SmallCloud, record: EnsembleRecord, name: str = "web-0") -> FakeServer:
    ours = {member.name: member.server_id for member in record.members}
    return cloud.nova.servers[ours[name] or ""]


def member(found: Any, name: str = "web-0") -> Any:
    return next(each for each in found["members"] if each["name"] == name)


def left(found: Any, level: str = "host") -> int:
    return int(next(each["worst"][0]["left"] for each in found["levels"] if each["level"] == level))


def test_after_the_build_all_is_as_planned(cloud: SmallCloud) -> None:
    record = build(cloud)
    found = state_now(cloud, record)
    assert [each["status"] for each in found["members"]] == ["ACTIVE"] * 3
    for each in found["members"]:
        assert (each["domains"], each["moved"], each["running"]) == (each["planned"], False, True)
    assert found["violations"] == []
    assert [(each["policy"], each["holds"]) for each in found["promises"]] == [(0, True)]
    view = views.ensemble(record, zone_level="zone", names=False, detail=True)
    shown = views.translated(view)
    assert found["domains"] == shown["domains"]
    for level, planned in zip(found["levels"], shown["survivability"], strict=True):
        assert level == planned


def test_all_hosts_are_read_again_only_when_one_has_changed(
    cloud: SmallCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = build(cloud)
    cloud.observe()
    service, read, reads = cloud.service(), CurrentStates.hosts, []

    def noted(states: CurrentStates, *names: Any) -> Any:
        reads.append(names)
        return read(states, *names)

    def running() -> list[bool]:
        found = service.survivability(caller(), cloud.store.get(record.id), whole=True)
        return [each.running for each in found.members]

    monkeypatch.setattr(CurrentStates, "hosts", noted)
    assert [running(), running()] == [[True] * 3] * 2
    assert len(reads) == 1
    cloud.nova.host(record.members[0].host).state = "down"
    cloud.observe()
    assert [running(), running()] == [[False, True, True]] * 2
    assert len(reads) == 2


def test_the_addresses_are_those_that_nova_lists(cloud: SmallCloud) -> None:
    record = build(cloud)
    server(cloud, record, "web-1").address = ""
    found = state_now(cloud, record)
    [address] = member(found)["addresses"]
    assert address == {"network": "private", "address": server(cloud, record).address}
    assert member(found, "web-1")["addresses"] == []
    del cloud.nova.servers[record.members[0].server_id or ""]
    assert member(state_now(cloud, record))["addresses"] == []


def test_a_server_that_moved_is_told_with_what_it_breaks(cloud: SmallCloud) -> None:
    record = build(cloud)
    server(cloud, record).host = server(cloud, record, "web-1").host
    found = state_now(cloud, record)
    assert member(found)["moved"]
    assert member(found)["domains"] == member(found, "web-1")["domains"]
    assert [(each["policy"], each["enforcement"]) for each in found["violations"]] == [
        (0, "hard"),
        (1, "hard"),
        (2, "soft"),
    ]
    assert found["violations"][1]["domains"] == [member(found)["domains"]["host"]]
    [tier] = found["promises"][0]["tiers"]
    assert (tier["tier"], tier["left"], tier["needed"]) == ("web", 1, 2)
    assert tier["message"] == "1 of web would be left, and 2 are needed."
    assert not found["promises"][0]["holds"]
    # Where it was planned to be is shown too, so that the difference can be.
    refs = {each["ref"] for each in found["domains"]}
    assert refs >= set(member(found)["planned"].values())


def test_a_server_that_was_deleted_is_nowhere(cloud: SmallCloud) -> None:
    record = build(cloud)
    server(cloud, record).gone = True
    found = state_now(cloud, record)
    gone = member(found)
    assert (gone["status"], gone["domains"], gone["moved"]) == (None, {}, False)
    assert gone["server_id"] == record.members[0].server_id
    assert (left(found), found["promises"][0]["holds"]) == (1, False)
    assert [each["policy"] for each in found["violations"]] == [0]


def test_what_differs_from_the_plan_is_said_with_what_it_costs(cloud: SmallCloud) -> None:
    record = build(cloud)
    assert (state_now(cloud, record)["as_planned"], state_now(cloud, record)["differences"]) == (
        True,
        [],
    )
    server(cloud, record).host = server(cloud, record, "web-1").host
    server(cloud, record, "web-1").status = "SHUTOFF"
    server(cloud, record, "web-2").gone = True
    found = state_now(cloud, record)
    moved, idle, gone = found["differences"]
    labels = {each["ref"]: each["label"] for each in found["domains"]}
    now, planned = ([labels[ref] for ref in moved[key]] for key in ("now", "planned"))
    assert (moved["member"], moved["kind"]) == ("web-0", "moved")
    assert [each.split(" ")[0] for each in now[-2:]] == ["rack", "host"]
    assert moved["message"].startswith(f"web-0 is now in {now[0]}")
    assert moved["message"].endswith(f"and {planned[-1]}.")
    assert (idle["kind"], idle["message"]) == (
        "down",
        "web-1 does not run: its server is SHUTOFF.",
    )
    assert (gone["kind"], gone["message"]) == (
        "gone",
        "web-2 is gone: Nova has no server of it any more.",
    )
    assert found["message"] == "0 of 3 members run where they were planned."
    assert not found["as_planned"]
    rack = next(each for each in found["costs"] if each["level"] == "rack")
    assert (rack["tier"], rack["left"], rack["planned"], rack["count"]) == ("web", 0, 2, 3)
    [where] = [labels[ref] for ref in rack["domains"]]
    assert rack["message"] == (
        f"The loss of {where} now leaves nothing of web; as planned, 2 of 3 would be left."
    )
    assert [(each["policy"], each["holds"]) for each in found["policies"]] == [
        (0, False),
        (1, False),
        (2, False),
    ]
    assert [each["planned"] for each in found["violations"]] == [False, False, False]


def test_a_soft_policy_that_the_plan_missed_too_is_no_difference(cloud: SmallCloud) -> None:
    crowded = {**anti_affinity("web", "zone"), "enforcement": "soft"}
    found = state_now(cloud, build(cloud, body(("web", 3), policies=[crowded])))
    assert [each["planned"] for each in found["violations"]] == [True]
    assert (found["as_planned"], found["costs"]) == (True, [])


@pytest.mark.parametrize("status", ["ERROR", "SHUTOFF", "SHELVED_OFFLOADED", "PAUSED"])
def test_a_server_that_does_not_run_is_not_left(cloud: SmallCloud, status: str) -> None:
    record = build(cloud)
    server(cloud, record).status = status
    found = state_now(cloud, record)
    assert (member(found)["status"], member(found)["running"]) == (status, False)
    assert left(found) == 1


@pytest.mark.parametrize(("state", "remaining"), [("down", 1), ("up", 2)])
def test_a_host_that_is_down_takes_its_servers_with_it(
    cloud: SmallCloud, state: str, remaining: int
) -> None:
    record = build(cloud)
    cloud.nova.host(server(cloud, record).host).state = state
    found = state_now(cloud, record)
    assert member(found)["status"] == "ACTIVE"
    assert member(found)["running"] is (state == "up")
    assert left(found) == remaining


def test_a_host_that_nova_does_not_know_any_more_is_no_place(cloud: SmallCloud) -> None:
    record = build(cloud)
    gone = server(cloud, record).host
    cloud.nova.hosts = [host for host in cloud.nova.hosts if host.name != gone]
    found = state_now(cloud, record)
    assert (member(found)["domains"], member(found)["running"]) == ({}, False)
    assert member(found)["planned"]["host"] in {each["ref"] for each in found["domains"]}


def test_all_lost_keeps_no_promise(cloud: SmallCloud) -> None:
    record = build(cloud)
    for each in cloud.nova.alive():
        each.gone = True
    found = state_now(cloud, record)
    assert [each["holds"] for each in found["promises"]] == [False]
    assert {left(found, level) for level in ("host", "rack", "zone")} == {0}
    assert [each["state"] for each in found["levels"]] == ["down"] * 3


def test_nothing_is_promised_while_an_ensemble_is_removed(cloud: SmallCloud) -> None:
    record = build(cloud)
    cloud.service().delete(caller(), record.id)
    found = state_now(cloud, cloud.store.get(record.id))
    assert found["message"] == "Nothing is promised while the ensemble is removed."
    assert (found["levels"], found["promises"], found["violations"]) == ([], [], [])
    assert {each["holds"] for each in found["policies"]} == {None}


def test_tags_that_a_tenant_removed_or_forged_mislead_nobody(cloud: SmallCloud) -> None:
    record = build(cloud)
    ours = server(cloud, record)
    tags, ours.tags = ours.tags, []
    theirs = cloud.service().create(caller("other-project"), body(("db", 1)))
    cloud.run(theirs.id)
    forged = cloud.nova.servers[cloud.store.get(theirs.id).members[0].server_id or ""]
    forged.tags, forged.host = tags, "secrethost4"
    found = state_now(cloud, record)
    assert member(found)["domains"] == member(found)["planned"]


def test_what_was_observed_is_told_with_its_time_and_without_asking_nova(
    cloud: SmallCloud,
) -> None:
    record = build(cloud)
    found = state_now(cloud, record)
    cloud.nova.calls.clear()
    server(cloud, record).gone = True
    again = cloud.service().survivability(caller(), cloud.store.get(record.id), whole=True)
    assert cloud.nova.calls == []
    assert views.translated(views.current_state(again, 1, names=False)) == found
    assert found["as_of"] == cloud.store.get(record.id).observed_at


def test_more_failures_at_once_leave_less(cloud: SmallCloud) -> None:
    record = build(cloud)
    assert [left(state_now(cloud, record, failures)) for failures in (1, 2, 3, 9)] == [2, 1, 0, 0]


def test_before_the_build_no_member_is_anywhere(cloud: SmallCloud) -> None:
    record = cloud.service().create(caller(), body(("web", 2)))
    found = state_now(cloud, record)
    assert [(each["status"], each["server_id"]) for each in found["members"]] == [(None, None)] * 2
    assert left(found) == 0


def test_another_ensemble_on_the_same_host_breaks_exclusiveness(cloud: SmallCloud) -> None:
    alone = {"type": "exclusive", "level": "host", "tiers": ["web"], "other": "ensemble"}
    record = build(cloud, body(("web", 1), policies=[alone]))
    other = build(cloud, body(("db", 1)))
    assert state_now(cloud, record)["violations"] == []
    server(cloud, record).host = other.members[0].host
    assert [each["policy"] for each in state_now(cloud, record)["violations"]] == [0]


def test_a_spread_counts_the_domains_with_the_traits_that_were_asked_for(
    cloud: SmallCloud,
) -> None:
    for name in ("secrethost1", "secrethost2", "secrethost3"):
        cloud.nova.host(name).provider = cloud.placement.add_provider(
            name, "CUSTOM_FAST", VCPU=8, MEMORY_MB=4096, DISK_GB=100
        )
    fast = cloud.flavor("fast", extra_specs={"trait:CUSTOM_FAST": "required"})
    even = {"type": "spread", "level": "rack", "tiers": ["web"], "max_skew": 1}
    wanted = body(("web", 4), policies=[even])
    wanted["tiers"][0]["server"]["flavor"] = fast
    record = build(cloud, wanted)
    assert state_now(cloud, record)["violations"] == []
    for each in record.members:
        server(cloud, record, each.name).host = "secrethost3"
    assert [each["policy"] for each in state_now(cloud, record)["violations"]] == [0]


def test_an_operator_sees_names_and_a_tenant_none(cloud: SmallCloud) -> None:
    record = build(cloud)
    server(cloud, record).host = "secrethost4"
    assert "secret" not in json.dumps(state_now(cloud, record))
    seen = state_now(cloud, record, who=caller("operators", "admin"), names=True)
    assert member(seen)["host"] == "secrethost4"
    assert {each["name"] for each in seen["domains"] if each["level"] == "host"} <= HOSTS.keys()
    # Both speak of the project's references.
    assert member(seen)["domains"] == member(state_now(cloud, record))["domains"]


def test_what_has_failed_is_told_as_the_largest_domain_since_when_and_who_was_there(
    cloud: SmallCloud, clock: Clock
) -> None:
    record = build(cloud)
    assert state_now(cloud, record)["failures"] == []
    mates = [each for each in cloud.nova.hosts if each.rack == "secretrack1"]
    (lost,) = (each for each in record.members if each.host in {mate.name for mate in mates})
    cloud.nova.host(lost.host).state = "down"
    (failure,) = state_now(cloud, record)["failures"]
    assert failure["level"] == "host" and failure["members"] == [lost.name]
    first = failure["since"]
    for each in mates:
        each.state = "down"
    clock.forward(60)
    found = state_now(cloud, record)
    (failure,) = found["failures"]
    place = failure["title"]
    assert place.startswith("rack ") and place.endswith(" in zone-one") and "secret" not in place
    assert failure["message"] == f"1 server is down: {place} has lost contact."
    assert failure["domain"] == member(found, lost.name)["domains"]["rack"]
    assert failure["since"] > first, "the rack is lost when its last host is"
    clock.forward(60)
    assert state_now(cloud, record)["failures"] == [failure], "it stays when it was"
    (named,) = state_now(cloud, record, names=True)["failures"]
    assert named["title"] == "secretrack1 in zone-one"
    for each in mates:
        each.state = "up"
    assert state_now(cloud, record)["failures"] == []
