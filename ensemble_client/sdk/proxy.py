# SPDX-License-Identifier: Apache-2.0
"""What can be done with ensembles, as `connection.ensemble`."""

import time
from collections.abc import Callable, Generator, Iterable, Mapping
from typing import Any, ClassVar, TypeAlias

from openstack import exceptions

from ensemble_client import finding, request, retry
from ensemble_client.sdk import errors, waiting
from ensemble_client.sdk.resources import Ensemble, Operation, Plan
from ensemble_client.sdk.templates import TemplateProxy
from ensemble_client.v2 import urls

One: TypeAlias = Ensemble | str
"""An ensemble, or its id."""


class Proxy(TemplateProxy):
    """The ensembles API.

    Errors of the API are openstacksdk's `HttpException`; `ensemble_client.sdk.details` reads them.
    """

    api_version: ClassVar[str] = "1"
    pause: ClassVar[Callable[[float], None]] = staticmethod(time.sleep)
    _resource_registry: ClassVar[dict[str, Any]] = {"ensemble": Ensemble}

    def capabilities(self) -> dict[str, Any]:
        """Tell what this cloud's ensembles can do: "limits", "policies", "levels" and more."""
        return self._ask("GET", "/capabilities")["capabilities"]

    def ensembles(self, **query: Any) -> Generator[Ensemble, None, None]:
        """Give ensembles, without their members; pages are fetched as they are needed.

        `query` may have "name", "status", "sort_key", "sort_dir", "limit" (of a page), "marker",
        "all_projects", "project_id" and "template_id".
        """
        if "all_projects" in query:
            query["all_projects"] = int(query["all_projects"])
        return self._list(Ensemble, **query)

    def get_ensemble(self, ensemble: One) -> Ensemble:
        """Fetch one ensemble with members, policies and survivability."""
        return self._get(Ensemble, self._known(ensemble), skip_cache=True)

    def find_ensemble(
        self, name_or_id: str, ignore_missing: bool = True, **query: Any
    ) -> Ensemble | None:
        """Find an ensemble by its name or id, whole.

        :raises openstack.exceptions.DuplicateResource: when several have that name.
        :raises openstack.exceptions.NotFoundException: when none has, unless `ignore_missing`.
        """
        if finding.is_id(name_or_id):
            try:
                return self.get_ensemble(name_or_id)
            except exceptions.NotFoundException:
                pass  # it may still be a name
        named = finding.named(name_or_id, self.ensembles(name=name_or_id, **query))
        if len(named) > 1:
            raise exceptions.DuplicateResource(
                f"{len(named)} ensembles are named {name_or_id!r}; give the id of one"
            )
        if named:
            return self.get_ensemble(named[0])
        if not ignore_missing:
            raise _missing(name_or_id)
        return None

    def plan(
        self,
        *,
        headroom: bool = False,
        domains: str | None = None,
        fail: Iterable[str] = (),
        **attrs: Any,
    ) -> Plan:
        """Plan an ensemble without building it: its `is_feasible` says whether it fits.

        `attrs` are those of `create_ensemble`. With `headroom`, each loss in `survivability` also
        tells whether its members could be placed again. With `domains` "all", domains that are not
        used are shown too. `fail` are references of domains that fail at once.
        """
        query = request.plan_query(headroom, domains, fail)
        wanted = request.new(attrs, None)
        return Plan.existing(**self._ask("POST", "/plans", wanted, query)["plan"])

    def create_ensemble(
        self, *, plan: Plan | str | None = None, key: str | None = None, **attrs: Any
    ) -> Ensemble:
        """Plan, reserve and begin to build an ensemble; `wait_for_ensemble` waits for its end.

        `attrs` are "name", "tiers" and, if wanted, "policies", "description", "metadata" and
        "recovery", as the API has them; it refuses others. With `plan`, what was planned is what
        is built, or nothing is. Without an idempotency `key` one is made, and a create whose answer
        gets lost is sent again, a few times; with one, that is left to the caller.

        :raises openstack.exceptions.ConflictException: when it does not fit, with the reasons.
        :raises ensemble_client.sdk.errors.TooLarge: for one that is longer than the cloud takes.
        """
        wanted = request.new(attrs, _id(plan))
        headers = request.idempotency(key)

        def send() -> Any:
            return self._ask("POST", "", wanted, headers=headers)

        answer = send() if key else retry.until_answered(send, type(self).pause, errors.said)
        return self._made(answer)

    def change_ensemble(
        self,
        ensemble: One,
        *,
        plan: Plan | str | None = None,
        remove: Iterable[str] = (),
        replace: Iterable[str] = (),
        release: Iterable[str] = (),
        mend: bool = False,
        **attrs: Any,
    ) -> Ensemble:
        """Change an ensemble that runs, and begin to carry that out.

        `attrs` are those of `create_ensemble` that are to be otherwise, each whole; a tier that the
        ensemble has may do without its "server". `remove` are names of members that are to go where
        their tiers shrink, `release` of those that go and whose servers stay; for each of `replace`
        another one is built before it goes. With `mend`, members move so that policies hold.

        :raises openstack.exceptions.PreconditionFailedException: when it was changed since
            `ensemble` was fetched.
        """
        wanted = self._change(ensemble, attrs, remove, replace, release, mend, _id(plan))
        return self._made(self._ask("PATCH", self._path(ensemble), wanted))

    def preview_change(
        self,
        ensemble: One,
        *,
        remove: Iterable[str] = (),
        replace: Iterable[str] = (),
        release: Iterable[str] = (),
        mend: bool = False,
        **attrs: Any,
    ) -> tuple[Plan, dict[str, Any]]:
        """Tell what would come of a change, without touching anything.

        Gives the plan, and the names of the members that would be "added", "removed" with their
        servers, and "released" without them, and who is "moved".
        """
        wanted = self._change(ensemble, attrs, remove, replace, release, mend, None)
        answer = self._ask("PATCH", self._path(ensemble), wanted, {"dry_run": 1})
        return Plan.existing(**answer["plan"]), answer["change"]

    def scale_ensemble(self, ensemble: One, counts: Mapping[str, int], **how: Any) -> Ensemble:
        """Change how many members the tiers of an ensemble have: `{"web": 5}`.

        `how` is as for `change_ensemble`.

        :raises ensemble_client.request.UnknownTier: when it has no such tier.
        """
        whole = ensemble if isinstance(ensemble, Ensemble) else self.get_ensemble(ensemble)
        return self.change_ensemble(whole, tiers=request.scaled(whole.tiers, counts), **how)

    def repair_ensemble(self, ensemble: One) -> Ensemble:
        """Give lost members of an ensemble other places."""
        return self._made(self._act(ensemble, {"repair": {}}))

    def preview_repair(self, ensemble: One) -> dict[str, Any]:
        """Tell which members are lost, and what a repair would do: "moves" and "left"."""
        return self._act(ensemble, {"repair": {"dry_run": True}})["repair"]

    def rebalance_ensemble(self, ensemble: One, *, plan: Plan | str | None = None) -> Ensemble:
        """Move members to where failures take the least; by the plan of a preview, if given."""
        asked = {"plan": _id(plan)} if plan else {}
        return self._made(self._act(ensemble, {"rebalance": asked}))

    def preview_rebalance(self, ensemble: One) -> dict[str, Any]:
        """Tell who would move for the best spread: "plan", who is "moved", and a "message"."""
        return self._act(ensemble, {"rebalance": {"dry_run": True}})["rebalance"]

    def drill_ensemble(
        self, ensemble: One, level: str | None = None, domains: Iterable[str] = ()
    ) -> dict[str, Any]:
        """Tell what failures would do to an ensemble; nothing is touched.

        Either each domain of a `level` fails, one at a time, or the `domains` of these references
        all at once.
        """
        asked = {"domains": [*domains]} if level is None else {"level": level}
        return self._act(ensemble, {"drill": asked})["drill"]

    def survivability(self, ensemble: One, failures: int = 1) -> dict[str, Any]:
        """Tell where the servers are now, and what the loss of any `failures` domains leaves."""
        path = f"{self._path(ensemble)}/survivability"
        return self._ask("GET", path, query={"failures": failures})["survivability"]

    def adopt_servers(self, *, plan: str | None = None, **attrs: Any) -> Ensemble:
        """Make an ensemble of servers that run already; none of them is touched.

        `attrs` are "name", "from_" with one of "server_group", "tag", "servers", "stack" and
        "project", and if they are not to be as proposed "tiers" and "policies".
        """
        wanted = {"adopt": _adoption(attrs)} | ({"plan": plan} if plan else {})
        return self._made(self._ask("POST", "/adopt", wanted))

    def preview_adoption(self, **attrs: Any) -> dict[str, Any]:
        """Tell what ensemble servers would be, as `adopt_servers` takes them."""
        return self._ask("POST", "/adopt", {"adopt": _adoption(attrs)}, {"dry_run": 1})["adoption"]

    def release_ensemble(self, ensemble: One) -> Ensemble:
        """Give an ensemble up, and leave its servers as plain servers."""
        return self._made(self._act(ensemble, {"release": None}))

    def cancel_ensemble(self, ensemble: One) -> Ensemble:
        """Cancel a build, of which nothing is left then, or a change, which is undone."""
        return self._made(self._act(ensemble, {"cancel": None}))

    def delete_ensemble(self, ensemble: One, ignore_missing: bool = True) -> None:
        """Ask for the removal of an ensemble and of all its servers."""
        try:
            self._delete(Ensemble, self._known(ensemble), ignore_missing=ignore_missing)
        except exceptions.NotFoundException:
            if not ignore_missing:
                raise

    def operations(self, ensemble: One, **query: Any) -> Generator[Operation, None, None]:
        """Give what was done with an ensemble and what is under way, the newest first."""
        return self._list(Operation, ensemble_id=self._known(ensemble).id, **query)

    def get_operation(self, operation: Operation | str, ensemble: One) -> Operation:
        """Fetch one operation of an ensemble, whose `goals` say where each member is to be."""
        key = self._known(ensemble).id
        return self._get(Operation, _id(operation), ensemble_id=key, skip_cache=True)

    def wait_for_ensemble(
        self,
        ensemble: One,
        wait: float | None = 600,
        interval: float | None = None,
        callback: Callable[[int], None] | None = None,
    ) -> Ensemble:
        """Wait until nothing is done with an ensemble any more, and give it as it is then.

        `wait` is how many seconds at most, None for ever. Between two looks are `interval` seconds,
        by default 2 and growing to 10. `callback` gets how far it is, in percent.

        :raises openstack.exceptions.ResourceFailure: when what is done comes to nothing, with why.
        :raises openstack.exceptions.ResourceTimeout: after `wait` seconds.
        :raises openstack.exceptions.NotFoundException: when it is deleted meanwhile.
        """
        begun = ensemble if isinstance(ensemble, Ensemble) else self.get_ensemble(ensemble)
        return waiting.until_settled(self, begun, wait, interval, callback)

    def wait_for_delete(
        self,
        ensemble: One,
        wait: float | None = 600,
        interval: float | None = None,
        callback: Callable[[int], None] | None = None,
    ) -> None:
        """Wait until an ensemble and its servers are gone; as `wait_for_ensemble`."""
        begun = ensemble if isinstance(ensemble, Ensemble) else self.get_ensemble(ensemble)
        waiting.until_gone(self, begun, wait, interval, callback)

    def _change(
        self,
        ensemble: One,
        attrs: Mapping[str, Any],
        remove: Iterable[str],
        replace: Iterable[str],
        release: Iterable[str],
        mend: bool,
        plan: str | None,
    ) -> dict[str, Any]:
        whole = ensemble if isinstance(ensemble, Ensemble) else self.get_ensemble(ensemble)
        body = {"generation": whole.generation, **attrs}
        return request.change(body, remove, replace, release, mend, plan)

    def _act(self, ensemble: One, action: Mapping[str, Any]) -> Any:
        return self._ask("POST", f"{self._path(ensemble)}/action", action)

    def _ask(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        query: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Any:
        """Give the body of an answer; an error of the API is raised."""
        if body is not None and (found := request.excess(body, self._most)):
            raise errors.TooLarge(*found)
        response = self.request(
            urls.with_query(f"{urls.URL}{path}", query or {}),
            method,
            json=body,
            headers=dict(headers or {}),
            skip_cache=True,
        )
        exceptions.raise_from_response(response)
        return response.json()

    def _most(self) -> int:
        return int(self.capabilities()["limits"]["max_body_bytes"])

    def _made(self, answer: Mapping[str, Any]) -> Ensemble:
        return Ensemble.existing(connection=self._get_connection(), **answer["ensemble"])

    def _known(self, ensemble: One) -> Ensemble:
        """Give the resource of an id; what is none is no path to be asked for either."""
        if isinstance(ensemble, Ensemble):
            return ensemble
        if not finding.is_id(ensemble):
            raise _missing(ensemble)
        return Ensemble.new(id=ensemble)

    def _path(self, ensemble: One) -> str:
        return f"/{self._known(ensemble).id}"


def _id(thing: Any) -> Any:
    return thing if thing is None or isinstance(thing, str) else thing.id


def _missing(word: str) -> exceptions.NotFoundException:
    return exceptions.NotFoundException(f"No ensemble has the name or id {word!r}")


def _adoption(attrs: Mapping[str, Any]) -> dict[str, Any]:
    return {"from" if name == "from_" else name: value for name, value in attrs.items()}
