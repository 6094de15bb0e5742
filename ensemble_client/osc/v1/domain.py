# SPDX-License-Identifier: Apache-2.0
"""The commands `openstack ensemble domain ...`, for administrators."""

import argparse
import time
from collections.abc import Callable
from typing import Any, ClassVar, Final

from osc_lib import exceptions
from osc_lib.command import command

from ensemble_client import words
from ensemble_client.errors import plain_words
from ensemble_client.osc.v1.columns import Json
from ensemble_client.osc.v1.readable import ReadableColumn

DRAIN_PAUSE: Final = 5.0
"""Seconds between two looks at a domain that is being drained."""
IDLE_LOOKS: Final = 12
"""Looks at which nobody moves and none of those that are left can, until that is taken for all."""
_SHOWN: Final = 1000  # hosts, the most of one page


class _Domain(command.ShowOne):
    """A command about one domain."""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Add the domain, and the larger one that it is in."""
        parser = super().get_parser(prog_name)
        parser.add_argument("level", metavar="<level>", help="Level, such as rack or zone")
        parser.add_argument("domain", metavar="<domain>", help="Domain of that level (name)")
        parser.add_argument(
            "--within",
            dest="above",
            metavar="<level>=<name>",
            type=_above,
            action="append",
            default=[],
            help="Larger domain that it is in, such as zone=az1, where its name alone is not enough"
            " (repeat for several)",
        )
        return parser

    def look(self, parsed_args: argparse.Namespace, *, check: bool) -> Any:
        """Fetch the domain as it is now."""
        manager = self.app.client_manager.ensemble.ensembles
        return manager.domain(*_named(parsed_args), check=check, limit=_SHOWN)


class ShowDomain(_Domain):
    """Show a host, a rack or a zone and how far its drain is (administrators)."""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Add the check of a drain."""
        parser = super().get_parser(prog_name)
        parser.add_argument(
            "--check-drain",
            action="store_true",
            help="See whether all members could be moved elsewhere, and where; nothing is moved",
        )
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> Any:
        """Show."""
        with plain_words():
            return _fields(self.look(parsed_args, check=parsed_args.check_drain))


class DrainDomain(_Domain):
    """Disable all hosts of a domain and move their members elsewhere (administrators)."""

    pause: ClassVar[Callable[[float], None]] = staticmethod(time.sleep)

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Add what is to be done."""
        parser = super().get_parser(prog_name)
        parser.add_argument(
            "--wait",
            action="store_true",
            help="Wait until no member is left; the exit code is 1 if some cannot leave",
        )
        instead = parser.add_mutually_exclusive_group()
        instead.add_argument(
            "--dry-run", action="store_true", help="Only say what would come of it"
        )
        instead.add_argument(
            "--cancel",
            action="store_true",
            help="Move nobody any more; the hosts stay disabled until you enable them",
        )
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> Any:
        """Begin the drain or cancel it, or only say what would come of it."""
        manager = self.app.client_manager.ensemble.ensembles
        named = _named(parsed_args)
        with plain_words():
            if parsed_args.cancel:
                return _fields(manager.cancel_drain(*named))
            found = manager.drain_domain(*named, dry_run=parsed_args.dry_run)
        if parsed_args.dry_run:
            self.app.stderr.write("Nothing was changed.\n")
        elif parsed_args.wait:
            found = self._emptied(parsed_args)
        return _fields(found)

    def _emptied(self, parsed_args: argparse.Namespace) -> Any:
        """Look again and again until the domain has no members.

        :raises osc_lib.exceptions.CommandError: when those that are left cannot leave, or when the
            drain has ended before.
        """
        name, left, idle, draining = words.printable(parsed_args.domain), -1, 0, False
        while True:
            with plain_words():
                found = self.look(parsed_args, check=idle > 0)
            if not found["members"]:
                return found
            if found["members"] != left:
                left = found["members"]
                self.app.stderr.write(f"Members in {name}: {left}\n")
            if draining and found["state"] != "draining":
                said = words.printable(found["message"] or "Its hosts were enabled.")
                raise exceptions.CommandError(f"{name} is not drained any more: {said}")
            draining = draining or found["state"] == "draining"
            tried = found.get("drain", {}).get("ensembles", [])
            if found["moving"]:
                idle = 0
            elif words.cannot_leave(tried) or idle > IDLE_LOOKS:
                lines = "\n".join(words.drain_lines(tried))
                raise exceptions.CommandError(f"Not all members can leave {name}:\n{lines}")
            else:
                idle += 1
            type(self).pause(DRAIN_PAUSE)


def _named(parsed_args: argparse.Namespace) -> tuple[str, str, dict[str, str]]:
    return parsed_args.level, parsed_args.domain, dict(parsed_args.above)


def _above(text: str) -> tuple[str, str]:
    level, equals, name = text.partition("=")
    if not (level and equals and name):
        raise argparse.ArgumentTypeError(f"{text!r} is not of the form <level>=<name>")
    return level, name


def _fields(domain: Json) -> tuple[tuple[str, ...], tuple[Any, ...]]:
    """Lay out a domain; its drain only when that was checked."""
    fields: dict[str, Any] = {
        "domain": ReadableColumn(domain["path"], lambda path: words.printable("/".join(path))),
        "level": domain["level"],
        "state": domain["state"],
        "message": ReadableColumn(domain["message"] or ""),
        "members": domain["members"],
        "ensembles": domain["ensembles"],
        "hosts": ReadableColumn(domain["hosts"], _hosts),
        "moving": ReadableColumn(domain["moving"], _moving),
    }
    if "drain" in domain:
        fields["drain"] = ReadableColumn(domain["drain"], _drain)
    return tuple(fields), tuple(fields.values())


def _hosts(hosts: list[Json]) -> str:
    return "\n".join(
        words.printable(f"{each['host']}: {each['state']}, members: {each['members']}")
        for each in hosts
    )


def _moving(moving: list[Json]) -> str:
    return "\n".join(
        words.printable(f"{each['ensemble_name']}: {each['progress']['message']}")
        for each in moving
    )


def _drain(drain: Json) -> str:
    return "\n".join([words.printable(drain["message"]), *words.drain_lines(drain["ensembles"])])
