# SPDX-License-Identifier: Apache-2.0
"""Nova's own moves keep the policies of ensembles: whoever asks for them, and however many."""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import combinations
from typing import Any

import openstack
import pytest

from tests.cloud.ensembles import PATIENCE, Operator, Project
from tests.soak.moves import Moves

pytestmark = pytest.mark.cloud

ANTI_AFFINITY = {"type": "anti-affinity", "level": "host", "tiers": ["web"]}
EVEN = {"type": "spread", "level": "rack", "tiers": ["web"], "max_skew": 1}


@pytest.fixture
def shop(cloud: Any) -> Iterator[dict[str, Any]]:
    """Three members, each on a host and in a rack of its own."""
    demo = Project(cloud.connection("demo"))
    body = demo.body("moved", [demo.tier("web", 3)], ANTI_AFFINITY, EVEN)
    built = demo.wait(demo.create(body)["id"], "ACTIVE")
    yield built
    demo.delete(built["id"])


def wait_for(what: str, condition: Callable[[], bool]) -> None:
    until = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < until, f"{what} did not come true in {PATIENCE} s"
        time.sleep(1)


def servers_of(operator: Operator, ensemble: dict[str, Any]) -> list[Any]:
    ids = [each["server_id"] for each in ensemble["members"]]
    there = operator.servers()
    return [there[server_id] for server_id in ids]


def places(operator: Operator, ensemble: dict[str, Any]) -> tuple[list[str], list[str]]:
    """The members' hosts and racks."""
    hosts = [each.compute_host for each in servers_of(operator, ensemble)]
    racks = operator.place("rack")
    return hosts, [racks[host] for host in hosts]


def is_quiet(operator: Operator, ensemble: dict[str, Any]) -> bool:
    return all(
        each.task_state is None and each.status in ("ACTIVE", "SHUTOFF")
        for each in servers_of(operator, ensemble)
    )


def is_unforced(compute: Any, service: Any) -> bool:
    """Whether the service may report again: not before it has removed what was evacuated."""
    try:
        compute.update_service_forced_down(service, forced=False)
    except openstack.exceptions.BadRequestException:
        return False
    return True


def test_twenty_moves_of_one_and_of_three_at_once_break_no_policy(cloud: Any) -> None:
    """The long form, with all kinds of moves, is tests/soak/moves.py."""
    moves = Moves(cloud, seed=1, kinds=("all live", "all live", "all live", "cold"))
    found = moves.round(0, moves=20)
    assert found.good, found.line()
    assert sum(found.moved.values()) == sum(found.asked.values()) == 20, found.line()


def test_a_move_that_would_break_a_policy_is_refused(
    operator: Operator, shop: dict[str, Any]
) -> None:
    compute = operator.connection.compute
    hosts, zones = places(operator, shop)[0], operator.place("zone")
    # Two of three are in one of two zones, and so in one cell if there are several.
    first, second = next(
        pair for pair in combinations(range(3), 2) if len({zones[hosts[n]] for n in pair}) == 1
    )
    server, other = shop["members"][first]["server_id"], hosts[second]
    with pytest.raises(openstack.exceptions.BadRequestException, match="No valid host"):
        compute.live_migrate_server(server, host=other, block_migration="auto")
    wait_for("Nova has left it alone", lambda: is_quiet(operator, shop))
    assert places(operator, shop)[0] == hosts


def test_a_member_is_evacuated_to_where_its_policies_let_it(
    cloud: Any, operator: Operator, shop: dict[str, Any]
) -> None:
    compute = operator.connection.compute
    (victim, *rest), _ = places(operator, shop)
    server = shop["members"][0]["server_id"]
    service = next(iter(compute.services(binary="nova-compute", host=victim)))
    assert cloud.ensemble_cloud("host", "stop", victim).returncode == 0
    try:
        compute.update_service_forced_down(service, forced=True)
        compute.evacuate_server(server)
        wait_for(
            "the member is elsewhere",
            lambda: is_quiet(operator, shop) and places(operator, shop)[0][0] != victim,
        )
        hosts, racks = places(operator, shop)
        assert not {hosts[0]} & {victim, *rest}
        assert max(Counter(racks).values()) == 1, racks
    finally:
        assert cloud.ensemble_cloud("host", "start", victim).returncode == 0
        wait_for("Nova takes it for up again", lambda: is_unforced(compute, service))
    wait_for(
        "the host is back",
        lambda: next(iter(compute.services(binary="nova-compute", host=victim))).state == "up",
    )


def test_an_ensemble_tells_of_the_moves_of_its_members(
    cloud: Any, operator: Operator, shop: dict[str, Any]
) -> None:
    demo = Project(cloud.connection("demo"))

    def told() -> list[str]:
        events = demo.request("GET", f"/{shop['id']}").json()["ensemble"]["events"]
        return [each["message"] for each in events if "moved the server" in each["message"]]

    server = shop["members"][0]["server_id"]
    operator.connection.compute.live_migrate_server(server, host=None, block_migration="auto")
    wait_for("it is told", lambda: bool(told()))
    assert told() == ["Nova has moved the server of web-0 to another host."]
