# SPDX-License-Identifier: Apache-2.0
"""Trusts by which a service of its own acts for tenants: made, used, waited for and given back."""

import threading
from typing import Any

import pytest
import sqlalchemy as sa
from small_cloud import SmallCloud, body, caller
from sqlalchemy import orm
from standalone_service import (
    ALL,
    OWNER,
    StandaloneService,
    Start,
    create,
    login,
    standing_alone,
    until,
)

from ensemble_api.cloud import tenant_tokens
from ensemble_api.execution.unneeded_trusts import UnneededTrusts
from ensemble_api.operations import Requester, Trust
from ensemble_api.records import Status
from ensemble_api.rights import WAITS_FOR_OWNER
from ensemble_api.startup import by_http
from ensemble_api.store import models, rows
from ensemble_api.store.api import Page
from ensemble_api.store.trusts import SPARED, Trusts

__all__ = ["standing_alone"]


def test_a_build_asks_nova_with_a_token_of_the_tenant_s_by_a_trust_after_theirs_has_ended(
    standing_alone: Start, cloud: SmallCloud
) -> None:
    """The token of the request ends before its first server is asked for."""
    service = standing_alone(trust_roles="member,reader")
    token = login(service)
    ended = threading.Event()
    cloud.nova.before = lambda method, path: (
        (method, path) == ("POST", "/servers") and (ended.wait(5))
    )
    ensemble_id = create(service, token)
    del service.keystone.tokens[token]
    ended.set()
    until(lambda: cloud.store.get(ensemble_id).status is Status.ACTIVE)
    assert {each.user_id for each in cloud.nova.servers.values()} == {OWNER}
    asked = {who for *what, who in service.nova.asked if what == ["POST", "/servers"]}
    assert asked == {OWNER}
    trust = Trusts(cloud.store).find(OWNER, "shop-project")
    assert trust is not None
    assert service.keystone.trusts[trust.id]["impersonation"] is True
    assert [each["name"] for each in service.keystone.trusts[trust.id]["roles"]] == [
        "member",
        "reader",
    ]
    create(service, login(service), 1)
    assert len(service.keystone.trusts) == 1, "one for each user and project"


def test_an_engine_that_lost_a_trust_waits_and_any_request_of_its_user_makes_another(
    standing_alone: Start, cloud: SmallCloud
) -> None:
    service = standing_alone(run_worker=False)
    service.engine()
    ensemble_id = create(service, login(service))
    until(lambda: cloud.store.get(ensemble_id).status is Status.ACTIVE)
    service.processes.pop().stop()
    answer = service.ask(login(service), "DELETE", f"{ALL}/{ensemble_id}")
    assert answer.status_int == 202, answer.text
    service.keystone.trusts.clear()
    service.keystone.tokens.clear()
    service.engine()
    until(lambda: cloud.store.get(ensemble_id).blocked == WAITS_FOR_OWNER())
    assert not any(each.gone for each in cloud.nova.servers.values())
    service.ask(login(service, "reader"), "GET", ALL)
    assert service.keystone.trusts == {}, "a reader cannot delegate what it takes"
    assert service.ask(login(service), "GET", f"{ALL}/{ensemble_id}").status_int == 200
    until(lambda: all(each.gone for each in cloud.nova.servers.values()))
    assert len(service.keystone.trusts) == 1


def test_a_user_who_has_lost_a_role_is_waited_for_and_the_same_trust_does_when_it_is_back(
    standing_alone: Start, cloud: SmallCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tenant_tokens, "PATIENCE", 0.1)
    service = standing_alone(run_worker=False)
    ensemble_id = create(service, login(service))
    service.keystone.may_not_trust.add(OWNER)
    service.engine()
    until(lambda: cloud.store.get(ensemble_id).blocked == WAITS_FOR_OWNER())
    service.keystone.may_not_trust.clear()
    until(lambda: cloud.store.get(ensemble_id).status is Status.ACTIVE)
    assert list(service.keystone.trusts) == ["trust-0"]


def test_what_a_user_who_has_left_asked_for_is_removed_with_a_token_of_another_one(
    standing_alone: Start, cloud: SmallCloud
) -> None:
    """Whose trust is not the newest one of the project, and that one is of no use either."""
    service = standing_alone(run_worker=False)
    ensemble_id = create(service, login(service))
    service.engine()
    until(lambda: cloud.store.get(ensemble_id).status is Status.ACTIVE)
    service.processes.pop().stop()
    for who in ("stays", "leaves"):
        create(service, service.keystone.login(who, "shop-project", "member", "reader"), 1)
    assert service.ask(login(service), "DELETE", f"{ALL}/{ensemble_id}").status_int == 202
    service.keystone.may_not_trust |= {OWNER, "leaves"}
    service.keystone.tokens.clear()
    service.engine()
    until(lambda: cloud.find(ensemble_id) is None)
    asked = {who for method, path, who in service.nova.asked if method == "DELETE"}
    assert asked == {"stays"}


def test_a_look_makes_another_trust_in_the_place_of_one_with_a_role_that_is_lost_for_good(
    standing_alone: Start, cloud: SmallCloud
) -> None:
    """Keystone still has that one, and gives no token of it."""
    service = standing_alone(run_worker=False, trust_roles="member,creator")
    ensemble_id = create(service, as_owner(service, "member", "creator", "reader"), 1)
    service.keystone.lost_roles.add("creator")
    service.engine()
    until(lambda: cloud.store.get(ensemble_id).blocked == WAITS_FOR_OWNER())
    service.ask(as_owner(service, "member", "reader"), "GET", f"{ALL}/{ensemble_id}")
    until(lambda: cloud.store.get(ensemble_id).status is Status.ACTIVE)
    assert delegated(service) == [["member"]]


def delegated(service: StandaloneService) -> list[list[str]]:
    """The roles of each trust that there is."""
    return [[role["name"] for role in each["roles"]] for each in service.keystone.trusts.values()]


def as_owner(service: StandaloneService, *roles: str) -> str:
    return service.keystone.login(OWNER, "shop-project", *roles)


def test_a_trust_is_made_anew_by_who_has_more_of_the_roles_that_are_delegated(
    standing_alone: Start, cloud: SmallCloud
) -> None:
    """As of a first request with an application credential of fewer roles."""
    service = standing_alone(run_worker=False, trust_roles="member,creator")
    create(service, as_owner(service, "member", "reader"), 1)
    assert delegated(service) == [["member"]]
    create(service, as_owner(service, "member", "creator", "reader"), 1)
    assert delegated(service) == [["member", "creator"]], "and the one before it is given back"
    create(service, as_owner(service, "member", "reader"), 1)
    assert list(service.keystone.trusts) == ["trust-1"]


def test_a_trust_with_fewer_roles_goes_on_where_keystone_lets_its_user_make_no_other(
    standing_alone: Start, cloud: SmallCloud
) -> None:
    service = standing_alone(run_worker=False, trust_roles="member,creator")
    create(service, as_owner(service, "member", "reader"), 1)
    service.keystone.makes_no_trust.add(OWNER)
    create(service, as_owner(service, "member", "creator", "reader"), 1)
    assert delegated(service) == [["member"]]


def test_a_token_that_may_not_create_makes_no_trust_in_the_place_of_one_that_was_lost(
    standing_alone: Start, cloud: SmallCloud
) -> None:
    service = standing_alone(run_worker=False, trust_roles="member,creator")
    ensemble_id = create(service, as_owner(service, "member", "creator", "reader"), 1)
    service.keystone.trusts.clear()
    service.keystone.tokens.clear()
    service.engine()
    until(lambda: cloud.store.get(ensemble_id).blocked == WAITS_FOR_OWNER())
    assert service.ask(as_owner(service, "creator", "reader"), "GET", ALL).status_int == 200
    assert service.keystone.trusts == {}
    service.ask(as_owner(service, "creator", "member", "reader"), "GET", ALL)
    until(lambda: cloud.store.get(ensemble_id).status is Status.ACTIVE)


def test_an_operator_ends_what_a_project_has_of_which_nobody_has_a_token(
    standing_alone: Start, cloud: SmallCloud
) -> None:
    """As of a tenant who has deleted their trusts; what they have locked stays all the same."""
    service = standing_alone(run_worker=False)
    service.engine()
    ensemble_id = create(service, login(service))
    until(lambda: cloud.store.get(ensemble_id).status is Status.ACTIVE)
    locked, _ = cloud.nova.servers.values()
    locked.locked = True
    service.keystone.trusts.clear()
    service.keystone.tokens.clear()
    operator = login(service, "admin")
    assert service.ask(operator, "DELETE", f"{ALL}/{ensemble_id}").status_int == 202
    until(lambda: "is locked" in str(cloud.store.get(ensemble_id).blocked))
    assert len(cloud.nova.alive()) == 2
    locked.locked = False
    until(lambda: cloud.find(ensemble_id) is None)
    assert cloud.nova.alive() == []
    asked = {who for method, path, who in service.nova.asked if method == "DELETE"}
    assert asked == {"service-user"}


@pytest.mark.parametrize(
    ("roles", "what", "waits"),
    [
        pytest.param(("admin",), {"removes": True}, False, id="an operator's removal"),
        pytest.param(("admin",), {}, True, id="whatever else an operator asked for"),
        pytest.param(("member", "reader"), {"removes": True}, True, id="a member's removal"),
    ],
)
def test_without_any_token_of_the_project_nobody_is_acted_for_but_by_an_operator_s_removal(
    standing_alone: Start, cloud: SmallCloud, roles: tuple[str, ...], what: Any, waits: bool
) -> None:
    session = by_http(standing_alone().config, cloud.store, works=True).session
    who = Requester("somebody", roles), "shop-project"
    assert (session.waits_for(*who, builds=False, **what) is not None) is waits
    context: Any = session.acting_for(*who, **what)
    assert (context.auth_token, context.operator) == ((None, False) if waits else ("admin", True))
    assert session.acting_for(*who, names_hosts=True).auth_token is None


def begin(service: StandaloneService, ensemble_id: str) -> None:
    sent = {"ensemble": {"generation": 1, "description": "new"}}
    answer = service.ask(login(service), "PATCH", f"{ALL}/{ensemble_id}?dry_run=False", sent)
    assert len(service.keystone.trusts) <= 1, answer.text


def test_of_two_trusts_that_first_requests_make_at_once_one_is_given_back(
    standing_alone: Start, cloud: SmallCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = standing_alone(run_worker=False)
    ensemble_id = create(service, login(service))
    assert list(service.keystone.trusts) == ["trust-0"]
    with monkeypatch.context() as patch:  # as it was before the other has saved its own
        patch.setattr(Trusts, "find", lambda *_: None)
        begin(service, ensemble_id)
    kept = Trusts(cloud.store).find(OWNER, "shop-project")
    assert kept is not None
    assert list(service.keystone.trusts) == [kept.id] == ["trust-1"]


def test_a_trust_that_is_saved_after_that_of_another_process_is_the_spare_one(
    cloud: SmallCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    trusts = Trusts(cloud.store)
    first, second, third = (Trust(each, OWNER, "shop-project") for each in ("a", "b", "c"))
    assert trusts.save(first) is None
    with monkeypatch.context() as patch:  # it looks before the other has written
        patch.setattr(orm.Session, "scalar", lambda *_: None)
        assert trusts.save(second) == second
        patch.setattr(orm.Session, "scalar", lambda *_: "older")
        assert trusts.save(second) == second
    assert trusts.find(OWNER, "shop-project") == first
    assert trusts.save(third) == first
    trusts.lose(third.id)
    assert trusts.save(second) is None


def test_a_trust_that_failed_a_moment_ago_is_asked_again_before_another_is_made(
    standing_alone: Start, cloud: SmallCloud
) -> None:
    service = standing_alone(run_worker=False)
    ensemble_id = create(service, login(service))
    service.keystone.may_not_trust.add(OWNER)
    begin(service, ensemble_id)
    service.keystone.may_not_trust.clear()
    begin(service, ensemble_id)
    assert list(service.keystone.trusts) == ["trust-0"]
    service.keystone.trusts["trust-0"]["trustee_user_id"] = "nobody"  # it is of no use any more
    service.keystone.tokens.clear()
    begin(service, ensemble_id)
    assert len(service.keystone.trusts) == 1


def test_a_process_that_does_not_work_refuses_a_create_for_which_no_trust_can_be_had(
    standing_alone: Start, cloud: SmallCloud
) -> None:
    service = standing_alone(run_worker=False)
    service.keystone.may_not_trust.add(OWNER)
    wanted = {"ensemble": body(("web", 1), networks="none")}
    answer = service.ask(login(service), "POST", ALL, wanted)
    assert answer.status_int == 403 and "trust" in answer.text
    assert cloud.nova.servers == {}
    dry = service.ask(login(service), "POST", f"{ALL}/plans", wanted)
    assert dry.status_int == 200, dry.text


def make_old(cloud: SmallCloud) -> None:
    with cloud.store.writing() as session:
        session.execute(sa.update(models.Trust).values(created_at=rows.now() - 2 * SPARED))


def test_a_trust_is_not_given_back_under_a_create_that_needs_it(
    standing_alone: Start, cloud: SmallCloud
) -> None:
    service = standing_alone(run_worker=False)
    begun = service.ask(login(service), "DELETE", f"{ALL}/{create(service, login(service), 1)}")
    assert begun.status_int == 202
    service.engine()
    until(lambda: not cloud.store.select(Page()))
    make_old(cloud)
    look = by_http(service.config, cloud.store, works=True).trusts

    def looks(method: str, path: str) -> None:
        look()

    cloud.nova.before = looks  # while the create asks Nova, before it saves anything
    ensemble_id = create(service, login(service), 1)
    until(lambda: cloud.store.get(ensemble_id).status is Status.ACTIVE)
    assert list(service.keystone.trusts) == ["trust-0"]


def test_a_trust_that_is_needed_while_others_are_given_back_is_kept(cloud: SmallCloud) -> None:
    trusts = Trusts(cloud.store)
    for name in ("first", "second"):
        trusts.save(Trust(name, f"user of {name}", "shop-project"))
    make_old(cloud)
    first, second = trusts.unneeded()
    ended: list[Trust] = []

    def end(trust: Trust) -> bool:
        ended.append(trust)
        trusts.renew(second)
        return True

    UnneededTrusts(trusts, end).look()
    assert ended == [first]


def test_what_is_under_way_when_the_mount_changes_goes_on_with_any_request_of_who_asked_for_it(
    standing_alone: Start, cloud: SmallCloud
) -> None:
    record = cloud.service().create(caller(), body(("web", 1), networks="none"))
    service = standing_alone(run_worker=False)
    service.engine()
    until(lambda: cloud.store.get(record.id).blocked == WAITS_FOR_OWNER())
    other = service.keystone.login("somebody", "shop-project", "member", "reader")
    assert service.ask(other, "GET", f"{ALL}/{record.id}").status_int == 200
    assert service.ask(login(service, "reader"), "GET", f"{ALL}/{record.id}").status_int == 200
    assert service.keystone.trusts == {}, "nothing waits for them"
    assert service.ask(login(service), "GET", f"{ALL}/{record.id}").status_int == 200
    until(lambda: cloud.store.get(record.id).status is Status.ACTIVE)
    assert service.ask(other, "GET", ALL).status_int == 200
    assert [each["trustor_user_id"] for each in service.keystone.trusts.values()] == [OWNER]


def test_the_trusts_of_projects_without_ensembles_are_given_back_after_a_while(
    standing_alone: Start, cloud: SmallCloud
) -> None:
    service = standing_alone()
    create(service, login(service), 1)
    other = service.keystone.login("bob", "other-project", "member", "reader")
    ensemble_id = create(service, other, 1)
    until(lambda: cloud.store.get(ensemble_id).status is Status.ACTIVE)
    assert service.ask(other, "DELETE", f"{ALL}/{ensemble_id}").status_int == 202
    until(lambda: not Trusts(cloud.store).unneeded() and len(cloud.store.select(Page())) == 1)
    assert len(service.keystone.trusts) == 2, "it may be needed again soon"
    make_old(cloud)
    by_http(service.config, cloud.store, works=True).trusts()
    left = {each["trustor_user_id"] for each in service.keystone.trusts.values()}
    assert left == {OWNER}
    assert Trusts(cloud.store).find("bob", "other-project") is None
