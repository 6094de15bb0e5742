# SPDX-License-Identifier: Apache-2.0
"""ensemble-api with the real keystonemiddleware, a Keystone and a Nova behind sockets."""

import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import webob
from configured import nova_conf, user
from small_cloud import SmallCloud, body
from test_who_may_what import CALLERS

from ensemble_api import standalone, startup
from ensemble_api.process import Process
from ensemble_api.standalone import EnsemblesApi
from ensemble_api.store.api import Store
from tests.fakes.keystone import FakeKeystone
from tests.fakes.nova_http import NovaByHttp

# The options that are seen to work by test_standalone.py, test_trusts.py and test_live_tokens.py.
STANDALONE = ("mount", "use_trusts", "trust_roles")

OWNER = "user-of-shop-project"
ALL = "/v1/os-ensembles"


class StandaloneService:
    """The whole pipeline, and what is behind it."""

    def __init__(self, cloud: SmallCloud, directory: Path, **settings: Any) -> None:
        self.cloud = cloud
        self.keystone = FakeKeystone(cloud.placement.url)
        self.nova = NovaByHttp(cloud.nova, self.keystone)
        self.processes: list[Any] = []
        ours = {
            "connection": cloud.store.engine.url,
            "poll_interval": 0.2,
            "mount": "service",
            "auth_section": "placement",
            "metrics_listen": "",
            **settings,
        }
        sections = {
            name: user(self.keystone.url) for name in ("placement", "neutron", "keystone_authtoken")
        }
        sections["keystone_authtoken"]["interface"] = "public"  # which this Keystone has alone
        self.config = nova_conf(directory / "ensembles.conf", {"ensembles": ours, **sections})
        self.application = self._pipeline()

    def _pipeline(self) -> Any:
        """As ``standalone.pipeline``, with its process to stop it by."""
        made: list[EnsemblesApi] = []

        class Seen(EnsemblesApi):
            def __init__(self, config: Any) -> None:
                super().__init__(config)
                made.append(self)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(standalone, "EnsemblesApi", Seen)
            found = standalone.pipeline(self.config)
        self.processes += [each.process for each in made]
        return found

    def engine(self) -> None:
        """Have an ensemble-engine work beside the API, with the same configuration."""

        def nova(store: Store) -> startup.Nova:
            return startup.by_http(self.config, store, works=True)

        engine = Process(lambda: startup.assembled(nova, self.config, works=True))
        self.processes.append(engine)
        engine.service()

    def ask(
        self, token: str | None, method: str, path: str, sent: Any = None, **headers: str
    ) -> webob.Response:
        request = webob.Request.blank(path, method=method, base_url="http://cloud:8780")
        if token is not None:
            request.headers["X-Auth-Token"] = token
        request.headers.update(headers)
        if sent is not None:
            request.content_type = "application/json"
            request.body = json.dumps(sent).encode()
        return request.get_response(self.application)

    def stop(self) -> None:
        for each in self.processes:
            each.stop()
        self.nova.stop()
        self.keystone.stop()


Start = Callable[..., StandaloneService]


@pytest.fixture
def standing_alone(cloud: SmallCloud, tmp_path: Path) -> Iterator[Start]:
    started: list[StandaloneService] = []

    def start(**settings: Any) -> StandaloneService:
        started.append(StandaloneService(cloud, tmp_path, **settings))
        return started[-1]

    yield start
    for each in started:
        each.stop()


def until(condition: Callable[[], bool]) -> None:
    pause = threading.Event()
    for _ in range(1000):
        if condition():
            return
        pause.wait(0.02)
    raise AssertionError("did not happen")


def login(service: StandaloneService, who: str = "member", **more: Any) -> str:
    project, *roles = CALLERS[who]
    return service.keystone.login(f"user-of-{project}", project, *roles, **more)


def create(service: StandaloneService, token: str, count: int = 2) -> str:
    wanted = {"ensemble": body(("web", count), networks="none")}
    answer = service.ask(token, "POST", ALL, wanted)
    assert answer.status_int == 202, answer.text
    return str(answer.json["ensemble"]["id"])
