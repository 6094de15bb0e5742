# SPDX-License-Identifier: Apache-2.0
"""Tells guests, by the metadata of their servers, where they are once they have moved."""

import logging
import time
from collections.abc import Callable, Collection, Mapping
from typing import Final

from ensemble_api import domain_metadata, exception
from ensemble_api.cloud.compute import Compute
from ensemble_api.cloud.nova_api import GONE
from ensemble_api.cloud.session import Session
from ensemble_api.store.told_domains import ToldDomains, UntoldMember
from ensemble_api.threads import for_each

LOG = logging.getLogger(__name__)

MOST: Final = 100  # servers of one look
SIDE_BY_SIDE: Final = 8
PAUSE: Final = 30.0  # seconds until one that Nova refuses is tried again, unless it changes


class DomainTeller:
    """Writes metadata with the rights of who last asked for something of the ensemble.

    A key whose value is not what was told before is somebody else's, and is left. What Nova
    refuses, as of a locked server or of one in ERROR, is tried again.
    """

    def __init__(
        self,
        told: ToldDomains,
        compute: Compute,
        session: Session,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._told = told
        self._compute = compute
        self._session = session
        self._clock = clock
        self._until: dict[str, float] = {}  # when those that were refused are tried again

    def tell(self, changed: Collection[str]) -> None:
        """Tell those that are to be told; what has ``changed`` may be taken now if it was not."""
        now = self._clock()
        for server_id in changed:
            self._until.pop(server_id, None)
        self._until = {server: until for server, until in self._until.items() if until > now}
        for_each(
            self._told.untold(MOST, self._until),
            self._tell,
            most=SIDE_BY_SIDE,
            name="ensemble-teller",
        )

    def _tell(self, member: UntoldMember) -> None:
        try:
            self._write(member)
        except exception.CloudError as error:
            if error.status == GONE:
                self._told.save(member, member.told, ())
                return
            LOG.debug("The metadata of server %s: %s", member.server_id, error)
            self._until[member.server_id] = self._clock() + PAUSE
        except Exception:
            LOG.exception("The metadata of server %s could not be written", member.server_id)
            self._until[member.server_id] = self._clock() + PAUSE

    def _write(self, member: UntoldMember) -> None:
        requester = self._told.requester(member)
        held = self._session.current_rights(requester, member.project_id).limit(requester)
        context = self._session.acting_for(held, member.project_id)
        there = self._compute.metadata(context, member.server_id)
        wanted = domain_metadata.items(
            member.project_id, member.ensemble_id, member.name, member.domains
        )
        told = {
            key: value if _is_ours(key, value, member.told, there) else None
            for key, value in wanted.items()
        }
        stale = {key: value for key, value in told.items() if value and there.get(key) != value}
        if stale:
            self._compute.set_metadata(context, member.server_id, stale)
        known = {key for key, value in member.told.items() if value is None}
        left = {key for key, value in told.items() if value is None} - known
        self._told.save(member, told, left)


def _is_ours(
    key: str, value: str, told: Mapping[str, str | None], there: Mapping[str, str]
) -> bool:
    """Whether a key of a server's metadata has what was told before, or is to be told already."""
    if key in told and told[key] is None:
        return False
    return there.get(key) in (told.get(key), value)
