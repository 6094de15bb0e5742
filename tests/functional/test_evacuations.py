# SPDX-License-Identifier: Apache-2.0
"""How lost members come back: what Nova does with an evacuation, and what is asked for again."""

import pytest
from changes import built
from repairs import act, events, failed, host_of, hosts_of, last_operation, lost, repair, step_late
from small_cloud import SmallCloud

from tests.fakes.nova_objects import FakeServer


def test_an_evacuation_that_fails_is_asked_for_again_and_then_given_up(cloud: SmallCloud) -> None:
    ensemble_id, host = lost(cloud)
    cloud.nova.break_move = {"web-0"}
    repair(cloud, ensemble_id)
    cloud.run(ensemble_id)
    assert (len(cloud.nova.evacuated), last_operation(cloud, ensemble_id).status) == (5, "FAILED")
    cloud.observe()
    # On a host that is down it can be tried again, also after it has failed there.
    cloud.nova.break_move = set()
    answer = repair(cloud, ensemble_id)
    assert answer.status_code == 202, answer.json
    cloud.run(ensemble_id)
    cloud.observe()
    assert host_of(cloud, cloud.store.get(ensemble_id), "web-0") != host
    cloud.assert_built(cloud.store.get(ensemble_id))


@pytest.mark.parametrize("status", ["ACTIVE", "SHUTOFF"])
def test_one_that_nova_leaves_stopped_is_started_if_it_ran_before(
    cloud: SmallCloud, status: str
) -> None:
    ensemble_id = built(cloud, ("web", 2))
    member = cloud.store.get(ensemble_id).members[0]
    server = cloud.nova.servers[member.server_id]
    server.status = status
    cloud.nova.stops_evacuated = True
    failed(cloud, server.host)
    repair(cloud, ensemble_id)
    cloud.run(ensemble_id)
    assert server.status == status
    assert ("os-start", server.id) in cloud.nova.acted if status == "ACTIVE" else True


def stopped(cloud: SmallCloud) -> tuple[str, FakeServer]:
    """An ensemble of one member, which is stopped, on a host that has failed."""
    ensemble_id = built(cloud, ("web", 1))
    server = cloud.nova.servers[cloud.store.get(ensemble_id).members[0].server_id]
    server.status = "SHUTOFF"
    failed(cloud, server.host)
    return ensemble_id, server


def test_one_that_was_stopped_is_stopped_again_when_its_first_evacuation_fails(
    cloud: SmallCloud,
) -> None:
    """Nova starts what it evacuates in error."""
    ensemble_id, server = stopped(cloud)
    cloud.nova.break_move = {"web-0"}
    repair(cloud, ensemble_id)
    while len(cloud.nova.evacuated) < 2:
        step_late(cloud, ensemble_id)
    cloud.nova.break_move = set()
    cloud.run(ensemble_id)
    assert (server.status, last_operation(cloud, ensemble_id).status) == ("SHUTOFF", "SUCCEEDED")
    assert cloud.nova.acted.count(("os-stop", server.id)) == 1
    assert ("os-start", server.id) not in cloud.nova.acted


def test_one_that_was_stopped_is_stopped_again_by_a_later_repair(cloud: SmallCloud) -> None:
    ensemble_id, server = stopped(cloud)
    cloud.nova.break_move = {"web-0"}
    for _ in range(2):
        assert repair(cloud, ensemble_id).status_code == 202
        cloud.run(ensemble_id)
        cloud.observe()
        assert (server.status, last_operation(cloud, ensemble_id).status) == ("ERROR", "FAILED")
    cloud.nova.break_move = set()
    assert repair(cloud, ensemble_id).status_code == 202
    cloud.run(ensemble_id)
    assert (server.status, last_operation(cloud, ensemble_id).status) == ("SHUTOFF", "SUCCEEDED")
    # It is back, and started by its tenant: what it was before is history.
    server.status = "ACTIVE"
    cloud.observe()
    failed(cloud, server.host)
    assert repair(cloud, ensemble_id).status_code == 202
    cloud.run(ensemble_id)
    assert server.status == "ACTIVE"


def test_one_that_ran_runs_again_after_evacuations_that_failed(cloud: SmallCloud) -> None:
    ensemble_id, _ = lost(cloud)
    server = cloud.nova.servers[cloud.store.get(ensemble_id).members[0].server_id]
    cloud.nova.break_move = {"web-0"}
    repair(cloud, ensemble_id)
    cloud.run(ensemble_id)
    cloud.observe()
    cloud.nova.break_move = set()
    repair(cloud, ensemble_id)
    cloud.run(ensemble_id)
    assert (server.status, last_operation(cloud, ensemble_id).status) == ("ACTIVE", "SUCCEEDED")
    assert ("os-stop", server.id) not in cloud.nova.acted


def test_one_that_its_tenant_has_locked_keeps_running_and_its_repair_ends(
    cloud: SmallCloud,
) -> None:
    ensemble_id, server = stopped(cloud)
    server.locked = True
    cloud.nova.break_move = {"web-0"}
    repair(cloud, ensemble_id)
    while len(cloud.nova.evacuated) < 2:
        step_late(cloud, ensemble_id)
    cloud.nova.break_move = set()
    cloud.run(ensemble_id)
    assert (server.status, last_operation(cloud, ensemble_id).status) == ("ACTIVE", "SUCCEEDED")


def test_one_that_takes_long_is_waited_for_and_never_asked_for_twice(cloud: SmallCloud) -> None:
    ensemble_id, _ = lost(cloud)
    cloud.nova.move_looks = 1000
    repair(cloud, ensemble_id)
    for _ in range(3):
        step_late(cloud, ensemble_id)
    assert len(cloud.nova.evacuated) == 1
    record = cloud.store.get(ensemble_id)
    assert "Nova takes long to bring the server of web-0 back" in str(record.blocked)
    assert record.operation is not None
    assert record.operation.cancellable

    # Also not by the next repair, once this one is cancelled.
    assert act(cloud, ensemble_id, {"cancel": None}).status_code == 202
    for _ in range(2):
        step_late(cloud, ensemble_id)
    assert last_operation(cloud, ensemble_id).status == "CANCELLED"
    cloud.observe()
    assert repair(cloud, ensemble_id).status_code == 202
    for _ in range(3):
        step_late(cloud, ensemble_id)
    assert len(cloud.nova.evacuated) == 1

    # The host on which it is being built fails too: nobody is at it any more.
    server = cloud.nova.servers[cloud.store.get(ensemble_id).members[0].server_id]
    cloud.nova.fail(server.evacuating_to)
    step_late(cloud, ensemble_id)
    assert cloud.nova.evacuated == [server.id, server.id]
    cloud.nova.move_looks = 1
    cloud.run(ensemble_id)
    assert "The repair goes on." in events(cloud, ensemble_id)
    assert last_operation(cloud, ensemble_id).status == "SUCCEEDED"


def test_one_that_lands_slowly_is_not_asked_for_twice(cloud: SmallCloud) -> None:
    """Nova ends its task first, and tells where the server is last of all."""
    ensemble_id, host = lost(cloud)
    cloud.nova.land_looks = 8
    assert repair(cloud, ensemble_id).status_code == 202
    server = cloud.nova.servers[cloud.store.get(ensemble_id).members[0].server_id]
    while not server.landing:
        step_late(cloud, ensemble_id, 45.0)
    for _ in range(3):
        step_late(cloud, ensemble_id, 45.0)
    assert (server.landing, server.task, server.host) == (True, None, host)
    cloud.run(ensemble_id)
    assert cloud.nova.evacuated == [server.id]
    assert last_operation(cloud, ensemble_id).status == "SUCCEEDED"


def test_one_that_lands_for_somebody_else_is_not_asked_for_beside(cloud: SmallCloud) -> None:
    """As when Masakari has evacuated it just before."""
    ensemble_id, _ = lost(cloud)
    assert repair(cloud, ensemble_id).status_code == 202
    member = cloud.store.get(ensemble_id).members[0]
    server = cloud.nova.servers[member.server_id]
    server.landing, server.evacuating_to = True, "elsewhere"
    for _ in range(3):
        step_late(cloud, ensemble_id, 20.0)
    assert cloud.nova.evacuated == []
    server.landing = False  # its evacuation has failed
    cloud.run(ensemble_id)
    assert cloud.nova.evacuated == [server.id]
    assert last_operation(cloud, ensemble_id).status == "SUCCEEDED"


def test_a_host_that_is_back_in_the_middle_keeps_its_server(cloud: SmallCloud) -> None:
    ensemble_id, host = lost(cloud)
    assert repair(cloud, ensemble_id).status_code == 202
    cloud.nova.restart(host)
    cloud.run(ensemble_id)
    cloud.observe()
    assert cloud.nova.evacuated == []
    assert hosts_of(cloud, ensemble_id)["web-0"] == host
    assert "is back" in str(last_operation(cloud, ensemble_id).reason)
    cloud.assert_built(cloud.store.get(ensemble_id))
