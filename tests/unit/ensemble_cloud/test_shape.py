# SPDX-License-Identifier: Apache-2.0
"""What a shape file may say, and what is said about one that cannot be built."""

from collections import Counter
from pathlib import Path

import pytest

from ensemble_cloud import shape_file
from ensemble_cloud.shape import Host, ShapeError, Size

SMALL = """
sizes:
  big: {vcpus: 8, memory_mb: 8192, disk_gb: 100}
zones:
  az1:
    rack1: {h1: big, h2: big}
flavors:
  tiny: {vcpus: 1, memory_mb: 512, disk_gb: 1}
  huge: {vcpus: 5, memory_mb: 512, disk_gb: 1}
image: {name: cirros}
network: {name: private, cidr: 10.0.0.0/16}
projects: [demo, other]
users:
  demo: {project: demo}
background:
  - {name: b1, project: other, flavor: tiny, host: h2}
"""


def test_the_default_has_two_zones_of_three_racks_of_four_hosts_of_differing_size() -> None:
    shape = shape_file.load(shape_file.default_path())[0]
    assert len(shape.zones) == 2
    assert Counter(zone for zone, _ in shape.racks) == dict.fromkeys(shape.zones, 3)
    assert Counter((h.zone, h.rack) for h in shape.hosts) == dict.fromkeys(shape.racks, 4)
    assert len({host.size for host in shape.hosts}) > 1
    assert [(u.name, u.project, u.role) for u in shape.users] == [
        ("demo", "demo", "member"),
        ("demo2", "demo2", "member"),
        ("reader", "demo", "reader"),
    ]
    assert shape.background


def test_a_small_file_is_read_as_it_is_written() -> None:
    shape = shape_file.parse(SMALL)
    assert shape.hosts == tuple(
        Host(name, "rack1", "az1", Size(8, 8192, 100)) for name in ("h1", "h2")
    )
    assert (shape.users[0].role, shape.users[0].password) == ("member", "secret")
    assert shape.admin_password == "secret"
    assert shape.host("h2") == shape.hosts[1]


def test_a_rack_name_may_repeat_in_another_zone() -> None:
    text = SMALL.replace("flavors:", "  az2:\n    rack1: {h3: big}\nflavors:")
    assert shape_file.parse(text).racks == (("az1", "rack1"), ("az2", "rack1"))


@pytest.mark.parametrize(
    ("old", "new", "field", "reason"),
    [
        pytest.param(SMALL, "- a list", "the file", "mapping", id="the file is a list"),
        pytest.param("sizes:", "sizes: [", "the file", "not YAML", id="the file is not YAML"),
        pytest.param("vcpus: 8", "vcpus: 0", "sizes.big.vcpus", "at least 1", id="no vCPU"),
        pytest.param("vcpus: 8", "vcpus: many", "sizes.big.vcpus", "'many'", id="a word for vCPUs"),
        pytest.param("vcpus: 8", "vcpus: true", "sizes.big.vcpus", "True", id="true for vCPUs"),
        pytest.param("vcpus: 8, ", "", "sizes.big.vcpus", "missing", id="vCPUs are missing"),
        pytest.param("disk_gb: 100", "disk: 100", "sizes.big.disk_gb", "missing", id="old name"),
        pytest.param(
            "disk_gb: 100", "disk_gb: 100, gpu: 1", "sizes.big.gpu", "not a known", id="a GPU"
        ),
        pytest.param(
            "h2: big", "h2: tall", "zones.az1.rack1.h2", "no size 'tall'", id="unknown size"
        ),
        pytest.param("h2: big", "h2: {}", "zones.az1.rack1.h2", "must be text", id="size inline"),
        pytest.param("{h1: big, h2: big}", "[h1]", "zones.az1.rack1", "mapping", id="hosts listed"),
        pytest.param("{h1: big, h2: big}", "{}", "zones", "1 to 100 hosts", id="no hosts"),
        pytest.param(
            "h1: big,", "h 1: big,", "zones.az1.rack1.h 1", "letters", id="a blank in a name"
        ),
        pytest.param(
            "h1: big,", "1: big,", "zones.az1.rack1", "quote it", id="a number for a name"
        ),
        pytest.param(
            "flavors:",
            "  az2:\n    rack1: {h1: big}\nflavors:",
            "zones.az1.rack1.h1",
            "stands in one rack",
            id="a host in two zones",
        ),
        pytest.param("image: {name: cirros}", "", "image", "missing", id="no image"),
        pytest.param("/16", "/33", "network.cidr", "10.0.0.0/33", id="a wrong netmask"),
        pytest.param("10.0.0.0/16", "10.0.0.0/30", "network.cidr", "16 addresses", id="tiny net"),
        pytest.param("10.0.0.0/16", "fd00::/64", "network.cidr", "IPv4", id="IPv6"),
        pytest.param("[demo, other]", "[]", "projects", "empty", id="no projects"),
        pytest.param("[demo, other]", "[demo, demo]", "projects.demo", "2 times", id="one twice"),
        pytest.param("[demo, other]", "[demo, admin]", "projects.admin", "itself", id="reserved"),
        pytest.param(
            "{project: demo}", "{project: none}", "users.demo.project", "no project", id="homeless"
        ),
        pytest.param(
            "{project: demo}",
            "{project: demo, role: king}",
            "users.demo.role",
            "'king'",
            id="unknown role",
        ),
        pytest.param("  demo: {", "  nova: {", "users.nova", "itself", id="a service's user"),
        pytest.param(
            "flavor: tiny", "flavor: m1", "background[0].flavor", "no flavor", id="unknown flavor"
        ),
        pytest.param("host: h2", "host: h9", "background[0].host", "no host", id="unknown host"),
        pytest.param(
            "project: other", "project: x", "background[0].project", "no project", id="whose load"
        ),
        pytest.param(
            "  - {name: b1,",
            "  - {name: b0, project: other, flavor: huge, host: h2}\n"
            "  - {name: b2, project: other, flavor: huge, host: h2}\n"
            "  - {name: b1,",
            "background[1]",
            "does not fit",
            id="more load than a host holds",
        ),
        pytest.param("projects:", "colour: red\nprojects:", "colour", "not a known", id="typo"),
    ],
)
def test_a_shape_that_cannot_be_built_is_refused_by_field(
    old: str, new: str, field: str, reason: str
) -> None:
    assert old in SMALL
    with pytest.raises(ShapeError) as caught:
        shape_file.parse(SMALL.replace(old, new))
    assert caught.value.field == field
    assert reason in caught.value.reason
    assert str(caught.value).startswith(f"{field}: ")


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(ShapeError, match=r"none\.yaml: cannot be read"):
        shape_file.load(tmp_path / "none.yaml")
