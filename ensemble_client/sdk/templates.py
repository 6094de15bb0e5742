# SPDX-License-Identifier: Apache-2.0
"""Ensemble templates, as resources of openstacksdk."""

from collections.abc import Callable, Generator, Iterable, Mapping
from typing import Any, ClassVar, TypeAlias

from openstack import proxy, resource
from openstack.resource import Body

from ensemble_client import request, retry
from ensemble_client.sdk import errors
from ensemble_client.sdk.resources import Ensemble, Plan
from ensemble_client.v2 import urls


class Template(resource.Resource):
    """An ensemble with parameters, to make many ensembles from.

    Fields from ``latest_version`` on are not in listings.
    """

    resource_key = "template"
    resources_key = "templates"
    base_path = f"{urls.URL}/templates"
    allow_fetch = True
    allow_list = True
    allow_delete = True
    _query_mapping = resource.QueryParameters(
        "name", "visibility", "sort_key", "sort_dir", "all_projects"
    )

    description: str = Body("description")
    project_id: str = Body("project_id")
    #: "private", "shared" or "public".
    visibility: str = Body("visibility")
    #: The projects that it is shared with, shown to its own.
    projects: list[str] = Body("projects", type=list)
    user_id: str | None = Body("user_id")
    version: int = Body("version", type=int)
    created_at: str = Body("created_at")
    updated_at: str = Body("updated_at")
    latest_version: int = Body("latest_version", type=int)
    parameters: dict[str, object] = Body("parameters", type=dict)
    #: What it describes, referring to the parameters.
    ensemble: dict[str, object] = Body("ensemble", type=dict)
    versions: list[dict[str, object]] = Body("versions", type=list)
    #: How many ensembles of the own project were made from it.
    instances: int = Body("instances", type=int)
    deleted_at: str | None = Body("deleted_at")


_NOTHING: Mapping[str, Any] = {}

AnyTemplate: TypeAlias = Template | str
"""A template, or its id."""


class TemplateProxy(proxy.Proxy):
    """What can be done with templates."""

    pause: ClassVar[Callable[[float], None]]

    def templates(self, **query: Any) -> Generator[Template, None, None]:
        """Give templates, without their documents; pages are fetched as they are needed.

        `query` may have "name", "visibility", "sort_key", "sort_dir", "limit", "marker" and
        "all_projects". Without a visibility they are the project's own and public ones.
        """
        if "all_projects" in query:
            query["all_projects"] = int(query["all_projects"])
        return self._list(Template, **query)

    def get_template(self, template: AnyTemplate, version: int | None = None) -> Template:
        """Fetch one template with the document of its latest version, or of another one."""
        query = {} if version is None else {"version": version}
        return self._read(self._ask("GET", _path(template), None, query))

    def create_template(self, **attrs: Any) -> Template:
        """Make a template; "name" and "ensemble" are needed."""
        return self._read(self._ask("POST", "/templates", {"template": attrs}))

    def change_template(self, template: AnyTemplate, **attrs: Any) -> Template:
        """Change a template; other "parameters" or another "ensemble" are a new version."""
        return self._read(self._ask("PATCH", _path(template), {"template": attrs}))

    def delete_template(self, template: AnyTemplate, ignore_missing: bool = True) -> None:
        """Delete a template; ensembles that were made from it go on."""
        self._delete(Template, template, ignore_missing=ignore_missing)

    def instantiate_template(
        self,
        template: AnyTemplate,
        name: str,
        parameters: Mapping[str, Any],
        *,
        version: int | None = None,
        description: str | None = None,
        plan: Plan | str | None = None,
        key: str | None = None,
    ) -> Ensemble:
        """Make an ensemble of this name from a template, as `create_ensemble` makes one."""
        wanted = request.instantiation(name, parameters, version, description)
        return self._made(self._instantiated(template, wanted, plan, key))

    def instantiate_all(
        self,
        template: AnyTemplate,
        instances: Iterable[Mapping[str, Any]],
        parameters: Mapping[str, Any] = _NOTHING,
        *,
        version: int | None = None,
        description: str | None = None,
        plan: Plan | str | None = None,
        key: str | None = None,
    ) -> list[Ensemble]:
        """Make several ensembles from a template: planned and reserved as one, all or none.

        Each of `instances` has a "name", and may have "parameters" and a "description" of its own;
        `parameters` and `description` are for those that do not say otherwise.
        """
        wanted = request.instances(instances, parameters, version, description)
        answer = self._instantiated(template, wanted, plan, key)
        return [self._made({"ensemble": each}) for each in answer["ensembles"]]

    def preview_instantiation(
        self,
        template: AnyTemplate,
        name: str,
        parameters: Mapping[str, Any],
        *,
        version: int | None = None,
    ) -> Plan:
        """Plan what `instantiate_template` would build, which then takes the plan."""
        wanted = request.instantiation(name, parameters, version, None)
        wanted["instantiate"]["dry_run"] = True
        found = self._ask("POST", f"{_path(template)}/action", wanted)
        return Plan.existing(**found["plan"])

    def preview_instances(
        self,
        template: AnyTemplate,
        instances: Iterable[Mapping[str, Any]],
        parameters: Mapping[str, Any] = _NOTHING,
        *,
        version: int | None = None,
    ) -> tuple[Plan, list[Plan | None]]:
        """Plan what `instantiate_all` would build, which then takes the plan of all.

        Gives that plan, which has no members, and the plan of each, None where there is none of
        all.
        """
        wanted = request.instances(instances, parameters, version, None)
        wanted["instantiate"]["dry_run"] = True
        found = self._ask("POST", f"{_path(template)}/action", wanted)
        own = [each["plan"] and Plan.existing(**each["plan"]) for each in found["instances"]]
        return Plan.existing(**found["plan"]), own

    def _instantiated(
        self,
        template: AnyTemplate,
        wanted: dict[str, Any],
        plan: Plan | str | None,
        key: str | None,
    ) -> Any:
        """What comes of an instantiation, which is done once."""
        if plan is not None:
            wanted["instantiate"]["plan"] = plan if isinstance(plan, str) else plan.id
        headers = request.idempotency(key)

        def send() -> Any:
            return self._ask("POST", f"{_path(template)}/action", wanted, headers=headers)

        return send() if key else retry.until_answered(send, type(self).pause, errors.said)

    def _read(self, answer: Mapping[str, Any]) -> Template:
        return Template.existing(connection=self._get_connection(), **answer["template"])

    def _made(self, answer: Mapping[str, Any]) -> Ensemble:
        raise NotImplementedError

    def _ask(self, method: str, path: str, *more: Any, **options: Any) -> Any:
        raise NotImplementedError


def _path(template: AnyTemplate) -> str:
    return f"/templates/{template if isinstance(template, str) else template.id}"
