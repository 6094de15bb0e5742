# SPDX-License-Identifier: Apache-2.0
"""On the real Keystone: what is left of a user's roles, and whose roles end with their token."""

import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from keystoneauth1.identity import v3
from keystoneauth1.session import Session

from ensemble_api.cloud.roles import Roles
from ensemble_api.operations import Requester
from ensemble_api.rights import PROJECT_GONE, USER_GONE
from tests.cloud.ensembles import Operator, Project

pytestmark = pytest.mark.cloud


class Tenant:
    """A domain of its own with a user and a project, and what an operator does with them."""

    def __init__(self, identity: Any) -> None:
        self.identity = identity
        name = f"t{uuid.uuid4().hex[:8]}"
        self.domain = self.post("domains", "domain", name=name)
        self.user = self.post("users", "user", name=name, domain_id=self.domain, password=name)
        self.project = self.post("projects", "project", name=name, domain_id=self.domain)
        self.group = self.post("groups", "group", name=name, domain_id=self.domain)
        listed = identity.get("/roles").json()["roles"]
        self.roles = {each["name"]: each["id"] for each in listed}

    def post(self, path: str, kind: str, **facts: Any) -> str:
        response = self.identity.post(f"/{path}", json={kind: facts})
        assert response.status_code == 201, response.text
        return str(response.json()[kind]["id"])

    def do(self, method: str, path: str, body: Any = None) -> None:
        filled = path.format(**{**vars(self), **self.roles})
        response = self.identity.request(filled, method, json=body)
        assert response.status_code in (200, 201, 204), response.text

    def has(self, *roles: str) -> Requester:
        """What was recorded when the user asked with these roles."""
        return Requester(self.user, roles)

    def remove(self) -> None:
        self.identity.patch(f"/domains/{self.domain}", json={"domain": {"enabled": False}})
        assert self.identity.delete(f"/domains/{self.domain}").status_code == 204


@pytest.fixture
def tenant(operator: Operator) -> Iterator[Tenant]:
    tenant = Tenant(operator.connection.identity)
    yield tenant
    tenant.remove()


USERS = "/projects/{project}/users/{user}/roles"
GROUPS = "/projects/{project}/groups/{group}/roles"
INHERITED = "/OS-INHERIT/domains/{domain}/users/{user}/roles/{member}/inherited_to_projects"


@pytest.mark.parametrize(
    ("given", "taken"),
    [
        pytest.param(
            [("PUT", USERS + "/{member}")],
            ("DELETE", USERS + "/{member}"),
            id="assigned, with the role reader implied",
        ),
        pytest.param(
            [("PUT", GROUPS + "/{member}"), ("PUT", "/groups/{group}/users/{user}")],
            ("DELETE", "/groups/{group}/users/{user}"),
            id="of a group that the user is taken from",
        ),
        pytest.param(
            [("PUT", GROUPS + "/{member}"), ("PUT", "/groups/{group}/users/{user}")],
            ("DELETE", GROUPS + "/{member}"),
            id="of a group that loses the role",
        ),
        pytest.param(
            [("PUT", INHERITED)], ("DELETE", INHERITED), id="inherited from the project's domain"
        ),
    ],
)
def test_a_role_counts_for_as_long_as_it_is_assigned_in_any_way(
    tenant: Tenant, given: list[tuple[str, str]], taken: tuple[str, str]
) -> None:
    asked = tenant.has("member", "reader")
    roles = Roles(tenant.identity)
    for each in given:
        tenant.do(*each)
    before = roles.current(asked, tenant.project)
    assert (before.roles, before.loss(asked)) == ({"member", "reader"}, None)
    tenant.do(*taken)
    after = Roles(tenant.identity).current(asked, tenant.project)
    assert after.limit(asked).roles == ()
    assert str(after.loss(asked)).startswith("The roles member and reader were taken away")


@pytest.mark.parametrize(
    ("kind", "gone"), [("user", USER_GONE), ("project", PROJECT_GONE), ("domain", USER_GONE)]
)
def test_nothing_is_left_without_the_user_the_project_or_their_domain(
    tenant: Tenant, kind: str, gone: Callable[[], Any]
) -> None:
    tenant.do("PUT", USERS + "/{member}")
    asked = tenant.has("member")
    tenant.do("PATCH", f"/{kind}s/{{{kind}}}", {kind: {"enabled": False}})
    assert Roles(tenant.identity).current(asked, tenant.project).loss(asked) == gone()
    tenant.do("PATCH", f"/{kind}s/{{{kind}}}", {kind: {"enabled": True}})
    assert Roles(tenant.identity).current(asked, tenant.project).loss(asked) is None


@pytest.mark.parametrize(("kind", "gone"), [("user", USER_GONE), ("project", PROJECT_GONE)])
def test_nothing_is_left_of_a_user_or_a_project_that_was_deleted(
    tenant: Tenant, kind: str, gone: Callable[[], Any]
) -> None:
    tenant.do("PUT", USERS + "/{member}")
    tenant.do("DELETE", f"/{kind}s/{{{kind}}}")
    asked = tenant.has("member")
    assert Roles(tenant.identity).current(asked, tenant.project).loss(asked) == gone()


def test_an_administrator_of_another_project_has_no_role_in_this_one(tenant: Tenant) -> None:
    tenant.do("PUT", USERS + "/{member}")
    identity = tenant.identity
    mine = identity.get_user_id()
    found = Roles(identity).current(Requester(mine, ("admin",)), tenant.project)
    assert found.limit(Requester(mine, ("admin",))).roles == ()


def trusted(demo: Project, trustee: Any, *, impersonation: bool) -> Any:
    """A session of the trustee's with demo's role member, by a trust."""
    identity = demo.connection.identity
    response = identity.post(
        "/OS-TRUST/trusts",
        json={
            "trust": {
                "impersonation": impersonation,
                "trustor_user_id": identity.get_user_id(),
                "trustee_user_id": trustee.identity.get_user_id(),
                "project_id": identity.get_project_id(),
                "roles": [{"name": "member"}],
            }
        },
    )
    assert response.status_code == 201, response.text
    said = trustee.config.config["auth"]
    return Session(
        v3.Password(
            auth_url=said["auth_url"],
            username=said["username"],
            password=said["password"],
            user_domain_name=said["user_domain_name"],
            trust_id=response.json()["trust"]["id"],
        )
    )


@pytest.mark.parametrize(
    ("impersonation", "status"),
    [
        pytest.param(True, 202, id="the trustor, whose roles are found"),
        pytest.param(False, 403, id="the trustee, whose roles end with the token"),
    ],
)
def test_a_trust_builds_for(cloud: Any, demo: Project, impersonation: bool, status: int) -> None:
    session = trusted(demo, cloud.connection("demo2"), impersonation=impersonation)
    response = session.post(
        "/os-ensembles",
        json=demo.body("trusted", [demo.tier("web", 1)]),
        endpoint_filter={"service_type": "compute", "interface": "public"},
        raise_exc=False,
    )
    assert response.status_code == status, response.text
    if status == 202:
        built = demo.wait(response.json()["ensemble"]["id"], "ACTIVE")
        demo.delete(built["id"])
    else:
        assert "Keystone lists no role" in response.text
