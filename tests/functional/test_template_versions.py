# SPDX-License-Identifier: Apache-2.0
"""An ensemble becomes what another version of its template describes, and knows it does."""

from typing import Any

import pytest
from small_cloud import FLAVOR, IMAGE, SmallCloud, caller
from test_templates import COLLECTION, MEMBER, instantiate, make
from test_who_may_what import ask

from ensemble_api.ensemble_templates.record import Origin

SERVER = {"flavor": FLAVOR, "image": IMAGE, "networks": "auto"}
FIRST = {
    "count": {"type": "number", "default": 1},
    "team": {"type": "string"},
    "old": {"type": "string", "default": "x"},
}
SECOND = {
    "count": {"type": "number", "default": 2, "constraints": [{"range": {"max": 3}}]},
    "team": {"type": "string"},
}


def ensemble(*more: Any) -> dict[str, Any]:
    web = {"name": "web", "count": {"get_param": "count"}, "server": SERVER}
    return {"tiers": [web, *more], "description": {"get_param": "team"}}


@pytest.fixture
def instance(cloud: SmallCloud) -> Any:
    """An ensemble of the first of two versions, which runs."""
    template = make(cloud, parameters=FIRST, ensemble=ensemble())
    made = instantiate(cloud, template, parameters={"team": "ada", "old": "y"}).json["ensemble"]
    cloud.run(made["id"])
    db = {"name": "db", "count": 1, "server": SERVER}
    second = {"template": {"parameters": SECOND, "ensemble": ensemble(db)}}
    path = f"{COLLECTION}/{template['id']}"
    assert ask(cloud, MEMBER, "PATCH", path, second).json["template"]["version"] == 2
    return made


def test_a_preview_says_who_comes_and_the_change_ends_with_the_other_version(
    cloud: SmallCloud, instance: Any
) -> None:
    found = cloud.patch(instance["id"], {}, query="?dry_run=1", template={})
    assert found.status_code == 200, found.text
    assert sorted(found.json["change"]["added"]) == ["db-0", "web-1"]
    assert Origin.of(cloud.store.get(instance["id"]).body).version == 1  # type: ignore[union-attr]

    plan = found.json["plan"]["id"]
    changed = cloud.patch(instance["id"], {}, template={}, plan=plan)
    assert changed.status_code == 202, changed.text
    assert changed.json["ensemble"]["template"]["version"] == 2
    cloud.run(instance["id"])
    record = cloud.store.get(instance["id"])
    cloud.assert_built(record)
    values = {"count": 2, "team": "ada"}
    assert Origin.of(record.body) == Origin(instance["template"]["id"], 2, values)


def test_a_change_that_is_undone_leaves_the_version_as_it_was(
    cloud: SmallCloud, instance: Any
) -> None:
    assert cloud.patch(instance["id"], {}, template={"version": 2}).status_code == 202
    cancel = ask(cloud, MEMBER, "POST", f"/os-ensembles/{instance['id']}/action", {"cancel": None})
    assert cancel.status_code == 202, cancel.text
    cloud.run(instance["id"])
    record = cloud.store.get(instance["id"])
    cloud.assert_built(record)
    assert [each.name for each in record.members] == ["web-0"]
    assert Origin.of(record.body) == Origin(
        instance["template"]["id"], 1, {"count": 1, "team": "ada", "old": "y"}
    )


def test_values_may_be_changed_also_without_another_version(
    cloud: SmallCloud, instance: Any
) -> None:
    template = {"version": 1, "parameters": {"count": "2"}}
    changed = cloud.patch(instance["id"], {"name": "renamed"}, template=template)
    assert changed.status_code == 202, changed.text
    cloud.run(instance["id"])
    record = cloud.store.get(instance["id"])
    cloud.assert_built(record)
    assert (record.name, len(record.members)) == ("renamed", 2)
    assert Origin.of(record.body).values == {"count": 2, "team": "ada", "old": "y"}  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("wanted", "template", "field"),
    [
        pytest.param({"tiers": [{"name": "web", "count": 1}]}, {}, "ensemble.tiers", id="both"),
        pytest.param({}, {"parameters": {"count": 9}}, "parameters.count", id="too large"),
        pytest.param({}, {"parameters": {"old": "z"}}, "parameters.old", id="there no longer"),
        pytest.param({}, {"version": 0}, "template.version", id="no version"),
    ],
)
def test_what_cannot_be_is_refused_with_its_field(
    cloud: SmallCloud, instance: Any, wanted: Any, template: Any, field: str
) -> None:
    refused = cloud.patch(instance["id"], wanted, template=template)
    assert refused.status_code == 400, refused.text
    assert refused.json["badRequest"]["details"]["field"] == field
    assert cloud.patch(instance["id"], {}, template={"version": 7}).status_code == 404


def test_what_was_made_from_no_template_has_no_other_version(cloud: SmallCloud) -> None:
    tiers = [{"name": "web", "count": 1, "server": SERVER}]
    plain = cloud.post({"name": "plain", "tiers": tiers}).json["ensemble"]
    cloud.run(plain["id"])
    refused = cloud.patch(plain["id"], {}, template={})
    assert refused.json["badRequest"]["details"]["field"] == "template"


def test_an_instance_whose_template_is_shared_no_longer_stays_as_it_is(cloud: SmallCloud) -> None:
    other = caller("other-project")
    template = make(
        cloud,
        parameters=FIRST,
        ensemble=ensemble(),
        visibility="shared",
        projects=["other-project"],
    )
    made = instantiate(cloud, template, who=other, parameters={"team": "b"}).json["ensemble"]
    cloud.run(made["id"])
    path = f"{COLLECTION}/{template['id']}"
    ask(cloud, MEMBER, "PATCH", path, {"template": {"visibility": "private"}})
    assert cloud.patch(made["id"], {}, who=other, template={}).status_code == 404
    assert cloud.patch(made["id"], {"description": "ours"}, who=other).status_code == 202


def test_the_instances_of_a_template_are_listed_by_its_id(cloud: SmallCloud, instance: Any) -> None:
    cloud.post({"name": "plain", "tiers": [{"name": "web", "count": 1, "server": SERVER}]})
    path = f"/os-ensembles?template_id={instance['template']['id']}"
    found = ask(cloud, MEMBER, "GET", path).json["ensembles"]
    assert [each["id"] for each in found] == [instance["id"]]
    assert ask(cloud, caller("other-project"), "GET", path).json["ensembles"] == []
