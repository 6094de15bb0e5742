# SPDX-License-Identifier: Apache-2.0
"""An ensemble tells of what becomes of its servers in Nova, whoever does it."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.cloud.ensembles import Project, until

pytestmark = pytest.mark.cloud


def test_what_a_tenant_does_to_a_server_is_told(demo: Project) -> None:
    zone = next(iter(demo.connection.compute.availability_zones())).name
    body = demo.body("told", [demo.tier("web", 1, availability_zone=zone)])
    built = demo.wait(demo.create(body)["id"], "ACTIVE")
    compute, server = demo.connection.compute, built["members"][0]["server_id"]

    def shown() -> Any:
        return demo.request("GET", f"/{built['id']}").json()["ensemble"]

    def is_told(what: str) -> Callable[[], bool]:
        return lambda: what in [each["type"] for each in shown()["events"]]

    def is_in(status: str) -> Callable[[], bool]:
        return lambda: compute.get_server(server).status == status

    try:
        until("it is observed", lambda: shown()["observed_at"] > built["events"][-1]["at"])
        # The name is changed too, since Nova does not date the other change.
        unpinned = {"server": {"name": "told-otherwise", "pinned_availability_zone": None}}
        compute.put(f"/servers/{server}", json=unpinned, microversion="2.104").raise_for_status()
        until("the lost zone is told", is_told("web-0 zone unpinned"))

        compute.resize_server(server, demo.names["flavor"]["m1.small"])
        until("it is resized", is_in("VERIFY_RESIZE"))
        compute.confirm_server_resize(server)
        until("the resize is told", is_told("web-0 resized"))

        until("the resize is over", is_in("ACTIVE"))
        compute.shelve_server(server)
        until("the shelving is told", is_told("web-0 shelved"))

        until("it is shelved", is_in("SHELVED_OFFLOADED"))
        compute.delete_server(server)
        until("its end is told", is_told("web-0 gone"))
        assert is_told("promise lost")()
    finally:
        demo.delete(built["id"])
