# SPDX-License-Identifier: Apache-2.0
"""Without a trust, a service of its own acts for tenants with the tokens of their requests."""

import threading

import pytest
from small_cloud import SmallCloud
from standalone_service import ALL, OWNER, Start, create, login, standing_alone, until

from ensemble_api.cloud.tenant_tokens import TenantToken
from ensemble_api.records import Status
from ensemble_api.rights import WAITS_FOR_OWNER

__all__ = ["standing_alone"]


def test_without_a_trust_a_build_waits_for_its_owner_and_goes_on_with_their_next_request(
    standing_alone: Start, cloud: SmallCloud
) -> None:
    service = standing_alone(use_trusts=False)
    gate = threading.Event()
    cloud.nova.before = lambda method, path: (
        (method, path) == ("POST", "/servers") and (gate.wait(10))
    )
    token = login(service)
    ensemble_id = create(service, token, 4)
    del service.keystone.tokens[token]  # Nova does not take it any more
    gate.set()
    until(lambda: cloud.store.get(ensemble_id).blocked == WAITS_FOR_OWNER())
    assert cloud.store.get(ensemble_id).status is Status.BUILDING
    reader = login(service, "reader")
    shown = service.ask(reader, "GET", f"{ALL}/{ensemble_id}").json["ensemble"]
    assert "waits for the user who asked for it" in shown["fault"]["message"]
    other = service.keystone.login("somebody", "shop-project", "member", "reader")
    service.ask(other, "GET", f"{ALL}/{ensemble_id}")
    assert cloud.store.get(ensemble_id).status is Status.BUILDING, "nobody else has it built"
    service.ask(login(service), "GET", f"{ALL}/{ensemble_id}")
    until(lambda: cloud.store.get(ensemble_id).status is Status.ACTIVE)
    assert cloud.store.get(ensemble_id).blocked is None
    assert {each.user_id for each in cloud.nova.servers.values()} == {OWNER}


def test_without_trusts_a_reader_s_look_does_not_take_a_build_s_token_away(
    standing_alone: Start, cloud: SmallCloud
) -> None:
    service = standing_alone(use_trusts=False, build_concurrency=1)
    asked, looked = threading.Event(), threading.Event()

    def wait(method: str, path: str) -> None:
        if (method, path) == ("POST", "/servers"):
            asked.set()
            looked.wait(10)

    cloud.nova.before = wait
    ensemble_id = create(service, login(service), 2)
    assert asked.wait(10)
    assert service.ask(login(service, "reader"), "GET", ALL).status_int == 200
    looked.set()
    until(lambda: cloud.store.get(ensemble_id).status is not Status.BUILDING)
    assert cloud.store.get(ensemble_id).status is Status.ACTIVE


def test_a_user_who_cannot_make_a_trust_is_acted_for_with_their_own_token_while_it_lives(
    standing_alone: Start, cloud: SmallCloud
) -> None:
    """And not with that of another one of the project, who has a trust."""
    service = standing_alone()
    other = service.keystone.login("somebody", "shop-project", "member", "reader")
    create(service, other, 1)
    service.keystone.makes_no_trust.add(OWNER)
    token = login(service)
    ensemble_id = create(service, token, 1)
    until(lambda: cloud.store.get(ensemble_id).status is Status.ACTIVE)
    assert service.ask(token, "DELETE", f"{ALL}/{ensemble_id}").status_int == 202
    until(lambda: cloud.find(ensemble_id) is None)
    assert {who for method, _, who in service.nova.asked if method == "DELETE"} == {OWNER}


@pytest.mark.parametrize(
    ("roles", "lives", "begins", "better"),
    [
        pytest.param("member", 100.0, False, True, id="a look with the same roles that ends later"),
        pytest.param("member", 50.0, True, False, id="the same roles that end sooner"),
        pytest.param("member reader", 50.0, False, True, id="a look with more roles"),
        pytest.param("", 100.0, True, False, id="fewer roles"),
        pytest.param("reader", 100.0, False, False, id="a look with other roles"),
        pytest.param("reader", 100.0, True, True, id="a beginning with other roles"),
    ],
)
def test_of_two_live_tokens_of_a_user_the_one_is_kept_with_which_more_can_be_done(
    roles: str, lives: float, begins: bool, better: bool
) -> None:
    known = TenantToken("known", roles=frozenset({"member"}), expires=99.0)
    other = TenantToken("other", roles=frozenset(roles.split()), expires=lives)
    assert other.is_better(known, begins=begins) is better


def test_a_service_token_that_nova_does_not_accept_is_not_laid_to_the_tenant_s(
    standing_alone: Start, cloud: SmallCloud
) -> None:
    """It is revoked just before the request; there is but one token of the tenant's."""
    service = standing_alone(use_trusts=False)
    token = login(service)
    ensemble_id = create(service, token, 1)
    until(lambda: cloud.store.get(ensemble_id).status is Status.ACTIVE)
    refused: list[str] = []

    def revoke(method: str, path: str) -> None:
        if method == "DELETE" and not refused:
            refused.append(path)
            service.keystone.own_token = "admin:2"  # which Placement takes for an admin's too

    service.nova.arriving = revoke
    assert service.ask(token, "DELETE", f"{ALL}/{ensemble_id}").status_int == 202
    until(lambda: cloud.find(ensemble_id) is None)
    assert refused
