# SPDX-License-Identifier: Apache-2.0
"""What Nova notes of an evacuation that came too late is corrected, and nothing else is."""

from collections.abc import Callable

import pytest
from changes import SPREAD
from repairs import events
from small_cloud import SmallCloud, body, caller

from ensemble_api.execution.evacuation import PATIENCE
from ensemble_api.usecases.late_evacuations import MOST
from tests.fakes.nova_objects import FakeServer

ELSEWHERE = "secrethost4"
RESET = "os-resetState"
CORRECTED = (
    "A host that is back has tried to bring the server of web-0 back, which runs on another one. "
    "What Nova had noted of that is corrected."
)


MOVED_SINCE = "secrethost5"


class Installation:
    """One nova-api that observes the cloud, by a clock that is set forward."""

    def __init__(self, cloud: SmallCloud) -> None:
        self.cloud = cloud
        record = cloud.service().create(caller(), body(("web", 2), policies=[SPREAD]))
        cloud.run(record.id)
        cloud.observe()
        self.ensemble_id = record.id
        self.seconds = 0.0
        self.late = cloud.service().late_evacuations
        self.late._clock = lambda: self.seconds  # type: ignore[misc]

    @property
    def server(self) -> FakeServer:
        """The server of web-0."""
        web_0 = self.cloud.store.get(self.ensemble_id).members[0]
        return self.cloud.nova.servers[web_0.server_id or ""]

    def look(self, later: float = 0.0) -> None:
        self.seconds += later
        self.cloud.observe(correct=self.late.look)

    def reset(self) -> list[str]:
        """The servers whose state was reset."""
        return [each for action, each in self.cloud.nova.acted if action == RESET]


@pytest.fixture
def here(cloud: SmallCloud) -> Installation:
    return Installation(cloud)


def test_a_server_that_runs_and_is_taken_for_being_rebuilt_is_corrected(
    cloud: SmallCloud, here: Installation
) -> None:
    cloud.nova.evacuate_late(here.server.id, ELSEWHERE)
    here.look()
    here.look(later=PATIENCE * 0.9)
    assert not here.reset(), "it may still be under way"
    here.look(later=PATIENCE * 0.2)
    assert here.reset() == [here.server.id]
    assert events(cloud, here.ensemble_id)[-1] == CORRECTED
    here.look()
    here.look(later=PATIENCE * 2)
    assert len(here.reset()) == 1, "it is done once"


def rebooted_since(cloud: SmallCloud, server: FakeServer) -> None:
    """What is late is busy after all else, however long ago it was asked for."""
    cloud.nova.acted += [("evacuate", server.id), ("reboot", server.id)]
    cloud.nova.evacuate_late(server.id, ELSEWHERE)


def moved_since(cloud: SmallCloud, server: FakeServer) -> None:
    cloud.nova.evacuate_late(server.id, ELSEWHERE)
    server.landed_on = MOVED_SINCE


def asked_of_a_host_that_is_still_down(cloud: SmallCloud, server: FakeServer) -> None:
    cloud.nova.evacuate_late(server.id, ELSEWHERE)
    server.evacuating_to = "secrethost3"
    cloud.nova.fail("secrethost3")


@pytest.mark.parametrize("late", [rebooted_since, moved_since, asked_of_a_host_that_is_still_down])
def test_what_happened_since_does_not_hide_that_it_was_late(
    cloud: SmallCloud, here: Installation, late: Callable[[SmallCloud, FakeServer], None]
) -> None:
    late(cloud, here.server)
    here.look()
    here.look(later=PATIENCE)
    assert here.reset() == [here.server.id]


def test_many_that_are_rebuilt_are_looked_at_a_few_at_a_time_and_ever_less_often(
    cloud: SmallCloud, here: Installation
) -> None:
    record = cloud.service().create(caller(), body(("many", MOST)))
    cloud.run(record.id)
    cloud.observe()
    for ensemble_id in (record.id, here.ensemble_id):  # the other has two
        for each in cloud.store.get(ensemble_id).members:
            rebuilt_while_it_ran(cloud, cloud.nova.servers[each.server_id or ""])
    here.look()

    def looked_at(later: float = 0.0) -> int:
        """How many servers the next look asks Nova for."""
        here.seconds += later
        cloud.nova.calls.clear()
        here.late.look()
        return len({path for _, path in cloud.nova.calls})

    assert looked_at() == 0, "not before some time"
    assert looked_at(PATIENCE) == MOST
    assert looked_at() == 2, "then those that are left"
    assert looked_at(PATIENCE) == 0, "the pause has doubled"
    assert looked_at(PATIENCE) == MOST


def rebuilt_by_the_tenant(cloud: SmallCloud, server: FakeServer) -> None:
    cloud.nova.evacuate_late(server.id, ELSEWHERE)
    cloud.nova.acted.append(("rebuild", server.id))


def rebuilt_while_it_ran(cloud: SmallCloud, server: FakeServer) -> None:
    cloud.nova.evacuate_late(server.id, ELSEWHERE)
    server.before = "ACTIVE"


def evacuated_now(cloud: SmallCloud, server: FakeServer) -> None:
    cloud.nova.acted.append(("evacuate", server.id))
    server.before, server.stuck = "ERROR", True
    server.task, server.status = "rebuilding", "REBUILD"


def late_where_it_is(cloud: SmallCloud, server: FakeServer) -> None:
    """Its host has failed to rebuild it: that it runs is not known."""
    cloud.nova.evacuate_late(server.id, server.host)


@pytest.mark.parametrize(
    "busy", [rebuilt_by_the_tenant, rebuilt_while_it_ran, evacuated_now, late_where_it_is]
)
def test_a_server_that_somebody_may_be_rebuilding_is_left_alone(
    cloud: SmallCloud, here: Installation, busy: Callable[[SmallCloud, FakeServer], None]
) -> None:
    busy(cloud, here.server)
    here.look()
    here.look(later=PATIENCE * 3)
    assert not here.reset()


def test_a_nova_that_refuses_is_asked_again_and_keeps_nobody_else_waiting(
    cloud: SmallCloud, here: Installation
) -> None:
    cloud.nova.evacuate_late(here.server.id, ELSEWHERE)
    here.look()
    cloud.nova.refuse["web-0"] = (403, "Policy doesn't allow it to be performed.")
    here.look(later=PATIENCE * 2)
    assert CORRECTED not in events(cloud, here.ensemble_id)
    cloud.nova.refuse.clear()
    here.look()
    assert CORRECTED not in events(cloud, here.ensemble_id), "not at each look"
    here.look(later=PATIENCE * 2)
    assert events(cloud, here.ensemble_id)[-1] == CORRECTED
