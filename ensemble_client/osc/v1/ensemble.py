# SPDX-License-Identifier: Apache-2.0
"""The commands `openstack ensemble ...`."""

import argparse
import time
from collections.abc import Callable
from typing import Any, ClassVar

from osc_lib import exceptions
from osc_lib.command import command

from ensemble_client import file as ensemble_file
from ensemble_client import words
from ensemble_client.errors import plain_words
from ensemble_client.names import resolve
from ensemble_client.osc.command_line import command_line
from ensemble_client.osc.v1 import columns
from ensemble_client.osc.v1.arguments import (
    KNOWN,
    find,
    positive,
    sort_order,
    take_properties,
)
from ensemble_client.osc.v1.building import BuildingCommand, plan_sentences
from ensemble_client.osc.v1.lister import ListerWithSentences
from ensemble_client.v2.errors import said
from ensemble_client.watch import Watch


def _take_file(parser: argparse.ArgumentParser) -> None:
    """Add FILE, which --file may name, too; -f chooses the output format as everywhere else."""
    group = parser.add_mutually_exclusive_group(required=True)
    group.add_argument(
        "file",
        metavar="<file>",
        nargs="?",
        # Else the default of what is not given would replace what --file gave.
        default=argparse.SUPPRESS,
        help="The ensemble as YAML or JSON; - reads standard input",
    )
    group.add_argument("--file", dest="file", metavar="<file>", help="The same, as an option")
    parser.add_argument("--name", metavar="<name>", help="Use this name, not the one in the file")


class CreateEnsemble(BuildingCommand):
    """Plan, reserve and build an ensemble: all of its servers, or none."""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Add the options of create."""
        parser = super().get_parser(prog_name)
        _take_file(parser)
        take_properties(parser, "A property of the ensemble, beside those in the file (repeatable)")
        parser.add_argument(
            "--plan",
            metavar="<id>",
            help="Build this plan, as `ensemble plan` showed it, or nothing",
        )
        self.take_wait(parser)
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> Any:
        """Create and, if asked to, wait."""
        source = ensemble_file.read(parsed_args.file, parsed_args.name)
        clients = self.app.client_manager
        body = resolve(source, clients.sdk_connection)
        if parsed_args.properties:
            body["metadata"] = {**body.get("metadata", {}), **parsed_args.properties}
        manager = clients.ensemble.ensembles

        def create() -> Any:
            with plain_words(source):
                return manager.create(body, plan=parsed_args.plan)

        ensemble = self.built(create, wait=parsed_args.wait)
        return columns.ensemble_fields(ensemble.to_dict())


class PlanEnsemble(ListerWithSentences):
    """Show where the servers of an ensemble would go and what survives; builds nothing."""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Add the options of plan."""
        parser = super().get_parser(prog_name)
        _take_file(parser)
        parser.add_argument(
            "--headroom",
            action="store_true",
            help="Also tell whether lost members can be placed again",
        )
        parser.add_argument(
            "--long", action="store_true", help="Also show every objective with its proof"
        )
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> Any:
        """Plan; an infeasible plan is a CommandError with its reasons."""
        source = ensemble_file.read(parsed_args.file, parsed_args.name)
        clients = self.app.client_manager
        body = resolve(source, clients.sdk_connection)
        with plain_words(source):
            plan = clients.ensemble.ensembles.plan(body, headroom=parsed_args.headroom)
        if not plan["feasible"]:
            raise exceptions.CommandError(words.refusal_text(body["name"], plan, source.place))
        self.sentences = [
            *plan_sentences(plan, long=parsed_args.long),
            *([] if plan["over_quota"] else _by_id(self.app, plan, parsed_args)),
        ]
        return columns.plan_rows(plan)


def _by_id(app: Any, plan: Any, given: argparse.Namespace) -> list[str]:
    """Say how to build the plan as it is."""
    file, name = given.file, given.name
    again = file == ensemble_file.STANDARD_INPUT
    if file.startswith("-") and not again:
        file = f"./{file}"  # which no command takes for an option
    create = command_line(
        app, "create", file, *(() if name is None else (f"--name={name}",)), "--plan", plan["id"]
    )
    how = ", with the same input" if again else ""
    return [f"To build it so, within minutes{how}: {create}"]


class ListEnsemble(command.Lister):
    """List ensembles."""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Add the options of list."""
        parser = super().get_parser(prog_name)
        parser.add_argument("--long", action="store_true", help="Show more columns")
        parser.add_argument(
            "--all-projects",
            action="store_true",
            help="Show the ensembles of all projects (administrators only)",
        )
        parser.add_argument("--name", metavar="<name>", help="Show only the ensembles of this name")
        parser.add_argument(
            "--status",
            metavar="<status>",
            type=str.upper,
            help=f"Show only ensembles of this status, such as ACTIVE; {KNOWN}",
        )
        parser.add_argument(
            "--sort",
            metavar="<key>[:asc|:desc]",
            type=sort_order,
            default=(None, None),
            help=f"Sort by this key, such as name; {KNOWN}",
        )
        parser.add_argument(
            "--limit", metavar="<count>", type=positive, help="Show at most this many"
        )
        parser.add_argument(
            "--marker", metavar="<id>", help="Show those that come after this ensemble"
        )
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> Any:
        """List."""
        key, direction = parsed_args.sort
        with plain_words():
            ensembles = self.app.client_manager.ensemble.ensembles.list(
                search_opts={"name": parsed_args.name, "status": parsed_args.status},
                limit=parsed_args.limit,
                marker=parsed_args.marker,
                sort_key=key,
                sort_dir=direction,
                all_projects=parsed_args.all_projects,
            )
        rows = [ensemble.to_dict() for ensemble in ensembles]
        return columns.ensemble_rows(rows, parsed_args.long, parsed_args.all_projects)


class ShowEnsemble(command.ShowOne):
    """Show an ensemble: its members, where they are, and what survives."""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Add the arguments of show."""
        parser = super().get_parser(prog_name)
        parser.add_argument("ensemble", metavar="<ensemble>", help="Name or ID")
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> Any:
        """Show."""
        manager = self.app.client_manager.ensemble.ensembles
        with plain_words():
            ensemble = manager.get(find(manager, parsed_args.ensemble).id)
        return columns.ensemble_fields(ensemble.to_dict())


class DeleteEnsemble(command.Command):
    """Delete ensembles with all their servers."""

    pause: ClassVar[Callable[[float], None]] = staticmethod(time.sleep)
    verb: ClassVar[str] = "delete"

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Add the arguments of delete."""
        parser = super().get_parser(prog_name)
        parser.add_argument("ensembles", metavar="<ensemble>", nargs="+", help="Name or ID")
        parser.add_argument("--wait", action="store_true", help="Wait until all is gone")
        if self.verb == "delete":
            parser.add_argument(
                "--yes",
                action="store_true",
                help="Also delete servers that were there before their ensemble, without asking",
            )
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> None:
        """Delete each one; one that fails does not keep the others."""
        manager = self.app.client_manager.ensemble.ensembles
        asked = list(dict.fromkeys(parsed_args.ensembles))
        going, failed = [], 0
        for word in asked:
            try:
                with plain_words():
                    ensemble = find(manager, word)
                    self.confirm(ensemble, parsed_args)
                    going.append(self.ask(manager, ensemble))
            except exceptions.CommandError as error:
                if len(asked) == 1:
                    raise
                failed += 1
                self.app.stderr.write(f"{error}\n")
        if parsed_args.wait:
            failed += self.count_left(manager, going)
        if failed:
            raise exceptions.CommandError(
                f"{failed} of {len(asked)} ensembles failed to {self.verb}."
            )

    def confirm(self, ensemble: Any, parsed_args: argparse.Namespace) -> None:
        """See that servers that were there before their ensemble are meant too.

        Without a terminal nobody can be asked, and --yes is needed.
        """
        if not getattr(ensemble, "adopted", False) or parsed_args.yes:
            return
        name = words.printable(ensemble.name)
        count = sum(each["count"] for each in ensemble.tiers)
        keep = command_line(self.app, "release", ensemble.id)
        said = (
            f"{name} was adopted: its {count} servers ran before it, and a delete removes them. "
            f"To keep them: {keep}"
        )
        if not self.app.stdin.isatty():
            raise exceptions.CommandError(f"{said}\nTo delete them, give --yes.")
        self.app.stderr.write(f"{said}\nDelete {name} with its servers? [y/N] ")
        self.app.stderr.flush()
        if self.app.stdin.readline().strip().lower() not in ("y", "yes"):
            raise exceptions.CommandError("Nothing was deleted.")

    def ask(self, manager: Any, ensemble: Any) -> Any:
        """Ask the API for the end of one, and give it as it is then known."""
        manager.delete(ensemble)
        return ensemble

    def count_left(self, manager: Any, going: list[Any]) -> int:
        """Wait until ensembles are gone, and give how many are not."""
        try:
            watch = Watch(manager.get, said, self.app.stderr, sleep=type(self).pause)
            with plain_words():
                left = watch.until_gone(going)
        except KeyboardInterrupt:
            self.app.stderr.write("\nNo longer waiting. The removal goes on.\n")
            raise
        for ensemble in left:
            fault = words.fault_text(ensemble.fault)
            self.app.stderr.write(f"{words.printable(ensemble.name)}: {fault}\n")
        return len(left)
