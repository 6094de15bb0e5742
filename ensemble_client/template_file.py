# SPDX-License-Identifier: Apache-2.0
"""An ensemble template written as a YAML file: an ensemble file with parameters."""

import copy
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from ensemble_client.document import FileError, Source, Value, parse
from ensemble_client.file import SERVER_LISTS, encoded_file, read_value
from ensemble_client.names import Catalogs, resolve_tiers, resolve_values

_OWN: Final = ("name", "description", "parameters")
_DESCRIBED: Final = ("metadata", "tiers", "policies", "recovery")
# Of which a single name stands for a list of one.
_LISTS: Final = (*SERVER_LISTS, "networks", "tiers", "after")
_FREE: Final = ("metadata", "scheduler_hints", "str_replace")  # whose keys people choose


@dataclass(frozen=True, slots=True)
class TemplateFile:
    """What a template file says: the API's body (names not yet ids) and where each field is."""

    body: dict[str, Any]
    source: Source

    def error(self, field: str, reason: str) -> FileError:
        """Build an error that names the file, line and field it is about."""
        return self.source.error(field, reason)

    def place(self, field: str) -> str:
        """Say where a field comes from, as FILE:LINE."""
        return f"{self.source.file}:{self.source.line_of(field)}"


def read(path: str) -> TemplateFile:
    """Read a template file, or standard input when `path` is "-".

    It has `name`, `description`, `parameters`, and what an ensemble file has; what that is may also
    stand under one key `ensemble`, and all of it under one key `template`, as in a body of the API.
    FileError names the file, the line and the field.
    """
    top, folder = read_value(path)
    return _file(top, folder)


def read_text(text: str, label: str) -> TemplateFile:
    """Read a template that somebody has pasted: as `read`, but no other file is ever opened.

    `label` is what FileError calls the text.
    """
    return _file(parse(label, text.encode("utf-8", "surrogatepass")), None)


def _file(top: Value, folder: Path | None) -> TemplateFile:
    if top.is_mapping and set(top.mapping()) == {"template"}:
        top = top.mapping()["template"]
    else:
        top = Value(top.node, "template", top.source)
    given = top.mapping((*_OWN, *_DESCRIBED, "ensemble"))
    body: dict[str, Any] = {key: given[key].plain() for key in ("parameters",) if key in given}
    body |= {key: given[key].text() for key in ("name", "description") if key in given}
    if "ensemble" in given:
        for key in _DESCRIBED:
            if key in given:
                raise given[key].error("give it inside ensemble, or do without that key")
        described = given["ensemble"].mapping()
    else:
        described = {
            key: Value(given[key].node, f"template.ensemble.{key}", top.source)
            for key in _DESCRIBED
            if key in given
        }
    if described:
        body["ensemble"] = {key: _described(value, folder) for key, value in described.items()}
    return TemplateFile(body, top.source)


def resolve(file: TemplateFile, connection: Any) -> dict[str, Any]:
    """Give the API's body for a file: each name replaced by its id, in defaults too.

    `connection` is an openstack.connection.Connection. FileError names the line of a name that does
    not exist or is not unique.
    """
    body, catalogs = copy.deepcopy(file.body), Catalogs.of(connection)
    tiers = body.get("ensemble", {}).get("tiers", ())
    resolve_tiers(file, tiers if isinstance(tiers, list) else (), "template.ensemble", catalogs)
    parameters = body.get("parameters")
    for name, each in parameters.items() if isinstance(parameters, dict) else ():
        if isinstance(each, dict) and "default" in each:
            given = {"default": each["default"]}
            place = f"template.parameters.{name}"
            resolve_values(file, given, {"default": each}, place, catalogs)
            each |= given
    return body


def _described(value: Value, folder: Path | None) -> Any:
    """A part of the ensemble, with the content of the files that servers name.

    A single name stands for a list of one, as in an ensemble file.
    """
    if value.is_list:
        return [_described(each, folder) for each in value.items()]
    if not value.is_mapping:
        return value.plain()
    made: dict[str, Any] = {}
    for key, each in value.mapping().items():
        if key == "user_data_file":
            made["user_data"] = encoded_file(each, folder)
        elif key in _FREE:
            made[key] = each.plain()
        else:
            made[key] = _several(key, _described(each, folder))
    return made


def _several(key: str, value: Any) -> Any:
    """What stands under a key, as the API wants it."""
    if not isinstance(value, str):
        return value
    if key == "networks":
        return value if value in ("auto", "none") else [value]
    if key == "addresses":
        return value if "-" in value else [value]
    return [value] if key in _LISTS else value
