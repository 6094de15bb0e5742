# SPDX-License-Identifier: Apache-2.0
"""Operations: what is recorded of a create and of a delete, while they are under way and after."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
import webob
from small_cloud import SmallCloud, body, caller

from ensemble_api import exception, routes
from ensemble_api.operations import Operation, OperationStatus, OperationType
from ensemble_api.records import EnsembleRecord, Status
from ensemble_api.recovery import Mode, Recovery
from ensemble_api.store import models
from ensemble_api.store.api import Store
from ensemble_api.store.history import History
from ensemble_api.store.operations import Operations


def operations(cloud: SmallCloud, ensemble_id: str) -> list[Operation]:
    return Operations(cloud.store).select(ensemble_id, 100)


def goals(operation: Operation) -> dict[str, str | None]:
    return {each.name: each.host for each in operation.goals}


def planned(record: EnsembleRecord) -> dict[str, str]:
    return {each.name: each.host for each in record.members}


def ask(cloud: SmallCloud, path: str, who: Any) -> webob.Response:
    request = webob.Request.blank(
        path, base_url="http://cloud:8774/v2.1", environ={"nova.context": who}
    )
    return routes.dispatch(request, cloud.service(), path.partition("?")[0])


def test_a_create_is_recorded_from_its_intent_to_its_success(cloud: SmallCloud) -> None:
    seen: list[Operation | None] = []

    class Watched(Store):
        def create_all(self, records: Sequence[EnsembleRecord], *more: Any) -> None:
            super().create_all(records, *more)
            seen.append(self.get(records[0].id).operation)

    watched = Watched(str(cloud.store.engine.url))
    record = cloud.service(store=watched).create(caller(), body(("web", 2)))
    (intent,) = seen
    assert intent is not None
    assert (intent.type, intent.status) == (OperationType.CREATE, OperationStatus.RESERVING)
    assert goals(intent) == planned(record)
    assert record.operation is not None
    assert record.operation.status is OperationStatus.RUNNING
    cloud.run(record.id)
    assert cloud.store.get(record.id).operation is None
    (done,) = operations(cloud, record.id)
    assert (done.id, done.status) == (intent.id, OperationStatus.SUCCEEDED)
    assert done.ended_at >= done.started_at > ""
    assert (goals(done), done.attempts, done.reason) == (planned(record), 1, None)


def test_an_operation_tells_what_its_plan_came_to(cloud: SmallCloud) -> None:
    asked = body(
        ("web", 3), policies=[{"type": "anti-affinity", "tiers": ["web"], "level": "rack"}]
    )
    asked["policies"][0]["enforcement"] = "soft"
    record = cloud.service().create(caller(), asked)
    (create,) = operations(cloud, record.id)
    path = f"/os-ensembles/{record.id}/operations/{create.id}"
    shown = ask(cloud, path, caller()).json["operation"]
    whole = ask(cloud, f"/os-ensembles/{record.id}", caller()).json["ensemble"]
    assert shown["plan"] == {
        "objectives": whole["objectives"],
        "violations": whole["violations"],
    }
    assert shown["plan"]["objectives"]
    assert shown["on_failure"] == "If it fails, all that it has built is removed."
    cloud.service().delete(caller(), record.id)
    removal = operations(cloud, record.id)[0]
    path = f"/os-ensembles/{record.id}/operations/{removal.id}"
    removed = ask(cloud, path, caller()).json["operation"]
    assert (removed["plan"], removed["on_failure"]) == (None, "It is tried until it succeeds.")


def test_a_build_that_fails_is_undone_and_says_why(cloud: SmallCloud) -> None:
    cloud.nova.break_build["web-1"] = "no"
    record = cloud.service().create(caller(), body(("web", 3)))
    cloud.run(record.id)
    (failed,) = operations(cloud, record.id)
    assert failed.status is OperationStatus.FAILED
    assert set(goals(failed).values()) == {None}
    assert failed.reason == cloud.store.get(record.id).fault is not None


def test_a_cancelled_build_is_followed_by_a_removal_of_who_cancelled_it(cloud: SmallCloud) -> None:
    record = cloud.service().create(caller(), body(("web", 2)))
    cloud.service().cancel(caller(), record.id)
    removal, create = operations(cloud, record.id)
    assert create.status is OperationStatus.CANCELLED
    assert (removal.type, removal.status) == (OperationType.DELETE, OperationStatus.RUNNING)
    assert set(goals(removal)) == set(planned(record))
    assert set(goals(removal).values()) == {None}
    with pytest.raises(exception.Conflict, match="being removed already") as refused:
        cloud.service().cancel(caller(), record.id)
    assert refused.value.facts["operation"] == removal.id


def test_a_removal_that_another_asks_for_goes_on_with_their_rights(cloud: SmallCloud) -> None:
    record = cloud.service().create(caller(), body(("web", 2)))
    cloud.run(record.id)
    cloud.service().delete(caller(), record.id)
    before = operations(cloud, record.id)[0]
    cloud.service().delete(caller("operators", "admin"), record.id)
    after = operations(cloud, record.id)[0]
    assert after.id == before.id
    assert after.requester != before.requester
    assert "admin" in after.requester.roles
    cloud.run(record.id)
    assert operations(cloud, record.id) == []


def test_what_is_under_way_tells_of_members_that_were_given_other_hosts(cloud: SmallCloud) -> None:
    record = cloud.service().create(caller(), body(("web", 2)))
    lost = record.members[0].host
    cloud.nova.break_build["web-0"] = "no"

    def mend(method: str, path: str) -> None:
        if cloud.store.get(record.id).members[0].host != lost:
            cloud.nova.break_build.clear()

    cloud.nova.before = mend
    cloud.run(record.id)
    now = cloud.store.get(record.id)
    assert now.status is Status.ACTIVE
    (done,) = operations(cloud, record.id)
    assert goals(done) == planned(now)
    assert goals(done)["web-0"] != lost
    assert done.attempts == 2


def test_a_list_has_the_newest_first_in_pages_and_is_its_project_s_alone(cloud: SmallCloud) -> None:
    record = cloud.service().create(caller(), body(("web", 1)))
    cloud.run(record.id)
    cloud.service().delete(caller(), record.id)
    path = f"/os-ensembles/{record.id}/operations"
    first = ask(cloud, f"{path}?limit=1", caller()).json
    assert [each["type"] for each in first["operations"]] == ["delete"]
    assert first["operations"][0]["cancellable"] is False
    marker = first["operations"][0]["id"]
    assert f"marker={marker}" in first["operations_links"][0]["href"]
    second = ask(cloud, f"{path}?limit=1&marker={marker}", caller()).json
    assert [each["type"] for each in second["operations"]] == ["create"]
    assert ask(cloud, f"{path}?marker={record.id}", caller()).status_int == 400
    assert ask(cloud, path, caller("strangers")).status_int == 404
    assert ask(cloud, f"{path}/{marker}", caller("strangers")).status_int == 404
    assert ask(cloud, f"{path}/{record.id}", caller()).status_int == 404


def test_the_hosts_of_goals_are_shown_to_operators_alone(cloud: SmallCloud) -> None:
    record = cloud.service().create(caller(), body(("web", 2)))
    assert record.operation is not None
    path = f"/os-ensembles/{record.id}/operations/{record.operation.id}"
    shown = ask(cloud, path, caller()).json["operation"]
    told = {"member_id", "member", "goal", "move", "move_kind", "reason"}
    assert [set(each) for each in shown["goals"]] == [told] * 2
    assert {each["goal"] for each in shown["goals"]} == {"present"}
    known = ask(cloud, path, caller("operators", "admin")).json["operation"]
    assert {each["member"]: each["host"] for each in known["goals"]} == planned(record)


def test_operations_that_ended_long_ago_go_and_those_under_way_stay(cloud: SmallCloud) -> None:
    ended = cloud.service().create(caller(), body(("web", 1)))
    cloud.run(ended.id)
    running = cloud.service().create(caller(), body(("web", 1)))
    while History(cloud.store, timedelta(seconds=-1)).purge():
        pass
    assert operations(cloud, ended.id) == []
    assert [each.status for each in operations(cloud, running.id)] == [OperationStatus.RUNNING]


def test_what_a_newer_worker_has_stored_is_read_without_what_is_not_known(
    cloud: SmallCloud,
) -> None:
    """While a release is rolled out, workers of both read and write the same records."""
    record = cloud.service().create(caller(), body(("web", 1), recovery={"mode": "auto"}))
    assert record.operation is not None
    (goal,) = record.operation.goals
    move = {"source": "host-9", "provider": "p", "resources": {"VCPU": 1}, "domains": {}}
    stored = {"member_id": goal.member_id, "name": goal.name, "host": goal.host, "colour": "red"}
    newer = {**stored, "move": {**move, "status": "WAITING", "colour": "red"}}
    described = {**record.body, "recovery": {"mode": "auto", "colour": "red"}}
    with cloud.store.writing() as session:
        session.execute(sa.update(models.Operation).values(goals=[newer]))
        session.execute(sa.update(models.Ensemble).values(body=described))
    read = cloud.store.get(record.id)
    assert read.operation is not None
    (found,) = read.operation.goals
    assert found.move is not None
    assert (found.name, found.move.source) == (goal.name, "host-9")
    assert Recovery.of(read.body).mode is Mode.AUTO
    with cloud.store.writing() as session:
        session.execute(sa.update(models.Operation).values(goals=[stored]))
    again = cloud.store.get(record.id).operation
    assert again is not None
    assert again.goals == (goal,)
