# SPDX-License-Identifier: Apache-2.0
"""Requests made from the OpenAPI document, right and wrong ones: the short form of `make fuzz`."""

import os
import sys
from collections.abc import Iterable, Mapping
from typing import Any

import pytest
import schemathesis
import webob
from placement_service import PlacementService
from small_cloud import FLAVOR, IMAGE, NETWORK, SmallCloud, caller
from test_who_may_what import CALLERS

from ensemble_api import routes
from ensemble_api.openapi.document import document
from ensemble_api.store.api import Store
from tests.fuzz.fuzz import fuzz
from tests.fuzz.target import Target

REQUESTS = int(os.environ.get("ENSEMBLES_FUZZ_REQUESTS", "240"))
SEED = int(os.environ.get("ENSEMBLES_FUZZ_SEED", "20261128"))
HOSTS = {f"secrethost{n}": (f"secretrack{n % 3}", f"zone-{n % 2}") for n in range(12)}


class Application:
    """The routes as a WSGI application; the worker works between two requests."""

    def __init__(self, cloud: SmallCloud) -> None:
        self.cloud = cloud
        self.asked = 0
        self.released: set[str] = set()  # servers that stay, as was asked for

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        request = webob.Request(environ)
        self.asked += 1
        who = CALLERS.get(request.headers.get("X-Auth-Token", ""), ("shop-project", "member"))
        request.environ["nova.context"] = caller(*who)
        path = request.path_info.removeprefix("/v2.1")
        if self.asked % 5 == 0:
            self.work()
        before = self.servers() if path.endswith("/action") else set()
        response = routes.dispatch(request, self.cloud.service(), path)
        self.released |= before - self.servers() if before else set()
        answer: Iterable[bytes] = response(environ, start_response)
        return answer

    def servers(self) -> set[str]:
        """The servers of members."""
        members = self.cloud.store.all_members()
        return {each.server_id for _, each in members if each.server_id is not None}

    def work(self) -> None:
        """Do what a worker and an observer do."""
        for ensemble_id in self.cloud.store.unsettled():
            self.cloud.run(ensemble_id)
        self.cloud.observe()


@pytest.fixture
def cloud(placement: PlacementService, store: Store) -> SmallCloud:
    return SmallCloud.build(placement, store, HOSTS)


def target(tokens: Mapping[str, str]) -> Target:
    return Target(tokens, "member", FLAVOR, IMAGE, NETWORK, "secrethost1")


def test_answers_are_those_of_the_document_and_nothing_is_left_behind(cloud: SmallCloud) -> None:
    application = Application(cloud)
    schema = schemathesis.openapi.from_dict(document())
    schema.app = application
    figures = fuzz(schema, target({who: who for who in CALLERS}), REQUESTS, SEED)
    sys.stdout.write(f"\n{figures.told}\n")
    assert not figures.faults, "\n\n".join(figures.faults.values())
    assert figures.requests >= REQUESTS * 0.9, "each route was asked its share"
    assert {200, 202, 400, 403, 404, 409} <= figures.statuses.keys(), figures.statuses

    application.work()
    for record in {record.id: record for record, _ in cloud.store.all_members()}.values():
        cloud.service().delete(caller(record.project_id), record.id)
    application.work()
    for server_id in application.released & {each.id for each in cloud.nova.alive()}:
        cloud.placement.release(server_id)
        cloud.nova.servers[server_id].gone = True
    cloud.assert_clean()
    assert cloud.store.unsettled() == []
