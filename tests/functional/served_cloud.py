# SPDX-License-Identifier: Apache-2.0
"""A small cloud over HTTP, for clients as they are: our application below a scripted Nova."""

import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import webob
from small_cloud import SmallCloud, caller

from ensemble_api import routes
from ensemble_api.store.api import Page
from tests.fakes.ensemble_answers import Answer
from tests.fakes.scripted_cloud import FLAVORS, LOST, NETWORKS, Request, ScriptedCloud


@dataclass(kw_only=True)
class ServedCloud(ScriptedCloud):
    """What is asked of ensembles is answered by the handlers, as ``who`` asks."""

    cloud: SmallCloud
    who: Any = field(default_factory=caller)
    lost: int = 0  # how many of the next answers get lost

    def __post_init__(self) -> None:
        for flavor in FLAVORS.values():
            self.cloud.flavor(flavor)
        self.cloud.nova.networks.update(NETWORKS.values())

    def start(self) -> None:
        super().start()
        for (image,) in self.images.values():
            self.cloud.nova.images[image] = {
                "id": image, "minRam": 0, "minDisk": 0, "metadata": {}
            }  # fmt: skip

    def answer(self, asked: Request) -> Answer:
        if not asked.path.startswith(f"{self.below}{routes.COLLECTION}"):
            return super().answer(asked)
        self.asked.append(asked)
        request = webob.Request.blank(
            f"{asked.path.removeprefix(self.below)}?{urlencode(asked.query, doseq=True)}",
            method=asked.method,
            base_url=f"{self.url}{self.below}",
            environ={"nova.context": self.who},
            headers={
                name: value for name, value in asked.headers.items() if name != "content-length"
            },
        )
        if asked.body is not None:
            request.body = json.dumps(asked.body).encode()
        response = routes.dispatch(request, self.cloud.service(), request.path_info)
        if self.lost:
            self.lost -= 1
            return LOST
        return response.status_code, response.json if response.body else None

    def work(self) -> None:
        """Do what the worker does with all that is under way."""
        for each in self.cloud.store.select(Page()):
            if not each.settled:
                self.cloud.run(each.id)
