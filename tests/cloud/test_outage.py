# SPDX-License-Identifier: Apache-2.0
"""A rack of the embedded cloud fails and comes back at one command, and Nova is told."""

from typing import Any

import pytest

from tests.cloud.ensembles import Operator, until

pytestmark = pytest.mark.cloud

RACK = {"r6-h1", "r6-h2", "r6-h3", "r6-h4"}


def states(operator: Operator) -> dict[str, tuple[str, bool]]:
    services = operator.connection.compute.services(binary="nova-compute")
    return {each.host: (each.state, each.is_forced_down) for each in services}


def test_a_rack_that_is_forced_down_is_down_at_once_and_comes_back_whole(
    cloud: Any, operator: Operator
) -> None:
    try:
        stopped = cloud.ensemble_cloud("rack", "stop", "rack6", "--forced")
        assert stopped.returncode == 0, stopped.stderr
        assert {h for h, state in states(operator).items() if state == ("down", True)} == RACK
        again = cloud.ensemble_cloud("rack", "stop", "az2-rack6", "--forced")
        assert again.stdout.count("was stopped already") == len(RACK)
        assert again.stdout.endswith("rack start az2-rack6 --forced\n")
        half = cloud.ensemble_cloud("host", "start", "r6-h1")
        assert "Nova still takes r6-h1 for down" in half.stdout
        assert states(operator)["r6-h1"] == ("down", True)
    finally:
        started = cloud.ensemble_cloud("rack", "start", "rack6", "--forced")
    assert started.returncode == 0, started.stderr
    assert started.stdout.count("is not forced down any more") == len(RACK)
    until("all are up", lambda: set(states(operator).values()) == {("up", False)})


def test_a_rack_that_is_not_there_is_refused_with_those_that_are(cloud: Any) -> None:
    done = cloud.ensemble_cloud("rack", "stop", "rack9")
    assert done.returncode == 1
    assert done.stderr.startswith("ensemble-cloud: there is no rack 'rack9'; there are az1-rack1,")
