# SPDX-License-Identifier: Apache-2.0
"""The command `openstack ensemble template update`: many ensembles become another version."""

import argparse
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from osc_lib import exceptions

from ensemble_client import words
from ensemble_client.errors import plain_words
from ensemble_client.names import Catalogs
from ensemble_client.osc.v1.arguments import find, positive
from ensemble_client.osc.v1.instantiate import given_values, take_values
from ensemble_client.osc.v1.lister import ListerWithSentences
from ensemble_client.osc.v1.readable import ReadableColumn
from ensemble_client.osc.v1.template import find_template
from ensemble_client.v2.errors import said
from ensemble_client.watch import Watch

_PARTS = ("added", "removed", "moved", "outdated")
_CHANGEABLE = ("ACTIVE", "DEGRADED")


@dataclass(frozen=True, slots=True)
class Update:
    """What another version would make of one ensemble."""

    ensemble: Any
    plan: Mapping[str, Any]
    change: Mapping[str, Sequence[Any]]

    @property
    def members(self) -> dict[str, list[str]]:
        """Who is added, removed, moved and outdated, by name."""
        return {
            part: [each["member"] if part == "moved" else each for each in self.change[part]]
            for part in _PARTS
        }

    @property
    def row(self) -> tuple[Any, ...]:
        """The ensemble, the version that it is of, and who is concerned."""
        names = (ReadableColumn(each, ", ".join) for each in self.members.values())
        name = ReadableColumn(self.ensemble.name)
        return self.ensemble.id, name, self.ensemble.template["version"], *names


class UpdateTemplate(ListerWithSentences):
    """Bring ensembles to another version of the template that they were made from.

    What that changes is shown first. They are changed a few at a time, each batch once the one
    before is done; the first that comes to nothing, or to something else, ends it.
    """

    pause: ClassVar[Callable[[float], None]] = staticmethod(time.sleep)

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Add the options of update."""
        parser = super().get_parser(prog_name)
        parser.add_argument("template", metavar="<template>", help="Name or ID")
        parser.add_argument(
            "--to-version", metavar="<version>", type=positive, help="This one, not the latest"
        )
        parser.add_argument(
            "--ensemble",
            metavar="<ensemble>",
            action="append",
            default=[],
            help="Only this one, by name or ID (repeatable)",
        )
        take_values(parser)
        parser.add_argument(
            "--batch",
            metavar="<count>",
            type=positive,
            default=1,
            help="Change so many at a time (default: 1)",
        )
        parser.add_argument(
            "--dry-run", action="store_true", help="Only show what would come of it"
        )
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> Any:
        """Preview all, and change them batch after batch."""
        clients = self.app.client_manager
        manager = clients.ensemble.ensembles
        with plain_words():
            template = find_template(manager, parsed_args.template, parsed_args.to_version)
            found, left = self._instances(manager, template, parsed_args.ensemble)
        values = given_values(
            parsed_args, template["parameters"], Catalogs.of(clients.sdk_connection)
        )
        asked: dict[str, Any] = {"version": template["version"]}
        asked |= {"parameters": values} if values else {}
        updates = [self._preview(manager, each, asked) for each in found]
        if parsed_args.dry_run:
            ended = "Nothing was changed."
        else:
            for at in range(0, len(updates), parsed_args.batch):
                self._change(manager, updates[at : at + parsed_args.batch], asked)
            ended = f"{len(updates)} are of version {template['version']} now."
        self.sentences = [
            *(
                f"{words.printable(each.name)} is {each.status} and stays as it is."
                for each in left
            ),
            ended,
        ]
        columns = ("ID", "Name", "From Version", *(each.capitalize() for each in _PARTS))
        return columns, [each.row for each in updates]

    @staticmethod
    def _instances(
        manager: Any, template: Mapping[str, Any], named: Sequence[str]
    ) -> tuple[list[Any], list[Any]]:
        """The ensembles that are meant: those of other versions, or those that are named.

        Also those of other versions that are not built, which keep no others from their change.
        """
        if not named:
            listed = manager.list(search_opts={"template_id": template["id"]})
            found = [each for each in listed if each.template["version"] != template["version"]]
            return (
                [each for each in found if each.status in _CHANGEABLE],
                [each for each in found if each.status not in _CHANGEABLE],
            )
        found = [find(manager, each) for each in named]
        for each in found:
            if (each.template or {}).get("id") != template["id"]:
                name = words.printable(each.name)
                raise exceptions.CommandError(f"{name} was not made from this template.")
        return found, []

    @staticmethod
    def _preview(manager: Any, ensemble: Any, asked: Mapping[str, Any]) -> Update:
        name = words.printable(ensemble.name)
        body = {"generation": ensemble.generation}
        try:
            with plain_words():
                found = manager.preview_change(ensemble, body, template=asked)
        except exceptions.CommandError as error:
            raise exceptions.CommandError(f"{name}: {error}") from error
        if not found["plan"]["feasible"]:
            raise exceptions.CommandError(words.refusal_text(ensemble.name, found["plan"], None))
        return Update(ensemble, found["plan"], found["change"])

    def _change(self, manager: Any, batch: Sequence[Update], asked: Mapping[str, Any]) -> None:
        """Change some at once, as was shown, and wait until they are done."""
        begun = []
        for shown in batch:
            with plain_words():
                now = manager.get(shown.ensemble.id)
            # It may be a while ago, and others may have been changed since.
            fresh = self._preview(manager, now, asked)
            if fresh.members != shown.members:
                name = words.printable(now.name)
                raise exceptions.CommandError(
                    f"{name}: it would be changed otherwise than was shown by now; see --dry-run. "
                    "Those before it were changed."
                )
            body = {"generation": now.generation}
            with plain_words():
                begun.append(manager.change(now, body, plan=fresh.plan["id"], template=asked))
        watch = Watch(manager.get, said, self.app.stderr, sleep=type(self).pause)
        for ensemble in begun:
            operation = ensemble.operation
            with plain_words():
                watch.until_changed(ensemble)
                ended = operation and manager.operation(ensemble, operation["id"])
            if ended and ended["status"] != "SUCCEEDED":
                reason = (ended["reason"] or {}).get("message") or "It was cancelled."
                raise exceptions.CommandError(
                    f"{words.printable(ensemble.name)} is as it was before: "
                    f"{words.printable(reason)} Those after it were not changed."
                )
