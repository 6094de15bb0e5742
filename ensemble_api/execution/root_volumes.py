# SPDX-License-Identifier: Apache-2.0
"""The root volumes that were made for members: waited for, handed over to Nova, and removed."""

from collections.abc import Iterable, Sequence

from ensemble_api import exception
from ensemble_api.cloud.compute import Compute
from ensemble_api.cloud.volumes import Volumes, marks
from ensemble_api.context import Context
from ensemble_api.execution.actions import Action, CreateServer, Fail
from ensemble_api.operations import Operation, OperationStatus
from ensemble_api.planning.message import Message, Sentence
from ensemble_api.records import EnsembleRecord, MemberRecord
from ensemble_api.store.api import Store

READY = "available"
_UNDER_WAY = ("creating", "downloading", "detaching", "in-use", "reserved", "attaching")

_NOT_MADE = Sentence(
    "event.volume-not-made", "Cinder could not make the root volume of %(member)s: it is %(status)s"
)
_GONE = Sentence("event.volume-gone", "The root volume of %(member)s was deleted.")
_STAYS = Sentence(
    "event.volume-stays",
    "Cinder does not let the root volume of %(member)s be deleted yet: %(answer)s",
)


class RootVolumes:
    """What a worker does with the volumes of an ensemble; ``owner`` has its lease.

    They are deleted by us until their member is built for good, since Nova would take one along
    with a server that is asked for again on another host. From then on Nova deletes it with its
    server, or nobody does, as it was asked for.
    """

    def __init__(self, store: Store, compute: Compute, volumes: Volumes, *, owner: str) -> None:
        self._store = store
        self._compute = compute
        self._volumes = volumes
        self._owner = owner

    def ready(self, context: Context, actions: Sequence[Action]) -> Sequence[Action]:
        """The actions without requests for servers whose volumes are not there yet.

        A volume that will never be there ends the build.

        :raises ensemble_api.exception.Unavailable: when Cinder does not answer.
        """
        kept: list[Action] = []
        for action in actions:
            if not isinstance(action, CreateServer) or action.member.volume_id is None:
                kept.append(action)
                continue
            volume = self._volumes.volume(context, action.member.volume_id)
            if volume is None:
                return [Fail(_GONE(member=action.member.name))]
            if volume["status"] == READY:
                kept.append(action)
            elif volume["status"] not in _UNDER_WAY:
                message = _NOT_MADE(member=action.member.name, status=volume["status"])
                return [Fail(message)]
        return kept

    def hand_over(self, context: Context, ensemble: EnsembleRecord) -> None:
        """Leave the volumes of what is built to Nova and the tenant, as their tiers want it.

        A server that cannot be told is left alone: its volume goes with the ensemble then.

        :raises ensemble_api.exception.LeaseLost: when ``owner`` has no lease any more.
        """
        for member in ensemble.described_members:  # of those that go the tier may be gone already
            if member.volume_id is None or member.server_id is None or not member.owns_volume:
                continue
            if ensemble.template(member)["root_volume"].get("delete_on_termination"):
                try:
                    self._compute.set_delete_on_termination(
                        context, member.server_id, member.volume_id
                    )
                except exception.CloudError:
                    continue
            else:
                self._store.update_member(ensemble, member, self._owner, owns_volume=False)

    def remove(
        self, context: Context, ensemble: EnsembleRecord, member: MemberRecord
    ) -> Message | None:
        """Delete the volume of a member whose server is gone; gives why that cannot be, if so.

        One whose id was never saved is found by its metadata, among those that who asked for the
        member has made: anybody may write the metadata of their own.

        :raises ensemble_api.exception.Unavailable: when Cinder does not answer.
        """
        try:
            for volume_id in self._of(context, ensemble, member):
                self._volumes.delete(context, volume_id)
        except exception.CloudError as error:
            return _STAYS(member=member.name, answer=error.message)
        return None

    @staticmethod
    def has_one(ensemble: EnsembleRecord, member: MemberRecord) -> bool:
        """Whether Cinder is to be asked for the end of a volume that a member has, or may have."""
        if member.volume_id is not None:
            return member.owns_volume
        return _may_have_one(ensemble, member)

    def _of(
        self, context: Context, ensemble: EnsembleRecord, member: MemberRecord
    ) -> Iterable[str]:
        if not self.has_one(ensemble, member):
            return []
        if member.volume_id is not None:
            return [member.volume_id]
        made = self._volumes.made_with(context, ensemble.project_id, marks(ensemble.id, member.id))
        makers = {ensemble.user_id, _requester(ensemble.operation)}
        return [each["id"] for each in made if each["user_id"] in makers]


def _may_have_one(ensemble: EnsembleRecord, member: MemberRecord) -> bool:
    """Whether a volume may have been made for a member whose id was not saved."""
    try:
        return "root_volume" in ensemble.template(member)
    except KeyError:  # its tier went with the change that is undone, or goes with the one under way
        operation = ensemble.operation
        return operation is not None and operation.status is OperationStatus.UNDOING


def _requester(operation: Operation | None) -> str | None:
    return operation.requester.user_id if operation else None
