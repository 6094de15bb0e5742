# SPDX-License-Identifier: Apache-2.0
"""The commands `openstack ensemble template ...` that keep templates."""

import argparse
from typing import Any

from novaclient import exceptions as nova
from osc_lib import exceptions
from osc_lib.command import command

from ensemble_client import finding, template_file, words, writer
from ensemble_client.errors import plain_words
from ensemble_client.osc.v1.arguments import KNOWN, find, positive, sort_order
from ensemble_client.osc.v1.template_columns import template_fields, template_rows


def find_template(manager: Any, word: str, version: int | None = None) -> Any:
    """Find a template by its id or its name; CommandError when not exactly one is meant.

    What another project has shared is found by its id alone: anybody may call theirs what they
    like.
    """
    if finding.is_id(word):
        try:
            return manager.template(word, version)
        except nova.NotFound:
            if version is not None:
                raise
    found = [each for each in manager.templates(name=word) if each["name"] == word]
    if not found:
        raise exceptions.CommandError(
            f"No ensemble template has the name or id {words.printable(word)}."
        )
    if len(found) > 1:
        ids = "".join(f"\n- {each['id']} ({each['visibility']})" for each in found)
        raise exceptions.CommandError(
            f"{len(found)} ensemble templates are named {words.printable(word)}; give the id:{ids}"
        )
    return manager.template(found[0]["id"], version)


def _take_visibility(parser: argparse.ArgumentParser) -> None:
    group = parser.add_mutually_exclusive_group()
    group.add_argument(
        "--private",
        action="store_const",
        const="private",
        dest="visibility",
        help="Let only this project see it",
    )
    group.add_argument(
        "--public",
        action="store_const",
        const="public",
        dest="visibility",
        help="Let all projects see it (administrators only)",
    )
    group.add_argument(
        "--share",
        metavar="<project-id>",
        action="append",
        help="Let this project see it too (repeatable; these and no others)",
    )


def _visibility(parsed_args: argparse.Namespace) -> dict[str, Any]:
    if parsed_args.share:
        return {"visibility": "shared", "projects": parsed_args.share}
    return {"visibility": parsed_args.visibility} if parsed_args.visibility else {}


class CreateTemplate(command.ShowOne):
    """Keep an ensemble with parameters as a template, to make many ensembles from."""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Add the options of create."""
        parser = super().get_parser(prog_name)
        source = parser.add_mutually_exclusive_group(required=True)
        source.add_argument(
            "file",
            metavar="<file>",
            nargs="?",
            help="The template as YAML or JSON; - reads standard input",
        )
        source.add_argument(
            "--ensemble",
            metavar="<ensemble>",
            help="Make it of this ensemble as it is described now, by name or ID",
        )
        parser.add_argument("--name", metavar="<name>", help="Use this name, not the one in it")
        parser.add_argument("--description", metavar="<text>", help="Use this description")
        _take_visibility(parser)
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> Any:
        """Create."""
        clients, source = self.app.client_manager, None
        manager = clients.ensemble.ensembles
        if parsed_args.ensemble is not None:
            body = self._of_ensemble(manager, parsed_args.ensemble)
        else:
            source = template_file.read(parsed_args.file)
            body = template_file.resolve(source, clients.sdk_connection)
        with plain_words(source):
            made = manager.create_template(
                {**body, **_named(parsed_args), **_visibility(parsed_args)}
            )
        return template_fields(made)

    def _of_ensemble(self, manager: Any, word: str) -> dict[str, Any]:
        """The template that an ensemble is described by, and a word about what is not shown."""
        with plain_words():
            shown = manager.get(find(manager, word).id).to_dict()
        self.app.stderr.write("".join(f"{line}\n" for line in writer.hidden_lines(shown)))
        return writer.template(shown)


class ListTemplate(command.Lister):
    """List ensemble templates: those of the project and public ones."""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Add the options of list."""
        parser = super().get_parser(prog_name)
        parser.add_argument("--long", action="store_true", help="Show more columns")
        parser.add_argument("--name", metavar="<name>", help="Show only those of this name")
        parser.add_argument(
            "--visibility",
            metavar="<visibility>",
            help="Show only those that are private, shared or public; with shared or all, also "
            "those that others have shared with the project",
        )
        parser.add_argument(
            "--all-projects",
            action="store_true",
            help="Show the templates of all projects (administrators only)",
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
            "--marker", metavar="<id>", help="Show those that come after this template"
        )
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> Any:
        """List."""
        key, direction = parsed_args.sort
        with plain_words():
            found = self.app.client_manager.ensemble.ensembles.templates(
                limit=parsed_args.limit,
                marker=parsed_args.marker,
                name=parsed_args.name,
                visibility=parsed_args.visibility,
                sort_key=key,
                sort_dir=direction,
                all_projects=1 if parsed_args.all_projects else None,
            )
        return template_rows(found, parsed_args.long)


class ShowTemplate(command.ShowOne):
    """Show an ensemble template: its parameters and what it describes."""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Add the arguments of show."""
        parser = super().get_parser(prog_name)
        parser.add_argument("template", metavar="<template>", help="Name or ID")
        take_version(parser)
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> Any:
        """Show."""
        manager = self.app.client_manager.ensemble.ensembles
        with plain_words():
            found = find_template(manager, parsed_args.template, parsed_args.template_version)
        return template_fields(found)


class SetTemplate(command.ShowOne):
    """Change an ensemble template; another file is a new version."""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Add the options of set."""
        parser = super().get_parser(prog_name)
        parser.add_argument("template", metavar="<template>", help="Name or ID")
        parser.add_argument(
            "--file",
            metavar="<file>",
            help="Add a version: what it describes, and its parameters; its name is not looked at",
        )
        parser.add_argument("--name", metavar="<name>", help="Give it this name")
        parser.add_argument("--description", metavar="<text>", help="Describe it so")
        _take_visibility(parser)
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> Any:
        """Change."""
        clients, source = self.app.client_manager, None
        body = {**_named(parsed_args), **_visibility(parsed_args)}
        if parsed_args.file is not None:
            source = template_file.read(parsed_args.file)
            known = template_file.resolve(source, clients.sdk_connection)
            body["parameters"] = known.get("parameters", {})
            body |= {key: known[key] for key in ("ensemble",) if key in known}
        if not body:
            raise exceptions.CommandError("There is nothing to change: give an option.")
        manager = clients.ensemble.ensembles
        with plain_words():
            found = find_template(manager, parsed_args.template)
        with plain_words(source):
            return template_fields(manager.change_template(found["id"], body))


class DeleteTemplate(command.Command):
    """Delete ensemble templates; ensembles that were made from them go on."""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Add the arguments of delete."""
        parser = super().get_parser(prog_name)
        parser.add_argument("templates", metavar="<template>", nargs="+", help="Name or ID")
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> None:
        """Delete each one; one that fails does not keep the others."""
        manager = self.app.client_manager.ensemble.ensembles
        asked, failed = list(dict.fromkeys(parsed_args.templates)), 0
        for word in asked:
            try:
                with plain_words():
                    manager.delete_template(find_template(manager, word)["id"])
            except exceptions.CommandError as error:
                if len(asked) == 1:
                    raise
                failed += 1
                self.app.stderr.write(f"{error}\n")
        if failed:
            raise exceptions.CommandError(
                f"{failed} of {len(asked)} ensemble templates failed to delete."
            )


def take_version(parser: argparse.ArgumentParser) -> None:
    """Add --template-version."""
    parser.add_argument(
        "--template-version",
        metavar="<version>",
        type=positive,
        help="This version of the template, not the latest",
    )


def _named(parsed_args: argparse.Namespace) -> dict[str, Any]:
    given = {"name": parsed_args.name, "description": parsed_args.description}
    return {key: each for key, each in given.items() if each is not None}
