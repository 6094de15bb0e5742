# SPDX-License-Identifier: Apache-2.0
"""Whatever fails and whenever the process dies, decide and an executor converge.

A small simulated world: holds and servers in dictionaries, records in a row a member. Hypothesis
drives it: the worker steps and may die before any side effect, Nova builds, fails or deletes a
server, the tenant deletes the ensemble. In the end the world is left alone and must settle.
"""

from dataclasses import dataclass, field, replace
from typing import Any

import hypothesis.strategies as st
from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from records import MemberStatus, Status, ensemble, member, operation

from ensemble_api.execution.actions import (
    Action,
    AskLater,
    CreateServer,
    DeleteServer,
    Fail,
    FindHosts,
    Finish,
    RecordServer,
    ReleaseHold,
    Server,
)
from ensemble_api.execution.decide import decide
from ensemble_api.execution.search import NO_HOST
from ensemble_api.records import EnsembleRecord, MemberRecord

CONCURRENCY = 2
TIMEOUT = 300.0


class Died(Exception):
    """The process is gone."""


@dataclass
class World:
    """What is true in Nova, in Placement and in the database."""

    record: EnsembleRecord | None
    holds: set[str] = field(default_factory=set)
    servers: dict[str, Server] = field(default_factory=dict)
    refuse: bool = False  # Nova refuses to create servers
    full: bool = False  # there are no other hosts
    lives: int = 1_000_000  # side effects until the process dies
    created: int = 0

    def effect(self) -> None:
        """One side effect is about to happen, or the process dies instead."""
        if self.lives == 0:
            raise Died
        self.lives -= 1

    def step(self) -> int:
        """Observe, decide, act; gives how many actions there were."""
        assert self.record is not None
        actions = decide(
            self.record,
            tuple(self.observed(self.servers[key]) for key in sorted(self.servers)),
            concurrency=CONCURRENCY,
            timeout=TIMEOUT,
        )
        asked = sum(isinstance(action, CreateServer) for action in actions)
        building = sum(server.status == "BUILD" for server in self.servers.values())
        assert not asked or asked + building <= CONCURRENCY + self.doubles
        for action in actions:
            self.carry_out(action)
        return len(actions)

    def observed(self, server: Server) -> Server:
        assert self.record is not None
        discarded = {each for of in self.record.members for each in of.discarded_servers}
        return replace(server, discarded=server.id in discarded)

    @property
    def doubles(self) -> int:
        return len(self.servers) - len({each.member_id for each in self.servers.values()})

    def carry_out(self, action: Action) -> None:
        match action:
            case CreateServer(wanted):
                self.mark(wanted, status=MemberStatus.BUILDING)
                self.effect()
                self.holds.discard(wanted.id)
                self.effect()
                if self.refuse:
                    self.fail("Nova refused")
                    return
                self.created += 1
                new = Server(f"s{self.created:03}", wanted.id, "BUILD")
                self.servers[new.id] = new
                self.mark(wanted, server_id=new.id)
            case DeleteServer(server_id):
                self.effect()
                self.ask_to_go(server_id)
            case AskLater(asked, server_id):
                self.effect()
                self.ask_to_go(server_id)
                self.mark(asked, tries=asked.tries + (server_id is not None))
            case FindHosts(members, message, wait):
                self.find_hosts(members, str(message), wait)
            case ReleaseHold(done):
                self.effect()
                self.holds.discard(done.id)
                self.mark(done, status=MemberStatus.DELETED)
            case RecordServer(seen, status, server_id):
                self.mark(seen, status=status, server_id=server_id)
            case Fail(message):
                self.fail(str(message))
            case Finish(None):
                self.effect()
                self.record = None
            case Finish(status):
                self.transition(status)

    def ask_to_go(self, server_id: str | None) -> None:
        if server_id in self.servers:
            self.servers[server_id] = replace(self.servers[server_id], task="deleting")

    def find_hosts(self, members: tuple[MemberRecord, ...], message: str, wait: bool) -> None:
        if self.full:
            if not wait:
                self.fail(message)
            for each in members if wait else ():
                if each.loss:
                    self.mark(
                        each,
                        status=MemberStatus.BUILDING,
                        lost_hosts=each.lost_hosts,
                        discarded_servers=each.server_ids,
                        server_id=None,
                    )
            return
        for each in members:
            assert each.host in each.failed_hosts or each.loss
            self.mark(
                each,
                # A host that was full is taken again when it is not left out any more.
                host=f"{each.host}+" if each.host in each.closed_hosts else each.host,
                status=MemberStatus.BUILDING,
                failed_hosts=each.failed_hosts,
                lost_hosts=each.lost_hosts,
                discarded_servers=each.server_ids,
                server_id=None,
            )
            self.effect()
            self.holds.add(each.id)
            self.mark(each, status=MemberStatus.RESERVED)

    def mark(self, which: MemberRecord, **changes: Any) -> None:
        self.effect()
        assert self.record is not None
        self.record = replace(
            self.record,
            idle=0.0,
            members=tuple(
                replace(each, **changes) if each.id == which.id else each
                for each in self.record.members
            ),
        )

    def fail(self, message: str) -> None:
        assert self.record is not None
        if self.record.status in (Status.RESERVING, Status.BUILDING):
            self.transition(Status.ROLLING_BACK)

    def transition(self, status: Status | None) -> None:
        self.effect()
        assert self.record is not None
        assert status is not None
        self.record = replace(
            self.record,
            status=status,
            operation=operation(status, self.record.members),
            idle=0.0,
        )


class Convergence(RuleBasedStateMachine):
    """The rules are what may happen; the invariants what must never, and the end what must."""

    world: World

    @initialize(
        count=st.integers(1, 4),
        held=st.booleans(),
        status=st.sampled_from([Status.BUILDING] * 9 + [Status.RESERVING]),
    )
    def begin(self, count: int, held: bool, status: Status) -> None:
        members = tuple(member(number) for number in range(count))
        self.world = World(ensemble(*members, status=status))
        if held or status is Status.BUILDING:
            self.world.holds = {each.id for each in members}

    @property
    def running(self) -> bool:
        record = self.world.record
        return record is not None and not record.status.settled

    @precondition(lambda self: self.running)
    @rule(lives=st.one_of(st.none(), st.integers(0, 12)))
    def work(self, lives: int | None) -> None:
        """A worker steps and may die within a step; another one has the next step."""
        self.world.lives = 1_000_000 if lives is None else lives
        try:
            for _ in range(6):
                if not self.running or not self.world.step():
                    break
        except Died:
            pass
        finally:
            self.world.lives = 1_000_000

    @rule(
        data=st.data(),
        status=st.sampled_from(["ACTIVE"] * 6 + ["ERROR", "UNKNOWN"]),
        fault=st.sampled_from([None, "Build aborted", NO_HOST]),
    )
    def nova_goes_on(self, data: st.DataObject, status: str, fault: str | None) -> None:
        waiting = sorted(k for k, each in self.world.servers.items() if each.status == "BUILD")
        if waiting and self.running:
            key = data.draw(st.sampled_from(waiting))
            self.world.servers[key] = replace(
                self.world.servers[key], status=status, fault=fault if status == "ERROR" else None
            )

    @rule(full=st.booleans())
    def the_cloud_fills(self, full: bool) -> None:
        self.world.full = full

    @rule()
    def nova_deletes(self) -> None:
        servers = self.world.servers
        self.world.servers = {k: v for k, v in servers.items() if v.task != "deleting"}

    @rule(chance=st.integers(0, 4))
    def nova_refuses(self, chance: int) -> None:
        self.world.refuse = chance == 4

    @precondition(lambda self: self.running)
    @rule(data=st.data())
    def a_server_disappears(self, data: st.DataObject) -> None:
        if self.world.servers:
            self.world.servers.pop(data.draw(st.sampled_from(sorted(self.world.servers))))

    @precondition(lambda self: self.running and self.world.doubles < 3)
    @rule(data=st.data())
    def a_late_server_appears(self, data: st.DataObject) -> None:
        """A worker that was thought dead had asked for it, after its intent and the hold's end."""
        record = self.world.record
        assert record is not None
        begun = [each for each in record.members if each.status is not MemberStatus.RESERVED]
        if not begun:
            return
        of = data.draw(st.sampled_from(begun))
        self.world.holds.discard(of.id)
        self.world.created += 1
        # Ids in no order of time, as UUIDs are.
        name = f"{data.draw(st.sampled_from('az'))}{self.world.created:03}"
        self.world.servers[name] = Server(name, of.id, "BUILD")

    @precondition(lambda self: self.running)
    @rule(seconds=st.integers(0, 200))
    def time_passes(self, seconds: int) -> None:
        record = self.world.record
        assert record is not None
        self.world.record = replace(record, idle=record.idle + seconds)

    @precondition(lambda self: self.world.record is not None)
    @rule(chance=st.integers(0, 4))
    def the_tenant_deletes(self, chance: int) -> None:
        record = self.world.record
        assert record is not None
        if chance == 4 and record.status is not Status.RESERVING:
            self.world.record = replace(
                record,
                status=Status.DELETING,
                operation=operation(Status.DELETING, record.members),
            )

    @invariant()
    def a_settled_ensemble_is_whole_or_nothing(self) -> None:
        record = self.world.record
        if record is not None and not record.status.settled:
            return
        if record is not None and record.status is Status.ACTIVE:
            staying = {k: v for k, v in self.world.servers.items() if v.task != "deleting"}
            assert {each.member_id for each in staying.values()} == {e.id for e in record.members}
            assert len(staying) == len(record.members)
            for each in record.members:
                assert each.server_id in staying
                assert each.status is MemberStatus.ACTIVE
                assert staying[each.server_id or ""].status == "ACTIVE"
        else:
            assert self.world.servers == {}
        assert self.world.holds == set()

    def teardown(self) -> None:
        """Left alone, with a Nova that works, everything settles in few steps."""
        self.world.refuse = False
        for _ in range(40):
            if not self.running:
                break
            self.world.step()
            for key, each in list(self.world.servers.items()):
                if each.task == "deleting":
                    del self.world.servers[key]
                elif each.status in ("BUILD", "UNKNOWN"):
                    self.world.servers[key] = replace(each, status="ACTIVE")
        assert not self.running, "did not converge"
        self.nova_deletes_at_last()
        self.a_settled_ensemble_is_whole_or_nothing()

    def nova_deletes_at_last(self) -> None:
        servers = self.world.servers
        self.world.servers = {k: v for k, v in servers.items() if v.task != "deleting"}


Convergence.TestCase.settings = settings(
    max_examples=200,
    stateful_step_count=30,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)
TestConvergence = Convergence.TestCase
