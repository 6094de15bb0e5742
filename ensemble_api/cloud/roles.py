# SPDX-License-Identifier: Apache-2.0
"""Keystone, asked for what a user may do in a project now.

A token says what its user may do for as long as it lives, and the worker has none: it acts with
roles that were recorded. Keystone has no single answer to whether such a user could still get a
token, so the parts of it are asked for: the effective roles (groups, inheritance and implied roles
included), and whether the user, the project and their domains are enabled.
"""

import threading
import time
import urllib.parse
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Any

from ensemble_api.cloud.answers import unavailable
from ensemble_api.operations import Requester
from ensemble_api.rights import PROJECT_GONE, USER_GONE, CurrentRights
from ensemble_api.threads import for_each

FRESH = 10.0  # seconds for which an answer that gives all that is asked for is good
MOST = 1000  # answers that are kept

_GONE: Mapping[str, Any] = {"enabled": False}


class Roles:
    """Reads roles with the service user's rights, the same ones once in ``FRESH`` seconds."""

    def __init__(self, keystone: Any, clock: Callable[[], float] = time.monotonic) -> None:
        self._keystone = keystone
        self._clock = clock
        self._lock = threading.Lock()
        self._known: OrderedDict[tuple[str, str], tuple[float, CurrentRights]] = OrderedDict()

    def current(self, requester: Requester, project_id: str) -> CurrentRights:
        """What a requester may do in a project.

        An answer by which a role was lost is no longer good when it is needed again.

        :raises ensemble_api.exception.Unavailable: when Keystone refuses us.
        :raises keystoneauth1.exceptions.ClientException: when it does not answer.
        """
        key = (requester.user_id, project_id)
        now = self._clock()
        with self._lock:
            read_at, known = self._known.get(key, (0.0, CurrentRights(frozenset())))
        if now - read_at < FRESH and known.cover(requester.roles):
            return known
        found = self._read(*key)
        with self._lock:
            self._known[key] = (now, found)
            self._known.move_to_end(key)
            while len(self._known) > MOST:
                self._known.popitem(last=False)
        return found

    def _read(self, user_id: str, project_id: str) -> CurrentRights:
        given = {"user.id": user_id, "scope.project.id": project_id}
        query = urllib.parse.urlencode(given)
        answers = self._all(
            user=f"/users/{_quote(user_id)}",
            project=f"/projects/{_quote(project_id)}",
            roles=f"/role_assignments?effective&include_names&{query}",
        )
        user, project = (answers[each].get(each, _GONE) for each in ("user", "project"))
        parts = ((user, USER_GONE), (project, PROJECT_GONE))
        for each, gone in parts:
            if not each["enabled"]:
                return CurrentRights(frozenset(), gone=gone())
        ids = {each["domain_id"] for each, _ in parts}
        domains = self._all(**{each: f"/domains/{_quote(each)}" for each in ids})
        for each, gone in parts:
            if not domains[each["domain_id"]].get("domain", _GONE)["enabled"]:
                return CurrentRights(frozenset(), gone=gone())
        assigned = answers["roles"].get("role_assignments", ())
        return CurrentRights(
            frozenset(each["role"]["name"] for each in assigned),
            federated=bool(user.get("federated")),
        )

    def _all(self, **paths: str) -> dict[str, Mapping[str, Any]]:
        """The answers to some requests, by name; nothing of what is not there."""
        return dict(
            for_each(
                paths.items(),
                lambda each: (each[0], self._get(each[1])),
                most=len(paths),
                name="ensemble-keystone",
            )
        )

    def _get(self, path: str) -> Mapping[str, Any]:
        response = self._keystone.get(path)
        if response.status_code == 404:
            return {}
        if response.status_code != 200:
            raise unavailable("Keystone", response)
        return dict(response.json())


def _quote(text: str) -> str:
    return urllib.parse.quote(text, safe="")
