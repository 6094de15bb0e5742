# SPDX-License-Identifier: Apache-2.0
"""Which members of an ensemble are lost, by what was last observed, and why."""

from dataclasses import dataclass
from enum import StrEnum

from ensemble_api.records import EnsembleRecord, MemberRecord, MemberStatus
from ensemble_api.standing import CloudHosts, MembersNow


class Cause(StrEnum):
    """Why a member is lost."""

    HOST = "host"  # its server's host is down
    SERVER = "server"  # its server failed, on a host that is up
    GONE = "gone"  # Nova has no server of it any more
    REFUSED = "refused"  # its host is down, and Nova never brings its server back


@dataclass(frozen=True, slots=True)
class Loss:
    """One lost member; ``host`` is where its server is, ``status`` what Nova shows of it."""

    member: MemberRecord
    cause: Cause
    host: str | None
    status: str


def losses(record: EnsembleRecord, hosts: CloudHosts) -> tuple[Loss, ...]:
    """The lost members of an ensemble that is built, in their order.

    A host of a cell that does not answer is not known to be down, and what is there is not lost.
    """
    if not record.status.built:
        return ()
    found = []
    for each in MembersNow.of(record, hosts).members:
        if each.member.leaving or each.unknown or each.member.status is not MemberStatus.ACTIVE:
            continue
        if each.status is None:
            found.append(Loss(each.member, Cause.GONE, None, ""))
        elif each.host is not None and each.host not in hosts.up:
            found.append(Loss(each.member, Cause.HOST, each.host, each.status))
        elif each.status == "ERROR":
            found.append(Loss(each.member, Cause.SERVER, each.host, each.status))
    return tuple(found)
