# SPDX-License-Identifier: Apache-2.0
"""The pages of ensemble templates in each state, as states.py has those of ensembles."""

from collections.abc import Iterator
from typing import Any

from tests.cloud.ensembles import Project
from tests.ui.browser import Dashboard
from tests.ui.drawing import drawing
from tests.ui.states import escape


def templates(page: Dashboard, project: Project) -> Iterator[str]:
    """The gallery, the page of a template, its form and its drawing; also of none at all."""
    page.open("/project/ensembles/templates/")
    page.find(".ens-invite")
    yield "templates-empty"
    made = [_template(project, *each) for each in _TEMPLATES]
    try:
        address = f"/project/ensembles/templates/{made[0]}/"
        page.open("/project/ensembles/templates/")
        yield "templates"
        page.open(address)
        yield "template"
        page.open(f"{address}use/")
        page.until(lambda: page.attribute("#ens-apply", "data-state") == "fits")
        page.type("#ens-i1-name", "shop-1")
        page.click("#ens-add-instance")
        page.until(lambda: page.all("#ens-looked"))
        yield "template-form"
        page.open(f"{address}draw/")
        drawing(page, "fits")
        page.click("#ens-parameter-count-fold")
        yield "template-draw"
        page.click("#t1-values")
        page.find("dialog[open]")
        yield "template-values"
        escape(page)
        for name in ("share", "delete"):
            page.open(f"{address}{name}/")
            yield f"template-{name}"
    finally:
        for each in made:
            project.request("DELETE", f"/templates/{each}")


_TEMPLATES: tuple[tuple[str, str, tuple[tuple[str, int | None], ...]], ...] = (
    ("web service", "Web servers with a database, and a standby.", (("web", None), ("db", 2))),
    ("quorum", "Three that decide together.", (("voter", 3),)),
    ("cache", "", (("cache", None),)),
)


def _template(project: Project, name: str, about: str, tiers: Any) -> str:
    """Make a template of tiers with these counts, None: a parameter; gives its id."""
    flavor = {"get_param": "flavor"}
    drawn = [
        project.tier(tier, 2, flavor="m1.tiny") | {"count": count or {"get_param": "count"}}
        for tier, count in tiers
    ]
    for each in drawn:
        each["server"]["flavor"] = flavor
    parameters: dict[str, Any] = {
        "count": {
            "type": "number", "default": 3, "label": "Servers",
            "description": "Two are enough for most.",
            "constraints": [{"range": {"min": 2, "max": 8}}],
        },
        "flavor": {
            "type": "string", "default": project.names["flavor"]["m1.tiny"], "label": "Flavor",
            "constraints": [{"custom_constraint": "nova.flavor"}],
        },
    }  # fmt: skip
    ensemble: dict[str, Any] = {
        "tiers": drawn,
        "policies": [
            {"type": "anti-affinity", "level": "rack", "tiers": [each["name"]]}
            for each in drawn[-1:]
        ],
    }
    if len(drawn) > 1:
        parameters["standby"] = {"type": "boolean", "default": False, "label": "With a standby"}
        standby = project.tier("standby", 1) | {"when": {"get_param": "standby"}}
        ensemble["tiers"] = [*drawn, standby]
    body = {"name": name, "description": about, "parameters": parameters, "ensemble": ensemble}
    made = project.request("POST", "/templates", {"template": body})
    return str(made.json()["template"]["id"])
