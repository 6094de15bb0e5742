# SPDX-License-Identifier: Apache-2.0
"""What to do next where a tier waits until the guests of another one have signalled."""

from dataclasses import replace
from typing import Any

import pytest
from decisions import ACTIVE, BUILDING, fails, in_english
from records import Status, ensemble, member, tier

from ensemble_api.execution.actions import Action, CreateServer, Finish, RecordServer, Server
from ensemble_api.execution.decide import decide
from ensemble_api.operations import Operation, OperationStatus, OperationType, Requester
from ensemble_api.records import EnsembleRecord, MemberRecord, MemberStatus

BUILD, GATE = 300.0, 900.0  # seconds
ASKED = "2026-11-28T06:00:00Z"


def one(of: str, index: int = 0, status: MemberStatus = ACTIVE, **facts: Any) -> MemberRecord:
    server_id = f"s-{of}-{index}" if status in (BUILDING, ACTIVE) else None
    return member(index, of, status=status, **({"server_id": server_id} | facts))


def silent(of: str, index: int = 0, **facts: Any) -> MemberRecord:
    return one(of, index, signal_awaited=True, **facts)


def new(of: str, **facts: Any) -> MemberRecord:
    return one(of, 0, MemberStatus.RESERVED, **facts)


def server(each: MemberRecord, status: str = "ACTIVE", **facts: Any) -> Server:
    return Server(str(each.server_id), each.id, status, **facts)


def gated(*members: MemberRecord, then: str = "fail", **facts: Any) -> EnsembleRecord:
    """Tiers of which web waits for db, and proxy for web; db's guests signal."""
    counts = {name: sum(each.tier == name for each in members) for name in ("db", "web", "proxy")}
    more = {
        "db": {"gate": {"wait_for": "signal", "timeout": int(GATE), "then": then}},
        "web": {"after": ["db"]},
        "proxy": {"after": ["web"]},
    }
    tiers = [{**tier(name, count), **more[name]} for name, count in counts.items() if count]
    wanted = {"name": "shop", "description": "", "tiers": tiers, "policies": []}
    return ensemble(*members, **({"body": wanted} | facts))


def decided(record: EnsembleRecord, *others: Server) -> tuple[Action, ...]:
    """Where the servers of all that have one are ACTIVE, but for ``others``."""
    known = {each.id for each in others}
    there = [
        server(each) for each in record.members if each.server_id and each.server_id not in known
    ]
    return in_english(decide(record, (*there, *others), concurrency=8, timeout=BUILD))


WEB = new("web")
NOT_IN_TIME = "The guest of db-0 has not signalled within 900 seconds."


@pytest.mark.parametrize(
    ("record", "actions"),
    [
        pytest.param(gated(silent("db"), WEB), (), id="a server that is ACTIVE is not enough"),
        pytest.param(
            gated(one("db"), WEB), (CreateServer(WEB),), id="its guest has signalled, or has no URL"
        ),
        pytest.param(gated(one("db"), silent("db", 1), WEB), (), id="each of its guests is to"),
        pytest.param(
            gated(silent("db"), WEB, idle=BUILD + 1),
            (),
            id="the time of a build is not that of a signal",
        ),
        pytest.param(
            gated(silent("db"), WEB, idle=GATE), (), id="the last second of its time is one"
        ),
        pytest.param(
            gated(silent("db"), WEB, idle=GATE + 1),
            fails(NOT_IN_TIME),
            id="then the build is given up",
        ),
        pytest.param(
            gated(silent("db"), WEB, then="go-on", idle=GATE + 1),
            (CreateServer(WEB),),
            id="or goes on without",
        ),
        pytest.param(
            gated(
                silent("db"),
                one("web", 0, BUILDING, server_id=None, asked_at=ASKED),
                one("web", 1, MemberStatus.RESERVED),
                then="go-on",
            ),
            (
                CreateServer(one("web", 0, BUILDING, server_id=None, asked_at=ASKED)),
                CreateServer(one("web", 1, MemberStatus.RESERVED)),
            ),
            id="once it went on it does not stop again",
        ),
        pytest.param(
            gated(silent("db"), new("web", tries=1), then="go-on"),
            (CreateServer(new("web", tries=1)),),
            id="nor where Nova did not take the first one",
        ),
        pytest.param(
            gated(silent("db"), one("web"), idle=GATE + 1),
            (Finish(Status.ACTIVE),),
            id="nobody waits for it any more",
        ),
        pytest.param(
            gated(silent("db"), idle=GATE + 1), (Finish(Status.ACTIVE),), id="nobody ever did"
        ),
        pytest.param(
            gated(silent("db"), new("web"), new("proxy")),
            (),
            id="who waits for a tier waits for what that waits for",
        ),
    ],
)
def test_a_tier_begins_when_the_guests_before_it_have_signalled(
    record: EnsembleRecord, actions: tuple[Action, ...]
) -> None:
    assert decided(record) == actions


def test_a_guest_that_signals_before_its_server_is_active_waits_for_that() -> None:
    db = one("db", 0, BUILDING)
    assert decided(gated(db, WEB), server(db, "BUILD")) == ()
    assert decided(gated(db, WEB), server(db)) == (RecordServer(db, ACTIVE, "s-db-0"),)


def test_what_is_not_built_in_time_fails_as_that_and_not_for_want_of_a_signal() -> None:
    other = one("db", 1, BUILDING)
    record = gated(silent("db"), other, WEB, idle=GATE + 1)
    assert decided(record, server(other, "BUILD")) == fails(
        "1 server was not built within 300 seconds."
    )


def test_a_change_of_the_gate_counts_for_what_is_waited_for_now() -> None:
    record = gated(silent("db"), WEB)
    db, web = record.body["tiers"]
    without = {key: each for key, each in db.items() if key != "gate"}
    assert decided(replace(record, body={**record.body, "tiers": [without, web]})) == (
        CreateServer(WEB),
    )


def of(kind: OperationType, *wanted: MemberRecord) -> Operation:
    goals = tuple(each.goal for each in wanted)
    return Operation("op", kind, OperationStatus.RUNNING, Requester("ada"), goals)


def test_who_was_there_before_a_change_is_not_waited_for() -> None:
    record = gated(silent("db"), WEB, operation=of(OperationType.CHANGE, WEB))
    assert decided(record) == (CreateServer(WEB),)


def test_a_repair_goes_on_without_a_signal_that_does_not_come() -> None:
    db = silent("db")
    record = gated(db, WEB, operation=of(OperationType.REPAIR, db, WEB))
    assert decided(record) == ()
    assert decided(replace(record, idle=BUILD + 1)) == ()
    assert decided(replace(record, idle=GATE + 1)) == (CreateServer(WEB),)


def test_what_is_removed_waits_for_no_signal() -> None:
    leaving = gated(silent("db"), one("web"), status=Status.DELETING)
    assert len(decided(leaving)) == 1
