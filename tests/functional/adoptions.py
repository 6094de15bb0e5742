# SPDX-License-Identifier: Apache-2.0
"""Adoptions of servers of the small cloud, asked for by way of the API."""

import json
from typing import Any

import webob
from small_cloud import SmallCloud, caller

from ensemble_api import routes
from ensemble_api.records import EnsembleRecord
from tests.fakes.nova_objects import FakeServer

HOST_ANTI_AFFINITY = {
    "type": "anti-affinity",
    "level": "host",
    "tiers": ["web"],
    "enforcement": "hard",
}


def ask(
    cloud: SmallCloud, path: str, sent: Any, who: Any = None, method: str = "POST", **parts: Any
) -> webob.Response:
    request = webob.Request.blank(
        f"/os-ensembles{path}",
        method=method,
        base_url="http://cloud:8774/v2.1",
        environ={"nova.context": who or caller()},
    )
    if sent is not None:
        request.body = json.dumps(sent).encode()
    return routes.dispatch(request, cloud.service(**parts), request.path_info)


def adoption(source: Any, name: str = "shop", plan: str | None = None, **more: Any) -> Any:
    wanted = {"adopt": {"name": name, "from": source, **more}}
    return wanted | ({"plan": plan} if plan else {})


def proposal(cloud: SmallCloud, source: Any, who: Any = None, **more: Any) -> Any:
    """What would be adopted."""
    answer = ask(cloud, "/adopt?dry_run=1", adoption(source, **more), who)
    assert answer.status_code == 200, answer.json
    return answer.json["adoption"]


def adopted(cloud: SmallCloud, source: Any, **more: Any) -> EnsembleRecord:
    answer = ask(cloud, "/adopt", adoption(source, **more))
    assert answer.status_code == 201, answer.json
    return cloud.store.get(answer.json["ensemble"]["id"])


def details(answer: webob.Response) -> Any:
    (fault,) = answer.json.values()
    return fault["details"]


def refusal(cloud: SmallCloud, source: Any, who: Any = None, **more: Any) -> tuple[int, str, str]:
    """Status, field and reason of what is refused, which leaves nothing."""
    answer = ask(cloud, "/adopt", adoption(source, **more), who)
    found = details(answer)
    assert cloud.store.servers_of_ensembles("shop-project") == {}
    return answer.status_code, found.get("field", ""), str(found.get("reason", ""))


def running_web(cloud: SmallCloud) -> list[FakeServer]:
    """Three servers in a server group, two of them on one host."""
    servers = [
        cloud.nova.boot("web-1", "secrethost1"),
        cloud.nova.boot("web-2", "secrethost3"),
        cloud.nova.boot("web-3", "secrethost3"),
    ]
    cloud.nova.group("web", "anti-affinity", *servers, max_server_per_host=1)
    return servers


def release(cloud: SmallCloud, ensemble_id: str, who: Any = None) -> webob.Response:
    return ask(cloud, f"/{ensemble_id}/action", {"release": None}, who)
