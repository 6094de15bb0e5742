# SPDX-License-Identifier: Apache-2.0
"""Lost members that Nova cannot bring back are replaced, where their tiers want that."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from changes import SPREAD
from repairs import events, hosts_of, last_operation, repair
from small_cloud import SmallCloud, body, caller

from ensemble_api.store import models, rows
from ensemble_api.usecases import repair_plans
from ensemble_api.usecases.auto_repair import LONGEST_PAUSE
from tests.fakes.volumes import FakeVolumes


def built(cloud: SmallCloud, *, rebuild: bool = True, mode: str = "auto", **parts: Any) -> str:
    """An ensemble of two that runs, whose tier has lost members built anew."""
    wish = body(("web", 2), policies=[SPREAD])
    wish["recovery"] = {"mode": mode}
    wish["tiers"][0]["recovery"] = {"rebuild": rebuild}
    if "volumes" in parts:
        wish["tiers"][0]["server"]["root_volume"] = {"size": 5}
    record = cloud.service(**parts).create(caller(), wish)
    cloud.run(record.id, **parts)
    cloud.observe()
    return record.id


def server(cloud: SmallCloud, ensemble_id: str) -> Any:
    return cloud.nova.servers[cloud.store.get(ensemble_id).members[0].server_id or ""]


def deleted(cloud: SmallCloud, ensemble_id: str) -> None:
    gone = server(cloud, ensemble_id)
    cloud.nova.servers[gone.id].gone = True
    cloud.placement.release(gone.id)


def paused(cloud: SmallCloud, ensemble_id: str) -> None:
    """Nova evacuates no server that is paused."""
    found = server(cloud, ensemble_id)
    found.status = "PAUSED"
    cloud.nova.fail(found.host)


def erroneous(cloud: SmallCloud, ensemble_id: str) -> None:
    server(cloud, ensemble_id).status = "ERROR"


Harm = Callable[[SmallCloud, str], None]
harms = pytest.mark.parametrize("harm", [deleted, paused])


def look(cloud: SmallCloud, **parts: Any) -> None:
    cloud.observe(repair=cloud.service(**parts).auto_repair.look)


def assert_replaced(cloud: SmallCloud, ensemble_id: str, lost: str | None) -> None:
    record = cloud.store.get(ensemble_id)
    assert (record.status, len(record.members)) == ("ACTIVE", 2)
    assert lost not in {each.server_id for each in record.members}
    assert len(set(hosts_of(cloud, ensemble_id).values())) == 2
    assert last_operation(cloud, ensemble_id).status == "SUCCEEDED"


@harms
def test_a_member_that_cannot_be_brought_back_is_replaced_by_itself(
    cloud: SmallCloud, harm: Harm
) -> None:
    ensemble_id = built(cloud)
    lost = cloud.store.get(ensemble_id).members[0].server_id
    harm(cloud, ensemble_id)
    cloud.observe()
    look(cloud)
    assert cloud.store.get(ensemble_id).operation is not None
    cloud.run(ensemble_id)
    cloud.observe()
    assert_replaced(cloud, ensemble_id, lost)
    assert [each.id for each in cloud.nova.alive() if each.id == lost] == []


@pytest.mark.parametrize("harm", [deleted, paused, erroneous])
def test_by_command_one_is_replaced_that_failed_where_its_host_is_up_too(
    cloud: SmallCloud, harm: Harm
) -> None:
    ensemble_id = built(cloud, mode="manual")
    lost = cloud.store.get(ensemble_id).members[0].server_id
    harm(cloud, ensemble_id)
    cloud.observe()
    look(cloud)
    assert cloud.store.get(ensemble_id).operation is None
    answer = repair(cloud, ensemble_id)
    assert answer.status_code == 202, answer.json
    cloud.run(ensemble_id)
    cloud.observe()
    assert_replaced(cloud, ensemble_id, lost)


REFUSALS = [
    ("what its server has", "auto", (400, "It has a vTPM."), True),
    ("the same, by command", "manual", (400, "It has a vTPM."), True),
    ("a conflict with what its server has", "auto", (409, "It has shares."), True),
    ("rights that may be given back", "auto", (403, "It is not for you."), False),
    ("what passes", "auto", (503, "Not now."), False),
]


@pytest.mark.parametrize(
    ("mode", "answer", "is_replaced"),
    [each[1:] for each in REFUSALS],
    ids=[each[0] for each in REFUSALS],
)
def test_one_that_nova_refuses_each_time_is_replaced_if_that_is_for(
    cloud: SmallCloud,
    monkeypatch: pytest.MonkeyPatch,
    mode: str,
    answer: tuple[int, str],
    is_replaced: bool,
) -> None:
    times = 2
    monkeypatch.setattr(repair_plans, "REFUSED_FOR_LONG", times)
    ensemble_id = built(cloud, mode=mode)
    lost = server(cloud, ensemble_id)
    cloud.nova.fail(lost.host)
    cloud.observe()
    cloud.nova.refuse = {"web-0": answer}
    for _ in range(times):
        begin(cloud, ensemble_id, mode)
        assert type_of(cloud, ensemble_id) == "repair"
        cloud.run(ensemble_id)
    begin(cloud, ensemble_id, mode)
    assert type_of(cloud, ensemble_id) == ("change" if is_replaced else "repair")
    cloud.run(ensemble_id)
    cloud.observe()
    if not is_replaced:
        assert server(cloud, ensemble_id).id == lost.id
        return
    assert_replaced(cloud, ensemble_id, lost.id)
    assert (
        "Another server is built in the place of web-0. Nova never brings the server of web-0 back "
        f"on another host: {answer[1]}"
    ) in events(cloud, ensemble_id)


def begin(cloud: SmallCloud, ensemble_id: str, mode: str) -> None:
    """A repair a while later, with no host left out."""
    with cloud.store.writing() as session:
        session.execute(sa.update(models.Member).values(lost_hosts=None))
    if mode == "manual":
        assert repair(cloud, ensemble_id).status_code == 202
        return
    auto = cloud.service().auto_repair
    auto._now = lambda: rows.now() + timedelta(seconds=LONGEST_PAUSE)
    cloud.observe(repair=auto.look)


def type_of(cloud: SmallCloud, ensemble_id: str) -> str | None:
    operation = cloud.store.get(ensemble_id).operation
    return None if operation is None else operation.type.value


@harms
def test_nothing_is_built_that_nobody_wants(cloud: SmallCloud, harm: Harm) -> None:
    ensemble_id = built(cloud, rebuild=False)
    harm(cloud, ensemble_id)
    cloud.observe()
    look(cloud)
    assert cloud.store.get(ensemble_id).operation is None
    assert repair(cloud, ensemble_id).status_code == 409


def test_a_server_that_failed_where_its_host_is_up_is_left_to_somebody(cloud: SmallCloud) -> None:
    ensemble_id = built(cloud)
    erroneous(cloud, ensemble_id)
    cloud.observe()
    look(cloud)
    assert cloud.store.get(ensemble_id).operation is None


@pytest.mark.parametrize(
    "status", ["MIGRATING", "RESIZE", "VERIFY_RESIZE", "REVERT_RESIZE", "SHELVED", "SOFT_DELETED"]
)
def test_a_server_in_a_status_that_may_pass_is_not_given_up_by_itself(
    cloud: SmallCloud, status: str
) -> None:
    ensemble_id = built(cloud)
    paused(cloud, ensemble_id)
    kept = server(cloud, ensemble_id)
    kept.status = status
    cloud.observe()
    look(cloud)
    assert (cloud.store.get(ensemble_id).operation, kept.gone) == (None, False)
    if status == "SHELVED":
        assert repair(cloud, ensemble_id).status_code == 202


def test_volumes_are_made_with_a_tenant_s_token_alone(cloud: SmallCloud) -> None:
    cinder = FakeVolumes()
    ensemble_id = built(cloud, volumes=cinder)
    deleted(cloud, ensemble_id)
    cloud.observe()
    look(cloud, volumes=cinder)
    assert (cloud.store.get(ensemble_id).operation, len(cinder.volumes)) == (None, 2)
    assert repair(cloud, ensemble_id, volumes=cinder).status_code == 202
    assert len(cinder.volumes) == 3


def test_a_locked_server_is_never_deleted_for_it(cloud: SmallCloud) -> None:
    ensemble_id = built(cloud)
    paused(cloud, ensemble_id)
    server(cloud, ensemble_id).locked = True
    cloud.observe()
    look(cloud)
    assert cloud.store.get(ensemble_id).operation is None
    assert repair(cloud, ensemble_id).status_code == 409
