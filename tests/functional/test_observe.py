# SPDX-License-Identifier: Apache-2.0
"""What the engine sees of Nova, and how hard it asks: strange servers, down cells, refusals."""

import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest
import webob
from small_cloud import IMAGE, SmallCloud, body, caller

from ensemble_api import exception
from ensemble_api.cloud.compute import Compute
from ensemble_api.execution.worker import Worker
from ensemble_api.records import EnsembleRecord
from tests.fakes.nova_objects import FakeServer, Refused


def stranger(cloud: SmallCloud, record: EnsembleRecord, *tags: str) -> FakeServer:
    """A server of the same tenant's that is none of the ensemble's, tagged by hand."""
    number = len(cloud.nova.servers)
    server = FakeServer(
        id=f"{number:08}-0000-4000-8000-000000000000",
        name="tagged",
        host="secrethost1",
        project_id=record.project_id,
        user_id=record.user_id,
        tags=[f"ensemble:{record.id}", *tags],
        request={},
        status="ACTIVE",
    )
    cloud.nova.servers[server.id] = server
    return server


def test_servers_that_a_tenant_tagged_by_hand_are_left_alone(cloud: SmallCloud) -> None:
    record = cloud.service().create(caller(), body(("web", 2)))
    tagged_servers = [
        stranger(cloud, record),
        stranger(cloud, record),
        stranger(cloud, record, "ensemble-member:nobody"),
    ]
    cloud.run(record.id)
    assert cloud.store.get(record.id).status == "ACTIVE"
    cloud.service().delete(caller(), record.id)
    cloud.run(record.id)
    assert cloud.nova.alive() == tagged_servers
    assert {tagged_server.task for tagged_server in tagged_servers} == {None}


def test_a_server_in_a_cell_that_is_down_is_waited_for(cloud: SmallCloud) -> None:
    """Nova shows such a server with little more than its id and UNKNOWN."""
    record = cloud.service().create(caller(), body(("web", 1)))
    cloud.store.claim(record.id, "worker", 20)
    engine = cloud.engine()
    engine.step(record.id)
    (server,) = cloud.nova.alive()

    class CellDown(Compute):
        def servers(self, context: Any, project_id: str, tag: str) -> Iterator[dict[str, Any]]:
            yield {"id": server.id, "status": "UNKNOWN", "tenant_id": project_id}

    down = cloud.engine(compute=CellDown(cloud.nova))
    for _ in range(3):
        down.step(record.id)
    assert cloud.store.get(record.id).status == "BUILDING"
    cloud.store.release(record.id, "worker")
    cloud.run(record.id)
    cloud.assert_built(cloud.store.get(record.id))


def test_a_server_that_nova_will_not_delete_now_is_asked_for_at_the_poll_s_pace(
    cloud: SmallCloud,
) -> None:
    record = cloud.service().create(caller(), body(("web", 1)))
    cloud.run(record.id)
    cloud.service().delete(caller(), record.id)
    deletes = []

    def refuse(method: str, path: str) -> None:
        if method == "DELETE":
            deletes.append(path)

    cloud.nova.before = refuse
    (server,) = cloud.nova.alive()
    server.task = "migrating"  # the fake answers 409 while "deleting" alone, so:
    original = cloud.nova._server
    cloud.nova._server = lambda _id: (_ for _ in ()).throw(  # type: ignore[method-assign]
        Refused(409, "Cannot 'delete' while it is in task_state migrating")
    )
    worker = Worker(
        cloud.store,
        cloud.engine(),
        owner="worker",
        lease_seconds=20,
        poll=0.2,
        threads=1,
    )
    worker.start()
    threading.Event().wait(1.0)
    asked = len(deletes)
    cloud.nova._server = original  # type: ignore[method-assign]
    server.task = None
    for _ in range(100):
        if cloud.find(record.id) is None:
            break
        threading.Event().wait(0.05)
    worker.stop()
    assert 1 <= asked <= 8
    assert cloud.find(record.id) is None
    cloud.assert_clean()


@pytest.mark.parametrize(
    ("status", "answer", "words"),
    [
        (400, b'{"badRequest": {"code": 400, "message": "Bad name"}}', "Bad name"),
        (500, b"<html>Oops</html>", "no reason given"),
        (503, b"", "no reason given"),
        (409, b"[]", "no reason given"),
        (409, b'{"conflict": "text"}', "no reason given"),
    ],
)
def test_whatever_nova_refuses_with_is_a_refusal(status: int, answer: bytes, words: str) -> None:
    def nova(environ: Any, start_response: Any) -> Any:
        response = webob.Response(status=status, body=answer)
        return response(environ, start_response)

    with pytest.raises(exception.CloudError) as caught:
        Compute(nova).limits(caller())
    assert (caught.value.status, caught.value.message) == (status, words)


def test_an_exception_out_of_nova_is_a_refusal_without_its_words() -> None:
    def nova(environ: Any, start_response: Any) -> Any:
        raise RuntimeError("secret")

    with pytest.raises(exception.CloudError) as caught:
        Compute(nova).limits(caller())
    assert "secret" not in str(caught.value)


def test_requests_to_nova_carry_the_context_and_the_version() -> None:
    seen = []

    def nova(environ: Any, start_response: Any) -> Any:
        seen.append(environ)
        response = webob.Response(json_body={"image": {"id": IMAGE}})
        return response(environ, start_response)

    who = caller()
    Compute(nova).image(who, f"../{IMAGE}?a=b")
    found = seen[0]["nova.context"]
    assert found is not who, "Nova writes into it"
    assert found.to_dict() == who.to_dict()
    assert seen[0]["HTTP_OPENSTACK_API_VERSION"] == "compute 2.35"
    assert seen[0]["SCRIPT_NAME"] == "/v2.1"
    assert seen[0]["QUERY_STRING"] == ""
    assert json.dumps(seen[0]["PATH_INFO"]) == f'"/images/../{IMAGE}?a=b"'
