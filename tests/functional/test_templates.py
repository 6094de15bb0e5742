# SPDX-License-Identifier: Apache-2.0
"""Ensemble templates from the first version to the last ensemble, through the API's routes."""

from typing import Any

import pytest
from small_cloud import FLAVOR, IMAGE, NETWORK, SmallCloud, caller
from test_who_may_what import ask, code

from ensemble_api import limits
from ensemble_api.ensemble_templates.record import Origin

COLLECTION = "/os-ensembles/templates"
PARAMETERS = {
    "count": {"type": "number", "default": 1, "constraints": [{"range": {"min": 1, "max": 3}}]},
    "flavor": {"type": "string", "constraints": [{"custom_constraint": "nova.flavor"}]},
    "standby": {"type": "boolean", "default": False},
}
SERVER = {"flavor": {"get_param": "flavor"}, "image": IMAGE, "networks": "auto"}
ENSEMBLE = {
    "tiers": [
        {"name": "web", "count": {"get_param": "count"}, "server": SERVER},
        {"name": "standby", "when": {"get_param": "standby"}, "count": 1, "server": SERVER},
    ],
    "policies": [{"type": "anti-affinity", "level": "rack", "tiers": ["web", "standby"]}],
}
MEMBER = caller()
OTHER = caller("other-project")
ADMIN = caller("operators", "admin")


def document(**changes: Any) -> dict[str, Any]:
    return {"name": "web service", "parameters": PARAMETERS, "ensemble": ENSEMBLE, **changes}


def make(cloud: SmallCloud, who: Any = MEMBER, **changes: Any) -> dict[str, Any]:
    response = ask(cloud, who, "POST", COLLECTION, {"template": document(**changes)})
    assert response.status_code == 201, response.text
    made: dict[str, Any] = response.json["template"]
    assert response.headers["Location"].endswith(f"{COLLECTION}/{made['id']}")
    return made


def instantiate(cloud: SmallCloud, template: Any, who: Any = MEMBER, **asked: Any) -> Any:
    wanted = {"name": "shop", "parameters": {"flavor": FLAVOR}, **asked}
    path = f"{COLLECTION}/{template['id']}/action"
    return ask(cloud, who, "POST", path, {"instantiate": wanted})


def test_what_is_instantiated_is_an_ordinary_ensemble_that_knows_what_it_was_made_from(
    cloud: SmallCloud,
) -> None:
    template = make(cloud)
    response = instantiate(
        cloud, template, parameters={"flavor": FLAVOR, "count": "2", "standby": True}
    )
    assert response.status_code == 202, response.text
    made = response.json["ensemble"]
    assert response.headers["Location"] == f"http://cloud:8774/v2.1/os-ensembles/{made['id']}"
    cloud.run(made["id"])
    record = cloud.store.get(made["id"])
    cloud.assert_built(record)
    assert sorted(each.name for each in record.members) == ["standby-0", "web-0", "web-1"]
    assert len({each.domains["rack"] for each in record.members}) == 3

    values = {"count": 2, "flavor": FLAVOR, "standby": True}
    assert Origin.of(record.body) == Origin(template["id"], 1, values)
    shown = ask(cloud, MEMBER, "GET", f"/os-ensembles/{made['id']}").json["ensemble"]
    assert shown["template"] == {"id": template["id"], "version": 1, "parameters": values}
    listed = ask(cloud, MEMBER, "GET", "/os-ensembles").json["ensembles"]
    assert listed[0]["template"] == {"id": template["id"], "version": 1}

    changed = cloud.patch(made["id"], {"description": "still an instance"})
    assert changed.status_code == 202, changed.text
    assert changed.json["ensemble"]["template"]["id"] == template["id"]
    assert Origin.of(cloud.store.get(made["id"]).body) == Origin(template["id"], 1, values)


def test_a_colleague_is_not_shown_the_values_which_may_be_part_of_the_user_data(
    cloud: SmallCloud,
) -> None:
    made = instantiate(cloud, make(cloud)).json["ensemble"]
    colleague = caller()
    colleague.user_id = "somebody-else"
    shown = ask(cloud, colleague, "GET", f"/os-ensembles/{made['id']}").json["ensemble"]
    assert shown["template"].keys() == {"id", "version"}


def test_a_dry_run_shows_the_description_and_its_plan_is_built_by_its_id(
    cloud: SmallCloud,
) -> None:
    template = make(cloud)
    found = instantiate(cloud, template, dry_run=True)
    assert found.status_code == 200, found.text
    described = found.json["ensemble"]
    assert described["tiers"][0]["server"]["flavor"] == FLAVOR
    assert described["policies"][0]["tiers"] == ["web"], "the tier that is left out is left out"
    cloud.assert_clean()
    plan = found.json["plan"]["id"]
    assert code(instantiate(cloud, template, plan=plan, parameters={"flavor": FLAVOR, "count": 2}))
    built = instantiate(cloud, template, plan=plan)
    assert built.status_code == 202, built.text
    # What it was made from is part of what was asked for: the same ensemble by itself is another.
    plain = ask(cloud, MEMBER, "POST", "/os-ensembles", {"ensemble": described, "plan": plan})
    assert (plain.status_code, code(plain)) == (409, "ensemble.already_built")


def test_the_same_request_with_the_same_key_makes_one_ensemble(cloud: SmallCloud) -> None:
    template = make(cloud)
    path = f"{COLLECTION}/{template['id']}/action"
    wanted = {"instantiate": {"name": "shop", "parameters": {"flavor": FLAVOR}}}
    made = [ask(cloud, MEMBER, "POST", path, wanted, Idempotency_Key="k") for _ in range(2)]
    assert made[0].json == made[1].json and made[0].headers["Location"]
    wanted["instantiate"]["name"] = "another"
    assert ask(cloud, MEMBER, "POST", path, wanted, Idempotency_Key="k").status_code == 422


@pytest.mark.parametrize(
    ("asked", "field", "error"),
    [
        pytest.param({"parameters": {}}, "parameters.flavor", "invalid", id="nothing given"),
        pytest.param(
            {"parameters": {"flavor": FLAVOR, "count": 9}},
            "parameters.count",
            "invalid",
            id="beyond a constraint",
        ),
        pytest.param(
            {"parameters": {"flavor": FLAVOR, "size": 9}},
            "parameters.size",
            "invalid",
            id="unknown",
        ),
        pytest.param(
            {"parameters": {"flavor": "secret"}},
            "parameters.flavor",
            "unknown_flavor",
            id="a flavor that is not there",
        ),
        pytest.param(
            {"parameters": {"flavor": f"{FLAVOR}/os-extra_specs"}},
            "parameters.flavor",
            "unknown_flavor",
            id="a path in the place of a name",
        ),
        pytest.param(
            {"parameters": {"flavor": ".."}}, "parameters.flavor", "unknown_flavor", id="a way up"
        ),
        pytest.param({"name": " "}, "instantiate.name", "invalid", id="no name"),
        pytest.param({"version": 0}, "instantiate.version", "invalid", id="no version"),
    ],
)
@pytest.mark.parametrize("dry_run", [True, False])
def test_what_cannot_be_made_is_refused_with_its_field(
    cloud: SmallCloud, asked: Any, field: str, error: str, dry_run: bool
) -> None:
    response = instantiate(cloud, make(cloud), dry_run=dry_run, **asked)
    assert response.status_code == 400, response.text
    details = response.json["badRequest"]["details"]
    assert (details["field"], details["code"]) == (field, f"ensemble.{error}")
    cloud.assert_clean()


def test_images_networks_and_key_pairs_are_those_of_whoever_applies_it(cloud: SmallCloud) -> None:
    kinds = {"image": "glance.image", "network": "neutron.network", "key": "nova.keypair"}
    there = {"image": IMAGE, "network": NETWORK, "key": "laptop"}
    parameters = {
        name: {"type": "string", "constraints": [{"custom_constraint": kind}]}
        for name, kind in kinds.items()
    }
    server = {
        "flavor": FLAVOR,
        "image": {"get_param": "image"},
        "networks": [{"get_param": "network"}],
        "key_name": {"get_param": "key"},
    }
    ensemble = {"tiers": [{"name": "web", "count": 1, "server": server}]}
    template = make(cloud, parameters=parameters, ensemble=ensemble)
    for name in kinds:
        refused = instantiate(cloud, template, parameters={**there, name: NETWORK[:-1] + "9"})
        assert refused.status_code == 400, refused.text
        assert refused.json["badRequest"]["details"]["field"] == f"parameters.{name}"
    assert instantiate(cloud, template, parameters=there).status_code == 202


def test_a_version_never_changes_and_a_change_of_the_document_is_a_new_one(
    cloud: SmallCloud,
) -> None:
    template = make(cloud)
    path = f"{COLLECTION}/{template['id']}"

    def patch(**changes: Any) -> Any:
        response = ask(cloud, MEMBER, "PATCH", path, {"template": changes})
        assert response.status_code == 200, response.text
        return response.json["template"]

    assert patch(description="with words", name=" web ")["version"] == 1
    assert patch(ensemble=ENSEMBLE)["version"] == 1, "the same is no new version"
    more = {**PARAMETERS, "count": {"type": "number", "default": 3}}
    second = patch(parameters=more)
    assert (second["version"], second["name"]) == (2, "web")
    assert second["ensemble"] == ENSEMBLE, "what is not given stays"
    assert [each["version"] for each in second["versions"]] == [1, 2]

    first = ask(cloud, MEMBER, "GET", f"{path}?version=1").json["template"]
    assert first["parameters"] == PARAMETERS
    assert (first["version"], first["latest_version"]) == (1, 2)
    assert ask(cloud, MEMBER, "GET", f"{path}?version=3").status_code == 404
    assert ask(cloud, MEMBER, "GET", f"{path}?version=x").status_code == 400
    for version, members in ((1, 1), (2, 3), (None, 3)):
        asked = {"version": version} if version else {}
        found = instantiate(cloud, template, dry_run=True, **asked).json["ensemble"]
        assert found["tiers"][0]["count"] == members
    missing = instantiate(cloud, template, version=3)
    assert missing.status_code == 404


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": ""}, "name"),
        ({"visibility": "hidden"}, "visibility"),
        ({"projects": ["other-project"]}, "projects"),
        ({"visibility": "shared", "projects": ["a b"]}, "projects[0]"),
        ({"parameters": {"1": {"type": "number"}}}, "parameters"),
        ({"parameters": {"n": {"type": "float"}}}, "parameters.n.type"),
        ({"parameters": {"n": {"type": "number", "default": "x"}}}, "parameters.n.default"),
        ({"ensemble": {"tiers": "all"}}, "ensemble.tiers"),
        ({"ensemble": {}}, "ensemble.tiers"),
        ({"ensemble": {"tiers": [{"name": "web", "count": 1}]}}, "ensemble.tiers[0].server"),
        (
            {"ensemble": {"tiers": [{**ENSEMBLE["tiers"][0], "size": 1}]}},
            "ensemble.tiers[0].size",
        ),
        (
            {"ensemble": {"tiers": [{**ENSEMBLE["tiers"][0], "count": {"get_param": "flavor"}}]}},
            "ensemble.tiers[0].count",
        ),
        (
            {"ensemble": {"tiers": [{**ENSEMBLE["tiers"][0], "name": "Web"}]}},
            "ensemble.tiers[0].name",
        ),
        (
            {
                "parameters": {},
                "ensemble": {
                    "tiers": [
                        {"name": "a", "count": 2, "server": {**SERVER, "flavor": "1", "name": "x"}}
                    ]
                },
            },
            "ensemble.tiers[0].server.name",
        ),
    ],
)
def test_what_no_template_can_be_is_refused_with_its_field_also_as_a_change(
    cloud: SmallCloud, changes: Any, field: str
) -> None:
    refused = ask(cloud, MEMBER, "POST", COLLECTION, {"template": document(**changes)})
    assert refused.status_code == 400, refused.text
    assert refused.json["badRequest"]["details"]["field"] == f"template.{field}"
    path = f"{COLLECTION}/{make(cloud)['id']}"
    again = ask(cloud, MEMBER, "PATCH", path, {"template": changes})
    assert again.status_code == 400, again.text
    assert again.json == refused.json
    assert ask(cloud, MEMBER, "GET", path).json["template"]["latest_version"] == 1


def test_others_see_what_is_shared_with_them_or_public_and_change_nothing(
    cloud: SmallCloud,
) -> None:
    shown = {
        "private": make(cloud),
        "shared": make(cloud, visibility="shared", projects=["other-project", "third"]),
        "shared with others": make(cloud, visibility="shared", projects=["third"]),
        "public": make(cloud, who=ADMIN, visibility="public"),
    }
    for name, template in shown.items():
        path = f"{COLLECTION}/{template['id']}"
        status = 200 if name in ("shared", "public") else 404
        seen = ask(cloud, OTHER, "GET", path)
        assert seen.status_code == status, name
        if status == 200:
            view = seen.json["template"]
            assert (view["projects"], view["user_id"]) == ([], None)
            assert view["versions"][0]["user_id"] is None
            assert instantiate(cloud, template, who=OTHER).status_code == 202
        denied = 403 if status == 200 else 404
        for method, sent in (("PATCH", {"template": {"name": "mine"}}), ("DELETE", None)):
            assert ask(cloud, OTHER, method, path, sent).status_code == denied, (name, method)

    def listed(query: str, who: Any = OTHER) -> set[str]:
        found = ask(cloud, who, "GET", f"{COLLECTION}{query}").json["templates"]
        return {name for name, each in shown.items() if each["id"] in {f["id"] for f in found}}

    assert listed("") == {"public"}, "what others have shared is not put before one's eyes"
    assert listed("?visibility=shared") == {"shared"}
    assert listed("?visibility=all") == {"shared", "public"}
    assert listed("?visibility=private") == set()
    assert listed("", MEMBER) == set(shown)
    assert ask(cloud, OTHER, "GET", f"{COLLECTION}?all_projects=1").status_code == 403
    assert listed("?all_projects=1", ADMIN) == set(shown)


def test_publishing_is_for_operators_and_what_is_public_may_still_be_changed_by_its_project(
    cloud: SmallCloud,
) -> None:
    refused = ask(cloud, MEMBER, "POST", COLLECTION, {"template": document(visibility="public")})
    assert refused.status_code == 403
    path = f"{COLLECTION}/{make(cloud)['id']}"
    publish = {"template": {"visibility": "public"}}
    assert ask(cloud, MEMBER, "PATCH", path, publish).status_code == 403
    assert ask(cloud, ADMIN, "PATCH", path, publish).status_code == 200
    kept = ask(cloud, MEMBER, "PATCH", path, {"template": {"description": "ours"}})
    assert kept.json["template"]["visibility"] == "public"
    # What all projects apply by default is what an operator has seen.
    newer = {"template": {"ensemble": {**ENSEMBLE, "description": "another"}}}
    assert ask(cloud, MEMBER, "PATCH", path, newer).status_code == 403
    assert ask(cloud, ADMIN, "PATCH", path, newer).json["template"]["version"] == 2
    private = {"template": {"visibility": "private"}}
    assert ask(cloud, MEMBER, "PATCH", path, private).status_code == 200
    assert ask(cloud, OTHER, "GET", path).status_code == 404


def test_what_is_shared_no_longer_is_forgotten_with_whom(cloud: SmallCloud) -> None:
    path = f"{COLLECTION}/{make(cloud, visibility='shared', projects=['other-project'])['id']}"
    ask(cloud, MEMBER, "PATCH", path, {"template": {"visibility": "private"}})
    back = ask(cloud, MEMBER, "PATCH", path, {"template": {"visibility": "shared"}})
    assert back.json["template"]["projects"] == []
    assert ask(cloud, OTHER, "GET", path).status_code == 404


def test_a_deleted_template_makes_nothing_more_and_goes_with_the_last_of_its_ensembles(
    cloud: SmallCloud,
) -> None:
    template = make(cloud)
    path = f"{COLLECTION}/{template['id']}"
    made = instantiate(cloud, template).json["ensemble"]
    cloud.run(made["id"])
    assert ask(cloud, MEMBER, "GET", path).json["template"]["instances"] == 1
    for _ in range(2):
        assert ask(cloud, MEMBER, "DELETE", path).status_code == 204
    cloud.assert_built(cloud.store.get(made["id"]))
    kept = ask(cloud, MEMBER, "GET", path).json["template"]
    assert kept["deleted_at"] and kept["ensemble"] == ENSEMBLE
    assert ask(cloud, MEMBER, "GET", COLLECTION).json["templates"] == []
    assert instantiate(cloud, template).status_code == 409
    assert ask(cloud, MEMBER, "PATCH", path, {"template": {"name": "x"}}).status_code == 409
    assert ask(cloud, OTHER, "GET", path).status_code == 404

    ask(cloud, MEMBER, "DELETE", f"/os-ensembles/{made['id']}")
    cloud.run(made["id"])
    assert ask(cloud, MEMBER, "GET", path).status_code == 404
    make(cloud)
    assert ask(cloud, ADMIN, "GET", path).status_code == 404, "nothing of it is stored any more"


def test_a_project_has_so_many_templates_and_a_template_so_many_versions(
    cloud: SmallCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    template = make(cloud)
    monkeypatch.setattr(limits, "TEMPLATES", 1)
    monkeypatch.setattr(limits, "TEMPLATE_VERSIONS", 1)
    refused = ask(cloud, MEMBER, "POST", COLLECTION, {"template": document()})
    details = refused.json["forbidden"]["details"]
    assert (details["code"], details["resource"]) == ("ensemble.quota", "templates")
    make(cloud, who=OTHER)
    path = f"{COLLECTION}/{template['id']}"
    refused = ask(
        cloud,
        MEMBER,
        "PATCH",
        path,
        {
            "template": {
                "parameters": {},
                "ensemble": {
                    "tiers": [{"name": "a", "count": 1, "server": {"flavor": "1", "image": IMAGE}}]
                },
            }
        },
    )
    assert refused.json["forbidden"]["details"]["resource"] == "template_versions"
    monkeypatch.setattr(limits, "TEMPLATE_VERSIONS", 9)
    monkeypatch.setattr(limits, "TEMPLATES_SIZE", 1000)
    large = {"description": "x" * 1000, **ENSEMBLE}
    refused = ask(cloud, MEMBER, "PATCH", path, {"template": {"ensemble": large}})
    assert refused.json["forbidden"]["details"]["resource"] == "template_bytes"
    monkeypatch.setattr(limits, "TEMPLATE_SIZE", 500)
    refused = ask(cloud, MEMBER, "PATCH", path, {"template": {"ensemble": large}})
    assert refused.json["badRequest"]["details"]["field"] == "template"
