# SPDX-License-Identifier: Apache-2.0
"""Let ensembles race for the last capacity beside servers of others, and count what comes of it.

python -m tests.soak.race [--rounds N] [--width N] [--full N] [--cloud STATE] [--results FILE]
                          [--page FILE]

Each round fills a cloud: twice as many ensembles are asked for as there is room for, by two
projects at once. While those that were accepted are built, others ask for servers that have room on
a member's host between its hold and its server alone, and for small ones that always have room.

A run that was stopped goes on where its results end.
It runs on the embedded cloud's full profile: on one of your own, if you name its state directory.
With --full N small servers have no room but where members are handed over.
With --width it sets [ensembles] handover_width there first; 0 is without guards.
"""

import argparse
import re
import sys
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import openstack
import psutil

from ensemble_api.execution.search import NO_HOST
from tests.cloud.ensembles import PATIENCE, Operator, Project, until
from tests.embedded import EmbeddedCloud
from tests.soak.race_round import Round
from tests.soak.rounds import add_arguments, run

MEMBERS = 2
SMALL = "m1.tiny"
FULL = "race-full-"


@dataclass(frozen=True)
class Sizes:
    """How many VCPUs a member and a server of others ask for, and how many of both there are.

    Such that what members leave of a host has room for small servers alone.
    """

    host: int = 16
    member: int = 7
    other: int = 4
    others: int = 4
    small: int = 3
    full: int = 0

    @contextmanager
    def flavors(self, connection: Any) -> Iterator[dict[int, str]]:
        """The ids of the flavors of these sizes, which are there for a while."""
        made = {vcpus: f"race.{vcpus}" for vcpus in (self.member, self.other, self.host)}
        for vcpus, name in made.items():
            connection.compute.create_flavor(id=name, name=name, vcpus=vcpus, ram=1024, disk=1)
        try:
            yield made
        finally:
            for name in made.values():
                connection.compute.delete_flavor(name)


class Others:
    """Servers of others, which one thread after another asks for and deletes until it is over."""

    def __init__(self, project: Project, flavor: str, name: str) -> None:
        self._project = project
        self._flavor = flavor
        self._name = name
        self.ended: Counter[str] = Counter()
        self.faults: list[str] = []

    def server(self) -> dict[str, Any]:
        """What is asked for."""
        image = self._project.names["image"]["cirros"]
        found = {"name": self._name, "flavorRef": self._flavor, "imageRef": image}
        return {"server": {**found, "networks": "none"}}

    def run(self, over: threading.Event) -> None:
        """Come and go."""
        while not over.is_set():
            self.one()

    def one(self) -> None:
        """Ask for a server, note what came of it, and delete it."""
        compute = self._project.connection.compute
        version = {"microversion": "2.96"}
        answer = compute.post("/servers", json=self.server(), **version)
        if answer.status_code != 202:
            self.ended[f"refused with {answer.status_code}"] += 1
            return
        path = f"/servers/{answer.json()['server']['id']}"
        until, status = time.monotonic() + PATIENCE, "BUILD"
        while status == "BUILD" and time.monotonic() < until:
            time.sleep(0.3)
            shown = compute.get(path, **version).json().get("server", {"status": "gone"})
            status = shown["status"]
        fault = shown.get("fault", {}).get("message", "")
        if status == "ERROR":
            self.faults.append(fault)
        self.ended["no valid host" if fault.startswith(NO_HOST) else status] += 1
        compute.delete(path, **version)
        while compute.get(path, **version).status_code != 404 and time.monotonic() < until:
            time.sleep(0.3)


@dataclass
class Race:
    """One cloud, in which nobody else asks for anything meanwhile."""

    cloud: EmbeddedCloud
    sizes: Sizes = field(default_factory=Sizes)

    def __post_init__(self) -> None:
        self.operator = Operator(self.cloud.connection("admin"))
        self.projects = [Project(self.cloud.connection(each)) for each in ("demo", "demo2")]

    def room(self) -> int:
        """How many members there is room for."""
        return sum(
            free // self.sizes.member
            for free in (have - used for have, used in self.operator.cpus().values())
        )

    def round(self, number: int) -> Round:
        """Fill the cloud once, and empty it again."""
        with (
            self.sizes.flavors(self.operator.connection) as flavors,
            self._full(flavors[self.sizes.host]),
        ):
            return self._round(number, flavors)

    @contextmanager
    def _full(self, flavor: str) -> Iterator[None]:
        """So many hosts full for a while: what small servers have left then, members use too."""
        compute, image = self.operator.connection.compute, self.projects[0].names["image"]["cirros"]
        count = self.sizes.full
        for number in range(count):
            compute.create_server(
                name=f"{FULL}{number}", flavor_id=flavor, image_id=image, networks="none"
            )

        def ours() -> list[Any]:
            return [each for each in self.operator.servers().values() if each.name.startswith(FULL)]

        until(
            "they are built",
            lambda: not count or Counter(each.status for each in ours()) == {"ACTIVE": count},
        )
        try:
            yield
        finally:
            for each in ours():
                compute.delete_server(each.id)
            until("they are gone", lambda: not ours())

    def _round(self, number: int, flavors: Mapping[int, str]) -> Round:
        before, room = self.operator.left_behind(), self.room() // MEMBERS
        begun = time.monotonic()
        asked: dict[str, Project] = {
            f"race-{number}-{each}": self.projects[each % 2] for each in range(2 * room)
        }
        accepted: dict[str, tuple[Project, str]] = {}
        member = flavors[self.sizes.member]
        refused = self._ask(member, asked, accepted)
        large = Others(self.projects[1], flavors[self.sizes.other], "race-other")
        small = Others(self.projects[0], self.projects[0].names["flavor"][SMALL], "race-small")
        with _beside([large] * self.sizes.others + [small] * self.sizes.small):
            ended = {name: self._end(*accepted[name]) for name in accepted}
        over = self.operator.overcommitted()
        # What was taken by others for a moment is free again, and no more than that.
        later: dict[str, tuple[Project, str]] = {}
        self._ask(member, {name: asked[name] for name in refused}, later)
        ended |= {name: self._end(*later[name]) for name in later}
        over |= self.operator.overcommitted()
        for project, ensemble_id in (*accepted.values(), *later.values()):
            project.request("DELETE", f"/{ensemble_id}")
        for project, ensemble_id in (*accepted.values(), *later.values()):
            project.wait_gone(ensemble_id)
        after = self.operator.left_behind()
        statuses = Counter(status for status, _ in ended.values())
        return Round(
            number=number,
            room=room,
            accepted=len(accepted),
            later=len(later),
            built=statuses["ACTIVE"],
            rolled_back=statuses["ERROR"],
            unsettled=len(ended) - statuses["ACTIVE"] - statuses["ERROR"],
            others=dict(large.ended),
            small=dict(small.ended),
            overcommitted=sorted(over),
            left=sum(len(after[kind] - before[kind]) for kind in after),
            seconds=round(time.monotonic() - begun),
            faults=[fault for _, fault in ended.values() if fault],
        )

    @staticmethod
    def _ask(
        flavor: str, wanted: dict[str, Project], accepted: dict[str, tuple[Project, str]]
    ) -> list[str]:
        """Ask for all of these at once, each until it is accepted or is proved not to fit.

        Gives the names of those that do not fit.
        """

        def ask(name: str, project: Project) -> None:
            tier = project.tier("web", MEMBERS, networks="none")
            tier["server"]["flavor"] = flavor
            body, until = project.body(name, [tier]), time.monotonic() + PATIENCE
            while time.monotonic() < until:
                headers = {"Idempotency-Key": str(uuid.uuid4())}
                answer = project.request("POST", body=body, headers=headers)
                if answer.status_code == 202:
                    accepted[name] = (project, answer.json()["ensemble"]["id"])
                    return
                fault = next(iter(answer.json().values()))
                if fault.get("details", {}).get("proved"):
                    return
                time.sleep(1)

        _at_once([threading.Thread(target=ask, args=each) for each in wanted.items()])
        return [name for name in wanted if name not in accepted]

    @staticmethod
    def _end(project: Project, ensemble_id: str) -> tuple[str, str]:
        """The status that an ensemble settles in, and its fault."""
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            found = project.request("GET", f"/{ensemble_id}").json()["ensemble"]
            if found["status"] in ("ACTIVE", "DEGRADED", "ERROR"):
                break
            time.sleep(0.5)
        return found["status"], (found["fault"] or {}).get("message", "")


@contextmanager
def _beside(others: Sequence[Others]) -> Iterator[None]:
    """Let these come and go meanwhile."""
    over = threading.Event()
    threads = [threading.Thread(target=each.run, args=(over,)) for each in others]
    for each in threads:
        each.start()
    try:
        yield
    finally:
        over.set()
        for each in threads:
            each.join()


def _at_once(threads: Sequence[threading.Thread]) -> None:
    for each in threads:
        each.start()
    for each in threads:
        each.join()


def set_width(cloud: EmbeddedCloud, width: int) -> None:
    """Write the option, and have nova-api started again with it, as the full profile does."""
    path = cloud.state / "etc/nova/nova.conf"
    text = re.sub(r"^handover_width.*\n", "", path.read_text(), flags=re.MULTILINE)
    path.write_text(text.replace("[ensembles]\n", f"[ensembles]\nhandover_width = {width}\n"))
    service = next(each for each in cloud.status["services"] if each["name"] == "nova")
    main = psutil.Process(service["pid"])
    for process in (*main.children(recursive=True), main):
        process.kill()
    until = time.monotonic() + PATIENCE
    project = Project(cloud.connection("demo"))
    while time.monotonic() < until:
        time.sleep(1)
        try:
            if project.request("GET").status_code == 200:
                return
        except openstack.exceptions.SDKException:
            continue
    raise SystemExit("nova-api did not come back")


def main() -> int:
    """Run the rounds; the exit status says whether all that was accepted was built, and no more."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    add_arguments(parser, rounds=30)
    parser.add_argument("--width", type=int, help="handover_width, to be set first")
    parser.add_argument("--full", type=int, default=0, help="hosts that are full from the start")
    arguments = parser.parse_args()
    width, full = arguments.width, arguments.full

    def begin(cloud: EmbeddedCloud) -> Callable[[int], Round]:
        if width is not None:
            set_width(cloud, width)
        return Race(cloud, Sizes(full=full)).round

    return run(Round, arguments, {"handover_width": width, "full hosts": full}, begin)


if __name__ == "__main__":
    sys.exit(main())
