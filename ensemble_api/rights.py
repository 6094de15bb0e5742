# SPDX-License-Identifier: Apache-2.0
"""What whoever asked for something may still do, by what Keystone says of them now: pure."""

from dataclasses import dataclass, replace

from ensemble_api.operations import Requester
from ensemble_api.planning.message import Message, Sentence, listed

USER_GONE = Sentence(
    "rights.user-gone",
    "The user who asked for it was disabled or deleted, so no more is built.",
)
PROJECT_GONE = Sentence(
    "rights.project-gone", "The project was disabled or deleted, so no more is built."
)
_ROLES_LOST = Sentence(
    "rights.roles-lost",
    "The role %(roles)s was taken away from the user who asked for it, so no more is built.",
    "The roles %(roles)s were taken away from the user who asked for it, so no more is built.",
)
WAITS_FOR_OWNER = Sentence(
    "rights.waits-for-owner",
    "This waits for the user who asked for it: it goes on with their next request in this project, "
    "be it a look, by a token that may create ensembles and trusts.",
)


@dataclass(frozen=True, slots=True)
class CurrentRights:
    """The names of a user's effective roles in a project, as Keystone lists them now.

    ``federated`` is whether the user comes from another identity provider, which may have given
    them more roles, by groups that Keystone knows for as long as a token lives; ``gone`` says that
    the user or the project is not there for anybody any more.
    """

    roles: frozenset[str]
    federated: bool = False
    gone: Message | None = None

    def cover(self, roles: tuple[str, ...]) -> bool:
        """Whether all of these roles are still held."""
        return self.gone is None and self.roles.issuperset(roles)

    def unlisted(self, requester: Requester) -> Requester:
        """A requester whose token was seen just now, with which of its roles are not listed."""
        unlisted = tuple(each for each in requester.roles if each not in self.roles)
        return replace(requester, unlisted=unlisted)

    def limit(self, requester: Requester) -> Requester:
        """The requester with those of the recorded roles alone that are still held."""
        if self.gone is not None:
            return replace(requester, roles=(), unlisted=())
        held = self.roles.union(requester.unlisted if self.federated else ())
        return replace(requester, roles=tuple(each for each in requester.roles if each in held))

    def loss(self, requester: Requester) -> Message | None:
        """What was taken away since the requester asked; None if nothing was."""
        if self.gone is not None:
            return self.gone
        held = self.limit(requester).roles
        lost = [each for each in requester.roles if each not in held]
        return _ROLES_LOST(roles=listed(lost), count=len(lost)) if lost else None
