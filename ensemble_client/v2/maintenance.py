# SPDX-License-Identifier: Apache-2.0
"""Hosts, racks and zones that are maintained, for administrators."""

from collections.abc import Mapping
from typing import Any
from urllib import parse

from novaclient import base

from ensemble_client.v2.urls import URL, with_query


class MaintenanceManager(base.Manager):
    """Shows hosts and larger domains, and has them drained."""

    def drain(self, host: str, check: bool = False) -> dict[str, Any]:
        """Show one host as `hosts` does (administrators only).

        With `check`, its `drain` also tells whether all members could be placed elsewhere within
        the hard policies: `fits`, and for each of the `ensembles` its moves or the reasons.
        """
        url = f"{URL}/hosts/{parse.quote(host, safe='')}"
        resp, body = self.api.client.get(with_query(url, {"check": 1} if check else {}))
        return self.convert_into_with_meta(body["host"], resp)

    def begin_drain(self, host: str, *, dry_run: bool = False) -> dict[str, Any]:
        """Disable a host and have its members leave it; gives what `drain` with `check` does."""
        url = f"{URL}/hosts/{parse.quote(host, safe='')}/action"
        resp, body = self.api.client.post(url, body={"drain": {"dry_run": dry_run}})
        return self.convert_into_with_meta(body["host"], resp)

    def domain(
        self,
        level: str,
        name: str,
        above: Mapping[str, str] | None = None,
        *,
        check: bool = False,
        limit: int | None = None,
        marker: str | None = None,
    ) -> dict[str, Any]:
        """Show a host, a rack or a zone and how far its drain is (administrators only).

        `above` names the larger domains that it is in, by level, where its name alone is not
        enough. With `check`, its `drain` tells what would come of one. Of its `hosts`, `limit` are
        shown, after the one named `marker`.
        """
        asked = {"check": 1 if check else None, "limit": limit, "marker": marker, **(above or {})}
        query = {key: value for key, value in asked.items() if value is not None}
        resp, body = self.api.client.get(with_query(_domain_url(level, name), query))
        return self.convert_into_with_meta(body["domain"], resp)

    def drain_domain(
        self,
        level: str,
        name: str,
        above: Mapping[str, str] | None = None,
        *,
        dry_run: bool = False,
    ) -> dict[str, Any]:
        """Disable all hosts of a domain and have members leave them; gives what `domain` does."""
        return self._maintain(level, name, above, {"drain": {"dry_run": dry_run}})

    def cancel_drain(
        self, level: str, name: str, above: Mapping[str, str] | None = None
    ) -> dict[str, Any]:
        """Have nobody leave a domain any more; its hosts stay disabled."""
        return self._maintain(level, name, above, {"cancel": None})

    def _maintain(
        self, level: str, name: str, above: Mapping[str, str] | None, action: Mapping[str, Any]
    ) -> dict[str, Any]:
        url = with_query(f"{_domain_url(level, name)}/action", above or {})
        resp, body = self.api.client.post(url, body=action)
        return self.convert_into_with_meta(body["domain"], resp)


def _domain_url(level: str, name: str) -> str:
    return f"{URL}/domains/{parse.quote(level, safe='')}/{parse.quote(name, safe='')}"
