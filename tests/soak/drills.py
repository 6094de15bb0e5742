# SPDX-License-Identifier: Apache-2.0
"""Let every rack fail for real under the service of `make drill`, for several seeds.

python -m tests.soak.drills [--rounds N] [--cloud STATE] [--results FILE] [--page FILE]

A round is one rack of one seed; the seed draws how full the racks are. A run that was stopped
goes on where its results end, with servers built anew.
It runs on the embedded cloud's compact profile.
"""

import argparse
import contextlib
import secrets
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ensemble_client import file, names
from ensemble_drill.cloud import ZONE_KEY, Operator, Tenant
from ensemble_drill.criteria import read
from ensemble_drill.ensemble_method import Ensemble
from ensemble_drill.load import Load, Room, servers, shares
from ensemble_drill.main import service_of
from ensemble_drill.methods import Groups, Plain
from ensemble_drill.story import Commands, Story
from tests.embedded import EmbeddedCloud
from tests.soak.compact_cloud import as_client, compact_cloud
from tests.soak.drills_round import Round
from tests.soak.rounds import add_arguments, run

TOP = Path(__file__).parents[2]
TOOL = Path(sysconfig.get_path("scripts"), "ensemble-cloud")
LEVELS = {"rack": "rack", "zone": ZONE_KEY}
LOAD = 30  # percent
FLAVORS = ("m1.large", "m1.xlarge")


def commands(cloud: EmbeddedCloud, more: str = "") -> Commands:
    """What stops and starts the services of a domain of that cloud."""
    to = f'{TOOL} --state {cloud.state} "$DRILL_LEVEL" {{}} "$DRILL_DOMAIN"{more}'
    return Commands(to.format("stop"), to.format("start"))


class Drills:
    """The service on one cloud, built anew for each seed."""

    def __init__(self, cloud: EmbeddedCloud, stack: contextlib.ExitStack) -> None:
        as_client(cloud)
        self._cloud = cloud
        self._stack = stack
        self._tenant, self._operator = Tenant("demo"), Operator("admin")
        self._layout = self._operator.layout(LEVELS)
        self.racks = [each.name for each in self._layout.domains("rack")]
        self._built: tuple[int, Story] | None = None

    def round(self, number: int) -> Round:
        """Let the next rack fail, and bring it back."""
        turn, index = divmod(number, len(self.racks))
        seed, rack = turn + 1, self.racks[index]
        if self._built is None or self._built[0] != seed:
            self._stack.close()
            self._built = seed, self._stack.enter_context(self._service(seed))
        drill = self._built[1].drill("rack", rack, empty=True)
        found = {each.method: each for each in drill.outcomes}
        ensemble = found["ensemble"]
        return Round(
            number=number,
            seed=seed,
            rack=rack,
            lost={method: len(each.loss.lost) for method, each in found.items()},
            kept={method: each.loss.kept for method, each in found.items()},
            agreed={method: each.lost_agreed(drill.domain) for method, each in found.items()},
            healed={method: each.healed_after for method, each in found.items()},
            places=ensemble.places_agreed,
            passed=ensemble.passed,
        )

    @contextlib.contextmanager
    def _service(self, seed: int) -> Iterator[Story]:
        """The service in three ways beside the load of a seed, for a while."""
        criteria = read(TOP / "etc/drill-criteria.yaml")
        path = str(TOP / "examples/drilled-shop.yaml")
        body = names.resolve(file.read(path), self._tenant.connection)
        service, prefix = service_of(body, criteria), f"drills-{seed}-{secrets.token_hex(4)}"
        methods: list[Any] = [
            Plain(self._tenant, service, body, prefix),
            Groups(self._tenant, service, body, prefix),
            Ensemble(self._tenant, self._operator, service, body, prefix),
        ]
        wanted = shares(seed, self._layout, LOAD)
        rooms = {host: Room(*each) for host, each in self._operator.processors().items()}
        known = {each.name: each for each in self._operator.connection.compute.flavors()}
        flavors = [(known[name].id, known[name].vcpus) for name in FLAVORS]
        load = Load(self._operator, prefix, body["tiers"][0]["server"]["image"])
        story = Story(
            self._tenant,
            self._operator,
            self._layout,
            service,
            criteria,
            methods,
            commands(self._cloud),
            print,
            seed=seed,
            load=wanted,
        )
        try:
            load.build(list(servers(wanted, self._layout, rooms, flavors)))
            story.build()
            yield story
        finally:
            story.remove()
            load.remove()


def main() -> int:
    """Run the rounds; the exit status says whether all are good."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    add_arguments(parser, rounds=30)
    arguments = parser.parse_args()
    stack = contextlib.ExitStack()
    return run(
        Round,
        arguments,
        {"service": "examples/drilled-shop.yaml", "load in percent": LOAD},
        lambda cloud: Drills(cloud, stack).round,
        meanwhile=lambda _: stack,
        clouds=compact_cloud,
    )


if __name__ == "__main__":
    sys.exit(main())
