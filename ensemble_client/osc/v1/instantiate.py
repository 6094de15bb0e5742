# SPDX-License-Identifier: Apache-2.0
"""The command `openstack ensemble template instantiate`."""

import argparse
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from osc_lib import exceptions

from ensemble_client import instances_file, words
from ensemble_client.document import FileError, Source, parse
from ensemble_client.errors import plain_words
from ensemble_client.file import read_value
from ensemble_client.instances_file import InstancesFile
from ensemble_client.names import Catalogs, resolve_values
from ensemble_client.osc.command_line import command_line
from ensemble_client.osc.v1 import columns
from ensemble_client.osc.v1.building import BuildingCommand, joint_plan_sentences, plan_sentences
from ensemble_client.osc.v1.template import find_template, take_version
from ensemble_client.osc.v1.template_columns import (
    instances_fields,
    preview_fields,
    preview_instances_fields,
)


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
    """Make an ensemble from a template, or several as one: all of their servers, or none."""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Add the options of instantiate."""
        parser = super().get_parser(prog_name)
        parser.add_argument("template", metavar="<template>", help="Name or ID")
        parser.add_argument("name", metavar="<name>", nargs="?", help="The ensemble's name")
        parser.add_argument(
            "--file",
            metavar="<file>",
            help="Make several as one: a list of names, each with its parameters, as YAML or JSON",
        )
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
        if (parsed_args.name is None) == (parsed_args.file is None):
            raise exceptions.CommandError("Give either a name, or --file with names.")
        file = None if parsed_args.file is None else instances_file.read(parsed_args.file)
        manager = self.app.client_manager.ensemble.ensembles
        with plain_words():
            template = find_template(manager, parsed_args.template, parsed_args.template_version)
        catalogs = Catalogs.of(self.app.client_manager.sdk_connection)
        values = given_values(parsed_args, template["parameters"], catalogs)
        if file is None:
            return self._one(parsed_args, template, values)
        file.resolve(template["parameters"], catalogs)
        return self._several(parsed_args, template, values, file)

    def _one(
        self, parsed_args: argparse.Namespace, template: Any, values: Mapping[str, Any]
    ) -> Any:
        manager = self.app.client_manager.ensemble.ensembles
        make = partial(
            manager.preview_instantiation if parsed_args.dry_run else manager.instantiate,
            template["id"],
            parsed_args.name,
            values,
            version=template["version"],
            description=parsed_args.description,
        )
        if parsed_args.dry_run:
            with plain_words():
                found = make()
            self._tell(parsed_args, parsed_args.name, found["plan"], plan_sentences(found["plan"]))
            return preview_fields(found)

        def create() -> Any:
            with plain_words():
                return make(plan=parsed_args.plan)

        made = self.built(create, wait=parsed_args.wait)
        return columns.ensemble_fields(made.to_dict())

    def _several(
        self,
        parsed_args: argparse.Namespace,
        template: Any,
        values: Mapping[str, Any],
        file: InstancesFile,
    ) -> Any:
        manager = self.app.client_manager.ensemble.ensembles
        make = partial(
            manager.preview_instances if parsed_args.dry_run else manager.instantiate_all,
            template["id"],
            file.instances,
            {**file.parameters, **values},
            version=template["version"],
            description=parsed_args.description,
        )
        if parsed_args.dry_run:
            with plain_words(file):
                found = make()
            lines = joint_plan_sentences(found) if found["plan"]["feasible"] else []
            self._tell(parsed_args, "The ensembles", found["plan"], lines)
            return preview_instances_fields(found)

        def create() -> Any:
            with plain_words(file):
                return make(plan=parsed_args.plan)

        return instances_fields(self.all_built(create, wait=parsed_args.wait))

    def _tell(
        self, parsed_args: argparse.Namespace, name: str, plan: Any, lines: Sequence[str]
    ) -> None:
        """Say what a plan comes to, and how to build it; CommandError when there is none."""
        if not plan["feasible"]:
            raise exceptions.CommandError(words.refusal_text(name, plan, None))
        told = [*lines]
        if not plan["over_quota"]:
            told.append(f"To build it so, within minutes: {self._again(parsed_args, plan['id'])}")
        self.app.stderr.write("".join(f"{line}\n" for line in told))

    def _again(self, parsed_args: argparse.Namespace, plan: str) -> str:
        """The command that builds what was shown."""
        options = [f"--parameter={name}={value}" for name, value in parsed_args.parameters]
        for option in ("parameter_file", "template_version", "description", "file"):
            value = getattr(parsed_args, option)
            if value is not None:
                options.append(f"--{option.replace('_', '-')}={value}")
        named = [each for each in (parsed_args.template, parsed_args.name) if each is not None]
        return command_line(
            self.app, "template", "instantiate", *options, "--plan", plan, "--", *named
        )
