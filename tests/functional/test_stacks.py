# SPDX-License-Identifier: Apache-2.0
"""The servers of a stack are those that Heat lists, for whoever asks; without Heat, by marks."""

import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from keystoneauth1 import adapter
from keystoneauth1 import session as keystone_session
from keystoneauth1.identity import v3
from small_cloud import SmallCloud, caller

from ensemble_api import exception
from ensemble_api.cloud.stacks import NoSuchStack, Stacks
from ensemble_api.service import AdoptionRequest
from tests.fakes.heat import FakeHeat
from tests.fakes.keystone import FakeKeystone

TOKEN = "token-of-the-tenant"
SERVER = "OS::Nova::Server"


def asking(token: str = TOKEN) -> Any:
    """The context of a request with this token."""
    context = caller()
    context.auth_token = token
    return context


@pytest.fixture
def keystone() -> Iterator[FakeKeystone]:
    fake = FakeKeystone("http://127.0.0.1:1/placement")
    yield fake
    fake.stop()


@pytest.fixture
def heat(keystone: FakeKeystone) -> Iterator[FakeHeat]:
    """Heat, which the catalog of Keystone names."""
    fake = FakeHeat(TOKEN)
    endpoint = {"interface": "public", "region": "RegionOne", "region_id": "RegionOne"}
    keystone.catalog.append(
        {"type": "orchestration", "name": "heat", "endpoints": [{**endpoint, "url": fake.url}]}
    )
    yield fake
    fake.stop()


@pytest.fixture
def stacks(keystone: FakeKeystone) -> Stacks:
    auth = v3.Password(
        keystone.url, username="nova", password="secret", user_domain_id="default",
        project_name="service", project_domain_id="default",
    )  # fmt: skip
    return Stacks(
        adapter.Adapter(
            keystone_session.Session(auth),
            service_type="identity",
            interface=["internal", "public"],
            raise_exc=False,
            min_version=(3, 0),
            max_version=(3, "latest"),
        )
    )


def test_the_servers_of_a_stack_are_found_by_its_name_and_id_in_nested_stacks_too(
    stacks: Stacks, heat: FakeHeat
) -> None:
    heat.resources["shop"] = [
        (SERVER, "s1"), (SERVER, ""), ("OS::Neutron::Port", "p1"), ("OS::Heat::Stack", "inner"),
    ]  # fmt: skip
    heat.resources["inner"] = [(SERVER, "s2")]
    for stack in ("shop", "shop-id"):
        assert stacks.servers(asking(), stack) == {"s1", "s2"}


@pytest.mark.parametrize("stack", ["none", "../stacks", "shop?x=y", "a/b", ""])
def test_a_stack_that_is_not_there_is_none(stacks: Stacks, heat: FakeHeat, stack: str) -> None:
    heat.resources["shop"] = [(SERVER, "s1")]
    with pytest.raises(NoSuchStack):
        stacks.servers(asking(), stack)


def test_heat_is_asked_with_the_token_of_the_tenant_alone(stacks: Stacks, heat: FakeHeat) -> None:
    heat.resources["shop"] = [(SERVER, "s1")]
    with pytest.raises(NoSuchStack):
        stacks.servers(asking("another"), "shop")
    assert stacks.servers(asking(), "shop") == {"s1"}


@pytest.mark.parametrize("status", [500, 503])
def test_a_heat_that_does_not_answer_is_told(stacks: Stacks, heat: FakeHeat, status: int) -> None:
    heat.fails = status
    with pytest.raises(exception.Unavailable, match="Heat does not answer"):
        stacks.servers(asking(), "shop")
    heat.stop()


@pytest.mark.parametrize(
    "body",
    [
        b"<html>", b"[]", b"{}", b"null", b'{"resources": null}', b'{"resources": ["s1"]}',
        b'{"resources": [{"resource_type": "OS::Nova::Server"}]}',
    ],
)  # fmt: skip
def test_a_heat_that_answers_with_something_else_is_told(
    stacks: Stacks, heat: FakeHeat, body: bytes
) -> None:
    heat.says = body
    with pytest.raises(exception.Unavailable, match="Heat does not answer"):
        stacks.servers(asking(), "shop")


@pytest.mark.parametrize("stack", [".", ".."])
def test_a_stack_never_leads_to_another_address(stacks: Stacks, heat: FakeHeat, stack: str) -> None:
    heat.says = b'{"resources": []}'  # whatever is there
    with pytest.raises(NoSuchStack):
        stacks.servers(asking(), stack)
    assert heat.asked == []


def test_without_heat_in_the_catalog_nobody_knows_stacks(stacks: Stacks) -> None:
    assert stacks.servers(asking(), "shop") is None


def test_a_stack_is_adopted_as_heat_lists_it_and_not_by_names(
    cloud: SmallCloud, stacks: Stacks, heat: FakeHeat
) -> None:
    mine = [cloud.nova.boot(f"any-{number}", f"secrethost{number}") for number in (1, 3)]
    cloud.nova.boot("shop-d-abcdefghijkl", "secrethost4")
    foreign = cloud.nova.boot("theirs", "secrethost4", project="other-project")
    heat.resources["shop"] = [
        (SERVER, each.id) for each in (*mine, foreign)
    ] + [(SERVER, str(uuid.uuid4()))]  # fmt: skip
    tenant = asking()
    service = cloud.service(stacks=stacks)

    def ask(stack: str) -> AdoptionRequest:
        return AdoptionRequest({"name": "shop", "from": {"stack": stack}})

    found = service.preview_adoption(tenant, ask("shop"), whole=False)
    assert {each.server_id for each in found.record.members} == {each.id for each in mine}
    with pytest.raises(exception.Invalid, match="Heat shows you no stack nothing") as refused:
        service.preview_adoption(tenant, ask("nothing"), whole=False)
    assert refused.value.facts["field"] == "adopt.from.stack"
