# SPDX-License-Identifier: Apache-2.0
"""What others take between a member's hold and its claim is lost for a while, not for good."""

from seconds import run, told
from small_cloud import Clock, SmallCloud, anti_affinity, body, caller

from ensemble_api.records import EnsembleRecord
from ensemble_api.store.guards import Guards

SOUGHT = "No host is free for web-0 just now. One is looked for again in a moment."


def create(cloud: SmallCloud, members: int = 4) -> EnsembleRecord:
    """No two members may share one of the four hosts: for four members there is no other."""
    policies = [anti_affinity("web")]
    return cloud.service().create(caller(), body(("web", members), policies=policies))


def take_each_time(cloud: SmallCloud, record: EnsembleRecord, times: int = 1) -> list[str]:
    """Take the first member's host when its server is asked for, some times; gives by what."""
    taken: list[str] = []

    def take(method: str, path: str) -> None:
        if method == "POST" and len(taken) < times:
            first = cloud.store.get(record.id).members[0]
            if first.status == "BUILDING" and first.server_id is None:
                taken.append(cloud.fill(first.host, 4))

    cloud.nova.before = take
    return taken


def test_a_host_that_was_lost_for_a_moment_on_a_full_cloud_is_taken_again(
    cloud: SmallCloud, clock: Clock
) -> None:
    record = create(cloud)
    taken = take_each_time(cloud, record)
    later = {9: lambda: cloud.placement.release(taken[0])}
    built = run(cloud, clock, record, later, concurrency=1)
    cloud.assert_built(built)
    assert built.members[0].host == record.members[0].host
    assert told(built).count(SOUGHT) == 1


def test_a_host_that_was_lost_for_a_moment_stays_closed_until_its_capacity_is_held_again(
    cloud: SmallCloud, clock: Clock
) -> None:
    """Else a server of others comes first, and the next one after that."""
    record = create(cloud)
    host = record.members[0].host
    taken = take_each_time(cloud, record)
    closed: list[bool] = []

    def look() -> None:
        first = cloud.store.get(record.id).members[0]
        if first.loss is not None and first.status == "BUILDING" and not first.asked_at:
            closed.append(host in {each.host for each in Guards(cloud.store).live()})

    def free() -> None:
        look()
        cloud.placement.release(taken[0])

    later = dict.fromkeys(range(20), look) | {5: free}
    built = run(cloud, clock, record, later, concurrency=1)
    assert closed and all(closed)
    cloud.assert_built(built)
    assert Guards(cloud.store).live() == []


def test_a_host_that_is_lost_again_and_again_is_taken_at_last(
    cloud: SmallCloud, clock: Clock
) -> None:
    record = create(cloud)
    taken = take_each_time(cloud, record, times=3)
    released: set[str] = set()

    def release() -> None:
        for each in set(taken) - released:
            cloud.placement.release(each)
            released.add(each)

    often = dict.fromkeys(range(3, 60, 4), release)
    built = run(cloud, clock, record, often, concurrency=1)
    cloud.assert_built(built)
    assert len(taken) == 3
    assert told(built).count(SOUGHT) == 1


def test_a_host_that_was_lost_before_is_taken_where_the_next_one_is_lost_for_good(
    cloud: SmallCloud, clock: Clock
) -> None:
    record = create(cloud, members=3)
    taken = take_each_time(cloud, record, times=2)
    later = {20: lambda: cloud.placement.release(taken[0])}
    built = run(cloud, clock, record, later, concurrency=1)
    cloud.placement.release(taken[1])
    cloud.assert_built(built)
    assert built.members[0].host == record.members[0].host


def test_capacity_that_is_lost_for_good_is_looked_for_for_a_while(
    cloud: SmallCloud, clock: Clock
) -> None:
    record = create(cloud)
    taken = take_each_time(cloud, record)
    failed = run(cloud, clock, record, {}, concurrency=1)
    assert failed.status == "ERROR"
    assert str(failed.fault).strip() == "Nova could not build web-0: No valid host was found."
    asked = [each.name for each in cloud.nova.servers.values() if each.name.endswith("web-0")]
    assert len(asked) == 2, "and Nova is asked once more at last"
    cloud.placement.release(taken[0])
    cloud.assert_clean()


def test_a_host_that_could_not_build_is_not_taken_again(cloud: SmallCloud, clock: Clock) -> None:
    record = create(cloud)
    host = record.members[0].host
    cloud.nova.break_host[host] = "Failed to allocate the network(s)"
    failed = run(cloud, clock, record, {1: cloud.nova.break_host.clear})
    assert failed.status == "ERROR"
    cloud.assert_clean()
