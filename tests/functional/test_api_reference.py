# SPDX-License-Identifier: Apache-2.0
"""The API reference tells the truth: its examples are run, its tables compared with the code.

The examples are run in their order against the real handlers on a real Placement and a real
database. Ids, references and times may differ, but the same one must stand for the same thing.
After a change, ``ENSEMBLES_UPDATE_DOCS=1 pytest tests/functional/test_api_reference.py`` writes
the answers anew; read the difference before committing it.
"""

import json
import os
import re
from typing import Any

import jsonschema
import pytest
import webob
from placement_service import PlacementService
from small_cloud import SmallCloud, caller

from ensemble_api import exception, policies, routes, views
from ensemble_api.openapi.document import document
from ensemble_api.records import MemberStatus, Status
from ensemble_api.store.api import Store
from tools.api_examples import EXAMPLE, PAGE, Example, examples, rows

DOCUMENT = document()
UPDATE = "is the change meant? ENSEMBLES_UPDATE_DOCS=1 writes the page's answers anew"
HOSTS = {
    "host1": ("rack1", "az1"),
    "host2": ("rack1", "az1"),
    "host3": ("rack2", "az1"),
    "host4": ("rack3", "az2"),
}
UUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
VARIABLE = re.compile(rf"{UUID}|[0-9a-f]{{56}}|\d{{4}}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


class Ids:
    """Which id of the page stands for which real one."""

    def __init__(self) -> None:
        self._real: dict[str, str] = {}

    def real(self, text: str) -> str:
        return VARIABLE.sub(lambda found: self._real.get(found[0], found[0]), text)

    def match(self, page: Any, real: Any, place: str = "") -> None:
        """Both are the same but for ids, which are noted; AssertionError names the place."""
        if isinstance(page, dict) and isinstance(real, dict):
            assert page.keys() == real.keys(), place
            for key in page:
                if VARIABLE.fullmatch(key):
                    raise AssertionError(f"{place}: an id as a key")
                self.match(page[key], real[key], f"{place}.{key}")
        elif isinstance(page, list) and isinstance(real, list):
            assert len(page) == len(real), place
            for index, (one, other) in enumerate(zip(page, real, strict=True)):
                self.match(one, other, f"{place}[{index}]")
        elif isinstance(page, str) and isinstance(real, str):
            here, there = VARIABLE.findall(page), VARIABLE.findall(real)
            assert len(here) == len(there), f"{place}: {page!r} is {real!r}"
            for one, other in zip(here, there, strict=True):
                if "T" not in one:
                    assert self._real.setdefault(one, other) == other, place
            assert VARIABLE.sub("*", page) == VARIABLE.sub("*", real), place
        else:
            assert page == real, f"{place}: {page!r} is {real!r}"


@pytest.fixture
def page() -> str:
    return PAGE.read_text()


def ask(cloud: SmallCloud, example: Example, path: str) -> webob.Response:
    """The answer, after the worker has done what there was to do."""
    for ensemble_id in cloud.store.unsettled():
        cloud.run(ensemble_id, concurrency=1)
    cloud.observe()
    if path.partition("?")[0].endswith("/adopt") and not cloud.nova.alive():
        servers = [cloud.nova.boot(f"web-{n}", host) for n, host in ((1, "host1"), (2, "host3"))]
        cloud.nova.group("web", "anti-affinity", *servers)
    project = "operators" if example.who == "admin" else "shop-project"
    roles = {"admin": ("admin",), "member": ("member", "reader"), "reader": ("reader",)}
    path = path.removeprefix("/v2.1")
    request = webob.Request.blank(
        path,
        method=example.method,
        base_url="http://cloud:8774/v2.1",
        environ={"nova.context": caller(project, *roles[example.who])},
    )
    request.headers.update(example.headers)
    if example.body is not None:
        request.body = example.body.encode()
    return routes.dispatch(request, cloud.service(), request.environ["PATH_INFO"])


def test_every_example_is_answered_as_the_page_says(
    placement: PlacementService, store: Store, page: str
) -> None:
    cloud = SmallCloud.build(placement, store, HOSTS)
    cloud.nova.limits = {"maxTotalInstances": 10, "totalInstancesUsed": 0}
    ids = Ids()
    answers = []
    for example in examples(page):
        response = ask(cloud, example, ids.real(example.path))
        answers.append((response.status_int, response.json))
        if "ENSEMBLES_UPDATE_DOCS" in os.environ:
            _learn(ids, example.answer, response.json)
            continue
        where = f"{PAGE.name}:{example.line}: {example.method} {example.path}"
        assert response.status_int == example.status, f"{where}: {response.text} ({UPDATE})"
        try:
            ids.match(example.answer, response.json, where)
        except AssertionError as error:
            raise AssertionError(f"{error} ({UPDATE})") from error
        problems = [each.message for each in answer_schema(example).iter_errors(response.json)]
        assert not problems, f"{where}: the OpenAPI document says otherwise: {problems}"
    assert len(answers) >= 12
    if "ENSEMBLES_UPDATE_DOCS" in os.environ:
        _write(page, answers, ids)


def answer_schema(example: Example) -> jsonschema.Draft202012Validator:
    """What the OpenAPI document says of the answer of this example's path, method and status."""
    path = example.path.removeprefix("/v2.1").partition("?")[0]
    methods = next(
        DOCUMENT["paths"][template]
        for template, (pattern, _) in zip(routes.ROUTES, routes._PATTERNS, strict=True)
        if pattern.fullmatch(path)
    )
    if example.method.lower() not in methods:  # which no document can have
        return jsonschema.Draft202012Validator({})
    answer = methods[example.method.lower()]["responses"][str(example.status)]
    schema = answer["content"]["application/json"]["schema"]
    return jsonschema.Draft202012Validator({**schema, "components": DOCUMENT["components"]})


def _learn(ids: Ids, page: Any, real: Any) -> None:
    """The ids of ensembles and of templates, which later requests name."""
    for kind in ("ensemble", "template"):
        if isinstance(page, dict) and kind in page and "id" in real.get(kind, {}):
            ids._real.setdefault(page[kind].get("id", ""), real[kind]["id"])


def _write(page: str, answers: list[tuple[int, Any]], ids: Ids) -> None:
    """Put the real answers in, with the page's ids of the ensembles."""
    left = iter(answers)

    def put(found: re.Match[str]) -> str:
        status, body = next(left)
        start = found.start("status") - found.start()
        text = _short(json.dumps(body, indent=1, ensure_ascii=False))
        for known, real in ids._real.items():
            text = text.replace(real, known)
        return f"{found[0][:start]}{status}\n{text}\n```"

    PAGE.write_text(EXAMPLE.sub(put, page))


def _short(text: str) -> str:
    """Lists and objects without others in them on one line, where they fit."""
    flat = re.compile(r"([\[{])\n\s+([^\[\]{}]*?)\n\s+([\]}])")

    def join(found: re.Match[str]) -> str:
        line = found[1] + re.sub(r"\n\s+", " ", found[2]) + found[3]
        return line if len(line) < 92 else found[0]

    return flat.sub(join, flat.sub(join, text))


def test_the_table_of_routes_is_that_of_the_code(page: str) -> None:
    table = {(row[0], row[1].replace("{id}", "{ensemble_id}")) for row in rows(page, "Requests")}
    code = {(method, path) for path, methods in routes.ROUTES.items() for method in methods}
    assert table == code


def test_the_table_of_errors_is_that_of_the_code(page: str) -> None:
    def all_of(kind: type[exception.EnsembleError]) -> set[type[exception.EnsembleError]]:
        return {kind}.union(*(all_of(each) for each in kind.__subclasses__()))

    table = {(row[0], row[1], row[2]) for row in rows(page, "Errors")}
    code = {
        (str(each.status), views.FAULT_NAMES.get(each.status, "computeFault"), each.code)
        for each in all_of(exception.EnsembleError)
    }
    assert table == code


def test_the_table_of_rules_is_that_of_the_code(page: str) -> None:
    table = {(row[0], row[1]) for row in rows(page, "Rules")}
    code = {(rule.name, rule.check_str) for rule in policies.list_rules()}
    assert table == code


def test_the_tables_of_states_are_those_of_the_code(page: str) -> None:
    assert {row[0] for row in rows(page, "States of an ensemble")} == {
        each.value for each in Status
    }
    assert {row[0] for row in rows(page, "States of a member")} == {
        each.value for each in MemberStatus
    }
