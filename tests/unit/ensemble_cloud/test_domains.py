# SPDX-License-Identifier: Apache-2.0
"""Hosts, racks and zones are found by the names that people call them."""

import pytest

from ensemble_cloud import shape_file
from ensemble_cloud.domains import DomainError, Level, find

SHAPE = shape_file.parse("""
sizes:
  big: {vcpus: 8, memory_mb: 8192, disk_gb: 100}
zones:
  az1:
    rack1: {h1: big, h2: big}
    rack2: {h3: big}
  az2:
    rack1: {h4: big}
flavors:
  tiny: {vcpus: 1, memory_mb: 512, disk_gb: 1}
image: {name: cirros}
network: {name: private, cidr: 10.0.0.0/16}
projects: [demo]
users:
  demo: {project: demo}
""")

FOUND = [
    ("a host is alone", "host", "h2", ("h2", ("h2",))),
    ("a rack by its own name", "rack", "rack2", ("az1-rack2", ("h3",))),
    ("a rack by its aggregate", "rack", "az1-rack1", ("az1-rack1", ("h1", "h2"))),
    ("a rack of the same name elsewhere", "rack", "az2-rack1", ("az2-rack1", ("h4",))),
    ("a zone has the hosts of its racks", "zone", "az1", ("az1", ("h1", "h2", "h3"))),
]


@pytest.mark.parametrize(
    ("level", "name", "found"), [each[1:] for each in FOUND], ids=[each[0] for each in FOUND]
)
def test_a_domain_is_found_with_its_hosts(
    level: str, name: str, found: tuple[str, tuple[str, ...]]
) -> None:
    domain = find(SHAPE, Level(level), name)
    assert (domain.name, domain.hosts) == found
    assert str(domain) == f"{level} {found[0]}"


REFUSED = [
    ("an unknown host", "host", "h9", "there is no host 'h9'; there are h1, h2, h3, h4"),
    (
        "an unknown rack",
        "rack",
        "rack9",
        "there is no rack 'rack9'; there are az1-rack1, az1-rack2, az2-rack1",
    ),
    ("a rack's name as a zone", "zone", "rack1", "there is no zone 'rack1'; there are az1, az2"),
    (
        "a rack's name that two zones have",
        "rack",
        "rack1",
        "2 zones have a rack 'rack1'; name one of az1-rack1 and az2-rack1",
    ),
    ("no name", "host", "", "there is no host ''; there are h1, h2, h3, h4"),
]


@pytest.mark.parametrize(
    ("level", "name", "said"), [each[1:] for each in REFUSED], ids=[each[0] for each in REFUSED]
)
def test_what_is_not_there_is_refused_with_what_is(level: str, name: str, said: str) -> None:
    with pytest.raises(DomainError) as refused:
        find(SHAPE, Level(level), name)
    assert str(refused.value) == said
