# SPDX-License-Identifier: Apache-2.0
"""A rack really fails under a service that is built in two ways, as `ensemble-drill` holds it."""

import json
import sysconfig
from pathlib import Path
from typing import Any

import pytest

from ensemble_drill.main import main
from tests.cloud.ensembles import Operator, until

pytestmark = pytest.mark.cloud

SERVICE = """
name: drilled
tiers:
  - name: web
    count: 3
    server: {flavor: m1.tiny, image: cirros, networks: none}
policies:
  - {type: survive, level: rack, tiers: web, min_available: 2}
"""
TOOL = Path(sysconfig.get_path("scripts"), "ensemble-cloud")


@pytest.fixture
def drill(cloud: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Hold a drill; gives its exit code, its JSON and its page."""
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(cloud.state / "clouds.yaml"))
    service, criteria = tmp_path / "service.yaml", tmp_path / "criteria.yaml"
    service.write_text(SERVICE)
    criteria.write_text("{max_servers_lost: 1, tiers_kept: {web: 2}}")
    command = f'{TOOL} --state {cloud.state} "$DRILL_LEVEL" {{}} "$DRILL_DOMAIN" --forced'

    def held(*more: str) -> tuple[int, Any, str]:
        page, data = tmp_path / "drill.html", tmp_path / "drill.json"
        code = main(
            [
                *("--os-cloud", "demo", "--operator-cloud", "admin"),
                *("--service", str(service), "--criteria", str(criteria)),
                *("--fail-command", command.format("stop")),
                *("--restore-command", command.format("start")),
                *("--report", str(page), "--json", str(data), "--seed", "3", *more),
            ]
        )
        if code > 1:
            return code, None, ""
        return code, json.loads(data.read_text()), page.read_text()

    return held


def test_what_is_predicted_of_a_rack_is_what_its_failure_takes(
    drill: Any, operator: Operator
) -> None:
    before = operator.left_behind()
    code, found, page = drill("--methods", "groups,ensemble")
    groups, ensemble = found["outcomes"]
    assert (found["agreed"], groups["agreed"], ensemble["agreed"]) == (True, True, True)
    rack = found["domain"]["name"]
    racks = operator.place("rack")
    for outcome in (groups, ensemble):
        lost = {name for name, host in outcome["before"].items() if racks[host] == rack}
        assert lost, "the rack is one in which each has servers"
        assert set(outcome["loss"]["lost"]) == set(outcome["predicted"][rack]["lost"]) == lost
    assert max(len(each["lost"]) for each in ensemble["predicted"].values()) == 1
    assert (code, ensemble["passed"]) == (0, True)
    assert "The ensemble lost 1 of 3 servers, stayed up" in page
    until("all hosts are up", lambda: {each["state"] for each in _hosts(operator)} == {"up"})
    assert operator.left_behind() == before


def test_a_rack_that_is_not_there_is_refused_before_anything_is_built(
    drill: Any, operator: Operator, capsys: pytest.CaptureFixture[str]
) -> None:
    before = operator.left_behind()
    assert drill("--fail", "rack:rack9")[0] == 2
    assert "there is no rack 'rack9'; there are rack1, " in capsys.readouterr().err
    assert operator.left_behind() == before


def _hosts(operator: Operator) -> list[dict[str, str]]:
    services = operator.connection.compute.services(binary="nova-compute")
    return [{"host": each.host, "state": each.state} for each in services]
