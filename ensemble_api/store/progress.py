# SPDX-License-Identifier: Apache-2.0
"""What a worker saves of its progress, as long as it has the ensemble's lease."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from ensemble_api import exception
from ensemble_api.operations import outcome
from ensemble_api.planning.message import Message, Sentence
from ensemble_api.records import EnsembleRecord, MemberRecord, MemberStatus
from ensemble_api.signals import Signal
from ensemble_api.store import operations, rows, signals
from ensemble_api.store.database import Database, retried

_ASKED = Sentence("event.asked", "Nova is asked for %(member)s.")
_ASKED_AGAIN = Sentence(
    "event.asked-again", "Nova did not take %(member)s, and is asked again: %(answer)s"
)
_REPLACED = Sentence(
    "event.replaced", "Capacity for %(member)s is reserved on another host, where it is built."
)
REMOVAL_GOES_ON = Sentence("event.removal-goes-on", "The removal goes on.")
_REPAIR_GOES_ON = Sentence("event.repair-goes-on", "The repair goes on.")

_OWN = sa.update(rows.ENSEMBLES).where(
    rows.ENSEMBLES.c.id == sa.bindparam("ensemble"),
    rows.ENSEMBLES.c.lease_owner == sa.bindparam("owner"),
)
_MEMBER = sa.update(rows.MEMBERS).where(rows.MEMBERS.c.id == sa.bindparam("member"))
MOST_HINTS = 20  # of requests for a member's server of which it is not known what came


class Progress(Database):
    """Writes of a worker; each sees in the same transaction that the lease is still its own."""

    @retried
    def update_member(
        self,
        record: EnsembleRecord,
        member: MemberRecord,
        owner: str,
        *,
        message: Message | None = None,
        **changes: Any,
    ) -> None:
        """Save ``changes`` of a member, which counts as progress of its ensemble.

        :raises ensemble_api.exception.LeaseLost: when ``owner`` has no lease any more.
        """
        with self.writing() as session:
            update_ensemble(session, record, owner, updated_at=rows.now())
            _update_member_row(session, member, changes)
            if message:
                rows.event(
                    session, record.id, f"{member.name} {changes.get('status', '')}", message
                )

    @retried
    def check_lease(self, record: EnsembleRecord, owner: str) -> None:
        """See that a worker has its lease still, before it does what it cannot take back.

        :raises ensemble_api.exception.LeaseLost: when it has not.
        """
        with self.writing() as session:
            update_ensemble(session, record, owner)

    def save_server_request(
        self,
        record: EnsembleRecord,
        member: MemberRecord,
        owner: str,
        hint: str | None = None,
        signal: Signal | None = None,
    ) -> None:
        """Save the intent to ask Nova for a member's server; only the first time is progress.

        ``hint`` is that of the request, ``signal`` what its guest is to send.

        :raises ensemble_api.exception.LeaseLost: when ``owner`` has no lease any more.
        """
        now = rows.now()
        with self.writing() as session:
            first = not member.tries
            update_ensemble(session, record, owner, **({"updated_at": now} if first else {}))
            values: dict[str, Any] = {"status": MemberStatus.BUILDING.value}
            anew = bool(member.server_id or not member.asked_at)
            if anew:
                # The new one may be known by its tag alone for a moment; an old one is gone.
                values |= {"asked_at": now, "server_id": None}
            if told := record.domain_items(member):
                values |= {"told": told, "untold": False}
            values |= signals.expect(session, member, signal, anew=anew)
            if hint is not None:
                values["hints"] = hints_row([*member.hints, hint])
            if first:
                rows.event(
                    session,
                    record.id,
                    f"{member.name} BUILDING",
                    _ASKED(member=member.name),
                )
            _update_member_row(session, member, values)

    def postpone(
        self,
        record: EnsembleRecord,
        member: MemberRecord,
        owner: str,
        *,
        seconds: float,
        refusal: str,
        held: bool,
        awaited: bool,
        message: Message | None = None,
        asked: bool = True,
    ) -> None:
        """Save that Nova did not take the request for a member's server, which is no progress.

        It may be asked again in ``seconds``; ``held`` is whether the member's capacity is held
        until then, ``awaited`` whether a server may come of the request even so, ``asked`` whether
        Nova was asked at all. Without a ``message`` the refusal is told as what Nova said.

        :raises ensemble_api.exception.LeaseLost: when ``owner`` has no lease any more.
        """
        status = MemberStatus.RESERVED if held else MemberStatus.BUILDING
        with self.writing() as session:
            update_ensemble(session, record, owner)
            _update_member_row(
                session,
                member,
                {
                    "status": status.value,
                    "tries": member.tries + asked,
                    "refusal": refusal,
                    "retry_at": rows.now() + timedelta(seconds=seconds),
                    # Of a request that Nova has refused nothing comes.
                    **({} if awaited else {"asked_at": None, "hints": hints_row(member.hints)}),
                },
            )
            if refusal != member.refusal:
                rows.event(
                    session,
                    record.id,
                    f"{member.name} {status.value}",
                    message or _ASKED_AGAIN(member=member.name, answer=refusal),
                )

    @retried
    def await_host(
        self,
        record: EnsembleRecord,
        member: MemberRecord,
        owner: str,
        *,
        seconds: float,
        message: Message | None,
    ) -> None:
        """Save that no host is free for a member, whose server goes, which is no progress.

        One may be looked for again in ``seconds``.

        :raises ensemble_api.exception.LeaseLost: when ``owner`` has no lease any more.
        """
        with self.writing() as session:
            update_ensemble(session, record, owner)
            _update_member_row(
                session,
                member,
                {
                    "status": MemberStatus.BUILDING.value,
                    "lost_hosts": rows.lost_hosts_row(member),
                    "discarded_servers": list(member.server_ids),
                    "server_id": None,
                    "asked_at": None,
                    "refusal": member.refusal,
                    "retry_at": rows.now() + timedelta(seconds=seconds),
                },
            )
            if message:
                rows.event(session, record.id, f"{member.name} BUILDING", message)

    @retried
    def replace_members(
        self,
        record: EnsembleRecord,
        members: Sequence[MemberRecord],
        owner: str,
        plan: Mapping[str, Any],
    ) -> None:
        """Save the intent to build these members on the hosts that they have now, by ``plan``.

        What was known of their servers is forgotten, but for those that are discarded.

        :raises ensemble_api.exception.LeaseLost: when ``owner`` has no lease any more.
        """
        with self.writing() as session:
            update_ensemble(session, record, owner, updated_at=rows.now(), plan=dict(plan))
            if record.operation:
                hosts = {each.id: each.host for each in members}
                operations.save(session, record.operation.with_hosts(hosts, outcome(plan)))
            for member in members:
                _update_member_row(
                    session,
                    member,
                    {
                        "host": member.host,
                        "provider": member.provider,
                        "resources": dict(member.resources),
                        "domains": {level: list(path) for level, path in member.domains.items()},
                        "status": MemberStatus.BUILDING.value,
                        "failed_hosts": list(member.failed_hosts),
                        "lost_hosts": rows.lost_hosts_row(member),
                        "discarded_servers": list(member.discarded_servers),
                        "tries": 0,
                        "refusal": None,
                        "retry_at": None,
                        "current_host": None,
                        "server_status": None,
                        # A request whose answer was lost may bring a server still.
                        **({"asked_at": None, "server_id": None} if member.server_id else {}),
                    },
                )

    @retried
    def save_replaced(
        self, record: EnsembleRecord, members: Sequence[MemberRecord], owner: str
    ) -> None:
        """Save that the capacity of members that were given other hosts is held there.

        :raises ensemble_api.exception.LeaseLost: when ``owner`` has no lease any more.
        """
        with self.writing() as session:
            update_ensemble(session, record, owner, updated_at=rows.now())
            before = {each.id: each.host for each in record.members}
            for member in members:
                _update_member_row(session, member, {"status": MemberStatus.RESERVED.value})
                if member.host != before[member.id]:
                    rows.event(
                        session, record.id, f"{member.name} RESERVED", _REPLACED(member=member.name)
                    )

    def set_blocked(self, record: EnsembleRecord, owner: str, message: Message | None) -> None:
        """Save what the removal, or a repair, of an ensemble waits for, None for nothing any more.

        That it waits no more counts as progress.

        :raises ensemble_api.exception.LeaseLost: when ``owner`` has no lease any more.
        """
        with self.writing() as session:
            going_on = {} if message else {"updated_at": rows.now()}
            update_ensemble(session, record, owner, blocked=message, **going_on)
            going = record.operation is None or record.operation.removing
            goes_on = (REMOVAL_GOES_ON if going else _REPAIR_GOES_ON)()
            rows.event(session, record.id, record.status.value, message or goes_on)


def update_ensemble(
    session: orm.Session, record: EnsembleRecord, owner: str, **values: Any
) -> None:
    """Write ``values`` to an ensemble's row, and see in the same step that ``owner`` has its lease.

    :raises ensemble_api.exception.LeaseLost: when it has not.
    """
    result: Any = session.execute(
        _OWN, {"ensemble": record.id, "owner": owner, "lease_owner": owner, **values}
    )
    if not result.rowcount:
        raise exception.LeaseLost(record.id)


def hints_row(hints: Sequence[str]) -> list[str] | None:
    """The hints of a member's requests as they are stored: those of the last ones, if any."""
    return list(hints)[-MOST_HINTS:] or None


def _update_member_row(
    session: orm.Session, member: MemberRecord, values: Mapping[str, Any]
) -> None:
    session.execute(_MEMBER, {"member": member.id, **values})
