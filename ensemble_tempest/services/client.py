# SPDX-License-Identifier: Apache-2.0
"""The requests that the tests make of the API."""

import json
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from tempest.lib import exceptions
from tempest.lib.common import rest_client

_URL = "os-ensembles"


class EnsemblesClient(rest_client.RestClient):
    """A client of the API; errors are those of Tempest, by HTTP status."""

    def capabilities(self) -> Any:
        """Tell what this cloud's ensembles can do."""
        return self._ask("GET", "/capabilities")["capabilities"]

    def plan(self, body: Mapping[str, Any]) -> Any:
        """Plan without building."""
        return self._ask("POST", "/plans", {"ensemble": body})["plan"]

    def create(self, body: Mapping[str, Any], **more: Any) -> Any:
        """Begin to build an ensemble; `more` stands beside it, as "plan" does."""
        return self._ask("POST", "", {"ensemble": body, **more}, expected=202)["ensemble"]

    def show(self, ensemble_id: str) -> Any:
        """Fetch one ensemble."""
        return self._ask("GET", f"/{ensemble_id}")["ensemble"]

    def list(self, **query: Any) -> Any:
        """List a page of ensembles."""
        return self._ask("GET", f"?{urlencode(query)}" if query else "")["ensembles"]

    def operations(self, ensemble_id: str) -> Any:
        """List what was done with an ensemble, the newest first."""
        return self._ask("GET", f"/{ensemble_id}/operations")["operations"]

    def change(self, ensemble_id: str, body: Mapping[str, Any], *, dry_run: bool = False) -> Any:
        """Begin a change, or only tell what would come of it."""
        if dry_run:
            return self._ask("PATCH", f"/{ensemble_id}?dry_run=1", {"ensemble": body})
        return self._ask("PATCH", f"/{ensemble_id}", {"ensemble": body}, expected=202)["ensemble"]

    def act(self, ensemble_id: str, action: Mapping[str, Any], expected: int = 202) -> Any:
        """Have an action of an ensemble done."""
        return self._ask("POST", f"/{ensemble_id}/action", action, expected=expected)

    def survivability(self, ensemble_id: str) -> Any:
        """Tell where the servers are now, and what failures leave."""
        return self._ask("GET", f"/{ensemble_id}/survivability")["survivability"]

    def hosts(self) -> Any:
        """List the hosts, as administrators may."""
        return self._ask("GET", "/hosts")["hosts"]

    def delete(self, ensemble_id: str) -> None:
        """Begin to remove an ensemble."""
        self._ask("DELETE", f"/{ensemble_id}", expected=202)

    def wait_settled(self, ensemble_id: str) -> Any:
        """Wait until nothing is done with an ensemble any more.

        :raises tempest.lib.exceptions.TimeoutException: after [ensemble] build_timeout seconds.
        """
        end = time.monotonic() + self.build_timeout
        while not (found := self.show(ensemble_id))["settled"]:
            self._pause(end, found["progress"]["message"])
        return found

    def wait_gone(self, ensemble_id: str) -> None:
        """Wait until there is no such ensemble any more; raises as `wait_settled` does."""
        end = time.monotonic() + self.build_timeout
        while True:
            try:
                found = self.show(ensemble_id)
            except exceptions.NotFound:
                return
            self._pause(end, found["progress"]["message"])

    def _pause(self, end: float, message: str) -> None:
        if time.monotonic() > end:
            raise exceptions.TimeoutException(message)
        time.sleep(self.build_interval)

    def _ask(
        self, method: str, path: str, body: Mapping[str, Any] | None = None, expected: int = 200
    ) -> Any:
        sent = None if body is None else json.dumps(body)
        response, answer = self.request(method, f"{_URL}{path}", body=sent)
        self.expected_success(expected, response.status)
        return json.loads(answer) if answer else None
