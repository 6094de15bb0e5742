# SPDX-License-Identifier: Apache-2.0
"""Plans count from when they are made until they are held, given up, or too old."""

import threading

from ensemble_api.planning.model import Ensemble, Member, Tier
from ensemble_api.planning.result import Plan
from ensemble_api.usecases.plans_under_way import LONGEST, PATIENCE, PlansUnderWay

ENSEMBLE = Ensemble((Tier("web", 1, {"VCPU": 1}),))


def plan() -> Plan:
    return Plan(ENSEMBLE, {Member("web", 0): "h1"}, ())


def test_equal_plans_are_two() -> None:
    found = PlansUnderWay()
    first, second = plan(), plan()
    assert first == second
    found.add(first, [("h1", {"VCPU": 1})])
    found.add(second, [("h2", {"VCPU": 2})])
    found.remove(first)
    found.remove(first)
    assert found.taken() == [("h2", {"VCPU": 2})]


def test_one_that_nobody_ends_is_forgotten() -> None:
    seconds = [0.0]
    found = PlansUnderWay(clock=lambda: seconds[0])
    found.add(plan(), [("h1", {"VCPU": 1})])
    seconds[0] = LONGEST - 1
    assert found.taken()
    seconds[0] = LONGEST
    assert not found.taken()


def test_one_that_takes_long_keeps_others_no_longer_than_their_patience() -> None:
    found = PlansUnderWay()
    waited = threading.Event()

    def second() -> None:
        with found.turn():
            waited.set()

    with found.turn():
        thread = threading.Thread(target=second)
        thread.start()
        assert not waited.wait(PATIENCE / 4)
        assert waited.wait(4 * PATIENCE)
        thread.join()
    with found.turn():
        pass
