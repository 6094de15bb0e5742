# SPDX-License-Identifier: Apache-2.0
"""Where the client finds ensembles: a service of its own where there is one, and else Nova."""

from typing import Any

import pytest
from keystoneauth1 import access, session
from keystoneauth1.fixture import V3Token
from keystoneauth1.identity.access import AccessInfoPlugin

from ensemble_client.client import make_client

NOVA = "http://nova.{}.{}/v2.1"
OURS = "http://ensembles.{}.{}/v1"


def logged_in(**services: dict[str, list[str]]) -> Any:
    """A session whose catalog has these services: URLs by type, and the regions of each."""
    token = V3Token()
    token.set_project_scope()
    for kind, by_url in services.items():
        found = token.add_service(kind)
        for url, regions in by_url.items():
            for region in regions:
                found.add_standard_endpoints(
                    public=url.format("public", region),
                    internal=url.format("internal", region),
                    admin=None,
                    region=region,
                )
    known = access.create(body=token, auth_token="token")
    return session.Session(auth=AccessInfoPlugin(known))


@pytest.mark.parametrize(
    ("ours", "asked", "url"),
    [
        pytest.param([], {}, NOVA.format("public", "one"), id="no service of its own"),
        pytest.param(["one"], {}, OURS.format("public", "one"), id="a service of its own"),
        pytest.param(
            ["two"],
            {"region_name": "one"},
            NOVA.format("public", "one"),
            id="a service of its own in another region",
        ),
        pytest.param(
            ["one", "two"],
            {"region_name": "two", "interface": "internal"},
            OURS.format("internal", "two"),
            id="a region and an interface",
        ),
        pytest.param(
            [],
            {"endpoint_override": "http://here/v1"},
            "http://here/v1",
            id="an endpoint that the catalog does not have",
        ),
        pytest.param(
            ["one"],
            {"endpoint_override": "http://here/v1", "compute_endpoint_override": "http://nova"},
            "http://here/v1",
            id="an endpoint other than the catalog's",
        ),
        pytest.param(
            [],
            {"compute_endpoint_override": "http://nova"},
            "http://nova",
            id="an endpoint of Nova's, and no service of its own",
        ),
        pytest.param(
            ["one"],
            {"compute_endpoint_override": "http://nova"},
            OURS.format("public", "one"),
            id="an endpoint of Nova's beside a service of its own",
        ),
    ],
)
def test_the_client_asks_there(ours: list[str], asked: dict[str, str], url: str) -> None:
    known = logged_in(
        compute={NOVA: ["one", "two"]}, **({"ensemble": {OURS: ours}} if ours else {})
    )
    client = make_client(known, **asked).client
    assert (client.endpoint_override or client.get_endpoint()) == url
