# SPDX-License-Identifier: Apache-2.0
"""openstacksdk's service on the embedded cloud: from a plan to an ensemble that is gone again."""

from typing import Any

import pytest

from ensemble_client import sdk
from tests.cloud.ensembles import Operator, Project

pytestmark = pytest.mark.cloud


def test_an_ensemble_is_built_and_removed_by_openstacksdk(
    cloud: Any, demo: Project, operator: Operator
) -> None:
    before = operator.left_behind()
    connection = cloud.connection("demo")
    connection.add_service(sdk.EnsembleService())
    apart = {"type": "anti-affinity", "level": "host", "tiers": ["web"]}
    shop = {"name": "by-sdk", "tiers": [demo.tier("web", 2)], "policies": [apart]}
    plan = connection.ensemble.plan(**shop)
    made = connection.ensemble.create_ensemble(plan=plan, **shop)
    built = connection.ensemble.wait_for_ensemble(made, interval=0.5)
    assert (built.status, len(built.members)) == ("ACTIVE", 2)
    running = operator.servers()
    assert len({running[each.server_id].compute_host for each in built.members}) == 2
    connection.ensemble.delete_ensemble(built)
    connection.ensemble.wait_for_delete(built, interval=0.5)
    assert operator.left_behind() == before
