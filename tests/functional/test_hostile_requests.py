# SPDX-License-Identifier: Apache-2.0
"""Requests of strangers and of machines gone wrong: each is a 400 that names the field."""

import json
from typing import Any

import pytest
import webob
from small_cloud import SmallCloud, anti_affinity, body, caller

from ensemble_api import routes

GOOD = {"ensemble": body(("web", 1))}
UUID = "11111111-1111-4111-8111-111111111111"


def send(
    cloud: SmallCloud, method: str, path: str, text: str = "", who: Any = None
) -> webob.Response:
    request = webob.Request.blank(
        f"/os-ensembles{path}", method=method, base_url="http://cloud:8774/v2.1"
    )
    request.environ["nova.context"] = who or caller()
    if text:
        request.body = text.encode()
    service = cloud.service(max_body=8 * 1024 * 1024)
    return routes.dispatch(request, service, request.environ["PATH_INFO"])


def fault(answer: webob.Response) -> tuple[int, str, str]:
    (found,) = answer.json.values()
    assert len(answer.body) < 2000, "nothing long is echoed"
    return answer.status_int, found["details"].get("field", ""), found["message"]


def server(**fields: Any) -> str:
    return json.dumps({"ensemble": body(("web", 2), **fields)})


def tier(**fields: Any) -> str:
    made = body(("web", 2))
    made["tiers"][0] |= fields
    return json.dumps({"ensemble": made})


def ensemble(**fields: Any) -> str:
    return json.dumps({"ensemble": body(("web", 2)) | fields})


SERVER = "ensemble.tiers[0].server"
LONG = "x" * 1_000_000


@pytest.mark.parametrize(
    ("text", "field", "words"),
    [
        pytest.param("[" * 100_000, "body", "nested too deeply", id="nesting without an end"),
        pytest.param('{"a":' * 500 + "1" + "}" * 500, "ensemble", "is required", id="nesting"),
        pytest.param('{"ensemble": NaN}', "body", "NaN", id="NaN"),
        pytest.param(
            json.dumps(GOOD).replace('"count": 1', '"count": Infinity'),
            "body",
            "Infinity",
            id="infinity",
        ),
        pytest.param(
            json.dumps(GOOD).replace('"count": 1', '"count": 1e999'),
            "ensemble.tiers[0].count",
            "must be a whole number",
            id="infinity in digits",
        ),
        pytest.param(
            json.dumps(GOOD).replace('"count": 1', '"count": ' + "9" * 5000),
            "body",
            "has a number of more than 100 digits",
            id="a number of 5,000 digits",
        ),
        pytest.param(
            json.dumps(GOOD).replace('"count": 1', '"count": 1, "count": 200'),
            "body",
            "has count twice",
            id="a key twice",
        ),
        pytest.param(
            '{"ensemble": {}, "ensemble": {}}', "body", "has ensemble twice", id="all twice"
        ),
        pytest.param(ensemble(name=LONG), "ensemble.name", "longer than 255", id="a long name"),
        pytest.param(ensemble(**{LONG: 1}), f"ensemble.{'x' * 64}", "not known", id="a long key"),
        pytest.param(ensemble(description="a\0b"), "ensemble.description", "shown", id="NUL there"),
        pytest.param(
            server(metadata={"a": "b\0c"}), f"{SERVER}.metadata.a", "shown", id="NUL in metadata"
        ),
        pytest.param(
            server(key_name="a\0"), f"{SERVER}.key_name", "shown", id="NUL in a key's name"
        ),
        pytest.param(server(flavor="a\0"), f"{SERVER}.flavor", "shown", id="NUL in a flavor"),
        pytest.param(
            server(availability_zone="a\nb"), f"{SERVER}.availability_zone", "shown", id="two lines"
        ),
        pytest.param(
            server(security_groups=["default", "a\0"]),
            f"{SERVER}.security_groups[1]",
            "shown",
            id="NUL in one of several",
        ),
        pytest.param(
            server(networks=[UUID, "secret", UUID]),
            f"{SERVER}.networks[1]",
            "must be a UUID",
            id="one bad network of several",
        ),
        pytest.param(
            server(networks="some"), f"{SERVER}.networks", '"auto", "none" or a list', id="no list"
        ),
        pytest.param(
            server(ports=[UUID, "secret"]),
            f"{SERVER}.ports[1]",
            "must be a UUID",
            id="one bad port",
        ),
        pytest.param(
            server(security_groups=["a", 7]),
            f"{SERVER}.security_groups[1]",
            "must be text",
            id="one bad group",
        ),
        pytest.param(tier(count=2.0), "ensemble.tiers[0].count", "whole number", id="2.0"),
        pytest.param(
            ensemble(policies=[anti_affinity("web") | {"max_per_domain": 1.0}]),
            "ensemble.policies[0].max_per_domain",
            "whole number",
            id="1.0",
        ),
        pytest.param(tier(count=2.5), "ensemble.tiers[0].count", "whole number", id="a half"),
        pytest.param(tier(count=True), "ensemble.tiers[0].count", "whole number", id="a truth"),
    ],
)
def test_a_body_that_is_wrong_is_refused_by_its_field(
    cloud: SmallCloud, text: str, field: str, words: str
) -> None:
    for path in ("", "/plans"):
        status, at, message = fault(send(cloud, "POST", path, text))
        assert (status, at) == (400, field)
        assert words in message
        assert "secret" not in message
    assert cloud.store.all_members() == []


def test_text_of_several_lines_is_taken_where_it_makes_sense(cloud: SmallCloud) -> None:
    answer = send(cloud, "POST", "", ensemble(description="one\r\ntwo\tthree"))
    assert answer.status_int == 202, answer.text
    answer = send(cloud, "POST", "/plans", server(metadata={"a": "one\ntwo"}))
    assert answer.status_int == 200, answer.text


ADMIN = caller("operators", "admin")


@pytest.mark.parametrize(
    ("path", "field", "words"),
    [
        pytest.param("?all_projects=x", "all_projects", "must be one of 0, 1, false, true", id="x"),
        pytest.param(
            "?all_projects=", "all_projects", "must be one of 0, 1, false, true", id="none"
        ),
        pytest.param("?status=x", "status", "must be one of RESERVING, BUILDING", id="status"),
        pytest.param("?status=", "status", "must be one of RESERVING, BUILDING", id="no status"),
        pytest.param("?name=%00", "name", "cannot be shown", id="NUL in a name"),
        pytest.param("?marker=%00", "marker", "cannot be shown", id="NUL in a marker"),
        pytest.param("?project_id=%00", "project_id", "cannot be shown", id="NUL in a project"),
        pytest.param("?project_id=p7", "project_id", "only with all_projects=1", id="a project"),
        pytest.param(
            "?project_id=p7&all_projects=0",
            "project_id",
            "only with all_projects=1",
            id="a project, and not all",
        ),
        pytest.param("?limit=0", "limit", "whole number above 0", id="0"),
        pytest.param("?limit=-1", "limit", "whole number above 0", id="less than 0"),
        pytest.param("?limit=1e3", "limit", "whole number above 0", id="1e3"),
        pytest.param("?limit=", "limit", "whole number above 0", id="no number"),
        pytest.param("?limit=%B2", "url", "UTF-8", id="not UTF-8"),
        pytest.param("?limit=%C2%B2", "limit", "whole number above 0", id="a small 2 above"),
        pytest.param("?sort_dir=up", "sort_dir", "must be one of asc, desc", id="direction"),
        pytest.param("?a%00b=1", "a%00b", "", id="NUL in a parameter's name"),
        pytest.param("/hosts?summary=x", "summary", "must be one of", id="summary"),
        pytest.param("/hosts?q=%00", "q", "cannot be shown", id="NUL in a search"),
        pytest.param("/hosts?rack=%00", "rack", "cannot be shown", id="NUL in a domain"),
        pytest.param("/hosts/secrethost1?check=x", "check", "must be one of", id="check"),
    ],
)
def test_a_query_that_is_wrong_is_refused_by_its_name(
    cloud: SmallCloud, path: str, field: str, words: str
) -> None:
    status, at, message = fault(send(cloud, "GET", path, who=ADMIN))
    assert (status, at.replace("\0", "%00")) == (400, field)
    assert words in message


@pytest.mark.parametrize("path", ["/%00", "/a%00b/survivability", "/hosts/a%00b"])
def test_a_path_with_what_cannot_be_shown_is_not_found(cloud: SmallCloud, path: str) -> None:
    assert fault(send(cloud, "GET", path, who=ADMIN))[0] == 404


@pytest.mark.parametrize("value", ["1", "true", "True", "TRUE"])
def test_whether_is_taken_in_each_spelling(cloud: SmallCloud, value: str) -> None:
    assert send(cloud, "GET", f"?all_projects={value}").status_int == 403
    assert send(cloud, "GET", f"?all_projects={value}", who=ADMIN).status_int == 200


@pytest.mark.parametrize("value", ["0", "false", "False"])
def test_and_whether_not_too(cloud: SmallCloud, value: str) -> None:
    assert send(cloud, "GET", f"?all_projects={value}").status_int == 200
