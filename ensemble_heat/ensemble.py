# SPDX-License-Identifier: Apache-2.0
"""The resource OS::Ensemble::Ensemble: the servers of an application, planned as one."""

import logging
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, ClassVar, Final

from heat.common import exception
from heat.engine import resource, support
from keystoneauth1 import exceptions as keystone
from novaclient import exceptions as nova

from ensemble_client.client import SERVICE_TYPE
from ensemble_client.errors import refusal_text
from ensemble_heat import attributes, properties, template_checks
from ensemble_heat.change import Change, ChangeFailed
from ensemble_heat.client_plugin import EXTENSION
from ensemble_heat.description import (
    DESCRIBED,
    LASTING,
    MARKER,
    described,
    live_properties,
    servers_by_tier,
)
from ensemble_heat.power import Power
from ensemble_heat.translation import rules

LOG = logging.getLogger(__name__)

_BUILT: Final = ("ACTIVE", "DEGRADED")
_REMOVED: Final = ("ROLLING_BACK", "ERROR", "DELETING")  # of which nothing is left, or soon will be
_TOO_MANY_REQUESTS: Final = 429


class Ensemble(resource.Resource):
    """The servers of one application, planned as a whole and kept so.

    All members are placed together over hosts, racks and zones, so that the policies hold; their
    capacity is reserved in one step, and all are built, or none. An update changes what is
    there: counts, tiers, policies, and member by member the servers' templates.
    """

    support_status = support.SupportStatus(version="27.0.0")
    default_client_name = SERVICE_TYPE
    required_service_extension = EXTENSION
    entity = "ensembles"
    properties_schema = properties.PROPERTIES
    attributes_schema: ClassVar[dict[str, Any]] = dict(attributes.ATTRIBUTES)
    # A degraded ensemble is repaired, not built anew.
    always_replace_on_check_failed = False

    def translation_rules(self, props: Any) -> list[Any]:
        """Give the rules by which names in a template become ids."""
        return rules(props, self.client_plugin)

    def validate(self) -> Any:
        """Refuse what the API would refuse by its form alone."""
        found = super().validate()
        template_checks.check(self.properties)
        return found

    # create

    def handle_create(self) -> str:
        """Plan and reserve; the answer comes when all capacity is held, or with the reasons."""
        wanted = self._described(self.properties)
        with _plain_words():
            made = self._ensembles.create({key: each for key, each in wanted.items() if each})
        self.resource_id_set(made.id)
        return str(made.id)

    def check_create_complete(self, ensemble_id: str) -> bool:
        """Tell whether all members are built.

        :raises heat.common.exception.Error: with the member and the cause once nothing is left.
        """
        ensemble = self._look(ensemble_id)
        if ensemble is None or ensemble.status == "ROLLING_BACK":
            return False
        if ensemble.status in _REMOVED:
            fault = ensemble.fault or {"message": "The ensemble was deleted while it was built."}
            raise exception.Error(fault["message"])
        return ensemble.status in _BUILT

    # update

    def needs_replace_failed(self) -> bool:
        """Tell whether an ensemble whose last action failed is of no use any more."""
        if not self.resource_id:
            return True
        try:
            return self._ensembles.get(self.resource_id).status in _REMOVED
        except nova.NotFound:
            return True

    def needs_replace_with_prop_diff(
        self, changed: Iterable[str], after: Mapping[str, Any], before: Mapping[str, Any]
    ) -> bool:
        """Tell whether a tier is to have what none that runs can get."""
        if "tiers" not in changed:
            return False
        then, now = servers_by_tier(before["tiers"]), servers_by_tier(after["tiers"])
        common = [(then[name], now[name]) for name in then.keys() & now.keys()]
        if after["server_update_policy"] == properties.REPLACE:
            return any(one != other for one, other in common)
        return any(one.get(key) != other.get(key) for one, other in common for key in LASTING)

    def _needs_update(self, *args: Any, **kwargs: Any) -> bool:
        # What has failed may be half done, whatever the templates say.
        return super()._needs_update(*args, **kwargs) or self.status == self.FAILED

    def handle_update(
        self, json_snippet: Any, tmpl_diff: Any, prop_diff: Mapping[str, Any]
    ) -> Change:
        """Note what is to be otherwise; an ensemble may be busy now."""
        after = json_snippet.properties(self.properties_schema, self.context)
        self.translate_properties(after)
        is_described = prop_diff.keys() & {*DESCRIBED} or not prop_diff
        return Change(
            self._described(after) if is_described else None,
            replaces=after["server_update_policy"] == properties.REPLACE_MEMBERS,
            at_once=after["server_update_batch"],
        )

    def check_update_complete(self, change: Change) -> bool:
        """Do the next step of a change; tell whether all is done."""
        with _plain_words():
            try:
                return change.advance(self._ensembles, self.resource_id)
            except (keystone.ConnectionError, nova.ClientException) as error:
                _wait_out(error)
                return False

    def handle_update_cancel(self, change: Change) -> None:
        """Have what was begun undone, as far as that can still be."""
        if change.operation is not None:
            with self.client_plugin().ignore_conflict_and_not_found:
                self._ensembles.cancel(self.resource_id)

    # delete

    def handle_delete(self) -> str | None:
        """Ask for the removal of everything, also of what is being built."""
        if self.resource_id is None and (found := self._unheard_of()) is not None:
            self.resource_id_set(found)
        if self.resource_id is not None:
            self._ask_for_removal(self.resource_id)
        return self.resource_id

    def _unheard_of(self) -> str | None:
        """Give the ensemble that was made by a create without an answer, if there is one."""
        with self.client_plugin().ignore_not_found:
            for each in self._ensembles.list():
                if each.metadata.get(MARKER) == self.uuid:
                    return str(each.id)
        return None

    def check_delete_complete(self, ensemble_id: str | None) -> bool:
        """Tell whether nothing is left."""
        if ensemble_id is None:
            return True
        try:
            ensemble = self._look(ensemble_id)
        except nova.NotFound:
            return True
        if ensemble is not None and ensemble.status != "DELETING":
            self._ask_for_removal(ensemble_id)
        return False

    def _ask_for_removal(self, ensemble_id: str) -> None:
        """Ask once; while capacity is being reserved, the next look asks again."""
        with self.client_plugin().ignore_conflict_and_not_found:
            self._ensembles.delete(ensemble_id)

    # check, suspend, resume

    def handle_check(self) -> None:
        """Fail when the ensemble is not built, or does not keep its promises now."""
        ensemble = self._ensembles.get(self.resource_id)
        if ensemble.status == "ACTIVE":
            return
        reasons = [each["message"] for each in (ensemble.degraded or {}).get("reasons", ())]
        reasons += [ensemble.fault["message"]] if ensemble.fault else []
        raise exception.Error(" ".join([f"The ensemble is {ensemble.status}.", *reasons]))

    def handle_suspend(self) -> Power:
        """Suspend the servers of all members that run."""
        return self._power("ACTIVE", "suspend", "SUSPENDED")

    def check_suspend_complete(self, power: Power) -> bool:
        """Tell whether all of them are suspended."""
        return power.is_done(self.client("nova").servers)

    def handle_resume(self) -> Power:
        """Resume the servers of all members that are suspended."""
        return self._power("SUSPENDED", "resume", "ACTIVE")

    def check_resume_complete(self, power: Power) -> bool:
        """Tell whether all of them run again."""
        return power.is_done(self.client("nova").servers)

    def _power(self, before: str, action: str, after: str) -> Power:
        members = self._ensembles.get(self.resource_id).members
        servers = [each["server_id"] for each in members if each["server_id"]]
        return Power(action, before, after, servers)

    # what there is

    def _resolve_attribute(self, name: str) -> Any:
        if self.resource_id is None:
            return None
        if name == attributes.STATUS:
            return self._ensembles.get(self.resource_id).status
        now = self._ensembles.survivability(self.resource_id)
        if name == attributes.SURVIVABILITY:
            return dict(now)
        servers = self.client("nova").servers
        found = attributes.addresses(now, lambda server_id: servers.get(server_id).networks)
        if name == attributes.ADDRESSES:
            return found
        return attributes.members(self._ensembles.get(self.resource_id).members, found)

    def get_live_resource_data(self) -> Any:
        """Give the ensemble as it is; one of which nothing is left is none.

        :raises heat.common.exception.EntityNotFound: when there is none.
        """
        data = super().get_live_resource_data()
        if data["status"] in _REMOVED:
            raise exception.EntityNotFound(entity="Resource", name=self.name)
        return data

    def parse_live_resource_data(
        self, resource_properties: Any, resource_data: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Give the properties that were changed without Heat."""
        wanted = described(resource_properties, self._wanted_name(resource_properties))
        found = live_properties(wanted, resource_data)
        if resource_properties["name"] is None:
            found.pop("name", None)
        return found

    # the client

    @property
    def _ensembles(self) -> Any:
        return self.client().ensembles

    def _described(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Give the description of what was given, with what it is found by."""
        wanted = described(given, self._wanted_name(given))
        return {**wanted, "metadata": {**wanted["metadata"], MARKER: self.uuid}}

    def _wanted_name(self, given: Mapping[str, Any]) -> str:
        return str(given["name"] or self.physical_resource_name())

    def _look(self, ensemble_id: str) -> Any | None:
        """Fetch the ensemble; None when the cloud does not answer for the moment."""
        try:
            return self._ensembles.get(ensemble_id)
        except (keystone.ConnectionError, nova.ClientException) as error:
            _wait_out(error)
            return None


@contextmanager
def _plain_words() -> Iterator[None]:
    """Turn a refusal or a failure into what a stack's owner reads: the reasons, each in full."""
    try:
        yield
    except ChangeFailed as error:
        raise exception.Error(str(error)) from error
    except nova.ClientException as error:
        raise exception.Error(refusal_text(error)) from error


def _wait_out(error: Exception) -> None:
    """Go on where the cloud has no answer for the moment, and raise what is another error.

    Heat looks again, until the time that the stack has for its action is over.
    """
    code = error.code if isinstance(error, nova.ClientException) else None
    if code is not None and code < 500 and code != _TOO_MANY_REQUESTS:
        raise error
    LOG.warning("The cloud does not answer: %s", error)
