# SPDX-License-Identifier: Apache-2.0
"""Root volumes that are made for the members of an ensemble, with the tenant's own token.

Nova would make them with the token of who asks for the server, which in a worker is ours: they
would be the service project's (doc/decisions/0005).
"""

import logging
import time
from collections.abc import Callable, Iterable

from ensemble_api import exception
from ensemble_api.cloud.volumes import Volumes, marks, member_of
from ensemble_api.context import Context
from ensemble_api.planning.message import Sentence
from ensemble_api.records import EnsembleRecord, MemberRecord
from ensemble_api.server_names import member_server_name
from ensemble_api.store.api import Store
from ensemble_api.threads import for_each

LOG = logging.getLogger(__name__)

AT_ONCE = 8  # volumes that Cinder is asked for
TRIES = 20  # to delete one that Cinder is still making
PAUSE = 0.5  # seconds between two of these
TOO_MUCH = 413  # what Cinder answers when a quota is used up

_REFUSED = Sentence("volume.refused", "Cinder refused the root volume of %(member)s: %(answer)s")


class NewVolumes:
    """Makes the root volumes of members before a create or a change is accepted."""

    def __init__(
        self,
        store: Store,
        volumes: Volumes,
        *,
        owner: str,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._store = store
        self._volumes = volumes
        self._owner = owner
        self._sleep = sleep

    def make(
        self, context: Context, record: EnsembleRecord, members: Iterable[MemberRecord]
    ) -> None:
        """Ask for the volumes of those members whose tiers want one, and save their ids.

        That a member is to have one is known by its tier: a volume whose id was never saved is
        found by its metadata.

        :raises ensemble_api.exception.EnsembleError: with the field, when Cinder refuses one.
        :raises ensemble_api.exception.LeaseLost: when a worker has taken the ensemble over.
        """
        wanting = [each for each in members if "root_volume" in record.template(each)]
        for_each(
            wanting,
            lambda member: self._make(context, record, member),
            most=AT_ONCE,
            name="ensemble-volumes",
        )

    def remove(
        self, context: Context, record: EnsembleRecord, members: Iterable[MemberRecord]
    ) -> None:
        """Delete all volumes that were made for these members, as their metadata tell.

        :raises ensemble_api.exception.CloudError: when Cinder keeps one: the worker goes on then.
        """
        wanted = {each.id for each in members if "root_volume" in record.template(each)}
        if not wanted:
            return
        for volume in self._volumes.made_with(context, record.project_id, marks(record.id)):
            if member_of(volume) in wanted:
                self._delete(context, volume["id"])

    def _make(self, context: Context, record: EnsembleRecord, member: MemberRecord) -> None:
        template = record.template(member)
        place = next(
            place for place, tier in enumerate(record.body["tiers"]) if tier["name"] == member.tier
        )
        try:
            volume_id = self._volumes.create(
                context,
                member_server_name(template, record.name, member.name, record.plan.get("mark", "")),
                template["root_volume"],
                record.body["tiers"][place]["server"].get("image"),
                marks(record.id, member.id),
            )
        except exception.CloudError as error:
            message = _REFUSED(member=member.name, answer=error.message)
            if error.status == TOO_MUCH:
                raise exception.OverQuota(message) from error
            field = f"ensemble.tiers[{place}].server.root_volume"
            raise exception.Invalid(message, field=field) from error
        self._store.update_member(
            record, member, self._owner, volume_id=volume_id, owns_volume=True
        )

    def _delete(self, context: Context, volume_id: str) -> None:
        for attempt in range(TRIES):
            try:
                self._volumes.delete(context, volume_id)
            except exception.CloudError:
                if attempt == TRIES - 1:
                    raise
                self._sleep(PAUSE)  # one that is being made cannot be deleted
            else:
                return
