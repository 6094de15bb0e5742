# SPDX-License-Identifier: Apache-2.0
"""Members that boot from volumes which are made for them."""

import threading
import time
from collections.abc import Mapping
from typing import Any

import pytest
from killed_process import Killed
from oslo_config import cfg
from placement_service import PlacementService
from small_cloud import IMAGE, LEASE, Clock, SmallCloud, body, caller

from ensemble_api import exception
from ensemble_api.cloud.volumes import Volumes
from ensemble_api.operations import OperationStatus
from ensemble_api.rights import WAITS_FOR_OWNER
from ensemble_api.store import models
from ensemble_api.store.api import Store
from ensemble_api.store.operations import Operations
from tests.fakes.cinder import FakeCinder
from tests.fakes.session import FakeSession
from tests.fakes.volumes import FakeVolumes

SNAPSHOT = "55555555-5555-4555-8555-555555555555"


@pytest.fixture
def cinder() -> FakeVolumes:
    return FakeVolumes()


def ensemble(count: int = 2, **root: Any) -> dict[str, Any]:
    """An ensemble of one tier whose members boot from new volumes."""
    asked = body(("web", count))
    server = asked["tiers"][0]["server"]
    server["root_volume"] = {"size": 5, **root}
    if "snapshot" in root:
        del server["image"]
    return asked


def create(cloud: SmallCloud, cinder: FakeVolumes, asked: Mapping[str, Any]) -> Any:
    return cloud.service(volumes=cinder).create(caller(), asked)


def error(answer: Any) -> Any:
    (found,) = answer.json.values()
    return found


def build(cloud: SmallCloud, cinder: FakeVolumes, asked: Mapping[str, Any]) -> Any:
    record = create(cloud, cinder, asked)
    cloud.run(record.id, volumes=cinder)
    return cloud.find(record.id)


def test_each_member_boots_from_a_volume_of_the_tenant_s(
    cloud: SmallCloud, cinder: FakeVolumes
) -> None:
    built = build(cloud, cinder, ensemble())
    cloud.assert_built(built)
    assert len(cinder.volumes) == 2
    for member in built.members:
        volume = cinder.volumes[member.volume_id]
        assert (volume["project_id"], volume["size"]) == (built.project_id, 5)
        assert volume["image"] == IMAGE
        server = cloud.nova.servers[member.server_id]
        assert volume["name"] == server.name
        (root,) = server.request["block_device_mapping_v2"]
        assert (root["uuid"], root["source_type"]) == (member.volume_id, "volume")
        assert not root["delete_on_termination"], "until the build is over"
        assert "imageRef" not in server.request


def test_they_are_asked_for_before_the_create_is_accepted_and_waited_for_after(
    cloud: SmallCloud, cinder: FakeVolumes
) -> None:
    cinder.looks = 4
    record = create(cloud, cinder, ensemble())
    assert {each["status"] for each in cinder.volumes.values()} == {"creating"}
    assert cloud.nova.alive() == []
    cloud.run(record.id, volumes=cinder)
    cloud.assert_built(cloud.store.get(record.id))


def test_cinder_is_asked_for_eight_at_once_and_never_for_more(
    placement: PlacementService, store: Store, cinder: FakeVolumes
) -> None:
    hosts = {f"host{number}": (f"rack{number % 3}", "zone") for number in range(6)}
    cloud = SmallCloud.build(placement, store, hosts)
    lock, all_there = threading.Lock(), threading.Barrier(8)
    waits = iter(range(8))
    under_way = most = 0

    def before(what: str) -> None:
        nonlocal under_way, most
        with lock:
            under_way += 1
            most = max(most, under_way)
            first = next(waits, None) is not None
        if first:
            all_there.wait(timeout=30)  # raises where fewer are asked for at once
        time.sleep(0.02)
        with lock:
            under_way -= 1

    cinder.before = before
    create(cloud, cinder, ensemble(12))
    assert (len(cinder.volumes), most) == (12, 8)


def test_a_volume_may_be_of_a_snapshot_and_of_a_type(
    cloud: SmallCloud, cinder: FakeVolumes
) -> None:
    cinder.snapshots[SNAPSHOT] = {"status": "available", "size": 4, "volume_id": "gone"}
    cinder.types.add("fast")
    built = build(cloud, cinder, ensemble(snapshot=SNAPSHOT, type="fast"))
    cloud.assert_built(built)
    (made, _) = cinder.volumes.values()
    assert (made["image"], made["wanted"]["snapshot"], made["wanted"]["type"]) == (
        None,
        SNAPSHOT,
        "fast",
    )


def test_a_snapshot_of_a_volume_that_nothing_boots_from_is_refused(
    cloud: SmallCloud, cinder: FakeVolumes
) -> None:
    """Nova would refuse the volumes that are made of it, once they are there."""
    cinder.volumes["data"] = {"id": "data", "status": "in-use", "size": 4, "bootable": False}
    cinder.snapshots[SNAPSHOT] = {"status": "available", "size": 4, "volume_id": "data"}
    answer = cloud.post(ensemble(snapshot=SNAPSHOT), volumes=cinder)
    assert answer.status_int == 400
    assert error(answer)["details"]["field"] == "ensemble.tiers[0].server.root_volume.snapshot"


@pytest.mark.parametrize(
    ("root", "field"),
    [
        ({"size": 0}, "root_volume.size"),
        ({"size": "5"}, "root_volume.size"),
        ({"type": "no such"}, "root_volume.type"),
        ({"snapshot": SNAPSHOT.replace("5", "6")}, "root_volume.snapshot"),
        ({"snapshot": SNAPSHOT, "size": 3}, "root_volume.size"),
        ({"snapshot": "busy"}, "root_volume.snapshot"),
        ({"encrypted": True}, "root_volume.encrypted"),
    ],
)
def test_what_does_not_do_is_refused_with_its_field(
    cloud: SmallCloud, cinder: FakeVolumes, root: dict[str, Any], field: str
) -> None:
    cinder.snapshots[SNAPSHOT] = {"status": "available", "size": 4, "volume_id": "gone"}
    answer = cloud.post(ensemble(**root), volumes=cinder)
    assert answer.status_int == 400
    assert error(answer)["details"]["field"] == f"ensemble.tiers[0].server.{field}"
    assert cinder.volumes == {}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"image": IMAGE}, "must have an image or a root volume of a snapshot, not both"),
        ({"volumes": [SNAPSHOT]}, "must have volumes, or an image"),
    ],
)
def test_a_server_boots_from_one_thing(
    cloud: SmallCloud, changes: dict[str, Any], message: str
) -> None:
    asked = ensemble(1, snapshot=SNAPSHOT)
    asked["tiers"][0]["server"] |= changes
    answer = cloud.post(asked)
    assert answer.status_int == 400
    assert message in error(answer)["message"]


@pytest.mark.parametrize(
    ("absolute", "resource"),
    [
        ({"maxTotalVolumes": 3, "totalVolumesUsed": 2}, "Volumes"),
        ({"maxTotalVolumeGigabytes": 19, "totalGigabytesUsed": 10}, "VolumeGigabytes"),
        ({"maxTotalVolumes": 2, "maxTotalVolumeGigabytes": -1}, None),
    ],
)
def test_the_quota_is_looked_at_first(
    cloud: SmallCloud, cinder: FakeVolumes, absolute: dict[str, int], resource: str | None
) -> None:
    cinder.absolute = absolute
    if resource is None:
        create(cloud, cinder, ensemble())
        return
    with pytest.raises(exception.OverQuota) as refused:
        create(cloud, cinder, ensemble())
    assert refused.value.facts["resource"] == resource
    assert cinder.volumes == {}


@pytest.mark.parametrize(
    ("status", "error"), [(413, exception.OverQuota), (400, exception.Invalid)]
)
def test_one_that_cinder_refuses_leaves_nothing(
    cloud: SmallCloud, cinder: FakeVolumes, status: int, error: type[Exception]
) -> None:
    cinder.refuse["web-1"] = (status, "that is too much")
    with pytest.raises(error, match="root volume of web-1: that is too much"):
        create(cloud, cinder, ensemble(3))
    assert cinder.volumes == {}
    assert cloud.store.unsettled() == []
    assert not cloud.placement.consumers(*cloud.providers)


def test_one_whose_answer_is_lost_goes_with_the_others(
    cloud: SmallCloud, cinder: FakeVolumes
) -> None:
    def lost(what: str) -> None:
        if len(cinder.volumes) == 2:
            raise exception.Unavailable("lost")

    cinder.after = lost
    with pytest.raises(exception.Unavailable):
        create(cloud, cinder, ensemble())
    assert cinder.volumes == {}


class ComingTrust(FakeSession):
    """A trust of the tenant's is made just before it is asked whether there is one."""

    token: str | None = None

    def waits_for(self, *_: Any, **__: Any) -> None:
        self.token = "tenant-token"

    def acting_for(self, *who: Any, **what: Any) -> Any:
        context = super().acting_for(*who, **what)
        context.auth_token = self.token
        return context


def test_a_build_to_which_its_owner_comes_back_in_the_midst_of_a_step_has_its_volumes(
    cloud: SmallCloud, cinder: FakeVolumes
) -> None:
    """As Cinder is found by the catalog that comes with the token."""
    record = create(cloud, cinder, ensemble(1))
    real = FakeCinder("shop-project", "tenant-token")
    for member in record.members:
        real.add(str(member.volume_id))
    session = ComingTrust()

    class Found(Volumes):
        def volume(self, context: Any, volume_id: str) -> dict[str, Any] | None:
            where = f"{real.url}/v3/%(project_id)s" if context.auth_token else None
            cfg.CONF.set_override("endpoint_template", where, "cinder")
            return super().volume(context, volume_id)

    try:
        cloud.run(record.id, volumes=Found(), session=session)
    finally:
        cfg.CONF.clear_override("endpoint_template", "cinder")
        real.stop()
    cloud.assert_built(cloud.store.get(record.id))


def test_a_volume_that_waits_for_a_token_keeps_no_capacity_held_and_is_not_forgotten(
    cloud: SmallCloud, cinder: FakeVolumes
) -> None:
    record = create(cloud, cinder, ensemble())
    cloud.service(volumes=cinder).delete(caller(), record.id)
    session = FakeSession()
    session.waiting = WAITS_FOR_OWNER()
    assert cloud.store.claim(record.id, "worker", LEASE)
    engine = cloud.engine(session=session, volumes=cinder)
    for _ in range(3):
        assert engine.step(record.id).name == "WHEN_UNBLOCKED"
    cloud.store.release(record.id, "worker")
    assert cloud.store.get(record.id).blocked == WAITS_FOR_OWNER()
    assert cloud.placement.consumers(*cloud.providers) == set()
    assert len(cinder.volumes) == 2
    session.waiting = None
    cloud.run(record.id, session=session, volumes=cinder)
    assert cloud.find(record.id) is None
    assert cinder.volumes == {}


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("number", [1, 2])
def test_a_process_that_dies_while_it_asks_leaves_nothing(
    cloud: SmallCloud, cinder: FakeVolumes, clock: Clock, when: str, number: int
) -> None:
    asked = 0

    def dies(what: str) -> None:
        nonlocal asked
        asked += what == "create"
        if what == "create" and asked >= number:
            raise Killed(what)

    setattr(cinder, when, dies)
    with pytest.raises(Killed):
        create(cloud, cinder, ensemble())
    setattr(cinder, when, lambda what: None)
    (ensemble_id,) = ids(cloud)
    clock.forward(LEASE + 61)
    cloud.run(ensemble_id, volumes=cinder)
    assert cinder.volumes == {}
    assert cloud.store.get(ensemble_id).status.value == "ERROR"


def ids(cloud: SmallCloud) -> list[str]:
    with cloud.store.reading() as session:
        return [row.id for row in session.query(models.Ensemble)]


def test_a_build_that_fails_removes_the_volumes_it_has_made(cloud: SmallCloud) -> None:
    mine = FakeVolumes(**{SNAPSHOT: {}})
    cloud.nova.break_build["web-1"] = "no"
    built = build(cloud, mine, ensemble())
    assert built.status.value == "ERROR"
    assert list(mine.volumes) == [SNAPSHOT], "and no other"


def test_a_volume_that_cannot_be_made_ends_the_build(
    cloud: SmallCloud, cinder: FakeVolumes
) -> None:
    record = create(cloud, cinder, ensemble())
    next(iter(cinder.volumes.values()))["becomes"] = "error"
    cloud.run(record.id, volumes=cinder)
    failed = cloud.store.get(record.id)
    assert failed.status.value == "ERROR"
    assert "could not make the root volume" in str(failed.fault)
    assert cinder.volumes == {}
    assert cloud.nova.alive() == []


@pytest.mark.parametrize("asked", [True, False])
def test_after_the_build_a_volume_goes_with_its_server_only_if_that_was_asked_for(
    cloud: SmallCloud, cinder: FakeVolumes, asked: bool
) -> None:
    built = build(cloud, cinder, ensemble(delete_on_termination=asked))
    told = {(server, volume) for server, volume in cloud.nova.deletes_volumes}
    volumes = {each.volume_id for each in built.members}
    assert {volume for _, volume in told} == (volumes if asked else set())
    cloud.service(volumes=cinder).delete(caller(), built.id)
    cloud.run(built.id, volumes=cinder)
    assert cloud.find(built.id) is None
    assert set(cinder.volumes) == (set() if asked else volumes)


def test_a_cancelled_build_leaves_no_volume(cloud: SmallCloud, cinder: FakeVolumes) -> None:
    record = create(cloud, cinder, ensemble())
    cloud.service(volumes=cinder).cancel(caller(), record.id)
    cloud.run(record.id, volumes=cinder)
    assert cloud.find(record.id) is None
    assert cinder.volumes == {}


def test_a_member_that_is_built_elsewhere_keeps_its_volume(
    cloud: SmallCloud, cinder: FakeVolumes
) -> None:
    record = create(cloud, cinder, ensemble())
    first = record.members[0]
    cloud.nova.break_host[first.host] = "the host is broken"
    cloud.run(record.id, volumes=cinder)
    built = cloud.store.get(record.id)
    cloud.assert_built(built)
    assert built.members[0].host != first.host
    assert len(cinder.volumes) == 2
    assert cinder.deleted == []


def test_members_that_are_added_get_volumes_and_a_change_that_fails_removes_its_own(
    cloud: SmallCloud, cinder: FakeVolumes
) -> None:
    built = build(cloud, cinder, ensemble(2))
    kept = set(cinder.volumes)
    more = {"service": {"volumes": cinder}}
    wanted = {"tiers": [{**built.body["tiers"][0], "count": 4}]}
    answer = cloud.patch(built.id, wanted, **more)
    assert answer.status_int == 202, answer.text
    cloud.nova.break_build["web-3"] = "no"
    cloud.run(built.id, volumes=cinder)
    assert Operations(cloud.store).select(built.id, 1)[0].status is OperationStatus.FAILED
    assert set(cinder.volumes) == kept
    cloud.nova.break_build.clear()
    cloud.patch(built.id, wanted, **more)
    cloud.run(built.id, volumes=cinder)
    assert len(cinder.volumes) == 4
    assert {each.volume_id for each in cloud.store.get(built.id).members} == set(cinder.volumes)


def test_a_tier_that_is_added_by_a_process_that_dies_leaves_no_volume(
    cloud: SmallCloud, cinder: FakeVolumes, clock: Clock
) -> None:
    built = build(cloud, cinder, body(("web", 1)))
    (tier,) = ensemble(1)["tiers"]
    wanted = {"tiers": [*built.body["tiers"], {**tier, "name": "db"}]}

    def dies(what: str) -> None:
        raise Killed(what)

    cinder.after = dies
    with pytest.raises(Killed):
        cloud.patch(built.id, wanted, service={"volumes": cinder})
    assert len(cinder.volumes) == 1
    clock.forward(LEASE + 61)
    cloud.run(built.id, volumes=cinder)
    assert cinder.volumes == {}
    cloud.assert_built(cloud.store.get(built.id))


def test_a_volume_with_a_member_s_metadata_of_another_user_is_left_alone(
    cloud: SmallCloud, cinder: FakeVolumes, clock: Clock
) -> None:
    """Anybody may write the metadata of their own volumes."""

    def dies(what: str) -> None:
        raise Killed(what)

    cinder.after = dies
    with pytest.raises(Killed):
        create(cloud, cinder, ensemble(1))
    (made,) = cinder.volumes.values()
    cinder.volumes[SNAPSHOT] = {**made, "id": SNAPSHOT, "user_id": "somebody"}
    (ensemble_id,) = ids(cloud)
    clock.forward(LEASE + 61)
    cloud.run(ensemble_id, volumes=cinder)
    assert list(cinder.volumes) == [SNAPSHOT]


def test_a_volume_is_called_as_its_server_where_others_have_the_name(
    cloud: SmallCloud, cinder: FakeVolumes
) -> None:
    build(cloud, cinder, ensemble(1))
    second = build(cloud, cinder, ensemble(1))
    (member,) = second.members
    server = cloud.nova.servers[member.server_id]
    assert cinder.volumes[member.volume_id]["name"] == server.name != "shop-web-0"


def test_no_volume_is_made_by_nova(cloud: SmallCloud, cinder: FakeVolumes) -> None:
    """It would be the service project's."""
    build(cloud, cinder, ensemble())
    asked = [each.request for each in cloud.nova.servers.values()]
    assert {each["block_device_mapping_v2"][0]["source_type"] for each in asked} == {"volume"}
