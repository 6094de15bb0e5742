# SPDX-License-Identifier: Apache-2.0
"""What Nova notes of an evacuation that came too late is corrected, and nothing else is."""

from collections.abc import Callable

import pytest
from changes import SPREAD
from repairs import events
from small_cloud import SmallCloud, body, caller

from ensemble_api.execution.evacuation import PATIENCE
from tests.fakes.nova_objects import FakeServer

ELSEWHERE = "secrethost4"
RESET = "os-resetState"
CORRECTED = (
    "A host that is back has tried to bring the server of web-0 back, which runs on another one. "
    "What Nova had noted of that is corrected."
)


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
    assert events(cloud, here.ensemble_id)[-1] == CORRECTED
