# SPDX-License-Identifier: Apache-2.0
"""Requests made from the OpenAPI document, to a real nova-api: a part of `make fuzz`."""

import os
import sys
from typing import Any

import pytest
import schemathesis

from ensemble_api.openapi.document import document
from tests.cloud.ensembles import Operator, Project, until
from tests.fuzz.fuzz import fuzz
from tests.fuzz.target import Target

pytestmark = pytest.mark.cloud

REQUESTS = int(os.environ.get("ENSEMBLES_FUZZ_REQUESTS", "120"))
SEED = int(os.environ.get("ENSEMBLES_FUZZ_SEED", "20261128"))
CALLERS = {
    "admin": "admin",
    "member": "demo",
    "reader": "reader",
    "member of another project": "demo2",
}


def ensembles(operator: Operator) -> set[str]:
    """The ids of all ensembles."""
    answer = operator.connection.compute.get("/os-ensembles?all_projects=true&limit=1000")
    return {each["id"] for each in answer.json()["ensembles"]}


def test_answers_are_those_of_the_document_and_nothing_is_left_behind(
    cloud: Any, demo: Project, operator: Operator
) -> None:
    """What tenants make is built meanwhile, by the workers of the cloud."""
    before, others = operator.left_behind(), ensembles(operator)
    tokens = {who: cloud.connection(name).auth_token for who, name in CALLERS.items()}
    names = demo.names
    target = Target(
        tokens,
        "member",
        names["flavor"]["m1.tiny"],
        names["image"]["cirros"],
        names["network"]["private"],
        sorted(operator.cpus())[0],
    )
    schema = schemathesis.openapi.from_dict(document())
    schema.config.update(base_url=demo.connection.compute.get_endpoint())
    try:
        figures = fuzz(schema, target, REQUESTS, SEED)
        sys.stdout.write(f"\n{figures.told}\n")
        assert not figures.faults, "\n\n".join(figures.faults.values())
        assert {200, 202, 400, 403, 404} <= figures.statuses.keys(), figures.statuses
    finally:
        for each in ensembles(operator) - others:
            operator.connection.compute.delete(f"/os-ensembles/{each}")
        until("no ensemble", lambda: ensembles(operator) <= others)
        # Those that were released stay, as was asked for.
        for each in set(operator.servers()) - before["servers"]:
            operator.connection.compute.delete_server(each)
    until("all as before", lambda: operator.left_behind() == before)
    assert not operator.overcommitted()
