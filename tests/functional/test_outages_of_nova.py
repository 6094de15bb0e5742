# SPDX-License-Identifier: Apache-2.0
"""Nobody is brought back from a host that may run: one that Nova only does not hear of."""

from datetime import timedelta
from typing import Any, Self

import pytest
from repairs import act, hosts_of
from small_cloud import SmallCloud, caller
from test_auto_repair import built, is_repairing

from ensemble_api.store import models, rows

SETTLE = timedelta(seconds=60)
ALL = 1.0


class Installation:
    """One nova-api that observes the cloud, by a clock that is set forward."""

    def __init__(self, cloud: SmallCloud, ensemble_id: str, **parts: Any) -> None:
        self.cloud, self.ensemble_id = cloud, ensemble_id
        self.time = rows.now()
        parts = {"most_hosts_down": 0.5, "settle": SETTLE.total_seconds(), **parts}
        self.auto = cloud.service(**parts).auto_repair
        self.auto._now = lambda: self.time  # type: ignore[misc]

    def for_a_while(self) -> Self:
        """It has looked for long enough."""
        assert not self.repairs_after()
        assert not self.repairs_after(SETTLE)
        return self

    def repairs_after(self, time: timedelta = timedelta()) -> bool:
        """Whether the ensemble is being repaired after a look so much later."""
        self.time += time
        self.cloud.observe(repair=self.auto.look)
        return is_repairing(self.cloud, self.ensemble_id)


@pytest.fixture
def ensemble_id(cloud: SmallCloud) -> str:
    return built(cloud)


@pytest.fixture
def host(cloud: SmallCloud, ensemble_id: str) -> str:
    """The one that fails, which has a member."""
    return hosts_of(cloud, ensemble_id)["web-0"]


def others(cloud: SmallCloud, host: str) -> list[str]:
    return [each.name for each in cloud.nova.hosts if each.name != host]


def fail_and_come_back(here: Installation, host: str) -> None:
    """All hosts are down for a while, and all but one report again."""
    here.cloud.nova.fail(host, *others(here.cloud, host))
    assert not here.repairs_after()
    for each in others(here.cloud, host):
        here.cloud.nova.restart(each)


def test_one_host_that_fails_is_no_outage(cloud: SmallCloud, ensemble_id: str, host: str) -> None:
    here = Installation(cloud, ensemble_id).for_a_while()
    cloud.nova.fail(host)
    assert here.repairs_after()


def test_after_an_outage_hosts_have_time_to_report_again(
    cloud: SmallCloud, ensemble_id: str, host: str
) -> None:
    here = Installation(cloud, ensemble_id).for_a_while()
    fail_and_come_back(here, host)
    assert not here.repairs_after(), "the first ones are back, and there is room"
    assert not here.repairs_after(SETTLE * 0.9)
    assert here.repairs_after(SETTLE * 0.2), "it has really failed"


@pytest.mark.parametrize("settle", [0.0, SETTLE.total_seconds()], ids=["no time", "a minute"])
def test_a_command_gives_them_as_much_time_in_any_process(
    cloud: SmallCloud, ensemble_id: str, host: str, settle: float
) -> None:
    """What has come back is known to the process that is asked by what the observing one saw."""
    began = models.Observation.since
    with cloud.store.writing() as session:
        session.query(models.Observation).update({began: rows.now() - 2 * SETTLE})
    fail_and_come_back(Installation(cloud, ensemble_id), host)
    cloud.observe()
    answer = act(cloud, ensemble_id, {"repair": {}}, settle=settle)
    assert answer.status_int == (409 if settle else 202), answer.text
    if settle:
        assert "may just be coming back" in answer.text
        cloud.nova.host(host).forced_down = True
        assert act(cloud, ensemble_id, {"repair": {}}, settle=settle).status_int == 202


@pytest.mark.parametrize(("count", "status"), [(1, 202), (2, 409)], ids=["one", "several"])
def test_a_command_waits_too_while_the_cloud_has_just_begun_to_be_observed(
    cloud: SmallCloud, ensemble_id: str, host: str, count: int, status: int
) -> None:
    cloud.nova.fail(host, *others(cloud, host)[: count - 1])
    cloud.observe()
    settle = SETTLE.total_seconds()
    assert act(cloud, ensemble_id, {"repair": {}}, settle=settle).status_int == status


def test_without_these_rules_the_first_that_report_would_get_them_all(
    cloud: SmallCloud, ensemble_id: str, host: str
) -> None:
    here = Installation(cloud, ensemble_id, settle=0.0, most_hosts_down=ALL).for_a_while()
    fail_and_come_back(here, host)
    assert here.repairs_after(timedelta(seconds=10))  # there was no place a moment ago


def test_while_more_than_half_are_down_nobody_is_brought_back(
    cloud: SmallCloud, ensemble_id: str, host: str
) -> None:
    here = Installation(cloud, ensemble_id).for_a_while()
    used = set(hosts_of(cloud, ensemble_id).values())
    free = next(each for each in others(cloud, host) if each not in used)
    cloud.nova.fail(*(each.name for each in cloud.nova.hosts if each.name != free))
    assert not here.repairs_after()
    assert not here.repairs_after(SETTLE * 10)
    refused = act(cloud, ensemble_id, {"repair": {}}, most_hosts_down=0.5)
    assert refused.status_int == 409
    assert "an operator has to see that the hosts are off" in refused.text
    assert not any(each.name in refused.text for each in cloud.nova.hosts)


def test_a_repair_by_command_brings_those_back_that_are_in_no_doubt(
    cloud: SmallCloud, ensemble_id: str, host: str
) -> None:
    """Another member is lost on a host that was forced down, and of this one nobody knows."""
    before = hosts_of(cloud, ensemble_id)
    assert before["web-1"] != host
    cloud.nova.fail(*before.values())
    cloud.nova.host(host).forced_down = True
    cloud.observe()
    who = caller("operators", "admin")
    shown = act(cloud, ensemble_id, {"repair": {"dry_run": True}}, who, only_forced=True)
    assert "web-1" not in str(shown.json)
    assert act(cloud, ensemble_id, {"repair": {}}, who, only_forced=True).status_int == 202
    operation = cloud.store.get(ensemble_id).operation
    assert operation is not None
    assert [each.name for each in operation.goals] == ["web-0"]
    cloud.run(ensemble_id)
    after = hosts_of(cloud, ensemble_id)
    assert (after["web-0"] != host, after["web-1"]) == (True, before["web-1"])


def test_what_was_forced_down_is_in_no_doubt(
    cloud: SmallCloud, ensemble_id: str, host: str
) -> None:
    here = Installation(cloud, ensemble_id).for_a_while()
    fail_and_come_back(here, host)
    cloud.nova.host(host).forced_down = True
    assert here.repairs_after()


def test_a_process_that_has_just_begun_to_look_waits_if_several_are_down(
    cloud: SmallCloud, ensemble_id: str, host: str
) -> None:
    cloud.nova.fail(host, others(cloud, host)[0])
    here = Installation(cloud, ensemble_id)
    assert not here.repairs_after()
    assert here.repairs_after(SETTLE)


def test_an_operator_may_want_each_host_forced_down_first(
    cloud: SmallCloud, ensemble_id: str, host: str
) -> None:
    here = Installation(cloud, ensemble_id, only_forced=True).for_a_while()
    cloud.nova.fail(host)
    assert not here.repairs_after(SETTLE * 10)
    who = caller("operators", "admin")
    assert act(cloud, ensemble_id, {"repair": {}}, who, only_forced=True).status_int == 409
    cloud.nova.host(host).forced_down = True
    assert here.repairs_after()
