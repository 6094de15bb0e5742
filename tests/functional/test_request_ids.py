# SPDX-License-Identifier: Apache-2.0
"""The id of a request goes from HTTP to the worker, and from there to services and to the log."""

import logging
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import webob
from configured import nova_conf, user
from nova import context as nova_context
from oslo_context import context as oslo_context
from small_cloud import SmallCloud, body, caller
from test_options_of_services import client
from two_regions import TwoRegions

from ensemble_api import request_ids
from ensemble_api.cloud.compute import Compute
from ensemble_api.cloud.session import Session
from ensemble_api.middleware import EnsemblesFilter
from ensemble_api.operations import Operation, OperationStatus, OperationType, Requester
from ensemble_api.process import Process
from ensemble_api.store.operations import Operations, to_requester
from ensemble_api.threads import for_each

ASKED = "req-11111111-1111-4111-8111-111111111111"
OTHER = "req-22222222-2222-4222-8222-222222222222"


@pytest.fixture(autouse=True)
def apart() -> Iterator[None]:
    """What this thread works for is that of one test alone."""
    before = request_ids.current()
    yield
    oslo_context._request_store.context = before


def asking(request_id: str) -> Any:
    found = caller()
    found.global_request_id = request_id
    return found


class WatchedNova:
    """Nova, and for which requests it was asked what, and in which one's name threads log."""

    def __init__(self, nova: Any) -> None:
        self._nova = nova
        self.asked: list[tuple[str, str]] = []
        self.logged: set[str] = set()

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        context = environ["nova.context"]
        self.asked.append(
            (f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}", context.global_id)
        )
        if (current := request_ids.current()) is not None:
            self.logged.add(current.global_id)
        return self._nova(environ, start_response)


def test_a_worker_asks_nova_for_servers_by_the_id_of_the_request_that_wanted_them(
    cloud: SmallCloud,
) -> None:
    record = cloud.service().create(asking(ASKED), body(("web", 2)))
    other = cloud.service().create(asking(OTHER), body(("db", 1), name="other"))
    nova = WatchedNova(cloud.nova)
    for each, request_id in ((record, ASKED), (other, OTHER)):
        nova.asked.clear()
        nova.logged.clear()
        cloud.run(each.id, compute=Compute(nova))
        posts = [found for what, found in nova.asked if what == "POST /servers"]
        assert posts == [request_id] * len(each.members)
        assert nova.logged == {request_id}


def test_what_a_request_is_called_here_will_do_when_no_service_has_named_it(
    cloud: SmallCloud,
) -> None:
    who = caller()
    record = cloud.service().create(who, body(("web", 1)))
    (create,) = Operations(cloud.store).select(record.id, 10)
    assert create.request_id == who.request_id


def test_a_delete_has_the_id_of_its_own_request(cloud: SmallCloud) -> None:
    record = cloud.service().create(asking(ASKED), body(("web", 1)))
    cloud.run(record.id)
    cloud.service().delete(asking(OTHER), record.id)
    nova = WatchedNova(cloud.nova)
    cloud.run(record.id, compute=Compute(nova))
    assert {found for what, found in nova.asked if what.startswith("DELETE")} == {OTHER}


def test_an_operation_that_nobody_asked_for_has_an_id_of_its_own_that_services_take() -> None:
    operation = Operation(
        ASKED.removeprefix("req-"),
        OperationType.REPAIR,
        OperationStatus.RUNNING,
        Requester("ada"),
        (),
    )
    assert operation.request_id == ASKED


def test_operations_of_an_older_release_are_read() -> None:
    assert to_requester({"user_id": "ada", "roles": ["member"]}).request_id == ""


def test_whoever_asks_by_another_request_is_the_same_requester() -> None:
    assert Requester("ada", request_id=ASKED) == Requester("ada", request_id=OTHER)


def test_threads_that_share_work_are_for_the_same_request() -> None:
    request_ids.work_for(asking(ASKED))
    seen = for_each(range(4), lambda _: request_ids.current_id(), most=4, name="test")
    assert seen == [ASKED] * 4


def test_a_thread_that_works_for_nobody_names_no_request() -> None:
    found: list[Any] = []
    thread = threading.Thread(target=lambda: found.append(request_ids.current_id()))
    thread.start()
    thread.join()
    assert found == [None]
    request_ids.work_for(None)
    request_ids.work_for(object())


@pytest.mark.parametrize("section", ["placement", "neutron"])
def test_services_are_told_for_which_request_they_are_asked(section: str, tmp_path: Path) -> None:
    regions = TwoRegions()
    try:
        asked = client(tmp_path, regions.url, section, {})
        for request_id in (ASKED, OTHER):
            request_ids.work_for(asking(request_id))
            asked.get("/x")
        told = [
            {name.lower(): value for name, value in each.headers.items()}["x-openstack-request-id"]
            for each in regions.calls
        ]
        assert told == [ASKED, OTHER]
    finally:
        regions.stop()


def test_nova_passes_on_the_id_of_the_request_for_which_the_worker_acts(tmp_path: Path) -> None:
    """Nova gives Neutron, Cinder, Glance and Placement its context's ``global_id``."""
    regions = TwoRegions()
    try:
        said = {name: user(f"{regions.url}/v3") for name in ("placement", "neutron", "ensembles")}
        session = Session(nova_conf(tmp_path / "nova.conf", said))
        acting = session.acting_for(Requester("ada", request_id=ASKED), "shop-project")
        assert acting.global_id == ASKED
        assert acting.request_id != ASKED
        nobody = session.acting_for(Requester("ada"), "shop-project")
        assert nobody.global_id == nobody.request_id
    finally:
        regions.stop()


def test_what_is_logged_of_a_request_has_its_id(
    cloud: SmallCloud, caplog: pytest.LogCaptureFixture
) -> None:
    """oslo.log takes the ids of a line from what its thread works for."""
    request_ids.work_for(asking(OTHER))
    seen: list[str | None] = []

    def assemble() -> Any:
        seen.append(request_ids.current_id())
        raise RuntimeError("not today")

    application = EnsemblesFilter(cloud.nova, None, Process(assemble))  # type: ignore[arg-type]
    request = webob.Request.blank("/os-ensembles", environ={"nova.context": asking(ASKED)})
    with caplog.at_level(logging.ERROR):
        assert request.get_response(application).status_int == 503
    application.process.stop()
    assert ASKED in seen


def test_contexts_of_nova_name_the_request_that_came_from_another_service() -> None:
    environ = {"openstack.request_id": OTHER, "openstack.global_request_id": ASKED}
    context = nova_context.RequestContext.from_environ(environ, overwrite=False, is_admin=False)
    assert context.global_id == ASKED
