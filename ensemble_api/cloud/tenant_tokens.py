# SPDX-License-Identifier: Apache-2.0
"""Tokens of tenants, for what goes on after their request: by a trust, or the request's own.

A trust is made for the service user with the tenant's live token, once for each user and project,
and lets it have tokens of theirs for as long as they have the delegated roles. Its id is no secret:
only the service user can use it. Without one the request's own token is kept in the memory of
this process until it ends, and nowhere else.
"""

import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final, Protocol

from keystoneauth1 import exceptions

from ensemble_api import advice, exception
from ensemble_api.cloud.answers import NO_ANSWER, unavailable
from ensemble_api.context import Context
from ensemble_api.operations import Trust
from ensemble_api.planning.message import Sentence

LOG = logging.getLogger(__name__)

_NOT_THERE: Final = 404
MOST: Final = 1000  # tokens that are kept
MARGIN: Final = 10.0  # seconds before its end from which on a token is not used any more
PATIENCE: Final = 30.0  # seconds for which a trust of which Keystone gives no token is not tried

_NO_TRUST = Sentence(
    "forbidden.no-trust",
    "Keystone does not let this token make a trust, without which nothing goes on after the "
    "request. Ask with a token that was had by a password, or by an application credential that is "
    "not restricted.",
)


class StoredTrusts(Protocol):
    """Where trusts are kept, for all processes."""

    def find(self, user_id: str, project_id: str) -> Trust | None:
        """The trust of a user in a project."""

    def newest(self, project_id: str) -> Sequence[Trust]:
        """The newest trusts of anybody in a project, the newest one first."""

    def save(self, trust: Trust) -> Trust | None:
        """Keep a trust in the place of the one before it, and say which is of no use now."""

    def lose(self, trust_id: str) -> None:
        """Forget a trust that is of no use any more, and that its user had one."""

    def is_lost(self, user_id: str, project_id: str) -> bool:
        """Whether a user had a trust in a project that was lost."""

    def renew(self, trust: Trust) -> None:
        """Say that a trust is needed: for a while it is not given back."""

    def remove(self, trust: Trust) -> None:
        """Forget a trust that nothing needs."""


@dataclass(frozen=True, slots=True)
class TenantToken:
    """A token, and the catalog and the names of roles that came with it, as Keystone has them."""

    id: str
    catalog: Sequence[Any] = ()
    roles: frozenset[str] = frozenset()
    expires: float = float("inf")  # seconds of this process' clock

    def is_better(self, other: "TenantToken", *, begins: bool) -> bool:
        """Whether this one of the same user is to take the place of another that lives.

        Of roles that neither has all of, those count with which something ``begins``.
        """
        if self.roles == other.roles:
            return self.expires >= other.expires
        return self.roles > other.roles or (begins and not self.roles < other.roles)


class TenantTokens:
    """The tokens with which this process acts for tenants.

    ``plugin`` makes a keystoneauth plugin of a trust's id; ``keystone`` is an adapter of Keystone
    in the service user's name. Without ``trusts`` none are made. ``awaited`` is whether something
    in a project waits for a user.
    """

    def __init__(
        self,
        keystone: Any,
        plugin: Callable[[str], Any],
        trusts: StoredTrusts | None,
        roles: Sequence[str],
        *,
        works_here: bool,
        awaited: Callable[[str, str], bool],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._keystone = keystone
        self._plugin = plugin
        self._trusts = trusts
        self._roles = tuple(roles)
        self._works_here = works_here
        self._awaited = awaited
        self._clock = clock
        self._lock = threading.Lock()
        self._live: OrderedDict[tuple[str, str], TenantToken] = OrderedDict()
        self._plugins: OrderedDict[str, Any] = OrderedDict()
        self._failed: dict[str, float] = {}

    def keep(
        self, context: Context, expires_at: str | None, *, begins: bool, may_create: bool
    ) -> None:
        """Remember the token of a request; where it ``begins`` something, have a trust too.

        What begins nothing is remembered only where something waits for it, and of whom there is
        one already, if it is better: a look may be of fewer roles than a build needs. Nobody makes
        a trust who may not create: what waits could not go on by it.

        :raises ensemble_api.exception.Forbidden: when Keystone does not let it make one, and
            nobody has another way to go on.
        :raises ensemble_api.exception.Unavailable: when Keystone does not answer.
        """
        if not context.auth_token or not context.project_id:
            return
        if self._works_here:
            self._keep_live(context, expires_at, begins=begins, may_create=may_create)
        if self._trusts is None or not may_create:
            return
        if begins:
            self._have_trust(context, self._trusts)
        else:
            # That something waits for one is no reason to refuse what is asked now.
            try:
                if self._is_wanted(context, self._trusts):
                    self._trust(context, self._trusts)
            except exception.EnsembleError as error:
                advice.log(LOG, f"User {context.user_id} cannot trust us again", error)

    def _keep_live(
        self, context: Context, expires_at: str | None, *, begins: bool, may_create: bool
    ) -> None:
        key = (context.user_id, context.project_id)
        made = TenantToken(str(context.auth_token), roles=frozenset(context.roles))
        if expires_at is not None:
            made = replace(made, expires=datetime.fromisoformat(expires_at).timestamp())
        known = self._living().get(key)
        if known is not None:
            keeps = made.is_better(known, begins=begins)
        else:
            keeps = begins or (may_create and self._awaited(*key))
        if keeps:
            self._put(self._live, key, made)

    def _is_wanted(self, context: Context, trusts: StoredTrusts) -> bool:
        """Whether something may wait for a trust of the caller's, who has none that is of use."""
        key = (context.user_id, context.project_id)
        known = trusts.find(*key)
        if known is None:
            return trusts.is_lost(*key) or self._awaited(*key)
        return self._awaited(*key) and self._by_trust(known, trusts) is None

    def _have_trust(self, context: Context, trusts: StoredTrusts) -> None:
        """Have a trust of the caller's that is of use, with as many of the roles as they have now.

        What one delegates its tokens tell. It may be of a token with fewer roles than this one.
        """
        known = trusts.find(context.user_id, context.project_id)
        token = None
        if known is not None:
            trusts.renew(known)  # before there is a record of what needs it
            self._failed.pop(known.id, None)  # rather asked for again than made anew
            token = self._by_trust(known, trusts)
        if token is None:
            self._trust(context, trusts)
        elif len(token.roles.intersection(self._roles)) < len(self._delegated(context)):
            try:
                self._trust(context, trusts)
            except exception.Forbidden as error:  # the one that is there goes on
                advice.log(LOG, f"User {context.user_id} cannot trust us with more roles", error)

    def of(self, user_id: str, project_id: str, *, anybody: bool = False) -> TenantToken | None:
        """A token of a user in a project; with ``anybody`` that of another one where there is none.

        :raises ensemble_api.exception.Unavailable: when Keystone does not answer.
        """
        own = None if self._trusts is None else self._trusts.find(user_id, project_id)
        live = self._living()
        found = self._first([] if own is None else [own]) or live.get((user_id, project_id))
        if found is not None or not anybody:
            return found
        if self._trusts is not None:
            others = (each for each in self._trusts.newest(project_id) if each != own)
            found = self._first(others)
        return found or next(
            (each for key, each in reversed(live.items()) if key[1] == project_id), None
        )

    def _first(self, trusts: Iterable[Trust]) -> TenantToken | None:
        """A token by the first of these trusts that gives one."""
        if self._trusts is None:
            return None
        tokens = (self._by_trust(each, self._trusts) for each in trusts)
        return next((each for each in tokens if each is not None), None)

    def _living(self) -> dict[tuple[str, str], TenantToken]:
        """The tokens of requests that have not ended, the oldest one first."""
        with self._lock:
            kept = list(self._live.items())
        now = self._clock() + MARGIN
        return {key: each for key, each in kept if each.expires >= now}

    def forget(self, token_id: str) -> None:
        """Use a token no more that was not accepted; a trust is asked for another one."""
        with self._lock:
            for key in [key for key, each in self._live.items() if each.id == token_id]:
                del self._live[key]
            plugins = list(self._plugins.values())
        for each in plugins:
            if getattr(each.auth_ref, "auth_token", None) == token_id:
                each.invalidate()

    def _by_trust(self, trust: Trust, trusts: StoredTrusts) -> TenantToken | None:
        if self._failed.get(trust.id, 0.0) > self._clock():
            return None
        with self._lock:
            plugin = self._plugins.get(trust.id)
        if plugin is None:
            plugin = self._plugin(trust.id)
            self._put(self._plugins, trust.id, plugin)
        try:
            access = plugin.get_access(self._keystone.session)
        except (exceptions.Unauthorized, exceptions.Forbidden, exceptions.NotFound) as error:
            LOG.warning("Trust %s of user %s is of no use: %s", trust.id, trust.user_id, error)
            # Keystone answers alike where it is gone and where our own password is wrong. A user
            # who has lost a delegated role, or is disabled, may have that back.
            self._failed[trust.id] = self._clock() + PATIENCE
            if self._is_gone(trust):
                trusts.lose(trust.id)
            return None
        except exceptions.ClientException as error:
            raise _away(error) from error
        self._failed.pop(trust.id, None)
        return TenantToken(
            access.auth_token, access.service_catalog.catalog, frozenset(access.role_names)
        )

    def end(self, trust: Trust) -> bool:
        """Give a trust back, in the name of who made it; says whether it is gone.

        :raises ensemble_api.exception.Unavailable: when Keystone does not answer.
        """
        if self._trusts is None:
            return False
        if (token := self._by_trust(trust, self._trusts)) is None:
            gone = self._is_gone(trust)
            if gone:
                self._trusts.remove(trust)
            return gone
        try:
            self._keystone.delete(
                f"/OS-TRUST/trusts/{trust.id}",
                headers={"X-Auth-Token": token.id},
                authenticated=False,
                raise_exc=False,
            )
        except exceptions.ClientException as error:
            raise _away(error) from error
        self._trusts.remove(trust)
        return True

    def _is_gone(self, trust: Trust) -> bool:
        """Whether Keystone has a trust no more, which is asked in our own name."""
        try:
            found = self._keystone.get(f"/OS-TRUST/trusts/{trust.id}", raise_exc=False)
        except exceptions.ClientException as error:
            raise _away(error) from error
        return int(found.status_code) == _NOT_THERE

    def _trust(self, context: Context, trusts: StoredTrusts) -> None:
        """Have the caller delegate to our user those of the roles that the caller has."""
        roles = self._delegated(context)
        if not roles:
            return  # whose request is refused, or who acts as an operator
        asked = {
            "trustor_user_id": context.user_id,
            "trustee_user_id": self._keystone.get_user_id(),
            "project_id": context.project_id,
            "impersonation": True,
            "allow_redelegation": False,
            "roles": [{"name": each} for each in roles],
        }
        try:
            answer = self._keystone.post(
                "/OS-TRUST/trusts",
                json={"trust": asked},
                headers={"X-Auth-Token": context.auth_token},
                authenticated=False,
                raise_exc=False,
            )
        except exceptions.ClientException as error:
            raise _away(error) from error
        if answer.status_code in (401, 403):
            LOG.warning("Keystone lets user %s make no trust: %s", context.user_id, answer.text)
            if not self._works_here:
                raise exception.Forbidden(_NO_TRUST())
            return
        if answer.status_code != 201:
            raise unavailable("Keystone", answer)
        made = Trust(str(answer.json()["trust"]["id"]), context.user_id, context.project_id)
        LOG.info("User %s trusts us in project %s", context.user_id, context.project_id)
        if (spare := trusts.save(made)) is not None:
            self._give_back(spare, context)

    def _delegated(self, context: Context) -> list[str]:
        return [each for each in self._roles if each in context.roles]

    def _give_back(self, trust: Trust, context: Context) -> None:
        """Have the caller end a trust of theirs, which nothing here knows any more."""
        try:
            answer = self._keystone.delete(
                f"/OS-TRUST/trusts/{trust.id}",
                headers={"X-Auth-Token": context.auth_token},
                authenticated=False,
                raise_exc=False,
            )
        except exceptions.ClientException as error:
            advice.log(LOG, f"Trust {trust.id} of user {trust.user_id} is left over", error)
            return
        if answer.status_code not in (204, _NOT_THERE):
            LOG.warning("Trust %s of user %s is left over: %s", trust.id, trust.user_id, answer)

    def _put(self, kept: "OrderedDict[Any, Any]", key: Any, value: Any) -> None:
        with self._lock:
            kept[key] = value
            kept.move_to_end(key)
            while len(kept) > MOST:
                kept.popitem(last=False)


def _away(error: exceptions.ClientException) -> exception.Unavailable:
    advice.log(LOG, "Keystone cannot be asked about a trust", error)
    return exception.Unavailable(NO_ANSWER(service="Keystone"))
