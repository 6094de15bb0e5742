# SPDX-License-Identifier: Apache-2.0
"""However a drill ends, what it has built is removed, and what is left is said."""

import os
import signal
import time
from types import SimpleNamespace
from typing import Any

import pytest
from drilled import LAYOUT, SERVICE
from novaclient import exceptions

from ensemble_drill import main as command
from ensemble_drill.cloud import CloudError
from ensemble_drill.criteria import Criteria
from ensemble_drill.story import Commands, Story
from ensemble_drill.watched import Seen

NEEDED = [
    *("--os-cloud", "a", "--operator-cloud", "b", "--service", "shop.yaml"),
    *("--fail-command", "x", "--restore-command", "y"),
]


def test_sigterm_ends_a_drill_as_ctrl_c_does(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    removed: list[bool] = []

    def held(_: Any) -> Any:
        try:
            os.kill(os.getpid(), signal.SIGTERM)
            time.sleep(5)
        finally:
            removed.append(True)

    # Without a handler of the drill's own the test would end with the process.
    before = signal.signal(signal.SIGTERM, signal.SIG_IGN)
    try:
        monkeypatch.setattr(command, "_held", held)
        assert command.main(NEEDED) == 2
        assert signal.getsignal(signal.SIGTERM) == signal.SIG_IGN
    finally:
        signal.signal(signal.SIGTERM, before)
    assert removed == [True]
    assert "broken off" in capsys.readouterr().err


def test_what_cannot_be_removed_is_said_and_the_rest_is_removed() -> None:
    removed: list[str] = []

    def refused() -> None:
        raise exceptions.Forbidden(403, "the ensemble is locked")

    methods: list[Any] = [
        SimpleNamespace(name="ensemble", title="Ensemble", remove=refused),
        SimpleNamespace(name="plain", title="Plain servers", remove=lambda: removed.append("it")),
    ]
    cloud: Any = SimpleNamespace()
    story = Story(
        cloud, cloud, LAYOUT, SERVICE, Criteria(), methods, Commands("x", "y"), lambda _: None
    )
    with pytest.raises(CloudError, match="Ensemble: the ensemble is locked"):
        story.remove()
    assert removed == ["it"]


class Cloud:
    """Nova with a host of 8 processors, as tenant and operator; notes how servers are named."""

    project_id = "p"

    def __init__(self) -> None:
        self.there: list[Any] = []
        flavor = SimpleNamespace(id="f", vcpus=4)
        self.connection = SimpleNamespace(
            compute=SimpleNamespace(find_flavor=lambda _: flavor), session=None
        )

    def layout(self, _: Any) -> Any:
        return LAYOUT

    def processors(self) -> Any:
        return dict.fromkeys(LAYOUT.above, (8, 0))

    def post(self, _: str, body: Any) -> Any:
        server = {"id": f"s{len(self.there)}", "status": "ACTIVE", **body["server"]}
        self.there.append(server)
        return {"server": server}

    def named(self, beginning: str) -> list[Any]:
        return [each for each in self.there if each["name"].startswith(beginning)]

    def delete(self, path: str) -> None:
        self.there = [each for each in self.there if path != f"/servers/{each['id']}"]


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> Cloud:
    found = Cloud()
    tiers = [{"name": each.name, "count": each.count, "server": {}} for each in SERVICE.tiers]
    monkeypatch.setattr(command, "Tenant", lambda _: found)
    monkeypatch.setattr(command, "Operator", lambda _: found)
    monkeypatch.setattr(command, "_body", lambda *_: {"name": "shop", "tiers": tiers})
    return found


def test_two_runs_of_one_seed_name_no_server_alike_and_remove_none_of_each_other(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    names: list[set[str]] = []

    def build(_: Story) -> None:
        names.append({each["name"] for each in cloud.there})
        if len(names) == 1:  # while it runs, another one begins and ends
            assert command.main([*NEEDED, "--load", "30", "--seed", "1"]) == 2
            assert {each["name"] for each in cloud.there} == names[0]
        raise CloudError("enough was seen")

    monkeypatch.setattr(Story, "build", build)
    monkeypatch.setattr(Story, "remove", lambda _: None)
    assert command.main([*NEEDED, "--load", "30", "--seed", "1"]) == 2
    first, both = names
    assert first and first < both
    assert all(each.startswith("drill-1-") for each in both)
    assert cloud.there == []


def test_a_server_of_the_load_is_removed_though_the_answer_to_its_create_was_lost(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    post = cloud.post

    def lost(path: str, body: Any) -> Any:
        post(path, body)
        raise CloudError("the answer was lost")

    monkeypatch.setattr(cloud, "post", lost)
    assert command.main([*NEEDED, "--load", "30"]) == 2
    assert "the answer was lost" in capsys.readouterr().err
    assert cloud.there == []


def test_without_the_ensemble_nothing_would_be_judged_and_nothing_is_built(
    cloud: Cloud, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command.main([*NEEDED, "--load", "30", "--methods", "plain,groups"]) == 2
    assert "--methods: must have ensemble" in capsys.readouterr().err
    assert cloud.there == []


class Built:
    """The ensemble of a drill, with members on two hosts of one rack; nothing may fail of it."""

    name = title = "ensemble"

    def predicted(self, _: str) -> Any:
        return {}

    def status(self) -> str:
        return "ACTIVE"


def test_a_rack_without_a_member_does_not_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ensemble_drill.story.Ensemble", Built)
    there = {f"id-{name}": Seen("h1", "ACTIVE") for name in SERVICE.members}
    cloud: Any = SimpleNamespace(
        project_id="p", servers=lambda _: there, down=lambda: frozenset[str]()
    )
    built: Any = Built()
    story = Story(
        cloud, cloud, LAYOUT, SERVICE, Criteria(), [built], Commands("false", "false"), print
    )
    story.servers["ensemble"] = {name: f"id-{name}" for name in SERVICE.members}
    with pytest.raises(CloudError, match=r"rack r2 has no member of the ensemble.* members in r1"):
        story.drill("rack", "r2")
