# SPDX-License-Identifier: Apache-2.0
"""Ensemble templates: descriptions with parameters, from which ensembles are made."""

from collections.abc import Iterable, Mapping
from typing import Any
from urllib import parse

from novaclient import base

from ensemble_client import request
from ensemble_client.v2 import urls

URL = f"{urls.URL}/templates"
_NOTHING: Mapping[str, Any] = {}


class TemplateManager(base.Manager):
    """Makes templates, and ensembles of them."""

    def templates(self, limit: int | None = None, marker: str | None = None, **filters: Any) -> Any:
        """List templates, without their documents.

        `filters` are the query of the API: `name`, `visibility`, `sort_key`, `sort_dir` and
        `all_projects=1`; None leaves one out. Without a `visibility` they are the project's own and
        public ones. Without a limit, all pages are fetched; with one, as many as it takes.
        """
        query = {key: value for key, value in filters.items() if value is not None}
        found = base.ListWithMeta([], None)
        while limit is None or len(found) < limit:
            query |= {"limit": limit - len(found)} if limit is not None else {}
            query |= {"marker": marker} if marker else {}
            resp, body = self.api.client.get(urls.with_query(URL, query))
            found.extend(body["templates"])
            found.append_request_ids(resp)
            if not body["templates"] or not body.get("templates_links"):
                break
            marker = body["templates"][-1]["id"]
        return found

    def template(self, template_id: str, version: int | None = None) -> dict[str, Any]:
        """Fetch one template with the document of its latest version, or of another one."""
        query = {} if version is None else {"version": version}
        resp, body = self.api.client.get(urls.with_query(_url(template_id), query))
        return self.convert_into_with_meta(body["template"], resp)

    def create_template(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """Make a template.

        `body` has "name" and "ensemble", and may have "description", "parameters", "visibility" and
        "projects". Raises TooLarge as `create` does.
        """
        wanted = {"template": dict(body)}
        self._check_size(wanted)
        resp, answer = self.api.client.post(URL, body=wanted)
        return self.convert_into_with_meta(answer["template"], resp)

    def change_template(self, template_id: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Change a template; other "parameters" or another "ensemble" are a new version."""
        wanted = {"template": dict(body)}
        self._check_size(wanted)
        resp, answer = self.api.client.patch(_url(template_id), body=wanted)
        return self.convert_into_with_meta(answer["template"], resp)

    def delete_template(self, template_id: str) -> Any:
        """Delete a template; ensembles that were made from it go on."""
        resp, body = self.api.client.delete(_url(template_id))
        return self.convert_into_with_meta(body, resp)

    def instantiate(
        self,
        template_id: str,
        name: str,
        parameters: Mapping[str, Any],
        *,
        version: int | None = None,
        description: str | None = None,
        plan: str | None = None,
        key: str | None = None,
    ) -> Any:
        """Make an ensemble of this name from a template, with these values of its parameters.

        It is planned, reserved and begun to be built as by `create`; so are `plan` and `key`.
        """
        wanted = request.instantiation(name, parameters, version, description)
        wanted["instantiate"] |= {"plan": plan} if plan else {}
        self._check_size(wanted)
        return self._create_at(f"{_url(template_id)}/action", wanted, key)

    def preview_instantiation(
        self,
        template_id: str,
        name: str,
        parameters: Mapping[str, Any],
        *,
        version: int | None = None,
        description: str | None = None,
    ) -> dict[str, Any]:
        """Tell what would come of an instantiation: its "plan" and the "ensemble" described."""
        wanted = request.instantiation(name, parameters, version, description)
        wanted["instantiate"]["dry_run"] = True
        self._check_size(wanted)
        resp, answer = self.api.client.post(f"{_url(template_id)}/action", body=wanted)
        return self.convert_into_with_meta(answer, resp)

    def instantiate_all(
        self,
        template_id: str,
        instances: Iterable[Mapping[str, Any]],
        parameters: Mapping[str, Any] = _NOTHING,
        *,
        version: int | None = None,
        description: str | None = None,
        plan: str | None = None,
        key: str | None = None,
    ) -> Any:
        """Make several ensembles from a template: planned and reserved as one, all or none.

        Each of `instances` has a "name", and may have "parameters" and a "description" of its own;
        `parameters` and `description` are for those that do not say otherwise. Gives the ensembles
        in their order. `plan` and `key` are as for `create`.
        """
        wanted = request.instances(instances, parameters, version, description)
        wanted["instantiate"] |= {"plan": plan} if plan else {}
        self._check_size(wanted)
        return self._create_all_at(f"{_url(template_id)}/action", wanted, key)

    def preview_instances(
        self,
        template_id: str,
        instances: Iterable[Mapping[str, Any]],
        parameters: Mapping[str, Any] = _NOTHING,
        *,
        version: int | None = None,
        description: str | None = None,
    ) -> dict[str, Any]:
        """Tell what would come of `instantiate_all`.

        Gives the "plan" of all together, and "instances", each with the "ensemble" described and
        its own "plan", which is None where there is no plan of all.
        """
        wanted = request.instances(instances, parameters, version, description)
        wanted["instantiate"]["dry_run"] = True
        self._check_size(wanted)
        resp, answer = self.api.client.post(f"{_url(template_id)}/action", body=wanted)
        return self.convert_into_with_meta(answer, resp)

    def _check_size(self, wanted: Mapping[str, Any]) -> None:
        raise NotImplementedError

    def _create_at(self, url: str, wanted: Mapping[str, Any], key: str | None) -> Any:
        raise NotImplementedError

    def _create_all_at(self, url: str, wanted: Mapping[str, Any], key: str | None) -> Any:
        raise NotImplementedError


def _url(template_id: str) -> str:
    return f"{URL}/{parse.quote(template_id, safe='')}"
