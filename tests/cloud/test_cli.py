# SPDX-License-Identifier: Apache-2.0
"""`openstack ensemble ...` on the embedded cloud: the user's way, end to end."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.cloud

EXAMPLES = Path(__file__).parents[2] / "examples"
THREE_TIER = EXAMPLES / "three-tier.yaml"
NAME = "cli <b>shop</b>"


def openstack(cloud: Any, project: str, *words: str) -> Any:
    """Run a command as a user of a project; gives returncode, stdout and stderr."""
    return cloud.run(["--os-cloud", project, "ensemble", *words])


def as_json(cloud: Any, project: str, *words: str) -> Any:
    done = openstack(cloud, project, *words, "--format", "json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def racks_and_zones(cloud: Any) -> dict[str, tuple[str, str]]:
    """Map each host to its rack and zone, as the aggregates say."""
    found: dict[str, dict[str, str]] = {}
    for aggregate in cloud.connection("admin").compute.aggregates():
        for host in aggregate.hosts or ():
            found.setdefault(host, {}).update(aggregate.metadata)
    return {host: (said["rack"], said["availability_zone"]) for host, said in found.items()}


@pytest.fixture(scope="module")
def shop(cloud: Any) -> Iterator[Any]:
    """Give the three-tier example, built with --wait; afterwards it is deleted with --wait."""
    before = {server.id for server in cloud.connection("demo").compute.servers()}
    words = ("create", str(THREE_TIER), "--name", NAME, "--wait")
    done = openstack(cloud, "demo", *words, "--format", "json")
    assert done.returncode == 0, done.stderr
    assert f"{NAME}: All 8 members are active." in done.stderr
    built = json.loads(done.stdout)
    yield built
    gone = openstack(cloud, "demo", "delete", built["id"], "--wait")
    assert gone.returncode == 0, gone.stderr
    assert f"{NAME}: gone" in gone.stderr
    assert {server.id for server in cloud.connection("demo").compute.servers()} == before


def test_survivability_shows_the_servers_where_they_were_planned(cloud: Any, shop: Any) -> None:
    rows = as_json(cloud, "demo", "survivability", shop["id"])
    assert [(row["Status"], row["Planned"]) for row in rows] == [("ACTIVE", "")] * 8
    assert [row["Server"] for row in rows] == [each["server_id"] for each in shop["members"]]


def test_plan_shows_the_same_place_for_the_same_question(cloud: Any) -> None:
    first, again = (as_json(cloud, "demo", "plan", str(THREE_TIER)) for _ in range(2))
    assert first == again
    members = [member for row in first for member in row["Members"]]
    assert Counter(member.rpartition("-")[0] for member in members) == {
        "web": 3,
        "cache": 2,
        "database": 3,
    }


def test_plan_tells_a_tenant_no_host_name_but_an_administrator(cloud: Any) -> None:
    hosts = set(racks_and_zones(cloud))
    mine = as_json(cloud, "demo", "plan", str(THREE_TIER))
    theirs = as_json(cloud, "admin", "plan", str(THREE_TIER))
    assert not hosts & {row["Host"] for row in mine}
    assert {row["Host"] for row in theirs} <= hosts


@pytest.mark.parametrize(
    ("example", "kept"),
    [
        pytest.param(
            "quorum.yaml",
            "Kept: At least 2 of voter must be left after the loss of any one rack.",
            id="a quorum",
        ),
        pytest.param(
            "payments.yaml",
            "Kept: A host with members of keys may hold no server of another project.",
            id="payments",
        ),
        pytest.param(
            "active-standby.yaml",
            "Kept: No rack may hold members of two of ledger and witness.",
            id="an active server and its standby",
        ),
    ],
)
def test_plan_of_an_example_says_what_it_keeps_and_its_head_room(
    cloud: Any, example: str, kept: str
) -> None:
    done = openstack(cloud, "demo", "plan", str(EXAMPLES / example), "--headroom", "--long")
    assert done.returncode == 0, done.stderr
    said = done.stdout.splitlines()
    assert kept in said
    assert not any(line.startswith("Not met") for line in said)
    assert "Lost members can be placed again after the loss of any one host." in said
    assert "shortfalls of soft policies: 0, proved optimal" in said
    assert said[-2] == "It is proved that no plan is better. Nothing was built."
    create = "openstack --os-cloud demo ensemble create "
    assert said[-1].startswith(f"To build it so, within minutes: {create}")


def test_every_change_that_is_said_to_fit_does(cloud: Any, tmp_path: Path) -> None:
    policy = "level: {}\n    tiers: database"
    text = THREE_TIER.read_text().replace(policy.format("rack"), policy.format("zone"))
    path = tmp_path / "zones.yaml"
    path.write_text(text)
    refused = openstack(cloud, "demo", "plan", str(path))
    assert refused.returncode == 1
    changes = re.findall(r"This would fit: .* \((.*)\)$", refused.stderr, re.MULTILINE)
    assert len(changes) > 1
    for change in changes:
        path.write_text(edited(text, change))
        done = openstack(cloud, "demo", "plan", str(path))
        assert done.returncode == 0, f"{change}\n{done.stderr}"


def edited(text: str, change: str) -> str:
    """Do to a file what a change says: "FILE:57, enforcement: soft; FILE:3, count: 2"."""
    lines = text.splitlines()
    edits = re.findall(r":(\d+), (\w+): ([^;]+)", change)
    for number, field, value in sorted(edits, key=lambda edit: -int(edit[0])):
        at = int(number) - 1
        if re.match(rf"\s*{field}: ", lines[at]):
            lines[at] = re.sub(r": .*", f": {value}", lines[at])
        else:  # the file leaves the field to its default: the line is where the policy begins
            lines.insert(at + 1, f"    {field}: {value}")
    return "\n".join(lines)


def test_what_is_built_keeps_its_policies(cloud: Any, shop: Any) -> None:
    compute = cloud.connection("admin").compute
    places = racks_and_zones(cloud)
    hosts: dict[str, list[str]] = {}
    for member in shop["members"]:
        server = compute.get_server(member["server_id"])
        assert server.status == "ACTIVE"
        assert server.project_id == shop["project_id"]
        hosts.setdefault(member["tier"], []).append(server.compute_host)
    assert {tier: len(held) for tier, held in hosts.items()} == {
        "web": 3,
        "cache": 2,
        "database": 3,
    }
    assert len(set(hosts["web"])) == 3
    for tier in ("cache", "database"):
        racks = [places[host] for host in hosts[tier]]
        assert len(set(racks)) == len(racks)


def test_list_and_show_know_what_was_built(cloud: Any, shop: Any) -> None:
    row = next(row for row in as_json(cloud, "demo", "list") if row["ID"] == shop["id"])
    assert (row["Name"], row["Status"]) == (NAME, "ACTIVE")
    assert sum(each["running"] for each in row["Running"]) == 8
    shown = as_json(cloud, "demo", "show", NAME)
    assert {member["status"] for member in shown["members"]} == {"ACTIVE"}
    table = openstack(cloud, "demo", "show", shop["id"]).stdout
    assert "At worst, 2 of 3 web, " in table


def test_the_list_of_hosts_shows_an_administrator_every_member(cloud: Any, shop: Any) -> None:
    rows = as_json(cloud, "admin", "host", "list")
    held = [
        member["name"]
        for row in rows
        for member in row["Members"]
        if member["ensemble_id"] == shop["id"]
    ]
    assert sorted(held) == sorted(member["name"] for member in shop["members"])
    refused = openstack(cloud, "demo", "host", "list")
    assert (refused.returncode, refused.stdout) == (1, "")


def test_what_is_built_cannot_be_cancelled(cloud: Any, shop: Any) -> None:
    refused = openstack(cloud, "demo", "cancel", shop["id"])
    assert refused.returncode == 1
    assert "There is no build to cancel: all its members are built." in refused.stderr
    assert as_json(cloud, "demo", "show", shop["id"])["status"] == "ACTIVE"


def test_another_project_sees_nothing_of_it(cloud: Any, shop: Any) -> None:
    for words in (("show", shop["id"]), ("delete", "--wait", NAME)):
        done = openstack(cloud, "demo2", *words)
        assert done.returncode == 1
        assert done.stderr.strip() == f"No ensemble has the name or id {words[-1]}."
    assert as_json(cloud, "demo2", "list") == []


@pytest.mark.parametrize(
    ("command", "old", "new", "said"),
    [
        pytest.param("create", "count: 3", "count: 0", "tier 1, count: ", id="none of a tier"),
        pytest.param(
            "plan", "count: 3", "count: 10000", "tier 1, count: ", id="too many of a tier"
        ),
        pytest.param("create", "name: shop", f"name: {'x' * 300}", "name: ", id="a long name"),
        pytest.param(
            "plan",
            "flavor: m1.tiny",
            "flavor: m1.tinny",
            "ensemble.tiers[0].server.flavor: no flavor is named 'm1.tinny'; "
            "did you mean 'm1.tiny'?",
            id="an unknown flavor",
        ),
        pytest.param("plan", "level: host", "level: room", "policy 1, level: ", id="no such level"),
        pytest.param(
            "create",
            "policies:",
            "polices:",
            "ensemble.polices: unknown name",
            id="a mistyped name",
        ),
    ],
)
def test_a_mistake_is_refused_with_file_line_and_field(
    cloud: Any, tmp_path: Path, command: str, old: str, new: str, said: str
) -> None:
    text = THREE_TIER.read_text().replace(old, new, 1)
    line = text[: text.index(new)].count("\n") + 1
    path = tmp_path / "wrong.yaml"
    path.write_text(text)
    done = openstack(cloud, "demo", command, str(path))
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"{path}:{line}: {said}")
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("command", ["plan", "create"])
def test_what_cannot_be_placed_is_refused_with_reasons(
    cloud: Any, tmp_path: Path, command: str
) -> None:
    head, policies = THREE_TIER.read_text().split("policies:")
    database = "- name: database\n    count: "
    text = head.replace(f"{database}3", f"{database}7") + "policies:" + policies
    path = tmp_path / "seven.yaml"
    path.write_text(text)
    line = [number for number, each in enumerate(text.splitlines(), 1) if "- type:" in each][-1]
    done = openstack(cloud, "demo", command, str(path))
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("shop: The ensemble does not fit.\n- “database” ")
    assert f"({path}:{line})" in done.stderr
    assert "\n  This would fit: " in done.stderr
    assert not set(racks_and_zones(cloud)) & set(done.stderr.split())
