# SPDX-License-Identifier: Apache-2.0
"""Lost members that Nova cannot bring back: others are built by the templates of their tiers."""

from collections.abc import Callable, Iterable, Sequence

from ensemble_api.context import Context
from ensemble_api.losses import Cause, Loss
from ensemble_api.operations import Requester
from ensemble_api.planning.message import Message, Sentence, following
from ensemble_api.records import EnsembleRecord
from ensemble_api.usecases.change import Change
from ensemble_api.usecases.change_request import ChangeRequest
from ensemble_api.usecases.repair_plans import is_rebuilt

# What Nova evacuates no server in, and what none leaves by itself while its host is down. A resize
# or a migration may have ended elsewhere, and what is shelved its tenant has put away.
_LASTING = frozenset(("PAUSED", "SUSPENDED", "RESCUE"))
_REPLACED = Sentence("event.member-replaced", "Another server is built in the place of %(member)s.")


class Rebuilds:
    """Replaces lost members by a change: others are built first, then what is left of them goes.

    Why each is given up comes with it. ``acting_for`` makes a context with the rights that somebody
    has in a project, ``announce`` is that of the store.
    """

    def __init__(
        self,
        change: Change,
        acting_for: Callable[[Requester, str], Context],
        announce: Callable[[Iterable[str], str, Message], None],
    ) -> None:
        self._change = change
        self._acting_for = acting_for
        self._announce = announce

    def by_command(
        self, context: Context, record: EnsembleRecord, left: Iterable[tuple[Loss, Message]]
    ) -> EnsembleRecord | None:
        """Begin to replace those of these members whose tiers want that; None if there are none.

        :raises ensemble_api.exception.EnsembleError: as a change does.
        """
        return self._replace(
            context, record, [each for each in left if is_rebuilt(record, each[0])]
        )

    def by_itself(
        self, requester: Requester, record: EnsembleRecord, left: Iterable[tuple[Loss, Message]]
    ) -> EnsembleRecord | None:
        """As by command, in the name of who asked for something last, whose token is gone.

        Members that boot from volumes made for them are left then, since theirs would be ours; so
        are those whose servers failed on hosts that are up, which somebody may want to look at, and
        those in a status that may pass.

        :raises ensemble_api.exception.EnsembleError: as a change does.
        """
        wanted = [
            (each, why)
            for each, why in left
            if _is_lasting(each)
            and is_rebuilt(record, each)
            and "root_volume" not in record.template(each.member)
        ]
        if not wanted:
            return None
        return self._replace(self._acting_for(requester, record.project_id), record, wanted)

    def _replace(
        self, context: Context, record: EnsembleRecord, left: Sequence[tuple[Loss, Message]]
    ) -> EnsembleRecord | None:
        names = tuple(each.member.name for each, _ in left)
        if not names:
            return None
        asked = ChangeRequest(record.generation, record.body, replace=names)
        begun = self._change.change(context, record, asked)
        for each, why in left:
            name = each.member.name
            told = following([_REPLACED(member=name), why])
            self._announce([record.id], f"{name} replaced", told)
        return begun


def _is_lasting(loss: Loss) -> bool:
    """Whether a member stays lost by all that is known, whose server is to be given up."""
    if loss.cause is Cause.HOST:
        return loss.status in _LASTING
    return loss.cause in (Cause.GONE, Cause.REFUSED)
