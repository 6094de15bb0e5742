# SPDX-License-Identifier: Apache-2.0
"""The command `openstack ensemble template instantiate`."""

import argparse
from collections.abc import Mapping
from functools import partial
from typing import Any

from osc_lib import exceptions

from ensemble_client import words
from ensemble_client.document import FileError, Source, parse
from ensemble_client.errors import plain_words
from ensemble_client.file import read_value
from ensemble_client.names import Catalogs, resolve_values
from ensemble_client.osc.command_line import command_line
from ensemble_client.osc.v1 import columns
from ensemble_client.osc.v1.building import BuildingCommand, plan_sentences
from ensemble_client.osc.v1.template import find_template, take_version
from ensemble_client.osc.v1.template_columns import preview_fields


def _parameter(text: str) -> tuple[str, str]:
    """Read the value of a parameter: "count=5"."""
    name, equals, value = text.partition("=")
    if not name or not equals:
        raise argparse.ArgumentTypeError(f"{text!r} is no parameter with a value, such as count=5")
    return name, value


class _CommandLine:
    """Values that were given as options."""

    @staticmethod
    def error(field: str, reason: str) -> FileError:
        """The error about one of them."""
        return FileError("--parameter", None, field.removeprefix("parameters."), reason)


class _File:
    """A file of values, in which each has a line."""

    def __init__(self, source: Source) -> None:
        self._source = source

    def error(self, field: str, reason: str) -> FileError:
        """The error about one of them."""
        return self._source.error(field.removeprefix("."), reason)


def take_values(parser: argparse.ArgumentParser) -> None:
    """Add --parameter and --parameter-file."""
    parser.add_argument(
        "--parameter",
        metavar="<name>=<value>",
        action="append",
        dest="parameters",
        type=_parameter,
        default=[],
        help="A parameter (repeatable); flavors, images and networks by name or ID",
    )
    parser.add_argument(
        "--parameter-file",
        metavar="<file>",
        help="Values of parameters by their names, as YAML or JSON",
    )


def given_values(
    parsed_args: argparse.Namespace, parameters: Mapping[str, Any], catalogs: Catalogs
) -> dict[str, Any]:
    """The values that are given, with ids in the place of names; options come before a file."""
    values: dict[str, Any] = {}
    if parsed_args.parameter_file is not None:
        top, _ = read_value(parsed_args.parameter_file)
        values = {key: each.plain() for key, each in top.mapping().items()}
        resolve_values(_File(top.source), values, parameters, "", catalogs)
    given: dict[str, Any] = dict(parsed_args.parameters)
    for name, text in given.items():
        if parameters.get(name, {}).get("type") == "json":
            given[name] = parse("--parameter", text.encode()).plain()
    resolve_values(_CommandLine(), given, parameters, "parameters", catalogs)
    return {**values, **given}


class InstantiateTemplate(BuildingCommand):
    """Make an ensemble from a template: all of its servers, or none."""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Add the options of instantiate."""
        parser = super().get_parser(prog_name)
        parser.add_argument("template", metavar="<template>", help="Name or ID")
        parser.add_argument("name", metavar="<name>", help="The ensemble's name")
        take_values(parser)
        take_version(parser)
        parser.add_argument("--description", metavar="<text>", help="A description")
        parser.add_argument(
            "--dry-run", action="store_true", help="Only show what would come of it"
        )
        parser.add_argument(
            "--plan", metavar="<id>", help="Build this plan, as --dry-run showed it, or nothing"
        )
        self.take_wait(parser)
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> Any:
        """Preview, or create and, if asked to, wait."""
        manager = self.app.client_manager.ensemble.ensembles
        with plain_words():
            template = find_template(manager, parsed_args.template, parsed_args.template_version)
        make = partial(
            manager.preview_instantiation if parsed_args.dry_run else manager.instantiate,
            template["id"],
            parsed_args.name,
            given_values(
                parsed_args,
                template["parameters"],
                Catalogs.of(self.app.client_manager.sdk_connection),
            ),
            version=template["version"],
            description=parsed_args.description,
        )
        if parsed_args.dry_run:
            with plain_words():
                found = make()
            return self._shown(parsed_args, found)

        def create() -> Any:
            with plain_words():
                return make(plan=parsed_args.plan)

        made = self.built(create, wait=parsed_args.wait)
        return columns.ensemble_fields(made.to_dict())

    def _shown(self, parsed_args: argparse.Namespace, found: Mapping[str, Any]) -> Any:
        plan = found["plan"]
        if not plan["feasible"]:
            raise exceptions.CommandError(words.refusal_text(parsed_args.name, plan, None))
        lines = plan_sentences(plan)
        if not plan["over_quota"]:
            lines.append(f"To build it so, within minutes: {self._again(parsed_args, plan['id'])}")
        self.app.stderr.write("".join(f"{line}\n" for line in lines))
        return preview_fields(found)

    def _again(self, parsed_args: argparse.Namespace, plan: str) -> str:
        """The command that builds what was shown."""
        options = [f"--parameter={name}={value}" for name, value in parsed_args.parameters]
        if parsed_args.parameter_file is not None:
            options.append(f"--parameter-file={parsed_args.parameter_file}")
        if parsed_args.template_version is not None:
            options.append(f"--template-version={parsed_args.template_version}")
        if parsed_args.description is not None:
            options.append(f"--description={parsed_args.description}")
        named = (parsed_args.template, parsed_args.name)
        return command_line(
            self.app, "template", "instantiate", *options, "--plan", plan, "--", *named
        )
