# SPDX-License-Identifier: Apache-2.0
"""Creates sent to the small cloud, and what they left there."""

from typing import Any

import webob
from small_cloud import SmallCloud, anti_affinity, body, caller

from ensemble_api.cloud.reservation import Reservation
from ensemble_api.store.api import Page

WANTED = body(("web", 2), policies=[anti_affinity("web", "rack")])
TOO_MANY = body(("web", 5), policies=[anti_affinity("web")])  # for four hosts


def post(cloud: SmallCloud, wanted: Any = WANTED, **more: Any) -> webob.Response:
    return cloud.post(wanted, **more)


def built(cloud: SmallCloud) -> int:
    """How many ensembles there are; each holds what its members need and nobody else does."""
    found = cloud.store.select(Page())
    members = {member.server_id or member.id for each in found for member in each.members}
    assert cloud.placement.consumers(*cloud.providers) == members
    return len(found)


def plan(cloud: SmallCloud, wanted: Any = WANTED) -> str:
    planned = cloud.service().plan(caller(), wanted)
    assert planned.id is not None
    return planned.id


def code(response: webob.Response) -> str:
    (fault,) = response.json.values()
    return str(fault["details"]["code"])


class Held(Reservation):
    """A reservation during which something else happens."""

    def __init__(self, cloud: SmallCloud, during: Any) -> None:
        super().__init__(cloud.placement.adapter(), sleep=cloud.pauses.append)
        self._during = during

    def hold_all(self, *arguments: Any) -> None:
        super().hold_all(*arguments)
        self._during()
