# SPDX-License-Identifier: Apache-2.0
"""Roles that are taken from whoever asked for an ensemble while it is built."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from keystoneauth1 import exceptions as keystone_errors
from placement_service import PlacementService
from small_cloud import SmallCloud, body, caller
from test_filter import configure

from ensemble_api import exception
from ensemble_api.cloud.compute import Compute
from ensemble_api.cloud.roles import FRESH, Roles
from ensemble_api.cloud.session import Session
from ensemble_api.operations import Requester
from ensemble_api.rights import PROJECT_GONE, USER_GONE, CurrentRights
from tests.fakes.keystone import FakeKeystone
from tests.fakes.session import FakeSession

ADA = Requester("ada", ("member", "reader"))


@pytest.fixture
def keystone(placement: PlacementService) -> Iterator[FakeKeystone]:
    keystone = FakeKeystone(placement.url)
    yield keystone
    keystone.stop()


@pytest.fixture
def session(keystone: FakeKeystone) -> Session:
    return Session(configure(keystone, "sqlite://"))


def having(*roles: str, **facts: Any) -> Callable[..., CurrentRights]:
    """Keystone saying this of everybody."""
    return lambda *_: CurrentRights(frozenset(roles), **facts)


# What is read.


def test_the_effective_roles_of_the_user_in_the_project_are_asked_for(
    keystone: FakeKeystone, session: Session
) -> None:
    assert session.current_rights(ADA, "shop").roles == {"admin", "member", "reader"}
    (asked,) = (each for each in keystone.asked if "role_assignments" in each)
    assert "user.id=ada" in asked and "scope.project.id=shop" in asked and "effective" in asked


@pytest.mark.parametrize(
    ("name", "facts", "gone"),
    [
        pytest.param("ada", None, USER_GONE(), id="the user was deleted"),
        pytest.param("ada", {"enabled": False}, USER_GONE(), id="the user is disabled"),
        pytest.param("shop", None, PROJECT_GONE(), id="the project was deleted"),
        pytest.param("shop", {"enabled": False}, PROJECT_GONE(), id="the project is disabled"),
        pytest.param("default", {"enabled": False}, USER_GONE(), id="their domain is disabled"),
        pytest.param(
            "other",
            {"enabled": False},
            PROJECT_GONE(),
            id="the project's domain is disabled",
        ),
    ],
)
def test_without_a_user_or_a_project_nothing_is_left(
    keystone: FakeKeystone, session: Session, name: str, facts: Any, gone: Any
) -> None:
    if name == "other":
        keystone.facts["shop"] = {"domain_id": "other"}
    keystone.facts[name] = facts
    found = session.current_rights(ADA, "shop")
    assert (found.gone, found.limit(ADA).roles, found.loss(ADA)) == (gone, (), gone)


def test_what_gives_all_roles_is_asked_for_once_in_a_while(
    keystone: FakeKeystone, session: Session
) -> None:
    now = 100.0
    roles = Roles(session._roles._keystone, clock=lambda: now)
    roles.current(ADA, "shop")
    once = len(keystone.asked)
    keystone.roles = ["reader"]
    assert roles.current(ADA, "shop").loss(ADA) is None
    assert len(keystone.asked) == once
    now += FRESH
    assert "member" in str(roles.current(ADA, "shop").loss(ADA))
    keystone.roles = ["member", "reader"]
    assert roles.current(ADA, "shop").loss(ADA) is None, "a role given back counts at once"


def test_the_roles_of_one_project_are_not_taken_for_those_of_another(
    keystone: FakeKeystone, session: Session
) -> None:
    session.current_rights(ADA, "shop")
    keystone.roles = []
    assert session.current_rights(ADA, "bank").roles == frozenset()
    assert session.current_rights(Requester("bob", ("member",)), "shop").roles == frozenset()


@pytest.mark.parametrize("status", [401, 403, 500, 503])
def test_a_keystone_that_refuses_has_taken_no_role(
    keystone: FakeKeystone, session: Session, status: int
) -> None:
    keystone.fails = status
    with pytest.raises((exception.Unavailable, keystone_errors.ClientException)):
        session.current_rights(ADA, "shop")


def test_an_operator_is_told_which_role_our_user_lacks(
    keystone: FakeKeystone, session: Session, caplog: pytest.LogCaptureFixture
) -> None:
    keystone.fails = 403
    with pytest.raises(exception.Unavailable):
        session.current_rights(ADA, "shop")
    assert "give the user of [ensembles] the role" in caplog.text


# Federated users, whose groups Keystone may not know.


def test_roles_of_a_federated_user_that_were_never_listed_count_while_the_user_does() -> None:
    federated = CurrentRights(frozenset({"reader"}), federated=True)
    asked = federated.unlisted(ADA)
    assert asked.unlisted == ("member",)
    assert federated.limit(asked).roles == ("member", "reader")
    nothing_listed = CurrentRights(frozenset(), federated=True)
    assert nothing_listed.limit(asked).roles == ("member",), "reader was listed, and is no more"
    assert CurrentRights(frozenset(), federated=True, gone=USER_GONE()).limit(asked).roles == ()


def test_roles_that_were_never_listed_do_not_count_for_other_users() -> None:
    found = CurrentRights(frozenset({"reader"}))
    assert found.limit(found.unlisted(ADA)).roles == ("reader",)


# What comes of it.


def contexts(cloud: SmallCloud, session: FakeSession, ensemble_id: str) -> list[Any]:
    """The contexts in which Nova was asked for servers of an ensemble."""
    asked = []

    class Watched(Compute):
        def create_server(self, context: Any, *args: Any) -> str:
            asked.append(context)
            return super().create_server(context, *args)

    cloud.run(ensemble_id, compute=Watched(cloud.nova), session=session, concurrency=1)
    return asked


def test_a_build_whose_requester_lost_the_role_is_rolled_back_with_that_reason(
    cloud: SmallCloud,
) -> None:
    session = FakeSession()
    record = cloud.service().create(caller(), body(("web", 3)))

    def taken_after_the_first(method: str, path: str) -> None:
        if cloud.nova.alive():
            session.rights = having("reader")

    cloud.nova.before = taken_after_the_first
    asked = contexts(cloud, session, record.id)
    assert len(asked) == 1
    ended = cloud.store.get(record.id)
    said = "The role member was taken away from the user who asked for it, so no more is built."
    assert (ended.status, str(ended.fault)) == ("ERROR", said)
    cloud.assert_clean()


@pytest.mark.parametrize("gone", [USER_GONE(), PROJECT_GONE()], ids=["user", "project"])
def test_a_build_ends_with_its_user_or_its_project(cloud: SmallCloud, gone: Any) -> None:
    session = FakeSession()
    session.rights = having("member", "reader", gone=gone)
    record = cloud.service().create(caller(), body(("web", 2)))
    assert contexts(cloud, session, record.id) == []
    assert cloud.store.get(record.id).fault == gone
    cloud.assert_clean()


def test_a_build_goes_on_with_the_roles_that_are_left(cloud: SmallCloud) -> None:
    session = FakeSession()
    session.rights = having("member", "reader")
    everything = caller("shop-project", "member", "reader", "load-balancer_member")
    record = cloud.service().create(everything, body(("web", 1)))
    (context,) = contexts(cloud, session, record.id)
    assert context.roles == ["member", "reader"]
    cloud.assert_built(cloud.store.get(record.id))


def test_roles_that_are_given_meanwhile_add_nothing(cloud: SmallCloud) -> None:
    session = FakeSession()
    session.rights = having("admin", "member", "reader")
    record = cloud.service().create(caller("shop-project", "member"), body(("web", 1)))
    (context,) = contexts(cloud, session, record.id)
    assert context.roles == ["member"]


@pytest.mark.parametrize(
    "error",
    [
        exception.Unavailable("Keystone does not answer"),
        keystone_errors.ConnectFailure("http://keystone"),
    ],
    ids=["refuses", "away"],
)
def test_a_build_waits_for_a_keystone_that_does_not_answer(
    cloud: SmallCloud, error: Exception
) -> None:
    session, tries = FakeSession(), []

    def rights(requester: Requester, _: str) -> CurrentRights:
        tries.append(requester)
        if len(tries) < 4:
            raise error
        return CurrentRights(frozenset(requester.roles))

    session.rights = rights
    record = cloud.service().create(caller(), body(("web", 2)))
    assert len(contexts(cloud, session, record.id)) == 2
    cloud.assert_built(cloud.store.get(record.id))


def test_a_member_gets_no_other_host_for_somebody_who_lost_the_role(cloud: SmallCloud) -> None:
    session = FakeSession()
    record = cloud.service().create(caller(), body(("web", 1)))
    cloud.nova.break_build["web-0"] = "Build of instance aborted"

    def taken(method: str, path: str) -> None:
        if cloud.nova.alive():
            session.rights = having("reader")

    cloud.nova.before = taken
    assert len(contexts(cloud, session, record.id)) == 1
    assert "The role member was taken away" in str(cloud.store.get(record.id).fault)
    cloud.assert_clean()


def test_what_was_asked_to_be_removed_goes_also_when_the_role_is_gone(cloud: SmallCloud) -> None:
    session = FakeSession()
    record = cloud.service().create(caller(), body(("web", 2)))
    cloud.run(record.id)
    cloud.service().delete(caller(), record.id)
    session.rights = having(gone=USER_GONE())
    cloud.run(record.id, session=session)
    assert cloud.find(record.id) is None
    cloud.assert_clean()


def test_a_role_that_ends_with_the_token_creates_nothing(cloud: SmallCloud) -> None:
    """As of a trust without impersonation, or of a token that outlives its role in a cache."""
    session = FakeSession()
    session.rights = having("reader")
    with pytest.raises(exception.Forbidden, match="Keystone lists no role"):
        cloud.service(session=session).create(caller(), body(("web", 1)))
    cloud.assert_clean()


def test_a_federated_user_s_roles_are_recorded_with_those_that_keystone_does_not_list(
    cloud: SmallCloud,
) -> None:
    session = FakeSession()
    session.rights = having("reader", federated=True)
    record = cloud.service(session=session).create(caller(), body(("web", 1)))
    assert record.requester.unlisted == ("member",)
    (context,) = contexts(cloud, session, record.id)
    assert set(context.roles) == {"member", "reader"}
    cloud.assert_built(cloud.store.get(record.id))


def test_who_changes_an_ensemble_must_have_the_role_and_keep_it(cloud: SmallCloud) -> None:
    record = cloud.service().create(caller(), body(("web", 1)))
    cloud.run(record.id)
    session = FakeSession()
    more = {"tiers": [{"name": "web", "count": 2}]}
    session.rights = having("reader")
    assert cloud.patch(record.id, more, service={"session": session}).status_code == 403

    session.rights = having("member", "reader")
    assert cloud.patch(record.id, more, service={"session": session}).status_code == 202
    session.rights = having("reader")
    assert contexts(cloud, session, record.id) == []
    after = cloud.store.get(record.id)
    cloud.assert_built(after)
    assert [each.name for each in after.members] == ["web-0"]
    (last, _) = cloud.service().operations(after, 10)
    assert (last.status, "was taken away" in str(last.reason)) == ("FAILED", True)


def test_a_federated_user_s_change_is_built_with_the_roles_of_the_token(cloud: SmallCloud) -> None:
    record = cloud.service().create(caller(), body(("web", 1)))
    cloud.run(record.id)
    session = FakeSession()
    session.rights = having("reader", federated=True)
    more = {"tiers": [{"name": "web", "count": 2}]}
    assert cloud.patch(record.id, more, service={"session": session}).status_code == 202
    (context,) = contexts(cloud, session, record.id)
    assert set(context.roles) == {"member", "reader"}
    cloud.assert_built(cloud.store.get(record.id))
