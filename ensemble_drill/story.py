# SPDX-License-Identifier: Apache-2.0
"""One drill from end to end: build, predict, let fail, watch, judge, and bring back."""

import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import UTC, datetime

from ensemble_drill import hooks
from ensemble_drill.cloud import CloudError, Operator, Tenant
from ensemble_drill.criteria import Criteria, judge
from ensemble_drill.ensemble_method import Ensemble
from ensemble_drill.methods import METHODS, Method
from ensemble_drill.result import Drill, Outcome, Ran, choose
from ensemble_drill.service import Domain, Layout, Loss, Placement, Service
from ensemble_drill.watched import (
    FAILURE,
    RETURN,
    Event,
    Look,
    Seen,
    events,
    healed_at,
    lost_in,
    noticed_at,
)

_LOOK = 1.0  # seconds from one look at Nova to the next
_NOTICE_SECONDS = 120.0
_SETTLE = 3.0  # seconds in which all must go on running to count as healed
_GONE = Seen(None, "gone")

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Commands:
    """What lets a domain fail, and what brings it back."""

    fail: str
    restore: str


@dataclass
class Story:
    """A service, built in several ways on one cloud, of which one domain after another may fail."""

    tenant: Tenant
    operator: Operator
    layout: Layout
    service: Service
    criteria: Criteria
    methods: Sequence[Method]
    commands: Commands
    say: Say
    seed: int = 1
    patience: float = 120.0
    """Seconds to wait for repairs."""
    load: Mapping[str, int] = field(default_factory=dict)
    """How full each rack was made before, in percent."""
    servers: dict[str, dict[str, str]] = field(default_factory=dict)
    _left: list[str] = field(default_factory=list, init=False)

    def build(self) -> None:
        """Build the service in every way, all at the same time."""
        with ThreadPoolExecutor(len(self.methods)) as pool:
            wait(building := [pool.submit(self._build, each) for each in self.methods])
        for each in building:
            each.result()  # raises what has gone wrong with it

    def _build(self, method: Method) -> None:
        begun = time.monotonic()
        self.servers[method.name] = method.build()
        took = time.monotonic() - begun
        self.say(f"{method.title}: {len(self.service.members)} servers run ({took:.0f} s)")

    def remove(self) -> None:
        """Remove all that was built, at the same time. Raises CloudError for what is left."""
        with ThreadPoolExecutor(len(self.methods)) as pool:
            list(pool.map(self._remove, self.methods))
        if self._left:
            raise CloudError(f"not all that was built could be removed: {'; '.join(self._left)}")

    def _remove(self, method: Method) -> None:
        try:
            method.remove()
        except Exception as error:  # noqa: BLE001 - the others are removed all the same
            self._left.append(f"{method.title}: {error}")

    def predict(self, level: str) -> dict[str, Mapping[str, Loss]]:
        """Tell by method and domain what each failure of a level would take.

        The cloud is asked about ensembles; for servers it does not know of as a whole, those on the
        hosts of each domain are counted.
        """
        look, domains = self._look(0.0), self.layout.domains(level)
        found: dict[str, Mapping[str, Loss]] = {}
        for method in self.methods:
            placement = look.placement(method.name)
            counted = {each.name: self.service.failing(placement, each) for each in domains}
            if isinstance(method, Ensemble):
                # What the answer leaves out takes nothing.
                nothing = dict.fromkeys(counted, self.service.without(()))
                counted = nothing | method.predicted(level)
            found[method.name] = counted
        return found

    def drill(self, level: str, name: str | None, *, empty: bool = False) -> Drill:
        """Let the named domain of a level fail, or one that is drawn by lot, and bring it back.

        `empty` is whether it may be one with no member of the ensemble. Raises CloudError where
        nothing is to fail that would show anything.
        """
        predicted = self.predict(level)
        domain, chosen = self._chosen(level, name, predicted, empty=empty)
        self.say(f"{domain} will fail, chosen {chosen}.")
        for method in self.methods:
            self.say(f"  predicted: {method.title}: {said(predicted[method.name][domain.name])}")
        places = {
            each.name: each.predicted_places(domain)
            for each in self.methods
            if isinstance(each, Ensemble)
        }
        before = self._look(0.0)
        looks, told, failing = self._fail(domain)
        try:
            outcomes = tuple(
                self._outcome(each, domain, predicted[each.name], places.get(each.name), looks)
                for each in sorted(self.methods, key=lambda each: METHODS.index(each.name))
            )
        finally:
            returned, restoring = self._restore(domain)
        titles = {each.name: each.title for each in self.methods}
        noticed = noticed_at(looks, domain.hosts)
        timeline = [*told, *events([before, *looks], titles), returned]
        return Drill(
            date=datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
            cloud=self.tenant.name,
            seed=self.seed,
            chosen=chosen,
            domain=domain,
            layout=self.layout,
            service=self.service,
            criteria=self.criteria,
            load=dict(self.load),
            noticed_after=noticed,
            outcomes=outcomes,
            events=tuple(sorted(timeline, key=lambda each: each.at)),
            commands=(failing, restoring),
        )

    def _chosen(
        self,
        level: str,
        name: str | None,
        predicted: Mapping[str, Mapping[str, Loss]],
        *,
        empty: bool,
    ) -> tuple[Domain, str]:
        domains = self.layout.domains(level)
        if name is None:
            try:
                return choose(self.seed, domains, predicted, Ensemble.name)
            except ValueError as error:
                raise CloudError(str(error)) from None
        domain = self.layout.domain(level, name)
        # By Nova's word too: a prediction that leaves a member out is for the drill to find.
        placement = self._look(0.0).placement(Ensemble.name)
        hit = [
            each
            for each in domains
            if predicted[Ensemble.name][each.name].lost
            or self.service.failing(placement, each).lost
        ]
        if domain not in hit and not empty:
            there = ", ".join(each.name for each in hit) or f"no {level}"
            raise CloudError(
                f"{domain} has no member of the ensemble, so its failure would show nothing; "
                f"there are members in {there}"
            )
        return domain, "by name"

    def _fail(self, domain: Domain) -> tuple[list[Look], list[Event], Ran]:
        """Let it fail, and look at Nova each second until all is over that may be hoped for."""
        looks: list[Look] = []
        told = [Event(0.0, FAILURE, f"The failure of {domain} begins.")]
        self.say(f"{domain} fails now.")
        self._begun = time.monotonic()
        with ThreadPoolExecutor(1) as pool:
            hook = pool.submit(hooks.run, self.commands.fail, domain, self.say)
            try:
                while True:
                    looks.append(self._look(time.monotonic() - self._begun))
                    if hook.done():
                        hook.result()  # raises what has gone wrong with it
                    if self._is_over(domain, looks):
                        return looks, told, hook.result()
                    time.sleep(_LOOK)
            except BaseException:
                wait([hook])
                self._restore(domain)
                raise

    def _is_over(self, domain: Domain, looks: Sequence[Look]) -> bool:
        now, noticed = looks[-1].at, noticed_at(looks, domain.hosts)
        if noticed is None:
            if now > _NOTICE_SECONDS:
                raise CloudError(f"Nova does not take {domain} for down after {now:.0f} s")
            return False
        if now > noticed + self.patience:
            return True
        waited = [each.name for each in self.methods if each.repairs]
        healed = [self._healed(each, domain, looks) for each in waited]
        settled = [each is not None and now >= each + _SETTLE for each in healed]
        return all(settled) and now >= noticed + _SETTLE

    def _healed(self, method: str, domain: Domain, looks: Sequence[Look]) -> float | None:
        return healed_at(looks, method, domain.hosts, len(self.service.members))

    def _restore(self, domain: Domain) -> tuple[Event, Ran]:
        """Bring it back, and wait until Nova has it."""
        at = time.monotonic() - self._begun
        self.say(f"{domain} is brought back.")
        ran = hooks.run(self.commands.restore, domain, self.say, at)
        until = time.monotonic() + _NOTICE_SECONDS
        while self.operator.down() & domain.hosts:
            if time.monotonic() > until:
                raise CloudError(f"Nova still takes some of {domain} for down")
            time.sleep(_LOOK)
        return Event(at, RETURN, f"{domain} is brought back; here ends what was watched."), ran

    def _outcome(
        self,
        method: Method,
        domain: Domain,
        predicted: Mapping[str, Loss],
        places: Placement | None,
        looks: Sequence[Look],
    ) -> Outcome:
        loss = self.service.without(lost_in(looks, method.name, domain.hosts))
        healed = self._healed(method.name, domain, looks)
        verdicts = judge(self.criteria, loss, healed, repaired=method.repairs)
        self.say(f"  happened:  {method.title}: {said(loss)}")
        for each in verdicts:
            self.say(f"    {each.word} {each.criterion}: {each.wanted}; {each.found}")
        return Outcome(
            method=method.name,
            title=method.title,
            how=method.how,
            before=looks[0].placement(method.name),
            after=looks[-1].placement(method.name),
            back=tuple(each for each in loss.lost if each in looks[-1].running(method.name)),
            predicted=predicted,
            loss=loss,
            predicted_places=places,
            healed_after=healed,
            repaired=method.repairs,
            verdicts=verdicts,
            running=tuple((look.at, len(look.running(method.name))) for look in looks),
            judged=isinstance(method, Ensemble),
        )

    def _look(self, at: float) -> Look:
        """Look at Nova once: who is where, and which hosts are down."""
        # Servers first: one that has moved meanwhile is not taken for lost.
        there = self.operator.servers(self.tenant.project_id)
        servers = {
            method: {name: there.get(server_id, _GONE) for name, server_id in ids.items()}
            for method, ids in self.servers.items()
        }
        told = {each.name: each.status() for each in self.methods}
        return Look(at, self.operator.down(), servers, told)


def said(loss: Loss) -> str:
    """Say in a line what a failure takes."""
    left = ", ".join(f"{tier} {count}" for tier, count in loss.left.items())
    word = "the service is kept" if loss.kept else f"the service is lost ({', '.join(loss.broken)})"
    return f"{len(loss.lost)} lost, {left} left: {word}"
