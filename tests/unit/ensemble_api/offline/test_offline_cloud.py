# SPDX-License-Identifier: Apache-2.0
"""A cloud document becomes the snapshot that the API would plan on."""

import re
from typing import Any

import numpy as np
import pytest
from documents import a_cloud, a_host, a_tier, an_ensemble, understood, units, wanted

from ensemble_api.offline.cloud import MOST, UnknownDomainError, path_of
from ensemble_api.offline.document import Document, DocumentError, parse
from ensemble_api.offline.ensemble import ensemble
from ensemble_api.planning.model import Ensemble


def small(vcpus: int = 1, **server: Any) -> Ensemble:
    return wanted(an_ensemble(a_tier("web", 1, vcpus, **server))).ensemble


def free(document: Any, asked: Ensemble, resource: str = "VCPU") -> list[int]:
    return [int(each) for each in understood(document).snapshot(asked).amounts(resource)]


@pytest.mark.parametrize(
    ("inventory", "left"),
    [
        (units(8), 8),
        (units(8, 3), 5),
        (units(8, 3, reserved=2), 3),
        (units(8, 3, reserved=2, allocation_ratio=1.5), 6),
        (units(3, allocation_ratio=1.5), 4),
        (units(8, 9), 0),
        (units(8, reserved=9), 0),
        (units(8.0, 3.0), 5),
        (units(8, allocation_ratio=3.4e38), MOST),
    ],
)
def test_free_is_what_placement_would_count(inventory: dict[str, Any], left: int) -> None:
    host = a_host("h1", "r1", "az1")
    host["resources"]["VCPU"] = inventory
    assert free(a_cloud(host), small()) == [left]


def test_levels_above_the_host_are_its_domains_and_a_missing_one_is_its_own() -> None:
    hosts = [a_host("h1", "r1", "az1"), a_host("h2", None, "az1"), a_host("h3", None, "az1")]
    del hosts[2]["domains"]["rack"]
    topology = understood(a_cloud(*hosts)).topology
    assert topology.domain_of("h1", "host").path == ("az1", "r1", "h1")
    assert topology.size("rack") == 3
    assert topology.size("zone") == 1


@pytest.mark.parametrize(
    ("more", "usable"),
    [
        pytest.param({}, [True, False], id="zone, unless the document says otherwise"),
        pytest.param({"zone_level": "rack"}, [False, True], id="the level that is named"),
        pytest.param({"zone_level": None}, [False, False], id="no level"),
    ],
)
def test_a_tier_s_zone_is_of_the_level_that_holds_zones(
    more: dict[str, Any], usable: list[bool]
) -> None:
    document = a_cloud(a_host("h1", "r1", "here"), a_host("h2", "here", "there")) | more
    asked = small(availability_zone="here")
    assert list(understood(document).snapshot(asked).eligible(asked.tiers[0])) == usable


@pytest.mark.parametrize("level", ["host", "row", 3])
def test_a_zone_level_that_the_cloud_does_not_have_is_refused(level: Any) -> None:
    document = a_cloud(a_host("h1", "r1", "az1")) | {"zone_level": level}
    with pytest.raises(DocumentError, match="zone_level"):
        understood(document)


def test_only_hosts_that_are_up_are_usable() -> None:
    hosts = [a_host("h1", "r1", "z", state=state) for state in ("up", "down", "disabled")]
    for number, host in enumerate(hosts):
        host["name"] = f"h{number}"
    assert list(understood(a_cloud(*hosts)).snapshot(small()).usable) == [True, False, False]


@pytest.mark.parametrize(
    ("more", "offered"),
    [
        pytest.param({"min_unit": 1, "max_unit": 4, "step_size": 2}, True, id="all units suit"),
        pytest.param({"min_unit": 3}, False, id="below the smallest unit"),
        pytest.param({"max_unit": 1}, False, id="above the largest unit"),
        pytest.param({"step_size": 3}, False, id="between two steps"),
    ],
)
def test_units_decide_as_in_placement(more: dict[str, int], offered: bool) -> None:
    host = a_host("h1", "r1", "az1")
    host["resources"]["VCPU"] |= more
    assert free(a_cloud(host), small(2)) == [4 if offered else 0]


def test_each_tier_is_offered_the_hosts_that_take_one_of_its_members() -> None:
    """Free units do not show it: a host may take many small members, and no large one."""
    host = a_host("h1", "r1", "az1", 16)
    host["resources"]["VCPU"]["max_unit"] = 4
    document = a_cloud(host, a_host("h2", "r1", "az1", 8))
    both = wanted(an_ensemble(a_tier("web", 1, 1), a_tier("db", 1, 6))).ensemble
    offered = understood(document).snapshot(both).offered
    assert {tier: mask.tolist() for tier, mask in offered.items()} == {
        "web": [True, True],
        "db": [False, True],
    }


@pytest.mark.parametrize(
    ("server", "closed"),
    [
        pytest.param({}, [], id="nothing is asked"),
        pytest.param({"member_of": [["ssd", "nvme"]]}, ["h3", "h4"], id="one of two"),
        pytest.param({"member_of": [["ssd"], ["shop"]]}, ["h2", "h3", "h4"], id="one of each"),
        pytest.param({"not_member_of": ["shop"]}, ["h1", "h4"], id="none of one"),
        pytest.param({"member_of": [["unknown"]]}, ["h1", "h2", "h3", "h4"], id="unknown"),
    ],
)
def test_aggregates_close_hosts_to_a_tier(server: dict[str, Any], closed: list[str]) -> None:
    document = a_cloud(
        a_host("h1", "r1", "az1", aggregates=["ssd", "shop"]),
        a_host("h2", "r1", "az1", aggregates=["nvme"]),
        a_host("h3", "r1", "az1"),
        a_host("h4", "r1", "az1", aggregates=["shop"]),
    )
    asked = wanted(an_ensemble(a_tier("web", 1, **server)))
    snapshot = understood(document).snapshot(asked.ensemble, asked.memberships)
    found = zip(snapshot.topology.hosts, snapshot.closed["web"], strict=True)
    assert [host for host, mask in found if mask] == closed


def test_a_host_without_room_for_any_member_shows_as_full() -> None:
    document = a_cloud(a_host("h1", "r1", "az1", 2), a_host("h2", "r1", "az1", 4))
    assert free(document, small(4)) == [0, 4]
    both = wanted(an_ensemble(a_tier("web", 1, 4), a_tier("db", 1, 1))).ensemble
    assert free(document, both) == [2, 4]


@pytest.mark.parametrize(
    ("server", "offered"),
    [
        ({"required_traits": ["CUSTOM_FAST"]}, [False, True, False]),
        ({"forbidden_traits": ["CUSTOM_FAST"]}, [True, False, False]),
        ({}, [True, True, False]),
    ],
)
def test_traits_decide_as_in_placement(server: dict[str, Any], offered: list[bool]) -> None:
    document = a_cloud(
        a_host("h1", "r1", "az1"),
        a_host("h2", "r1", "az1", traits=["CUSTOM_FAST"]),
        a_host("h3", "r1", "az1", traits=["COMPUTE_STATUS_DISABLED"]),
    )
    assert [amount > 0 for amount in free(document, small(1, **server))] == offered


def test_resource_classes_are_those_of_hosts_that_are_offered() -> None:
    other = a_host("h2", "r1", "az1", 1)
    other["resources"]["CUSTOM_GPU"] = units(1)
    snapshot = understood(a_cloud(a_host("h1", "r1", "az1"), other)).snapshot(small(2))
    assert snapshot.resource_classes == ("MEMORY_MB", "VCPU")


def test_others_are_as_told_or_else_wherever_something_is_used() -> None:
    busy = a_host("h3", "r1", "az1")
    busy["resources"]["VCPU"]["used"] = 1
    document = a_cloud(
        a_host("h1", "r1", "az1", others=["project", "ensemble"]),
        a_host("h2", "r1", "az1"),
        busy,
        {**busy, "name": "h4", "others": []},
    )
    others = understood(document).snapshot(small()).others
    assert list(others["project"]) == [True, False, True, False]
    assert list(others["ensemble"]) == [True, False, False, False]


def test_a_cloud_without_hosts_and_hosts_without_anything_are_full() -> None:
    assert free({**a_cloud(), "hosts": []}, small()) == []
    assert free({**a_cloud(), "hosts": [{"name": "h1"}]}, small()) == [0]


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("host:h3", "az1/r2/h3"),
        ("rack:r2", "az1/r2"),
        ("rack:az1/r1", "az1/r1"),
        ("rack:az2/r1", "az2/r1"),
        ("host:r1/h4", "az2/r1/h4"),
        ("zone:az2", "az2"),
    ],
)
def test_a_domain_is_named_by_level_and_name_or_path(text: str, path: str) -> None:
    assert path_of(understood(a_cloud()).domain(text)) == path


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("rack:r1", "there are 2; say which: rack:az1/r1, rack:az2/r1"),
        ("rack:r22", "the cloud has no such rack; did you mean rack:r2?"),
        ("zone:1", "the cloud has no such zone"),
        ("host:", "the cloud has no such host"),
        ("row:x", "must be LEVEL:NAME with one of the cloud's levels: host, rack, zone"),
        ("h3", "must be LEVEL:NAME"),
    ],
)
def test_what_is_no_domain_is_refused(text: str, words: str) -> None:
    with pytest.raises(UnknownDomainError, match=re.escape(words)):
        understood(a_cloud()).domain(text)


def changed(**more: Any) -> dict[str, Any]:
    return {**a_cloud(), **more}


def one_host(**more: Any) -> dict[str, Any]:
    return a_cloud({**a_host("h1", "r1", "az1"), **more})


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ([], "must be an object"),
        (None, "must be an object"),
        ({}, "format: is required"),
        (changed(format=2), "format: must be 1, the version"),
        (changed(levels=[]), "levels: must have at least 1"),
        (changed(levels=["rack", "host"]), "levels[0]: must be host, the smallest level"),
        (changed(levels=["host", "host"]), "levels: must not have the same twice"),
        (changed(levels=["host", "No"]), "levels[1]: must be the name of a level"),
        (changed(levels="host"), "levels: must be a list"),
        (changed(levels=["host", "zone"]), "hosts[0].domains.rack: must be one of the levels"),
        (changed(hosts={}), "hosts: must be a list"),
        (changed(host=[]), "host: is not known here; did you mean 'hosts'?"),
        (one_host(name=""), "hosts[0].name: must be a name of 1 to 255"),
        (one_host(name=7), "hosts[0].name: must be a name of 1 to 255"),
        (one_host(name="a\nb"), "hosts[0].name: must be a name of 1 to 255"),
        (one_host(name="a\n"), "hosts[0].name: must be a name of 1 to 255"),
        (one_host(name="\ud800"), "hosts[0].name: must be a name of 1 to 255"),
        (one_host(state="UP"), "hosts[0].state: must be one of up, down, disabled"),
        (one_host(domains={"rack": 1}), "hosts[0].domains.rack: must be a name"),
        (one_host(resources=[]), "hosts[0].resources: must be an object"),
        (one_host(resources={"vcpu": {"total": 1}}), "hosts[0].resources.vcpu: must be a name"),
        (one_host(resources={"VCPU": 1}), "hosts[0].resources.VCPU: must be an object"),
        (one_host(resources={"VCPU": {}}), "hosts[0].resources.VCPU.total: is required"),
        (one_host(resources={"VCPU": units(-1)}), "hosts[0].resources.VCPU.total: must be a whole"),
        (one_host(resources={"VCPU": units(True)}), "hosts[0].resources.VCPU.total: must be a who"),
        (one_host(resources={"VCPU": units(10**400)}), "hosts[0].resources.VCPU.total: must be a"),
        (
            one_host(resources={"VCPU": units(1, allocation_ratio=0)}),
            "hosts[0].resources.VCPU.allocation_ratio: must be a number above 0",
        ),
        (
            one_host(resources={"VCPU": units(1, allocation_ratio=10**400)}),
            "hosts[0].resources.VCPU.allocation_ratio: must be a number above 0",
        ),
        (one_host(traits=["fast"]), "hosts[0].traits[0]: must be a name"),
        (one_host(others=["me"]), "hosts[0].others[0]: must be one of project, ensemble"),
        (
            a_cloud(a_host("h1", "r1", "z"), a_host("h2", "r1", "z"), a_host("h1", "r2", "z")),
            "hosts[2].name: must differ from that of hosts[0]",
        ),
    ],
)
def test_what_is_no_cloud_is_refused_with_its_place(document: Any, words: str) -> None:
    with pytest.raises(DocumentError) as caught:
        understood(document)
    assert str(caught.value).startswith(f"cloud.json: {words}")


def test_ten_thousand_hosts_are_understood() -> None:
    traits = [f"COMPUTE_TRAIT_{number}" for number in range(50)]
    hosts = [
        a_host(f"h{n:05}", f"r{n // 40}", f"z{n // 4000}", traits=traits) for n in range(10_000)
    ]
    snapshot = understood(a_cloud(*hosts)).snapshot(small())
    assert snapshot.free.shape == (10_000, 2)
    assert np.all(snapshot.amounts("MEMORY_MB") == 4000)


def test_a_wrong_trait_is_found_behind_many_that_are_right() -> None:
    hosts = [a_host(f"h{n}", "r", "z", traits=["A", "B"]) for n in range(3)]
    hosts[2]["traits"] = ["A", "b"]
    with pytest.raises(DocumentError, match=re.escape("hosts[2].traits[1]")):
        understood(a_cloud(*hosts))


def at(text: str) -> str:
    with pytest.raises(DocumentError) as caught:
        ensemble(parse("e.yaml", text.encode()))
    return str(caught.value)


def test_an_error_of_the_ensemble_has_the_line_of_its_yaml() -> None:
    text = "ensemble:\n  tiers:\n  - name: web\n    count: 0\n    server: {resources: {VCPU: 1}}\n"
    assert at(text).startswith("e.yaml:4: ensemble.tiers[0].count: must be a whole number")


def test_documents_are_values() -> None:
    assert Document("x", 1) == Document("x", 1)
