# SPDX-License-Identifier: Apache-2.0
"""Ensembles as a resource of the compute API, in the form novaclient loads as an extension."""

import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any, ClassVar
from urllib import parse

# novaclient takes the last Manager class it finds among this module's names for the extension's
# manager, so only the module `base` may be imported here, never its classes.
from novaclient import base, exceptions

from ensemble_client import request, retry
from ensemble_client.v2 import errors, maintenance, templates, urls


class TooLarge(exceptions.OverLimit):
    """A request that is longer than the cloud takes; it was not sent."""

    def __init__(self, size: int, most: int) -> None:
        super().__init__(
            413,
            request.too_large_text(size, most),
            details={"code": "ensemble.too_large", "size": size, "max_body_bytes": most},
        )


class Ensemble(base.Resource):
    """One ensemble as the API shows it: its keys are attributes."""

    def __repr__(self) -> str:
        return f"<Ensemble: {getattr(self, 'name', self.id)}>"

    def delete(self) -> Any:
        """Ask for the removal of this ensemble and of all its servers."""
        return self.manager.delete(self)

    def cancel(self) -> Any:
        """Ask for the end of this ensemble's build, and the removal of what there is of it."""
        return self.manager.cancel(self)

    def release(self) -> Any:
        """Give this ensemble up, and leave its servers as plain servers."""
        return self.manager.release(self)


class EnsembleManager(
    maintenance.MaintenanceManager, templates.TemplateManager, base.ManagerWithFind
):
    """What the ensembles API can do, available as `client.ensembles`."""

    resource_class: ClassVar[type[Ensemble]] = Ensemble
    pause: ClassVar[Callable[[float], None]] = staticmethod(time.sleep)

    def capabilities(self) -> dict[str, Any]:
        """Tell what this cloud's ensembles can do.

        "limits", "statuses", "sort_keys", "levels" (the smallest first), "features", and "policies"
        with the fields of each kind.
        """
        resp, body = self.api.client.get(f"{urls.URL}/capabilities")
        return self.convert_into_with_meta(body["capabilities"], resp)

    def get(self, ensemble: Any) -> Ensemble:
        """Fetch one ensemble with members, policies and survivability, by id or resource."""
        resp, body = self.api.client.get(_url(ensemble))
        return Ensemble(self, body["ensemble"], loaded=True, resp=resp)

    def create(
        self, body: Mapping[str, Any], plan: str | None = None, key: str | None = None
    ) -> Ensemble:
        """Plan, reserve and begin to build an ensemble.

        `body` is what the API expects inside {"ensemble": ...}. With `plan`, the id of a plan, what
        was planned is what is built: should it not hold any more, nothing is, and the Conflict's
        details carry a new plan and how it differs. The answer comes as soon as the capacity is
        reserved; a refusal is a Conflict whose details carry the reasons.

        A create is done once for each idempotency key. Without `key` one is made, and a create
        whose answer gets lost is sent again, a few times; with one, that is left to the caller.

        Raises TooLarge for one that is longer than the cloud takes.
        """
        wanted = request.new(body, plan)
        self._check_size(wanted)
        return self._create_at(urls.URL, wanted, key)

    def _create_at(self, url: str, wanted: Mapping[str, Any], key: str | None) -> Ensemble:
        resp, answer = self._create_once(url, wanted, key)
        return Ensemble(self, answer["ensemble"], loaded=True, resp=resp)

    def _create_all_at(self, url: str, wanted: Mapping[str, Any], key: str | None) -> Any:
        resp, answer = self._create_once(url, wanted, key)
        made = [Ensemble(self, each, loaded=True, resp=resp) for each in answer["ensembles"]]
        return base.ListWithMeta(made, resp)

    def _create_once(
        self, url: str, wanted: Mapping[str, Any], key: str | None
    ) -> tuple[Any, Mapping[str, Any]]:
        headers = request.idempotency(key)

        def send() -> tuple[Any, Any]:
            sent: tuple[Any, Any] = self.api.client.post(url, body=wanted, headers=dict(headers))
            return sent

        return send() if key else retry.until_answered(send, type(self).pause, errors.said)

    def plan(
        self,
        body: Mapping[str, Any],
        headroom: bool = False,
        domains: str | None = None,
        fail: Iterable[str] = (),
    ) -> dict[str, Any]:
        """Plan without building: the same body as for `create`, the plan or its reasons back.

        With `headroom`, each loss in the plan's survivability also tells whether its members could
        be placed again; that takes the cloud a plan more for every domain in use. With `domains`
        "all", domains that are not used are shown too. `fail` are references of domains that
        fail at once: the plan's "failed" tells what they leave. Raises TooLarge as `create` does.
        """
        wanted = request.new(body, None)
        self._check_size(wanted)
        query = request.plan_query(headroom, domains, fail)
        resp, answer = self.api.client.post(
            urls.with_query(f"{urls.URL}/plans", query), body=wanted
        )
        return self.convert_into_with_meta(answer["plan"], resp)

    def _check_size(self, wanted: Mapping[str, Any]) -> None:
        found = request.excess(wanted, lambda: self.capabilities()["limits"]["max_body_bytes"])
        if found:
            raise TooLarge(*found)

    def change(
        self,
        ensemble: Any,
        body: Mapping[str, Any],
        remove: Iterable[str] = (),
        plan: str | None = None,
        *,
        replace: Iterable[str] = (),
        release: Iterable[str] = (),
        mend: bool = False,
        template: Mapping[str, Any] | None = None,
    ) -> Ensemble:
        """Change an ensemble that runs, by id or resource, and begin to carry that out.

        `body` is what is to be otherwise: "name", "description", "metadata", "tiers", "policies"
        and "recovery", each whole, and the "generation" that was looked at; a tier that the
        ensemble has may do without its "server" and its "recovery". `remove` are names of members
        that are to go where their tiers shrink, `release` of those that go and whose servers stay,
        as plain servers. For each of `replace` another one is built before it goes, so that no tier
        shrinks for it. With `mend`, members move, as few as can be, so that policies hold that do
        not now. `template`, of an ensemble that was made from one, has the "version" to become, the
        latest if not given, and "parameters". With `plan`, the id of a preview, what was previewed
        is done, or nothing. The answer comes as soon as the capacity is reserved; an HTTP error of
        status 412 says that the ensemble was changed meanwhile. Raises TooLarge as `create` does.
        """
        wanted = request.change(body, remove, replace, release, mend, plan, template)
        self._check_size(wanted)
        resp, answer = self.api.client.patch(_url(ensemble), body=wanted)
        return Ensemble(self, answer["ensemble"], loaded=True, resp=resp)

    def preview_change(
        self,
        ensemble: Any,
        body: Mapping[str, Any],
        remove: Iterable[str] = (),
        *,
        replace: Iterable[str] = (),
        release: Iterable[str] = (),
        mend: bool = False,
        template: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        """Tell what would come of a change, as for `change`, without touching anything.

        Gives "plan", as `plan` does, and "change" with the names of the members that would be
        "added", "removed" with their servers, and "released" without them, and who is "moved".
        """
        url = urls.with_query(_url(ensemble), {"dry_run": 1})
        wanted = request.change(body, remove, replace, release, mend, template=template)
        self._check_size(wanted)
        resp, answer = self.api.client.patch(url, body=wanted)
        return self.convert_into_with_meta(answer, resp)

    def adopt(self, body: Mapping[str, Any], plan: str | None = None, dry_run: bool = False) -> Any:
        """Make an ensemble of servers that run already; none of them is touched.

        `body` has "name", "from" with one of "server_group", "tag", "servers", "stack" and
        "project", and if they are not to be as proposed "tiers" and "policies". With `dry_run` the
        proposal comes back: "ensemble", "members" by their servers, "survivability", what is
        "degraded" and who is "left_out". With `plan`, the id of a proposal, that is adopted, or
        nothing.
        """
        wanted: dict[str, Any] = {"adopt": dict(body)} | ({"plan": plan} if plan else {})
        self._check_size(wanted)
        url = urls.with_query(f"{urls.URL}/adopt", {"dry_run": 1} if dry_run else {})
        resp, answer = self.api.client.post(url, body=wanted)
        if dry_run:
            return self.convert_into_with_meta(answer["adoption"], resp)
        return Ensemble(self, answer["ensemble"], loaded=True, resp=resp)

    def release(self, ensemble: Any) -> "Ensemble":
        """Give an ensemble up, by id or resource, and leave its servers as plain servers.

        Gives the ensemble as it was; there is none any more.
        """
        url = f"{_url(ensemble)}/action"
        resp, answer = self.api.client.post(url, body={"release": None})
        return Ensemble(self, answer["ensemble"], loaded=True, resp=resp)

    def survivability(self, ensemble: Any, failures: int = 1) -> dict[str, Any]:
        """Tell where Nova has the servers now, and what the loss of any `failures` domains leaves.

        By id or resource; "members" says how each differs from the plan, "violations" and
        "promises" what that breaks.
        """
        url = urls.with_query(f"{_url(ensemble)}/survivability", {"failures": failures})
        resp, answer = self.api.client.get(url)
        return self.convert_into_with_meta(answer["survivability"], resp)

    def drill(
        self, ensemble: Any, level: str | None = None, domains: Iterable[str] = ()
    ) -> dict[str, Any]:
        """Tell what failures would do to an ensemble, by id or resource; nothing is touched.

        Either each domain of a `level` fails, one at a time, or the `domains` of these references
        all at once. "failures" has the one that does most harm first: who is "lost", what is
        "left", which "promises" hold, and the "repair" that would follow.
        """
        asked = {"domains": [*domains]} if level is None else {"level": level}
        resp, answer = self.api.client.post(f"{_url(ensemble)}/action", body={"drill": asked})
        return self.convert_into_with_meta(answer["drill"], resp)

    def preview_repair(self, ensemble: Any) -> dict[str, Any]:
        """Tell which members are lost, by id or resource, and what a repair would do about it.

        Nothing is touched. "moves" are the places of those that can be had, and "left" those that
        Nova cannot bring back.
        """
        asked = {"repair": {"dry_run": True}}
        resp, answer = self.api.client.post(f"{_url(ensemble)}/action", body=asked)
        return self.convert_into_with_meta(answer["repair"], resp)

    def repair(self, ensemble: Any) -> "Ensemble":
        """Give lost members of an ensemble, by id or resource, other places."""
        resp, answer = self.api.client.post(f"{_url(ensemble)}/action", body={"repair": {}})
        return Ensemble(self, answer["ensemble"], loaded=True, resp=resp)

    def preview_rebalance(self, ensemble: Any) -> dict[str, Any]:
        """Tell which members of an ensemble, by id or resource, would move for the best spread.

        Nothing is touched. Gives "plan", as `plan` does, who is "moved", in order, and a "message".
        """
        asked = {"rebalance": {"dry_run": True}}
        resp, answer = self.api.client.post(f"{_url(ensemble)}/action", body=asked)
        return self.convert_into_with_meta(answer["rebalance"], resp)

    def rebalance(self, ensemble: Any, plan: str | None = None) -> "Ensemble":
        """Move members of an ensemble, by id or resource, to where failures take the least of it.

        With `plan`, the id of a preview, what was previewed is done, or nothing.
        """
        asked = {"rebalance": {"plan": plan} if plan else {}}
        resp, answer = self.api.client.post(f"{_url(ensemble)}/action", body=asked)
        return Ensemble(self, answer["ensemble"], loaded=True, resp=resp)

    def delete(self, ensemble: Any) -> Any:
        """Ask for the removal of an ensemble and of all its servers."""
        resp, body = self.api.client.delete(_url(ensemble))
        return self.convert_into_with_meta(body, resp)

    def cancel(self, ensemble: Any) -> "Ensemble":
        """Ask for the end of a build, by id or resource; nothing of the ensemble is left then.

        A Conflict when nothing is being built, as when the build has just ended: then all stays as
        it is.
        """
        url = f"{_url(ensemble)}/action"
        resp, answer = self.api.client.post(url, body={"cancel": None})
        return Ensemble(self, answer["ensemble"], loaded=True, resp=resp)

    def operations(self, ensemble: Any, limit: int | None = None, marker: str | None = None) -> Any:
        """List what was done with an ensemble and what is under way, the newest first.

        By id or resource. Without a limit, all pages are fetched; with one, as many as it takes.
        """
        url, found = f"{_url(ensemble)}/operations", base.ListWithMeta([], None)
        while limit is None or len(found) < limit:
            query = {"limit": limit - len(found)} if limit is not None else {}
            resp, body = self.api.client.get(
                urls.with_query(url, query | ({"marker": marker} if marker else {}))
            )
            found.extend(body["operations"])
            found.append_request_ids(resp)
            if not body["operations"] or not body.get("operations_links"):
                break
            marker = body["operations"][-1]["id"]
        return found

    def operation(self, ensemble: Any, operation_id: str) -> dict[str, Any]:
        """Fetch one operation of an ensemble, whose "goals" say where each member is to be."""
        url = f"{_url(ensemble)}/operations/{parse.quote(operation_id, safe='')}"
        resp, body = self.api.client.get(url)
        return self.convert_into_with_meta(body["operation"], resp)

    def hosts(self, **filters: Any) -> dict[str, Any]:
        """Show a page of hosts, each with its members and what its failure breaks (administrators).

        `filters` are the query of the API: `project_id`, `ensemble_id`, `q`, levels such as `zone`
        and `rack`, `sort_key` (impact, members or host), `sort_dir`, `limit`, `marker` (a host) and
        `summary=1`; None leaves one out. Gives `hosts`, how many are `found`, the number of the
        `first`, the `summary` if asked for, and `hosts_links` if there is another page.
        """
        query = {key: value for key, value in filters.items() if value is not None}
        resp, body = self.api.client.get(urls.with_query(f"{urls.URL}/hosts", query))
        return self.convert_into_with_meta(body, resp)

    def headroom(
        self, level: str | None = None, limit: int | None = None, marker: str | None = None
    ) -> dict[str, Any]:
        """Tell which failures would leave members without places (administrators only).

        Each domain of the `level`, the host if not given, fails by itself, over all ensembles; the
        worst come first. Gives `headroom` and `as_of` when that was so, how many are `found`, the
        number of the `first`, the `totals`, and as `next_marker` the `marker` of another page, None
        if there is none.
        """
        wanted = {"level": level, "limit": limit, "marker": marker}
        query = {key: value for key, value in wanted.items() if value is not None}
        resp, body = self.api.client.get(urls.with_query(f"{urls.URL}/headroom", query))
        links = body.get("headroom_links") or []
        following = [link["href"] for link in links if link.get("rel") == "next"]
        asked = parse.parse_qs(parse.urlsplit(following[0]).query) if following else {}
        body["next_marker"] = next(iter(asked.get("marker", ())), None)
        return self.convert_into_with_meta(body, resp)

    def list(
        self,
        search_opts: Mapping[str, Any] | None = None,
        limit: int | None = None,
        marker: str | None = None,
        sort_key: str | None = None,
        sort_dir: str | None = None,
        all_projects: bool = False,
    ) -> Any:
        """List ensembles, without their members.

        `search_opts` filters by `name`, `status` and `template_id`. Without a limit, all pages are
        fetched; with one, as many as it takes to reach it.
        """
        query = {key: value for key, value in (search_opts or {}).items() if value is not None}
        query |= {"sort_key": sort_key} if sort_key else {}
        query |= {"sort_dir": sort_dir} if sort_dir else {}
        query |= {"all_projects": 1} if all_projects else {}
        found = base.ListWithMeta([], None)
        while limit is None or len(found) < limit:
            query |= {"limit": limit - len(found)} if limit is not None else {}
            query |= {"marker": marker} if marker else {}
            resp, body = self.api.client.get(urls.with_query(urls.URL, query))
            page = [Ensemble(self, row, loaded=True) for row in body["ensembles"]]
            found.extend(page)
            found.append_request_ids(resp)
            links = body.get("ensembles_links") or []
            if not page or not any(link.get("rel") == "next" for link in links):
                break
            marker = page[-1].id
        return found


def _url(ensemble: Any) -> str:
    return f"{urls.URL}/{parse.quote(str(base.getid(ensemble)), safe='')}"
