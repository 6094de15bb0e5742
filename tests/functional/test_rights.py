# SPDX-License-Identifier: Apache-2.0
"""With whose rights Nova is asked, and what a tenant's tags do to a removal."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from nova import policy as nova_policy
from oslo_config import cfg
from small_cloud import FLAVOR, IMAGE, LEASE, NETWORK, Clock, SmallCloud, body, caller
from test_locked_servers import built, server_of

from ensemble_api import exception
from ensemble_api.cloud.compute import Compute
from ensemble_api.cloud.session import NAMING_A_HOST, PLACER_ROLE, check_policy
from ensemble_api.records import EnsembleRecord, MemberRecord
from ensemble_api.usecases.host_impact import Search
from tests.fakes.nova_objects import FakeServer

RUNNING = "the id of a server that runs"
RAISED = {
    ("GET", r"/flavors/([^/]+)/os-extra_specs"),
    ("GET", r"/os-hypervisors/detail"),
    ("GET", r"/os-aggregates"),
    ("GET", r"/os-services"),
    ("GET", r"/os-migrations"),
    ("GET", r"/servers"),
    ("GET", r"/servers/detail"),
    ("GET", r"/servers/([^/]+)"),
    ("GET", r"/servers/([^/]+)/os-instance-actions"),
    ("GET", r"/servers/([^/]+)/migrations"),
}
"""The list of doc/decisions/0002: all that is asked with more rights than the tenant has."""


def ask(compute: Compute, what: str, *args: Any) -> None:
    """Call a method of Compute as a tenant, to the end of what it gives."""
    try:
        found = getattr(compute, what)(caller(), *args)
    except exception.CloudError:
        return  # it was asked for all the same
    if not isinstance(found, (str, bool, dict, list, type(None))):
        list(found)


@pytest.mark.parametrize(
    ("what", "args", "raised"),
    [
        ("flavor", (FLAVOR,), {("GET", r"/flavors/([^/]+)/os-extra_specs")}),
        ("flavors", (), set()),
        ("image", (IMAGE,), set()),
        ("network", (NETWORK,), set()),
        ("key_pair", ("laptop",), set()),
        ("security_group", ("default",), set()),
        ("own_servers", (), set()),
        ("own_servers", ("shop",), set()),
        ("flavor_of", (RUNNING,), set()),
        ("networks_of", (RUNNING,), set()),
        ("volumes_of", (RUNNING,), set()),
        ("server_groups", (), set()),
        ("remove_tag", (RUNNING, "shop"), set()),
        ("limits", (), set()),
        ("hypervisors", (), {("GET", r"/os-hypervisors/detail")}),
        ("aggregates", (), {("GET", r"/os-aggregates")}),
        ("services", (), {("GET", r"/os-services")}),
        ("down_and_silent", (), {("GET", r"/os-services")}),
        ("forced_down", (), {("GET", r"/os-services")}),
        ("unheard", (30.0,), {("GET", r"/os-services")}),
        ("changed_since", ("2026-11-27T10:00:00Z",), {("GET", r"/servers/detail")}),
        ("deleted_since", ("2026-11-27T10:00:00Z",), {("GET", r"/servers")}),
        ("all_servers", (), {("GET", r"/servers/detail")}),
        ("servers", ("shop-project", "ensemble:x"), {("GET", r"/servers/detail")}),
        ("servers_on", ("host",), {("GET", r"/servers/detail")}),
        ("server", ("no-such-server",), {("GET", r"/servers/([^/]+)")}),
        ("evacuation_targets", (RUNNING, "secrethost1"), {("GET", r"/os-migrations")}),
        ("evacuations", (RUNNING,), {("GET", r"/os-migrations")}),
        ("last_action", (RUNNING,), {("GET", r"/servers/([^/]+)/os-instance-actions")}),
        ("hint", ("no-such-server",), {("GET", r"/servers/([^/]+)")}),
        ("set_delete_on_termination", ("no-such-server", "no-such-volume"), set()),
        ("metadata", (RUNNING,), set()),
        ("set_metadata", (RUNNING, {"role": "web"}), set()),
        ("remove_metadata", (RUNNING, "role"), set()),
        ("live_migrate", (RUNNING, "secrethost2"), set()),
        ("is_migrating", (RUNNING,), {("GET", r"/servers/([^/]+)/migrations")}),
        ("abort_live_migration", (RUNNING,), {("GET", r"/servers/([^/]+)/migrations")}),
        ("evacuate", (RUNNING, "secrethost2"), set()),
        ("reset_state", (RUNNING,), set()),
        ("start", (RUNNING,), set()),
        ("stop", (RUNNING,), set()),
        ("delete_server", ("no-such-server",), set()),
        ("disable_service", ("no-such-service", "why"), set()),
        ("refusal", ("web-0", {"flavor": FLAVOR, "image": IMAGE, "networks": "auto"}), set()),
    ],
)
def test_only_these_calls_are_made_with_an_operator_s_rights(
    cloud: SmallCloud, what: str, args: tuple[Any, ...], raised: set[Any]
) -> None:
    running = cloud.nova.boot("web-1", "secrethost1").id
    ask(Compute(cloud.nova), what, *(running if each is RUNNING else each for each in args))
    assert cloud.nova.raised == raised


def test_every_call_to_nova_is_in_the_table_above() -> None:
    (table,) = (
        mark.args[1]
        for mark in test_only_these_calls_are_made_with_an_operator_s_rights.pytestmark  # type: ignore[attr-defined]
        if mark.name == "parametrize"
    )
    public = {name for name in dir(Compute) if not name.startswith("_")}
    assert public == {what for what, _, _ in table} | {"create_server"}  # its own test is below


def test_a_whole_life_changes_nothing_with_an_operator_s_rights(cloud: SmallCloud) -> None:
    service = cloud.service()
    record = service.create(caller(), body(("web", 2)))
    cloud.run(record.id)
    service.survivability(caller(), cloud.store.get(record.id), whole=False)
    service.hosts(caller("operators", "admin"), Search())
    observed_alone = {("GET", r"/servers"), ("GET", r"/servers/([^/]+)")}
    repaired_alone = {
        ("GET", r"/os-migrations"),
        ("GET", r"/servers/([^/]+)/os-instance-actions"),
        ("GET", r"/servers/([^/]+)/migrations"),
    }
    assert cloud.nova.raised == RAISED - observed_alone - repaired_alone
    service.delete(caller(), record.id)
    cloud.run(record.id)
    assert cloud.nova.raised <= RAISED
    cloud.assert_clean()


def test_a_host_is_named_with_the_tenant_s_roles_and_one_service_role(cloud: SmallCloud) -> None:
    asked = []

    class Watched(Compute):
        def create_server(self, context: Any, *args: Any) -> str:
            who = (context.user_id, context.project_id, context.is_admin)
            asked.append((*who, context.roles, context.service_roles))
            return super().create_server(context, *args)

    record = cloud.service().create(caller("shop-project", "member"), body(("web", 1)))
    cloud.run(record.id, compute=Watched(cloud.nova))
    assert asked == [("user-of-shop-project", "shop-project", False, ["member"], [PLACER_ROLE])]


def test_a_delete_is_made_with_the_rights_of_whoever_asked_for_it(cloud: SmallCloud) -> None:
    asked = []

    class Watched(Compute):
        def delete_server(self, context: Any, server_id: str) -> None:
            asked.append((context.user_id, context.project_id, context.is_admin, context.roles))
            super().delete_server(context, server_id)

    record = cloud.service().create(caller(), body(("web", 1)))
    cloud.run(record.id)
    cloud.service().delete(caller("operators", "admin"), record.id)
    cloud.run(record.id, compute=Watched(cloud.nova))
    assert set(map(repr, asked)) == {repr(("user-of-operators", "shop-project", False, ["admin"]))}
    cloud.assert_clean()


def test_an_administrator_is_refused_a_flavor_that_the_project_may_not_use(
    cloud: SmallCloud,
) -> None:
    """Nova would refuse it to the worker, which is no administrator, when all is reserved."""
    private = cloud.flavor("private", private=True)
    with pytest.raises(exception.UnknownFlavor):
        cloud.service().create(caller("operators", "admin"), body(("web", 1), flavor=private))


def test_without_the_policy_for_our_role_a_create_is_refused_before_anything(
    cloud: SmallCloud, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    empty = tmp_path / "policy.yaml"
    empty.write_text("{}")
    cfg.CONF.set_override("policy_file", str(empty), "oslo_policy")
    nova_policy.reset()
    try:
        with pytest.raises(exception.Unavailable) as refusal:
            cloud.service(check_rights=check_policy).create(caller(), body(("web", 1)))
    finally:
        cfg.CONF.clear_override("policy_file", "oslo_policy")
        nova_policy.reset()
    assert NAMING_A_HOST not in str(refusal.value)
    assert f'Add to its policy file: "{NAMING_A_HOST}"' in caplog.text
    assert cloud.store.all_members() == []
    record = cloud.service(check_rights=check_policy).create(caller(), body(("web", 1)))
    assert record.status == "BUILDING"


def test_a_role_of_the_same_name_lets_no_user_name_a_host() -> None:
    nova_policy.init()
    user = caller("shop-project", "member", PLACER_ROLE)
    target = {"user_id": user.user_id, "project_id": user.project_id}
    assert not nova_policy.authorize(user, NAMING_A_HOST, target, do_raise=False)
    user.service_roles = [PLACER_ROLE]
    assert nova_policy.authorize(user, NAMING_A_HOST, target, do_raise=False)


# Tags.


def tagged_server(
    cloud: SmallCloud, record: EnsembleRecord, member: MemberRecord, **facts: Any
) -> FakeServer:
    """A server of the same tenant's that is none of the ensemble's, with a member's tags."""
    server = FakeServer(
        id="00000000-0000-4000-8000-000000000000",
        name="tagged",
        host=member.host,
        project_id=record.project_id,
        user_id=record.user_id,
        tags=[f"ensemble:{record.id}", f"ensemble-member:{member.id}"],
        request={},
        status="ACTIVE",
        created=datetime.now(UTC),
    )
    for name, value in facts.items():
        setattr(server, name, value)
    cloud.nova.servers[server.id] = server
    return server


@pytest.mark.parametrize("locked", [True, False])
def test_a_server_with_the_tags_of_a_member_whose_server_is_known_is_left_alone(
    cloud: SmallCloud, locked: bool
) -> None:
    record = built(cloud)
    foreign = tagged_server(cloud, record, record.members[0], locked=locked)
    cloud.service().delete(caller(), record.id)
    cloud.run(record.id)
    assert cloud.find(record.id) is None
    assert (cloud.nova.alive(), foreign.task) == ([foreign], None)


def test_a_server_that_is_older_than_the_intent_is_not_taken_for_the_member_s(
    cloud: SmallCloud, clock: Clock
) -> None:
    """The intent is saved, the process dies, and a tenant tags another server."""
    record = cloud.service().create(caller(), body(("web", 1)))
    foreign = tagged_server(
        cloud, record, record.members[0], created=clock() - timedelta(seconds=5)
    )
    assert cloud.store.claim(record.id, "died", LEASE)
    cloud.store.save_server_request(record, record.members[0], "died")
    clock.forward(LEASE + 1)
    cloud.run(record.id)
    built = cloud.store.get(record.id)
    assert built.status == "ACTIVE"
    assert built.members[0].server_id not in (None, foreign.id)
    cloud.service().delete(caller(), record.id)
    cloud.run(record.id)
    assert cloud.nova.alive() == [foreign]


def test_a_server_of_another_project_is_not_taken_for_the_member_s(
    cloud: SmallCloud, clock: Clock
) -> None:
    record = cloud.service().create(caller(), body(("web", 1)))
    assert cloud.store.claim(record.id, "died", LEASE)
    cloud.store.save_server_request(record, record.members[0], "died")
    foreign = tagged_server(cloud, record, record.members[0], project_id="other", created=clock())
    clock.forward(LEASE + 1)
    cloud.run(record.id)
    assert cloud.store.get(record.id).members[0].server_id != foreign.id
    assert foreign in cloud.nova.alive()


def test_the_current_state_takes_no_tagged_server_for_a_member_s(cloud: SmallCloud) -> None:
    record = built(cloud, 1)
    foreign = tagged_server(cloud, record, record.members[0])
    own = server_of(cloud, record.members[0])
    own.gone = True
    cloud.observe()
    seen = cloud.store.get(record.id)
    current_state = cloud.service().survivability(caller(), seen, whole=False)
    assert [each.status for each in current_state.members] == [None]
    assert [each.server_id for each in current_state.members] == [own.id]
    assert foreign.task is None


def test_a_server_that_comes_after_the_lease_is_lost_is_deleted_by_its_worker(
    cloud: SmallCloud, clock: Clock
) -> None:
    record = cloud.service().create(caller(), body(("web", 1)))
    assert cloud.store.claim(record.id, "slow", LEASE)

    class Slow(Compute):
        def create_server(self, context: Any, *args: Any) -> str:
            made = super().create_server(context, *args)
            clock.forward(LEASE + 1)
            assert cloud.store.claim(record.id, "other", LEASE)
            return made

    with pytest.raises(exception.LeaseLost):
        cloud.engine("slow", compute=Slow(cloud.nova)).step(record.id)
    cloud.store.release(record.id, "other")
    cloud.run(record.id)
    cloud.assert_built(cloud.store.get(record.id))
