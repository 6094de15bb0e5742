# SPDX-License-Identifier: Apache-2.0
"""The commands `openstack ensemble host ...`, for administrators."""

import argparse
import time
from collections.abc import Callable
from typing import Any, ClassVar, Final

from osc_lib import exceptions
from osc_lib.command import command

from ensemble_client import words
from ensemble_client.errors import plain_words
from ensemble_client.osc.v1 import columns
from ensemble_client.osc.v1.arguments import KNOWN, find, positive, sort_order
from ensemble_client.osc.v1.lister import ListerWithSentences

DRAIN_PAUSE: Final = 5.0
"""Seconds between two looks at a host that is being drained."""


class ListHost(ListerWithSentences):
    """List hosts with what each holds and what its failure breaks, worst first (administrators)."""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Add the filters, the order and the size of the list."""
        parser = super().get_parser(prog_name)
        parser.add_argument(
            "--sort",
            metavar="<key>[:asc|:desc]",
            type=sort_order,
            default=(None, None),
            help=f"Sort by this key, such as members; impact if not given; {KNOWN}",
        )
        for name, key, text in (
            ("project", "project_id", "Count only members of this project (name or ID)"),
            ("ensemble", "ensemble_id", "Count only members of this ensemble (name or ID)"),
            ("rack", "rack", "Show only the hosts of this rack"),
            ("zone", "zone", "Show only the hosts of this zone"),
            ("search", "q", "Show only hosts with this text in a name or an ID"),
            ("marker", "marker", "Show those that come after this host"),
        ):
            metavar = "<text>" if name == "search" else f"<{name}>"
            parser.add_argument(f"--{name}", dest=key, metavar=metavar, help=text)
        parser.add_argument(
            "--limit", metavar="<count>", type=positive, help="Show at most this many hosts"
        )
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> Any:
        """List the hosts, page after page."""
        manager = self.app.client_manager.ensemble.ensembles
        asked = {key: getattr(parsed_args, key) for key in ("rack", "zone", "q", "marker")}
        asked["sort_key"], asked["sort_dir"] = parsed_args.sort
        with plain_words():
            if parsed_args.ensemble_id:
                asked["ensemble_id"] = find(manager, parsed_args.ensemble_id, everywhere=True).id
            if parsed_args.project_id:
                asked["project_id"] = self._project(parsed_args.project_id)
            hosts: list[Any] = []
            broken: list[Any] = []
            while parsed_args.limit is None or len(hosts) < parsed_args.limit:
                limit = None if parsed_args.limit is None else parsed_args.limit - len(hosts)
                page = manager.hosts(**asked, limit=limit)
                hosts += page["hosts"]
                broken = page.get("broken") or []  # of all pages, on each
                if not page["hosts"] or not page.get("hosts_links"):
                    break
                asked["marker"] = page["hosts"][-1]["host"]
        self.sentences = words.broken_lines(broken)
        return columns.host_rows(hosts)

    def _project(self, word: str) -> str:
        """Give the id of a project; what Keystone does not know may still be an id."""
        found = self.app.client_manager.sdk_connection.identity.find_project(word)
        return str(found.id) if found else word


class ShowHost(command.ShowOne):
    """Show what a host holds and what its failure breaks (administrators)."""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Add the host, and the check of a drain."""
        parser = super().get_parser(prog_name)
        parser.add_argument("host", metavar="<host>", help="Host (name)")
        parser.add_argument(
            "--check-drain",
            action="store_true",
            help="See whether all members could be placed elsewhere, and where; nothing is moved",
        )
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> Any:
        """Show."""
        manager = self.app.client_manager.ensemble.ensembles
        with plain_words():
            return columns.host_fields(manager.drain(parsed_args.host, parsed_args.check_drain))


class DrainHost(command.ShowOne):
    """Disable a host and move its members elsewhere by live migration (administrators)."""

    pause: ClassVar[Callable[[float], None]] = staticmethod(time.sleep)

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Add the arguments of a drain."""
        parser = super().get_parser(prog_name)
        parser.add_argument("host", metavar="<host>", help="Host (name)")
        parser.add_argument("--dry-run", action="store_true", help="Only say what would come of it")
        parser.add_argument(
            "--wait",
            action="store_true",
            help="Wait until no member is left; the exit code is 1 if some cannot leave",
        )
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> Any:
        """Begin the drain, or only say what would come of it."""
        manager = self.app.client_manager.ensemble.ensembles
        with plain_words():
            host = manager.begin_drain(parsed_args.host, dry_run=parsed_args.dry_run)
        if parsed_args.dry_run:
            self.app.stderr.write("Nothing was changed.\n")
        elif parsed_args.wait:
            host = self._empty(manager, host)
        return columns.host_fields(host)

    def _empty(self, manager: Any, host: Any) -> Any:
        """Look again and again until the host has no members.

        :raises osc_lib.exceptions.CommandError: when those that are left cannot leave, or when
            somebody has enabled the host.
        """
        name, disabled, left = host["host"], False, -1
        while host["members"]:
            if words.cannot_leave(host["drain"]["ensembles"]):
                lines = "\n".join(words.drain_lines(host["drain"]["ensembles"]))
                raise exceptions.CommandError(
                    f"Not all members can leave {words.printable(name)}:\n{lines}"
                )
            # What is shown was observed a moment ago, maybe before it was disabled.
            if disabled and host["state"] == "up":
                raise exceptions.CommandError(
                    f"{words.printable(name)} was enabled, so it is not drained any more."
                )
            disabled = disabled or host["state"] == "disabled"
            if len(host["members"]) != left:
                left = len(host["members"])
                self.app.stderr.write(f"Members on {words.printable(name)}: {left}\n")
            type(self).pause(DRAIN_PAUSE)
            with plain_words():
                host = manager.drain(name, check=True)
        return host
