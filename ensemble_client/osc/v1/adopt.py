# SPDX-License-Identifier: Apache-2.0
"""The commands `openstack ensemble adopt` and `openstack ensemble release`."""

import argparse
from collections.abc import Callable, Mapping
from typing import Any

from openstack import exceptions as sdk
from osc_lib import exceptions
from osc_lib.command import command

from ensemble_client import words
from ensemble_client.errors import plain_words
from ensemble_client.osc.v1 import columns
from ensemble_client.osc.v1.arguments import find


def _tier(text: str) -> tuple[str, list[str]]:
    """Read a tier with its servers: "web=web-1,web-2"."""
    tier, _, servers = text.partition("=")
    names = [each.strip() for each in servers.split(",") if each.strip()]
    if not (tier and names):
        raise argparse.ArgumentTypeError(
            f"{text!r} is not a tier with servers, such as web=web-1,web-2"
        )
    return tier, names


class AdoptServers(command.ShowOne):
    """Make an ensemble of servers that run already; none of them is touched."""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Add the options of adopt."""
        parser = super().get_parser(prog_name)
        parser.add_argument("name", metavar="<name>", help="The ensemble's name")
        source = parser.add_mutually_exclusive_group(required=True)
        source.add_argument(
            "--server-group", metavar="<server-group>", help="Its servers, by name or ID"
        )
        source.add_argument("--tag", metavar="<tag>", help="The servers with this tag")
        source.add_argument(
            "--server",
            metavar="<server>",
            action="append",
            dest="servers",
            help="A server, by name or ID (repeatable)",
        )
        source.add_argument(
            "--stack", metavar="<stack>", help="The servers of a stack of Heat's, by ID or name"
        )
        source.add_argument("--project", action="store_true", help="All servers of the project")
        parser.add_argument("--description", metavar="<text>", help="A description")
        parser.add_argument(
            "--tier",
            metavar="<tier>=<server>[,<server>...]",
            action="append",
            dest="tiers",
            type=_tier,
            help="A tier and its servers, where they are not to be as proposed (repeatable)",
        )
        parser.add_argument(
            "--no-policies", action="store_true", help="Take no policies from server groups"
        )
        parser.add_argument(
            "--dry-run", action="store_true", help="Only show what would come of it"
        )
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> Any:
        """Preview, say how it stands, and adopt just that."""
        manager = self.app.client_manager.ensemble.ensembles
        body = self._body(parsed_args)
        with plain_words():
            found = manager.adopt(body, dry_run=True)
        self._say(found)
        if parsed_args.dry_run:
            self.app.stderr.write("Nothing was adopted.\n")
            return columns.adoption_fields(found)
        with plain_words():
            ensemble = manager.adopt(body, plan=found["plan"])
        return columns.ensemble_fields(ensemble.to_dict())

    def _body(self, parsed_args: argparse.Namespace) -> Mapping[str, Any]:
        """Give what is asked for, with ids in the place of names."""
        compute = self.app.client_manager.sdk_connection.compute
        source: dict[str, Any] = {}
        if parsed_args.server_group is not None:
            group = parsed_args.server_group
            source["server_group"] = _id_of("server group", compute.find_server_group, group)
        elif parsed_args.servers:
            source["servers"] = self._ids(parsed_args.servers)
        elif parsed_args.tag is not None:
            source["tag"] = parsed_args.tag
        elif parsed_args.stack is not None:
            source["stack"] = parsed_args.stack
        else:
            source["project"] = True
        body: dict[str, Any] = {"name": parsed_args.name, "from": source}
        if parsed_args.description is not None:
            body["description"] = parsed_args.description
        if parsed_args.tiers:
            body["tiers"] = [
                {"name": name, "servers": self._ids(servers)} for name, servers in parsed_args.tiers
            ]
        if parsed_args.no_policies:
            body["policies"] = []
        return body

    def _ids(self, servers: list[str]) -> list[str]:
        find_server = self.app.client_manager.sdk_connection.compute.find_server
        return [_id_of("server", find_server, each) for each in servers]

    def _say(self, found: Mapping[str, Any]) -> None:
        lines = [
            *words.survival_lines(found["survivability"]["levels"]),
            *words.messages(found["degraded"]),
            *words.mending_lines(found["mending"]),
            *(f"Left out: {each}" for each in words.left_out_lines(found["left_out"]).splitlines()),
            *words.messages([*found["notes"], *found["warnings"]]),
        ]
        self.app.stderr.write("".join(f"{line}\n" for line in lines))


class ReleaseEnsemble(command.Command):
    """Give an ensemble up, and leave its servers as plain servers."""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Add the arguments of release."""
        parser = super().get_parser(prog_name)
        parser.add_argument("ensemble", metavar="<ensemble>", help="Name or ID")
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> None:
        """Release, and say what stays."""
        manager = self.app.client_manager.ensemble.ensembles
        with plain_words():
            released = manager.release(find(manager, parsed_args.ensemble).id)
        kept = sum(bool(each["server_id"]) for each in released.members)
        name = words.printable(released.name)
        servers = "server stays" if kept == 1 else "servers stay"
        self.app.stderr.write(f"{name} is no ensemble any more; its {kept} {servers}.\n")


def _id_of(kind: str, find_one: Callable[..., Any], word: str) -> str:
    """Give the id for a name or an id; CommandError when there is not exactly one."""
    try:
        return str(find_one(word, ignore_missing=False).id)
    except sdk.DuplicateResource:
        reason = f"Several {kind}s are named {word}; give the ID of one."
    except sdk.NotFoundException:
        reason = f"No {kind} has the name or ID {word}."
    raise exceptions.CommandError(words.printable(reason))
