# SPDX-License-Identifier: Apache-2.0
"""A file of what is to be made from a template as one: names, each with values of parameters."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ensemble_client.document import FileError, Source, Value
from ensemble_client.file import read_value
from ensemble_client.names import Catalogs, resolve_values


@dataclass(frozen=True, slots=True)
class InstancesFile:
    """What such a file says: the instances, and the values that all of them have in common."""

    instances: tuple[dict[str, Any], ...]
    parameters: dict[str, Any]
    source: Source

    def error(self, field: str, reason: str) -> FileError:
        """Build an error that names the file, line and field it is about."""
        return self.source.error(field, reason)

    def place(self, field: str) -> str:
        """Say where a field of the API comes from, as FILE:LINE."""
        return f"{self.source.file}:{self.source.line_of(field.removeprefix('instantiate.'))}"

    def resolve(self, parameters: Mapping[str, Any], catalogs: Catalogs) -> None:
        """Replace names by ids in the values of a template's parameters.

        FileError names the line of a name that does not exist or is not unique.
        """
        resolve_values(self, self.parameters, parameters, "parameters", catalogs)
        for number, each in enumerate(self.instances):
            place = f"instances[{number}].parameters"
            resolve_values(self, each["parameters"], parameters, place, catalogs)


def read(path: str) -> InstancesFile:
    """Read such a file, or standard input when `path` is "-".

    It is a list of instances, or has these as `instances` beside the `parameters` that all have.
    Each has a `name`, and may have `parameters` and a `description`. FileError names the file, the
    line and the field.
    """
    top, _ = read_value(path)
    common: dict[str, Any] = {}
    if top.is_list:
        listed = Value(top.node, "instances", top.source)
    else:
        given = top.mapping(("instances", "parameters"))
        listed = top.required(given, "instances")
        common = _values(given["parameters"]) if "parameters" in given else {}
    return InstancesFile(tuple(map(_instance, listed.items())), common, top.source)


def _instance(value: Value) -> dict[str, Any]:
    given = value.mapping(("name", "parameters", "description"))
    made: dict[str, Any] = {"name": value.required(given, "name").name()}
    made["parameters"] = _values(given["parameters"]) if "parameters" in given else {}
    if "description" in given:
        made["description"] = given["description"].text()
    return made


def _values(value: Value) -> dict[str, Any]:
    return {key: each.plain() for key, each in value.mapping().items()}
