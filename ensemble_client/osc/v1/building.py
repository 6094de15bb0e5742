# SPDX-License-Identifier: Apache-2.0
"""What all commands do that have an ensemble built."""

import time
from collections.abc import Callable, Sequence
from typing import Any, ClassVar, TypeVar

from keystoneauth1 import exceptions as keystone
from osc_lib import exceptions
from osc_lib.command import command

from ensemble_client import words
from ensemble_client.errors import plain_words
from ensemble_client.osc.command_line import command_line
from ensemble_client.osc.v1.arguments import settled
from ensemble_client.places import Places
from ensemble_client.v2.errors import said
from ensemble_client.watch import Watch

T = TypeVar("T")


class BuildingCommand(command.ShowOne):
    """Has an ensemble built, and may wait until it is."""

    pause: ClassVar[Callable[[float], None]] = staticmethod(time.sleep)

    def take_wait(self, parser: Any) -> None:
        """Add --wait."""
        parser.add_argument(
            "--wait",
            action="store_true",
            help="Wait until all servers are ACTIVE; the exit code is 1 if the build fails",
        )

    def built(self, create: Callable[[], Any], *, wait: bool) -> Any:
        """Create and, if asked to, wait."""
        ensemble = self.begun(create)
        return self._waited(ensemble) if wait else ensemble

    def all_built(self, create: Callable[[], Sequence[Any]], *, wait: bool) -> Sequence[Any]:
        """Create several and, if asked to, wait for all of them, also for those after a failure."""
        begun = self.begun(create)
        if not wait:
            return begun
        done: list[Any] = []
        failed: list[str] = []
        for each in begun:
            try:
                done.append(self._waited(each))
            except exceptions.CommandError as error:
                failed.append(str(error))
        if failed:
            raise exceptions.CommandError("\n".join(failed))
        return done

    def begun(self, create: Callable[[], T]) -> T:
        """Create, and say what may have begun where that is not known."""
        try:
            return create()
        except KeyboardInterrupt:
            self.app.stderr.write(
                "\nNo answer was waited for. The build may have begun: "
                f"{command_line(self.app, 'list')}\n"
            )
            raise
        except keystone.ConnectionError:
            self.app.stderr.write(
                f"No answer came. The build may have begun: {command_line(self.app, 'list')}\n"
            )
            raise

    def _waited(self, ensemble: Any) -> Any:
        manager = self.app.client_manager.ensemble.ensembles
        name = words.printable(ensemble.name)
        show = command_line(self.app, "show", ensemble.id)
        try:
            watch = Watch(manager.get, said, self.app.stderr, sleep=type(self).pause)
            with plain_words():
                ensemble = watch.until_settled(ensemble, settled(manager))
        except KeyboardInterrupt:
            self.app.stderr.write(
                f"\nNo longer waiting. The build of {name} goes on; see: {show}\n"
            )
            raise
        if ensemble.status == "ERROR":
            raise exceptions.CommandError(
                f"{name} could not be built: {words.fault_text(ensemble.fault)}\n"
                f"To remove it: {command_line(self.app, 'delete', ensemble.id)}"
            )
        return ensemble


def plan_sentences(plan: Any, *, long: bool = False) -> list[str]:
    """Say what a plan comes to, of which nothing was built."""
    return [
        words.printable(plan["message"]),
        *_own_sentences(plan),
        *(words.messages(plan["objectives"]) if long else ()),
        f"{words.printable(plan['proof'])} Nothing was built.",
    ]


def joint_plan_sentences(found: Any) -> list[str]:
    """Say what a plan of several ensembles comes to, and what it is to each of them."""
    plan = found["plan"]
    lines = [words.printable(plan["message"])]
    for each in found["instances"]:
        lines.append(f"{words.printable(each['ensemble']['name'])}:")
        lines += [f"  {line}" for line in _own_sentences(each["plan"])]
    return [*lines, f"{words.printable(plan['proof'])} Nothing was built."]


def _own_sentences(plan: Any) -> list[str]:
    """Say what a plan is to its ensemble."""
    return [
        *words.messages(plan["warnings"]),
        *words.survival_lines(plan["survivability"]),
        *words.headroom_lines(plan["survivability"], Places(plan["domains"]).label),
        *words.policy_lines(plan),
        *words.messages(plan["not_planned_with"]),
    ]
