# SPDX-License-Identifier: Apache-2.0
"""Kill services of Nova at random moments of builds and deletes, and count what comes of it.

python -m tests.soak.kill [--rounds N] [--seed N] [--cloud STATE] [--results FILE] [--page FILE]

A run that was stopped goes on where its results end.
It runs on the embedded cloud's full profile, whose services are processes of their own: on one of
your own, if you name its state directory, which nobody else must use meanwhile.
"""

import argparse
import contextlib
import dataclasses
import random
import sys
import time
import uuid
from collections.abc import Sequence
from typing import Any

import psutil

from tests.cloud.ensembles import Operator, Project
from tests.embedded import EmbeddedCloud
from tests.soak.kill_round import Round
from tests.soak.rounds import add_arguments, run

VICTIMS = (
    *("nova", "nova worker", "nova-super-conductor", "nova-conductor-cell1"),
    *("nova-conductor-cell2", "nova-scheduler-1", "nova-scheduler-2"),
)
MEMBERS = 8
LONGEST_DELAY = 8.0  # seconds after the request; a build on two cores takes about as long
PATIENCE = 420.0  # seconds: the 300 that a build may be without progress, and a rollback
SETTLED = ("ACTIVE", "DEGRADED", "ERROR")


class Unanswered(Exception):
    """The API does not answer any more."""


@dataclasses.dataclass
class Soak:
    """One cloud under kills."""

    cloud: EmbeddedCloud
    seed: int

    def __post_init__(self) -> None:
        self.project = Project(self.cloud.connection("demo"))
        self.operator = Operator(self.cloud.connection("admin"))
        self.before = self.operator.left_behind()

    def round(self, number: int) -> Round:
        """One ensemble, with one kill while it is built or deleted."""
        self.random = random.Random(f"{self.seed}-{number}")  # also when it goes on later
        phase = self.random.choice(("build", "build", "delete"))
        victim = self.random.choice(VICTIMS)
        delay = self.random.uniform(0, LONGEST_DELAY)
        tier = self.project.tier("web", MEMBERS)
        spread = {"type": "spread", "level": "host", "tiers": ["web"], "max_skew": 1}
        body = self.project.body(f"soak-{number}", [tier], spread)
        ensemble_id = self.ask("POST", body=body, status=202)["ensemble"]["id"]
        if phase == "delete":
            self.wait(ensemble_id)
            self.ask("DELETE", f"/{ensemble_id}", status=202)
        time.sleep(delay)
        self.kill(victim)
        begun = time.monotonic()
        ended, fault = self.wait(ensemble_id)
        seconds = time.monotonic() - begun
        if ended != "gone":
            self.ask("DELETE", f"/{ensemble_id}", status=202)
            gone, _ = self.wait(ensemble_id, settled=())
            ended = ended if gone == "gone" else f"{ended}, then {gone}"
        return Round(
            number, phase, victim, round(delay, 1), ended, round(seconds), fault, self.left()
        )

    def kill(self, victim: str) -> None:
        """End a service, or one of the two processes that serve nova-api, without a goodbye."""
        service = victim.removesuffix(" worker")
        services = self.cloud.status["services"]
        pid = next(each["pid"] for each in services if each["name"] == service)
        main = psutil.Process(pid)
        workers = main.children(recursive=True)
        chosen = [self.random.choice(workers)] if victim != service else [main, *workers]
        for process in chosen:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()

    def ask(self, method: str, path: str = "", body: Any = None, *, status: int) -> Any:
        """The body of the answer that is waited for, which an API that was killed gives later.

        A create that is sent again is done once, by its key.
        """
        headers = {"Idempotency-Key": str(uuid.uuid4())} if body else {}
        until, last = time.monotonic() + PATIENCE, "no answer"
        while time.monotonic() < until:
            with contextlib.suppress(Exception):  # refused connections, answers cut short
                answer = self.project.request(method, path, body, headers=headers)
                if answer.status_code == status:
                    return answer.json() if answer.content else None
                if answer.status_code == 404 and method == "DELETE":
                    return None
                last = f"{answer.status_code} {answer.text}"
            time.sleep(1)
        raise Unanswered(f"{method} {path}: no {status} in {PATIENCE:.0f} s, but {last}")

    def wait(self, ensemble_id: str, settled: Sequence[str] = SETTLED) -> tuple[str, str]:
        """How an ensemble ends, and its fault; "gone" when there is none any more."""
        until, found = time.monotonic() + PATIENCE, {"status": "unknown", "fault": None}
        while time.monotonic() < until:
            with contextlib.suppress(Exception):
                answer = self.project.request("GET", f"/{ensemble_id}")
                if answer.status_code == 404:
                    return "gone", ""
                if answer.status_code == 200:
                    found = answer.json()["ensemble"]
            if found["status"] in settled:
                break
            time.sleep(1)
        status = found["status"]
        ended = status if status in settled else f"still {status} after {PATIENCE:.0f} s"
        return ended, (found["fault"] or {}).get("message", "")

    def left(self) -> dict[str, list[str]]:
        """What is there now and was not before this round, by kind."""
        before, self.before = self.before, self.operator.left_behind()
        return {kind: sorted(self.before[kind] - before[kind]) for kind in before}


def main() -> int:
    """Run the rounds; the exit status says whether all ended and nothing is left."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    add_arguments(parser, rounds=40)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    seed = arguments.seed
    return run(Round, arguments, {"seed": seed}, lambda cloud: Soak(cloud, seed).round)


if __name__ == "__main__":
    sys.exit(main())
