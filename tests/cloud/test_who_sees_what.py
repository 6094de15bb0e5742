# SPDX-License-Identifier: Apache-2.0
"""What each caller sees of an ensemble: every field of every answer, and every route's rights."""

import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import openstack
import pytest

from tests.cloud.ensembles import PATIENCE, Operator, Project

pytestmark = pytest.mark.cloud

PAGE = Path(__file__).parents[2] / "doc/decisions/0007-who-sees-what.md"
SECRET = "c2VjcmV0LXRva2Vu"
PASSWORD = "open-sesame-4711"

ROW = re.compile(r"^\| (\w+) \| (`[^|]+) \| ([^|]+) \| [^|]+ \|$", re.MULTILINE)

# Objects whose keys are names of tiers, levels or a tenant's own, and no fields of ours.
NAMED = ("domains", "left", "lost", "planned", "metadata", "totals")


@dataclass(frozen=True)
class Callers:
    """Everybody who may ask, by what they are, and what they ask about.

    That is an ensemble, and a ``server`` that is of none.
    """

    people: Mapping[str, Project]
    ensemble: Mapping[str, Any]
    body: Mapping[str, Any] = field(repr=False)
    server: str = ""
    template: str = ""

    @property
    def one(self) -> str:
        return f"/{self.ensemble['id']}"


def connect(cloud: Any, **auth: str) -> Project:
    known = openstack.config.OpenStackConfig(
        config_files=[str(cloud.state / "clouds.yaml")], load_envvars=False
    ).get_one("demo")
    whole = {
        "auth_url": known.config["auth"]["auth_url"],
        "user_domain_name": "Default",
        "password": PASSWORD,
        **auth,
    }
    if "project_name" in auth:
        whole["project_domain_name"] = "Default"
    return Project(openstack.connection.Connection(auth=whole, region_name=known.region_name))


@pytest.fixture(scope="module")
def callers(cloud: Any) -> Iterator[Callers]:
    """An ensemble of demo's, others of all kinds in the project and an admin of the system."""
    operator = Operator(cloud.connection("admin"))
    identity = operator.connection.identity
    demo = Project(cloud.connection("demo"))
    project = demo.connection.current_project_id
    roles = {each.name: each for each in identity.roles()}
    made = {
        name: identity.create_user(name=name, password=PASSWORD)
        for name in ("colleague", "onlooker", "system", "nobody")
    }
    try:
        identity.assign_project_role_to_user(project, made["colleague"], roles["member"])
        identity.assign_project_role_to_user(project, made["onlooker"], roles["reader"])
        identity.assign_project_role_to_user(project, made["nobody"], roles["service"])
        identity.assign_system_role_to_user(made["system"], roles["admin"], "all")
        people = {
            "owner": demo,
            "member": connect(cloud, username="colleague", project_name="demo"),
            "reader": connect(cloud, username="onlooker", project_name="demo"),
            "operator": Project(cloud.connection("admin")),
            "stranger": Project(cloud.connection("demo2")),
            "another role": connect(cloud, username="nobody", project_name="demo"),
            "system": connect(cloud, username="system", system_scope="all"),
        }
        body = demo.body(
            "seen",
            [demo.tier("web", 2, user_data=SECRET, metadata={"k": "v"}), demo.tier("db", 1)],
            {"type": "survive", "level": "host", "tiers": ["web"]},
            {"type": "affinity", "level": "host", "tiers": ["web", "db"], "enforcement": "soft"},
        )
        body["ensemble"]["metadata"] = {"owner": "ops"}
        body["ensemble"]["recovery"] = {"delay": 60, "reserve": {"level": "host"}}
        ensemble = demo.create(body)
        compute = demo.connection.compute
        plain = compute.create_server(
            name="plain",
            flavor_id=demo.names["flavor"]["m1.tiny"],
            image_id=demo.names["image"]["cirros"],
            networks="none",
        )
        demo.wait(ensemble["id"], "ACTIVE")
        compute.wait_for_server(plain, wait=PATIENCE)
        described = {"tiers": body["ensemble"]["tiers"][1:]}
        parameters = {"size": {"type": "number", "default": 1}}
        wanted = {"name": "seen", "parameters": parameters, "ensemble": described}
        template = demo.request("POST", "/templates", {"template": wanted}).json()["template"]
        yield Callers(people, _observed(demo, ensemble["id"]), body, plain.id, template["id"])
        demo.request("DELETE", f"/templates/{template['id']}")
        demo.delete(ensemble["id"])
        compute.delete_server(plain)
        compute.wait_for_delete(plain, wait=PATIENCE)
    finally:
        for each in made.values():
            identity.delete_user(each)


def _observed(project: Project, ensemble_id: str) -> dict[str, Any]:
    """The ensemble once its servers were seen: before that, nobody knows their addresses."""
    until = time.monotonic() + PATIENCE
    while True:
        found: dict[str, Any] = project.request("GET", f"/{ensemble_id}").json()["ensemble"]
        if all(each["server_status"] for each in found["members"]):
            return found
        assert time.monotonic() < until, f"not observed after {PATIENCE} s"
        time.sleep(1)


# What is there only where there is something to tell.
AT_TIMES = {("show", "ensemble.warnings[].*")}


def paths(value: Any, place: str = "") -> Iterator[str]:
    """The fields of an answer, lists as ``[]``."""
    if isinstance(value, list):
        for each in value:
            yield from paths(each, f"{place}[]")
    elif isinstance(value, dict) and place.rpartition(".")[2] not in NAMED:
        for key, inner in value.items():
            yield from paths(inner, f"{place}.{key}".lstrip("."))
    else:
        yield place.removesuffix("[]")


def answers(callers: Callers, who: str) -> dict[str, Any]:
    """All that a caller may read about the ensemble, a dry run of the same, and of an adoption."""
    adopt = {"adopt": {"name": "adopted", "from": {"servers": [callers.server]}}}
    ask = callers.people[who].request
    found = {
        "capabilities": ask("GET", "/capabilities"),
        "list": ask("GET", "?all_projects=1" if who == "operator" else ""),
        "show": ask("GET", callers.one),
        "survivability": ask("GET", f"{callers.one}/survivability"),
        "drill": ask("POST", f"{callers.one}/action", {"drill": {"level": "host"}}),
        "rebalance": ask("POST", f"{callers.one}/action", {"rebalance": {"dry_run": True}}),
        "plan": ask("POST", "/plans?domains=all&headroom=1", callers.body),
        "adopt": ask("POST", "/adopt?dry_run=1", adopt),
        "templates": ask("GET", f"/templates{'?all_projects=1' if who == 'operator' else ''}"),
        "template": ask("GET", f"/templates/{callers.template}"),
        "headroom": ask("GET", "/headroom"),
        "hosts": ask("GET", "/hosts?summary=1"),
        "host": ask("GET", "/hosts/r1-h1"),
        "domain": ask("GET", "/domains/host/r1-h1"),
    }
    return {name: each.json() for name, each in found.items() if each.status_code == 200}


def test_user_data_is_shown_as_nova_shows_it_and_to_its_own_user(callers: Callers) -> None:
    seen = {}
    for who in ("owner", "member", "reader", "operator"):
        shown = answers(callers, who)
        seen[who] = {name for name, each in shown.items() if SECRET in str(each)}
        tiers = shown["show"]["ensemble"]["tiers"]
        hidden = [each.get("hidden") for each in tiers]
        assert hidden == ([None, None] if seen[who] else [["user_data"], None]), who
    assert seen == {"owner": {"show"}, "member": set(), "reader": set(), "operator": {"show"}}
    # Nova says the same of the servers themselves, but that their own user is not shown it again.
    (server, *_) = (each["server_id"] for each in callers.ensemble["members"])
    for who in ("member", "reader", "operator"):
        found = callers.people[who].connection.compute.get(
            f"/servers/{server}", microversion="2.96"
        )
        assert (SECRET in found.text) == (who == "operator"), who


def test_every_field_of_every_answer_is_in_the_table_with_who_sees_it(callers: Callers) -> None:
    seen: dict[tuple[str, str], set[str]] = {}
    people = ("owner", "member", "reader", "operator")
    for who in people:
        for answer, content in answers(callers, who).items():
            for path in paths(content):
                seen.setdefault((answer, path), set()).add(who)
    groups = {
        "all": set(people),
        "members": {"owner", "member", "operator"},
        "own user, operators": {"owner", "operator"},
        "operators": {"operator"},
        "members, readers": {"member", "reader"},
        "their project": {"owner", "member", "reader"},
        "their project's members": {"owner", "member"},
    }
    told = {
        (answer, path): groups[who]
        for answer, fields, who in ROW.findall(PAGE.read_text())
        for path in re.findall(r"`([^`]+)`", fields)
    }
    used = {key: row_of(told, *key) for key in seen}
    assert {key: who for key, who in seen.items() if told.get(used[key]) != who} == {}
    assert set(told) - AT_TIMES == set(used.values()) - AT_TIMES, "rows without a field"


def row_of(told: Mapping[tuple[str, str], Any], answer: str, path: str) -> tuple[str, str]:
    """The row that says most exactly who sees a field; none is no row of the table."""
    rows = [
        (of, name)
        for of, name in told
        if of == answer
        and (path == name or (path.startswith(name.removesuffix("*")) and "*" in name))
    ]
    return max(rows, key=lambda row: len(row[1]), default=("", ""))


def test_nobody_but_operators_sees_the_name_of_a_host_or_rack(callers: Callers, cloud: Any) -> None:
    racks = Operator(cloud.connection("admin")).place("rack")
    for who in ("owner", "member", "reader"):
        text = str(answers(callers, who))
        for name in {*racks, *racks.values()}:
            assert not re.search(rf"\b{name}\b", text), (who, name)


def test_everybody_sees_zones_by_the_names_that_nova_shows(callers: Callers) -> None:
    for who in ("owner", "member", "reader", "operator"):
        known = {
            each["zoneName"]
            for each in callers.people[who]
            .connection.compute.get("/os-availability-zone")
            .json()["availabilityZoneInfo"]
        }
        for name, answer in answers(callers, who).items():
            found = next(iter(answer.values()))
            for domain in found.get("domains", ()) if isinstance(found, dict) else ():
                if domain["level"] == "zone":
                    assert domain["name"] == domain["label"] in known, (who, name)


MEMBERS = {"owner", "member", "operator"}
READERS = MEMBERS | {"reader"}
OPERATORS = {"operator"}


@pytest.mark.parametrize(
    ("method", "path", "may", "else_"),
    [
        ("GET", "", READERS | {"stranger"}, 403),
        ("GET", "?all_projects=1", OPERATORS, 403),
        ("POST", "/plans", READERS | {"stranger"}, 403),
        ("GET", "{one}", READERS, 404),
        ("GET", "{one}/survivability", READERS, 404),
        ("GET", "/headroom", OPERATORS, 403),
        ("GET", "/hosts", OPERATORS, 403),
        ("GET", "/hosts/r1-h1", OPERATORS, 403),
        ("GET", "/domains/host/r1-h1", OPERATORS, 403),
    ],
)
def test_each_route_answers_those_who_may_and_nobody_else(
    callers: Callers, method: str, path: str, may: set[str], else_: int
) -> None:
    for who, person in callers.people.items():
        body = callers.body if method == "POST" else None
        answer = person.request(method, path.format(one=callers.one), body)
        expected = {200} if who in may else {else_}
        assert answer.status_code in expected, (who, answer.text)
        if who not in READERS:
            assert callers.ensemble["id"] not in answer.text.replace(callers.one[1:], "", 1)


@pytest.mark.parametrize(
    ("method", "path", "refused"),
    [("POST", "", 403), ("DELETE", "{one}", 404)],
    ids=["create", "delete"],
)
def test_nobody_else_changes_anything(
    callers: Callers, method: str, path: str, refused: int
) -> None:
    for who in callers.people.keys() - MEMBERS - {"stranger"}:
        person = callers.people[who]
        answer = person.request(
            method, path.format(one=callers.one), callers.body if method == "POST" else None
        )
        # A reader knows that it is there, and is told what forbids it.
        assert answer.status_code == (403 if who == "reader" else refused), (who, answer.text)
    if method == "DELETE":
        assert callers.people["stranger"].request(method, callers.one).status_code == 404
    assert callers.people["owner"].request("GET", callers.one).status_code == 200
