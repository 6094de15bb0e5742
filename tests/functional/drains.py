# SPDX-License-Identifier: Apache-2.0
"""Drains of hosts and domains of the small cloud, as operators ask for them."""

from datetime import datetime, timedelta
from typing import Any

import webob
from repairs import hosts_of
from small_cloud import SmallCloud, body, caller

from ensemble_api import routes
from ensemble_api.store import rows
from ensemble_api.usecases.auto_drain import AutoDrain

ADMIN = caller("operators", "admin")


class Clock:
    """A clock that goes when it is told to."""

    def __init__(self) -> None:
        self.time = rows.now()

    def __call__(self) -> datetime:
        return self.time

    def goes(self, by: timedelta) -> None:
        self.time += by


def asked(cloud: SmallCloud, path: str, sent: Any = None, who: Any = ADMIN) -> webob.Response:
    """The answer to a POST of what is ``sent``, to a GET without that."""
    url = f"/os-ensembles{path}"
    method = "GET" if sent is None else "POST"
    request = webob.Request.blank(url, method=method, base_url="http://nova/v2.1")
    request.environ["nova.context"] = who
    if sent is not None:
        request.json = sent
    return routes.dispatch(request, cloud.service(), request.environ["PATH_INFO"])


def drain(cloud: SmallCloud, host: str, who: Any = ADMIN, **options: Any) -> webob.Response:
    return asked(cloud, f"/hosts/{host}/action", {"drain": options}, who)


def looking(cloud: SmallCloud) -> tuple[AutoDrain, Clock]:
    clock, found = Clock(), cloud.service().auto_drain
    found._now = clock
    return found, clock


def built(cloud: SmallCloud, count: int = 2, **more: Any) -> str:
    ensemble_id = cloud.service().create(caller(), body(("web", count), **more)).id
    cloud.run(ensemble_id)
    cloud.observe()
    return ensemble_id


def host_of_web(cloud: SmallCloud, ensemble_id: str) -> str:
    return hosts_of(cloud, ensemble_id)["web-0"]
