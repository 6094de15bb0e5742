# SPDX-License-Identifier: Apache-2.0
"""Let an older release and this one work on one database, as in an upgrade, and audit the end.

python -m tests.soak.upgrade --old CHECKOUT [--minutes N] [--seed N] [--cloud STATE] [--page FILE]

CHECKOUT is a work tree of the older release with a virtual environment of its own (`make venv`).
Its full cloud is brought up, the database to our schema, and a nova-api of ours is started beside
its own. People then create, change, repair and delete ensembles, each request by either API. Once a
minute a process of either is killed, so that what it does is gone on with by any of the others.
"""

import argparse
import contextlib
import random
import sys
import threading
import time
import uuid
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import openstack
from keystoneauth1.exceptions import ClientException

from tests.cloud.ensembles import Operator, Project
from tests.soak.report import when
from tests.soak.two_releases import TwoReleases, asked, two_releases

PATIENCE = 420.0  # seconds: the 300 that a build may be without progress, and a rollback
KILL_EVERY = 60.0  # seconds
SPREAD = {"type": "spread", "level": "host", "tiers": ["web"], "max_skew": 1}
APART = {"type": "anti-affinity", "level": "host", "tiers": ["web"]}


class Wrong(Exception):
    """Something is not as it was promised; the text says what."""


@dataclass
class Found:
    """What came of a run, which several threads add to."""

    counts: Counter[str] = field(default_factory=Counter)
    answers: Counter[tuple[str, int]] = field(default_factory=Counter)  # by release and status
    leases: Counter[tuple[str, str]] = field(default_factory=Counter)  # looks that found one
    wrong: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, counter: Counter[Any], key: Any) -> None:
        """Count one more."""
        with self.lock:
            counter[key] += 1


@dataclass
class Person:
    """One who has one ensemble after another, and asks either release for each thing."""

    number: int
    seed: int
    two: TwoReleases
    found: Found

    def __post_init__(self) -> None:
        self.random = random.Random(f"{self.seed}-{self.number}")
        self.project = Project(self.two.cloud.connection("demo"))
        self.operator = Operator(self.two.cloud.connection("admin"))

    def run(self, over: threading.Event) -> None:
        """Go on until it is over; what is wrong with one ensemble does not end the others."""
        turn = 0
        while not over.is_set():
            turn += 1
            try:
                self.one(f"upgrade-{self.number}-{turn}")
            except Wrong as error:
                self.found.wrong.append(f"upgrade-{self.number}-{turn}: {error}")
            except (openstack.exceptions.SDKException, OSError) as error:
                self.found.wrong.append(f"upgrade-{self.number}-{turn}: {error!r}")

    def one(self, name: str) -> None:
        """One ensemble, from its creation to its deletion."""
        counts = {"web": self.random.randint(2, 4), "db": self.random.randint(1, 2)}
        # A server that was deleted cannot be brought back; another one is built for its member.
        tiers = [
            self.project.tier(tier, count) | {"recovery": {"rebuild": True}}
            for tier, count in counts.items()
        ]
        body = self.project.body(name, tiers, SPREAD)
        made = self.ask("POST", "", body, key=str(uuid.uuid4()))["ensemble"]
        ensemble = self.settled(made["id"], counts, "created")
        for _ in range(2):
            ensemble = self.change(ensemble, counts)
        if self.random.random() < 0.4:
            ensemble = self.repair(ensemble, counts)
        self.ask("DELETE", f"/{ensemble['id']}", again=(404,))
        self.wait(ensemble["id"], lambda shown: shown is None)
        self.found.add(self.found.counts, "deleted")

    def change(self, ensemble: Mapping[str, Any], counts: dict[str, int]) -> Any:
        """Ask for another number of members, or for other policies."""
        wanted: dict[str, Any] = {"generation": ensemble["generation"]}
        if self.random.random() < 0.7:
            tier = self.random.choice(sorted(counts))
            counts[tier] = counts[tier] % 4 + 1
            wanted["tiers"] = [{"name": each, "count": count} for each, count in counts.items()]
        else:
            has = any(each["type"] == "anti-affinity" for each in ensemble["policies"])
            wanted["policies"] = [SPREAD if has else APART]
        self.ask("PATCH", f"/{ensemble['id']}", {"ensemble": wanted}, again=(409, 412))
        return self.settled(ensemble["id"], counts, "changed")

    def repair(self, ensemble: Mapping[str, Any], counts: dict[str, int]) -> Any:
        """Delete a server behind the ensemble's back, and have it repaired once that is seen."""
        lost = self.random.choice(ensemble["members"])["server_id"]
        self.operator.connection.compute.delete_server(lost, force=True)
        self.wait(ensemble["id"], lambda shown: shown["status"] == "DEGRADED")
        self.ask("POST", f"/{ensemble['id']}/action", {"repair": {}}, again=(409,))
        return self.settled(ensemble["id"], counts, "repaired")

    def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        key: str | None = None,
        again: Collection[int] = (),
    ) -> Any:
        """The body of the answer of acceptance, by either API.

        It is asked for again while a process that was killed does not answer, or an answer is 503.
        After an answer that got lost, ``again`` is what one is told whose request was carried out.
        """
        until, lost, told = time.monotonic() + PATIENCE, False, "no answer"
        while time.monotonic() < until:
            release = self.random.choice(("old", "new"))
            try:
                answer = self._sent(release, method, path, body, key)
            except ClientException:  # a connection that is refused, or ends
                lost = True
            else:
                if answer.status_code == 202:
                    return answer.json() if answer.content else None
                if lost and answer.status_code in again:
                    return None
                told = f"{answer.status_code} {answer.text[:300]}"
                if answer.status_code not in (502, 503, 504):
                    raise Wrong(f"{method} {path} by the {release} API: {told}")
            time.sleep(1)
        raise Wrong(f"{method} {path}: {told} for {PATIENCE:.0f} s")

    def _sent(self, release: str, method: str, path: str, body: Any, key: str | None) -> Any:
        session = self.project.connection.session
        answer = asked(session, self.two.urls[release], method, path, body, key)
        self.found.add(self.found.answers, (release, answer.status_code))
        return answer

    def wait(self, ensemble_id: str, condition: Any) -> Any:
        """What either API shows of an ensemble, None when it is gone, once that is so."""
        until, shown = time.monotonic() + PATIENCE, None
        while time.monotonic() < until:
            release = self.random.choice(("old", "new"))
            with contextlib.suppress(ClientException, ValueError):
                answer = self._sent(release, "GET", f"/{ensemble_id}", None, None)
                if answer.status_code in (200, 404):
                    shown = answer.json().get("ensemble")
                    if condition(shown):
                        return shown
            time.sleep(1)
        status = shown and (shown["status"], shown["fault"], shown["events"][-3:])
        raise Wrong(f"still {status} after {PATIENCE:.0f} s")

    def settled(self, ensemble_id: str, counts: Mapping[str, int], what: str) -> Any:
        """The ensemble once it has ended well: each member of each tier has its own server."""
        shown = self.wait(ensemble_id, lambda shown: shown and shown["settled"])
        if shown["status"] != "ACTIVE":
            raise Wrong(f"{shown['status']} when it was to be {what}: {shown['fault']}")
        built = Counter(each["tier"] for each in shown["members"])
        if built != Counter(counts):
            raise Wrong(f"{dict(built)} when it was {what}, not {dict(counts)}")
        running = self.operator.servers()
        gone = [each["name"] for each in shown["members"] if each["server_id"] not in running]
        if gone:
            raise Wrong(f"no server of {', '.join(gone)} when it was {what}")
        self.found.add(self.found.counts, what)
        return shown


def together(two: TwoReleases, count: int, minutes: float, seed: int) -> Found:
    """Let people work with both for so long, and say what came of it."""
    found, over, chosen = Found(), threading.Event(), random.Random(seed)
    before = Operator(two.cloud.connection("admin")).left_behind()
    people = [Person(number, seed, two, found) for number in range(count)]
    threads = [threading.Thread(target=each.run, args=(over,)) for each in people]
    for each in threads:
        each.start()
    begun = last = time.monotonic()
    while (now := time.monotonic()) < begun + minutes * 60:
        for lease in two.leases():
            found.add(found.leases, lease)
        if now > last + KILL_EVERY:
            last, release = now, chosen.choice(("old", "new"))
            two.kill_one(release, chosen)
            found.add(found.counts, f"processes killed of the {release} release")
            print(dict(found.counts), dict(found.answers), found.wrong, flush=True)  # noqa: T201
        time.sleep(1)
    over.set()
    for each in threads:
        each.join()
    found.wrong += at_the_end(two, before)
    return found


def at_the_end(two: TwoReleases, before: Mapping[str, Any]) -> list[str]:
    """What is wrong when all ensembles are gone, by both releases' audits and by what is there."""
    operator, wrong = Operator(two.cloud.connection("admin")), []
    after = operator.left_behind()
    wrong += [f"left: {kind} {each}" for kind in after for each in after[kind] - before[kind]]
    wrong += [f"overcommitted: {each}" for each in operator.overcommitted()]
    for release in ("old", "new"):
        audit = two.tool(release, "ensemble-manage", "reservations", "audit")
        if audit.returncode:
            wrong.append(f"audit of the {release} release: {audit.stdout}{audit.stderr}")
    wrong += [f"logged by {release}: {each}" for release, e in two.errors().items() for each in e]
    return wrong


def page(found: Found, told: Mapping[str, str], minutes: float, seed: int) -> str:
    """All of it as Markdown."""
    answers = Counter[str]()
    for (release, status), count in found.answers.items():
        answers[f"answers of {status} by the {release} API"] += count
    leases = {f"looks that found {k} in the {r} release": n for (k, r), n in found.leases.items()}
    rows: Sequence[tuple[str, int]] = sorted((found.counts | answers | Counter(leases)).items())
    return "\n".join(
        [
            f"{told['date']}, commit {told['commit']}; {minutes:g} minutes, seed {seed}.",
            "",
            "| what | count |",
            "| --- | --- |",
            *(f"| {what} | {count} |" for what, count in rows),
            f"| wrong | {len(found.wrong)} |",
            "",
            *(f"- {each}" for each in found.wrong),
        ]
    )


def main() -> int:
    """Run it; the exit status says whether nothing is wrong."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--old", type=Path, required=True, help="work tree of the older release")
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--people", type=int, default=3, help="how many ask at the same time")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--cloud", type=Path, help="state of a running full cloud of that release")
    parser.add_argument("--page", type=Path, help="file for what was found as Markdown")
    arguments = parser.parse_args()
    with two_releases(arguments.old.resolve(), arguments.cloud) as two:
        found = together(two, arguments.people, arguments.minutes, arguments.seed)
    told = page(found, when(), arguments.minutes, arguments.seed)
    print(told)  # noqa: T201
    if arguments.page:
        arguments.page.write_text(told)
    return 1 if found.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
