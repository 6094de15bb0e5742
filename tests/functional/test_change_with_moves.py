# SPDX-License-Identifier: Apache-2.0
"""Changes that have to move members which run."""

from typing import Any

import pytest
from changes import SPREAD, built, changed, tiers
from small_cloud import SmallCloud, caller

from ensemble_api.store.guards import Guards

TOGETHER = {"type": "affinity", "level": "rack", "tiers": ["web"]}
WANTED = {"policies": [SPREAD]}


def moving(cloud: SmallCloud) -> str:
    """Two members on one host, which are to be apart."""
    ensemble_id = built(cloud, ("web", 2), policies=({**TOGETHER, "level": "host"},))
    (host,) = {each.host for each in cloud.store.get(ensemble_id).members}
    assert host
    return ensemble_id


def test_the_preview_says_who_would_move_and_the_change_moves_just_that(cloud: SmallCloud) -> None:
    ensemble_id = moving(cloud)
    before = cloud.store.get(ensemble_id)
    found = cloud.patch(ensemble_id, WANTED, query="?dry_run=1")
    (move,) = found.json["change"]["moved"]
    assert "secret" not in found.text
    refs = {each["ref"]: each["label"] for each in found.json["plan"]["domains"]}
    assert refs[move["from"]["host"]] != refs[move["to"]["host"]]
    answer = cloud.patch(ensemble_id, WANTED, plan=found.json["plan"]["id"])
    assert answer.status_code == 202, answer.json
    view = answer.json["ensemble"]
    assert view["operation"]["members"] == {"present": 0, "absent": 0, "moved": 1}
    assert view["progress"]["message"] == "A change moves 1 member to another host; 0 is there."
    target = cloud.store.get(ensemble_id).operation.goals[0].host
    held = cloud.placement.consumers(cloud.nova.host(target).provider)
    assert held & {each.id for each in before.members}

    cloud.run(ensemble_id)
    cloud.observe()
    record = cloud.store.get(ensemble_id)
    cloud.assert_built(record)
    assert [each.server_id for each in record.members] == [
        each.server_id for each in before.members
    ]
    moved = {each.name: each.host for each in record.members if each not in before.members}
    assert moved == {move["member"]: target}
    assert len({each.host for each in record.members}) == 2
    said = [str(each["message"]) for each in record.events]
    assert f"The server of {move['member']} is on another host now." in said
    operation = cloud.service().operations(record, 1)[0]
    assert (operation.status, operation.goals[0].move.status) == ("SUCCEEDED", "DONE")


def parted(cloud: SmallCloud, enforcement: str) -> str:
    """An ensemble whose members were to be apart, and have come to one host meanwhile."""
    apart = {**SPREAD, "enforcement": enforcement}
    ensemble_id = built(cloud, ("web", 2), policies=(apart,))
    first, last = cloud.store.get(ensemble_id).members
    cloud.nova.arrive(cloud.nova.servers[last.server_id], first.host)
    cloud.observe()
    status = cloud.store.get(ensemble_id).status
    assert status == ("DEGRADED" if enforcement == "hard" else "ACTIVE")
    return ensemble_id


@pytest.mark.parametrize("enforcement", ["hard", "soft"])
def test_what_does_not_hold_is_mended_by_the_moves_that_were_shown(
    cloud: SmallCloud, enforcement: str
) -> None:
    ensemble_id = parted(cloud, enforcement)
    found = cloud.patch(ensemble_id, {}, query="?dry_run=1", mend=True).json
    (move,) = found["change"]["moved"]
    assert [each["holds"] for each in found["plan"]["policies"]] == [True]
    record = changed(cloud, ensemble_id, {}, mend=True, plan=found["plan"]["id"])
    assert len({each.current_host for each in record.members}) == 2
    assert (record.status, record.generation) == ("ACTIVE", 2)
    assert move["member"] in {each.name for each in record.members}
    again = cloud.patch(ensemble_id, {}, query="?dry_run=1", mend=True).json
    assert again["change"]["moved"] == []


def test_a_change_of_words_moves_nobody_and_its_preview_says_so(cloud: SmallCloud) -> None:
    ensemble_id = parted(cloud, "hard")
    found = cloud.patch(ensemble_id, {"name": "renamed"}, query="?dry_run=1").json
    assert found["change"]["moved"] == []
    assert [each["holds"] for each in found["plan"]["policies"]] == [False]
    hosts = {each.current_host for each in cloud.store.get(ensemble_id).members}
    answer = cloud.patch(ensemble_id, {"name": "renamed"}, plan=found["plan"]["id"])
    assert answer.status_code == 202, answer.json
    cloud.observe()
    record = cloud.store.get(ensemble_id)
    assert (record.name, {each.current_host for each in record.members}) == ("renamed", hosts)


def test_why_nothing_can_be_mended_is_told_and_nothing_is_done(cloud: SmallCloud) -> None:
    ensemble_id = parted(cloud, "hard")
    for member in cloud.store.get(ensemble_id).members:
        cloud.nova.servers[member.server_id].locked = True
    found = cloud.patch(ensemble_id, {}, query="?dry_run=1", mend=True).json
    assert found["plan"]["reasons"][0]["code"] == "member-cannot-move"
    assert cloud.patch(ensemble_id, {}, mend=True).status_code == 409
    assert cloud.patch(ensemble_id, {}, mend="yes").status_code == 400


@pytest.mark.parametrize(
    ("locked", "status", "task"),
    [(True, "ACTIVE", None), (False, "SHUTOFF", None), (False, "ACTIVE", "rebooting")],
)
def test_a_server_that_cannot_be_moved_stays_and_another_one_moves(
    cloud: SmallCloud, locked: bool, status: str, task: str | None
) -> None:
    ensemble_id = moving(cloud)
    first, last = cloud.store.get(ensemble_id).members
    for number, member in enumerate((last, first)):
        server = cloud.nova.servers[member.server_id]
        server.locked, server.status, server.task = locked, status, task
        answer = cloud.patch(ensemble_id, WANTED, query="?dry_run=1").json
        moved = [each["member"] for each in answer["change"]["moved"]]
        assert moved == ([first.name] if number == 0 else [])
    assert answer["plan"]["reasons"][0]["code"] == "member-cannot-move"
    assert f"{last.name} would have to be moved" in answer["plan"]["reasons"][0]["message"]
    assert cloud.patch(ensemble_id, WANTED).status_code == 409
    assert cloud.store.get(ensemble_id).generation == 1


@pytest.mark.parametrize("answer", [None, (403, "It is not for you."), (503, "Not now.")])
def test_a_move_that_comes_to_nothing_undoes_the_change_and_its_additions(
    cloud: SmallCloud, answer: Any
) -> None:
    ensemble_id = moving(cloud)
    before = cloud.store.get(ensemble_id)
    wanted = {**WANTED, **tiers(("web", 3))}
    assert cloud.patch(ensemble_id, wanted).status_code == 202
    if answer:
        cloud.nova.refuse |= {"web-0": answer, "web-1": answer}
    else:
        cloud.nova.break_move = {"web-0", "web-1"}
    cloud.run(ensemble_id)
    cloud.observe()
    after = cloud.store.get(ensemble_id)
    cloud.assert_built(after)
    assert [(each.server_id, each.host) for each in after.members] == [
        (each.server_id, each.host) for each in before.members
    ]
    assert after.body == before.body
    last = cloud.service().operations(after, 1)[0]
    said = answer[1] if answer else "it is still where it was"
    assert (last.status, said in str(last.reason)) == ("FAILED", True)


def test_a_cancel_lets_what_is_moving_arrive_and_moves_nobody_else(cloud: SmallCloud) -> None:
    hosts = {f"big{n}": (f"rack{n}", "az") for n in range(1, 4)}
    cloud = SmallCloud.build(cloud.placement, cloud.store, hosts)
    for host in cloud.nova.hosts:
        cloud.placement.set_inventory(host.provider, "VCPU", 8)
    together = {**TOGETHER, "level": "host", "enforcement": "soft"}
    ensemble_id = built(cloud, ("web", 3), policies=(together,))
    assert cloud.patch(ensemble_id, WANTED).status_code == 202
    cloud.store.claim(ensemble_id, "worker", 20)
    cloud.engine().step(ensemble_id)
    assert [each.status for each in cloud.nova.alive()].count("MIGRATING") == 1
    cloud.service().cancel(caller(), ensemble_id)
    cloud.run(ensemble_id)
    cloud.observe()
    record = cloud.store.get(ensemble_id)
    assert len({each.host for each in record.members}) == 2
    cloud.assert_built(record)
    operation = cloud.service().operations(record, 1)[0]
    states = [each.move.status for each in operation.goals]
    assert (operation.status, states) == ("CANCELLED", ["DONE", "GIVEN_UP"])
    assert "had moved already, and stays where it is now" in str(record.events[-1]["message"])


def test_a_host_is_closed_to_others_while_a_member_is_handed_over_to_it(cloud: SmallCloud) -> None:
    ensemble_id = moving(cloud)
    cloud.patch(ensemble_id, WANTED)
    seen: list[Any] = []

    def before(method: str, path: str) -> None:
        if method == "POST" and path.endswith("/action"):
            seen.extend(Guards(cloud.store).live())
            seen.extend(cloud.store.handovers())

    cloud.nova.before = before
    cloud.run(ensemble_id)
    guard, handover = seen
    record = cloud.store.get(ensemble_id)
    target = next(each for each in record.members if each.server_id == guard.server_id)
    assert guard.host == handover.host == target.host
    assert (handover.moves, handover.provider) == (True, target.provider)
    assert cloud.store.handovers() == []
