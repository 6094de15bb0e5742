# SPDX-License-Identifier: Apache-2.0
"""Two that want the same server at the same moment, on every real database."""

import threading
from typing import Any

import webob
from adoptions import adoption, ask
from small_cloud import SmallCloud

from ensemble_api.store.api import Store
from tests.fakes.nova_objects import FakeServer

EVERY_DATABASE = True


def test_of_two_that_adopt_a_server_at_the_same_moment_one_does(cloud: SmallCloud) -> None:
    """Both have looked before either writes."""
    web = [cloud.nova.boot(f"web-{number}", f"secrethost{number}") for number in (1, 2, 3)]
    barrier = threading.Barrier(2)

    class LateStore(Store):
        """Writes when both are about to."""

        def adopt(self, *args: Any) -> None:
            barrier.wait(30)
            super().adopt(*args)

    url = cloud.store.engine.url.render_as_string(hide_password=False)
    answers: list[webob.Response] = []

    def one(name: str, *servers: FakeServer) -> None:
        store = LateStore(url)
        wanted = adoption({"servers": [each.id for each in servers]}, name=name)
        answers.append(ask(cloud, "/adopt", wanted, store=store))
        store.engine.dispose()

    # In the opposite order, and each with one that the other does not want.
    threads = [
        threading.Thread(target=one, args=("left", web[0], web[1])),
        threading.Thread(target=one, args=("right", web[1], web[2])),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(each.status_code for each in answers) == [201, 409]
    (lost,) = (each for each in answers if each.status_code == 409)
    assert "made a member of another ensemble just now" in lost.text
    assert len(cloud.store.servers_of_ensembles("shop-project")) == 2, "nothing of the other"
