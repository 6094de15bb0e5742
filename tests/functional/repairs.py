# SPDX-License-Identifier: Apache-2.0
"""Failures of hosts of the small cloud, and repairs after them."""

from datetime import timedelta
from typing import Any

import sqlalchemy as sa
import webob
from changes import built
from small_cloud import SmallCloud, caller

from ensemble_api import routes
from ensemble_api.records import EnsembleRecord
from ensemble_api.store import models, rows


def act(
    cloud: SmallCloud, ensemble_id: str, action: Any, who: Any = None, **parts: Any
) -> webob.Response:
    """The answer of POST /os-ensembles/{id}/action."""
    path = f"/os-ensembles/{ensemble_id}/action"
    request = webob.Request.blank(
        path,
        method="POST",
        base_url="http://cloud:8774/v2.1",
        environ={"nova.context": who or caller()},
    )
    request.json = action
    return routes.dispatch(request, cloud.service(**parts), path)


def repair(cloud: SmallCloud, ensemble_id: str, **parts: Any) -> webob.Response:
    return act(cloud, ensemble_id, {"repair": {}}, **parts)


def failed(cloud: SmallCloud, *hosts: str) -> None:
    """These hosts have failed, and that was observed."""
    cloud.nova.fail(*hosts)
    cloud.observe()


def host_of(cloud: SmallCloud, record: EnsembleRecord, name: str) -> str:
    member = next(each for each in record.members if each.name == name)
    return cloud.nova.servers[member.server_id].host


def hosts_of(cloud: SmallCloud, ensemble_id: str) -> dict[str, str]:
    record = cloud.store.get(ensemble_id)
    return {each.name: host_of(cloud, record, each.name) for each in record.members}


def events(cloud: SmallCloud, ensemble_id: str) -> list[str]:
    return [str(each["message"]) for each in cloud.store.get(ensemble_id).events]


def last_operation(cloud: SmallCloud, ensemble_id: str) -> Any:
    return cloud.service().operations(cloud.store.get(ensemble_id), 1)[0]


def lost(cloud: SmallCloud, count: int = 2) -> tuple[str, str]:
    """An ensemble of which the first member's host has failed; gives that host."""
    ensemble_id = built(cloud, ("web", count))
    host = host_of(cloud, cloud.store.get(ensemble_id), "web-0")
    failed(cloud, host)
    assert cloud.store.get(ensemble_id).status == "DEGRADED"
    return ensemble_id, host


def step_late(cloud: SmallCloud, ensemble_id: str, seconds: float = 1000.0) -> None:
    """One step of the worker, so many seconds after the last progress."""
    assert cloud.store.claim(ensemble_id, "worker", 60)
    with cloud.store.writing() as session:
        late = rows.now() - timedelta(seconds=seconds)
        session.execute(sa.update(models.Ensemble).values(updated_at=late))
    cloud.engine().step(ensemble_id)
    cloud.store.release(ensemble_id, "worker")
