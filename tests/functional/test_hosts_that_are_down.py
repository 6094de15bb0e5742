# SPDX-License-Identifier: Apache-2.0
"""A build waits a while for a planned host that does not report, and then does without it."""

from collections import Counter

import pytest
from seconds import run, told
from small_cloud import LEASE, NETWORK, Clock, SmallCloud, anti_affinity, body, caller

from ensemble_api.records import EnsembleRecord
from ensemble_api.store import models
from tests.fakes.nova_objects import FakeHost

AWAITED = "The host planned for web-0 does not report to Nova. It is waited for."


def test_servers_are_asked_for_when_their_hosts_report_again(
    cloud: SmallCloud, clock: Clock
) -> None:
    record = cloud.service().create(caller(), body(("web", 3), policies=[anti_affinity("web")]))
    host = cloud.nova.host(record.members[0].host)
    host.state = "down"
    held: list[set[str]] = []

    def look() -> None:
        held.append(cloud.placement.consumers(host.provider))

    built = run(cloud, clock, record, {20: look, 21: lambda: setattr(host, "state", "up")})
    cloud.assert_built(built)
    assert held == [{record.members[0].id}], "its capacity was held meanwhile"
    assert told(built).count(AWAITED) == 1
    assert len([path for method, path in cloud.nova.calls if method == "POST"]) == 3


def test_a_server_for_which_nova_found_no_host_meanwhile_is_asked_for_again(
    cloud: SmallCloud, clock: Clock
) -> None:
    """The host seemed to report when the server was asked for, and not when Nova scheduled it."""
    record = cloud.service().create(caller(), body(("web", 2), policies=[anti_affinity("web")]))
    host = cloud.nova.host(record.members[0].host)

    def before(method: str, path: str) -> None:
        if method == "POST":
            host.state = "down"

    cloud.nova.before = before
    built = run(cloud, clock, record, {20: lambda: recover(cloud, host)})
    cloud.assert_built(built)
    assert told(built).count(AWAITED) == 1


def recover(cloud: SmallCloud, host: object) -> None:
    cloud.nova.before = lambda method, path: None
    host.state = "up"  # type: ignore[attr-defined]


def test_a_host_that_stays_down_is_given_up_and_its_member_built_elsewhere(
    cloud: SmallCloud, clock: Clock
) -> None:
    record = cloud.service().create(caller(), body(("web", 2), policies=[anti_affinity("web")]))
    down = record.members[0].host
    cloud.nova.host(down).state = "down"
    built = run(cloud, clock, record, {})
    cloud.assert_built(built)
    hosts = {each.host for each in built.members}
    assert len(hosts) == 2 and down not in hosts
    assert built.members[0].failed_hosts == (down,)
    assert "Capacity for web-0 is reserved on another host, where it is built." in told(built)
    assert down not in "".join(told(built))


def test_where_no_other_host_is_left_it_is_waited_for(cloud: SmallCloud, clock: Clock) -> None:
    record, host = without_other_hosts(cloud)
    built = run(cloud, clock, record, {200: lambda: setattr(host, "state", "up")})
    assert built.status == "ACTIVE"
    assert built.members[0].host == host.name
    assert told(built).count(AWAITED) == 1


def test_without_another_host_the_build_ends_with_its_time_and_says_so(
    cloud: SmallCloud, clock: Clock
) -> None:
    record, _ = without_other_hosts(cloud)
    failed = run(cloud, clock, record, {})
    assert failed.status == "ERROR"
    assert str(failed.fault) == (
        "1 server was not built within 300 seconds. "
        "Of web-0 Nova said at last: The planned host does not report."
    )
    assert cloud.nova.alive() == []


def without_other_hosts(cloud: SmallCloud) -> tuple[EnsembleRecord, FakeHost]:
    """An ensemble in build with a member on a host that is down, and a cloud that is full else."""
    record = cloud.service().create(caller(), body(("web", 2), policies=[anti_affinity("web")]))
    taken = {each.host for each in record.members}
    for host in cloud.nova.hosts:
        cloud.fill(host.name, 2 if host.name in taken else 4)
    down = cloud.nova.host(record.members[0].host)
    down.state = "down"
    return record, down


def test_a_host_that_dies_in_the_middle_of_a_build_is_built_without(
    cloud: SmallCloud, clock: Clock
) -> None:
    """One member was built there, and another is awaited: both go elsewhere, and nothing is left.

    Nova takes a deletion and does nothing about it while it does not know of the host's end.
    """
    record = cloud.service().create(caller(), body(("web", 6)))
    stopped_host, both = Counter(each.host for each in record.members).most_common(1)[0]
    assert both == 2

    def stop_host() -> None:
        awaited = [each for each in cloud.nova.alive() if each.host == stopped_host][-1]
        awaited.stuck = True

    def be_noticed() -> None:
        cloud.nova.host(stopped_host).state = "down"

    built = run(cloud, clock, record, {1: stop_host, 20: be_noticed})
    cloud.assert_built(built)
    assert stopped_host not in {each.host for each in built.members}
    assert len([each for each in built.members if each.failed_hosts == (stopped_host,)]) == 2


def test_a_server_that_a_host_kept_when_it_died_goes_before_the_build_ends(
    cloud: SmallCloud, clock: Clock
) -> None:
    record = cloud.service().create(caller(), body(("web", 2), policies=[anti_affinity("web")]))
    stopped_host = record.members[0].host
    cloud.nova.break_host[stopped_host] = "Failed to allocate the network(s)"

    def stop_host() -> None:
        for each in cloud.nova.alive():
            each.stuck = each.host == stopped_host

    def be_noticed() -> None:
        assert cloud.store.get(record.id).status == "BUILDING"
        assert len([each for each in cloud.nova.alive() if each.status == "ACTIVE"]) == 2
        cloud.nova.host(stopped_host).state = "down"

    built = run(cloud, clock, record, {1: stop_host, 60: be_noticed})
    cloud.assert_built(built)


@pytest.mark.parametrize("given", ["ports", "volumes"])
def test_what_only_one_server_can_have_is_given_to_the_next_when_the_last_is_gone(
    cloud: SmallCloud, clock: Clock, given: str
) -> None:
    wanted = body(("web", 1))
    record = cloud.service().create(caller(), wanted)
    with cloud.store.writing() as session:
        row = session.get(models.Ensemble, record.id)
        assert row is not None
        server = {**wanted["tiers"][0]["server"], given: [NETWORK]}
        row.body = {**wanted, "tiers": [{**wanted["tiers"][0], "server": server}]}
    cloud.nova.break_host[record.members[0].host] = "Failed to allocate the network(s)"
    cloud.nova.delete_looks = 5
    alive: list[int] = []
    cloud.nova.before = lambda method, path: (
        alive.append(len(cloud.nova.alive())) if method == "POST" else None
    )
    built = run(cloud, clock, record, {})
    cloud.assert_built(built)
    assert alive == [0, 0]


def test_a_host_that_comes_and_goes_is_given_up_after_some_tries(
    cloud: SmallCloud, clock: Clock
) -> None:
    record = cloud.service().create(caller(), body(("web", 1)))
    host = cloud.nova.host(record.members[0].host)

    asked: list[str] = []
    host.state = "up"

    def come_and_go(method: str, path: str) -> None:
        if method == "POST":
            asked.append(path)
            host.state = "down"
        elif path == "/os-services":
            host.state = "up" if asked[-1:] != ["/servers"] else "down"
            asked.append(path)

    cloud.nova.before = come_and_go
    built = run(cloud, clock, record, {})
    cloud.nova.before = lambda method, path: None
    cloud.assert_built(built)
    assert built.members[0].failed_hosts == (host.name,)
    assert asked.count("/servers") == 7


def test_a_build_goes_on_while_a_cell_does_not_answer(cloud: SmallCloud, clock: Clock) -> None:
    """Nova says nothing then of the state of its hosts, which is not that they are down."""
    record = cloud.service().create(caller(), body(("web", 2)))
    used = {each.host for each in record.members}
    silent = next(each for each in cloud.nova.hosts if each.name not in used)
    silent.silent = True
    cloud.assert_built(run(cloud, clock, record, {}))


@pytest.mark.parametrize("second", [0, 1])
def test_a_worker_that_died_while_it_waited_is_taken_over(
    cloud: SmallCloud, clock: Clock, second: int
) -> None:
    """Its member's hold is gone already, or not yet."""
    record = cloud.service().create(caller(), body(("web", 1)))
    (member,) = record.members
    host = cloud.nova.host(member.host)
    assert cloud.store.claim(record.id, "died", LEASE)
    cloud.store.save_server_request(record, member, "died")
    if second:
        cloud.placement.release(member.id)
    clock.forward(LEASE + 1)
    host.state = "down"
    built = run(cloud, clock, record, {30: lambda: setattr(host, "state", "up")})
    cloud.assert_built(built)


def test_a_server_whose_build_was_interrupted_is_asked_for_again(
    cloud: SmallCloud, clock: Clock
) -> None:
    """A compute service that starts finds what it was building when it ended, and gives it up."""
    record = cloud.service().create(caller(), body(("web", 2), policies=[anti_affinity("web")]))
    cloud.fill(record.members[0].host, 2)
    cloud.nova.build_looks, cloud.nova.delete_looks = 3, 5

    def interrupt() -> None:
        lost = next(each for each in cloud.nova.alive() if each.name.endswith("web-0"))
        lost.status = "ERROR"

    built = run(cloud, clock, record, {2: interrupt})
    assert built.status == "ACTIVE"
    assert len(cloud.nova.alive()) == 2
    said = "The build of web-0 was interrupted in Nova, which is asked for it again."
    assert told(built).count(said) == 1
    servers = {each.server_id for each in built.members}
    assert {each.id for each in cloud.nova.alive()} == servers
    assert len(cloud.placement.consumers(*cloud.providers) - servers) == 1, "the one beside it"


def test_a_build_that_is_interrupted_again_and_again_fails(cloud: SmallCloud, clock: Clock) -> None:
    record = cloud.service().create(caller(), body(("web", 1)))
    cloud.nova.build_looks = 1_000

    def before(method: str, path: str) -> None:
        if path == "/servers/detail":
            for each in cloud.nova.alive():
                each.status = "ERROR"

    cloud.nova.before = before
    failed = run(cloud, clock, record, {})
    assert failed.status == "ERROR"
    assert "it gave no reason, as after an interruption" in str(failed.fault)
    assert len(cloud.nova.servers) == 6
    cloud.assert_clean()


@pytest.mark.parametrize("lost", [False, True], ids=["in time", "and its record is kept"])
def test_a_server_that_its_conductor_lost_is_asked_for_again(
    cloud: SmallCloud, clock: Clock, lost: bool
) -> None:
    """A conductor that is killed leaves it in BUILD and on no host, for ever."""
    record = cloud.service().create(caller(), body(("web", 2), policies=[anti_affinity("web")]))

    def lose() -> None:
        server = next(each for each in cloud.nova.alive() if each.name.endswith("web-0"))
        server.half_made, server.lost = True, lost

    built = run(cloud, clock, record, {1: lose})
    assert built.status == "ACTIVE"
    kept = [each for each in cloud.nova.alive() if each.half_made]
    servers = {each.server_id for each in built.members}
    assert {each.id for each in cloud.nova.alive()} - {each.id for each in kept} == servers
