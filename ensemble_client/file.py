# SPDX-License-Identifier: Apache-2.0
"""An ensemble written as a YAML file: the schema of the API, with names where it has ids."""

import base64
import binascii
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from ensemble_client import policy
from ensemble_client.document import FileError, Source, Value, parse
from ensemble_yaml import MAX_BYTES

STANDARD_INPUT: Final = "-"
MAX_USER_DATA: Final = 49_149
"""Bytes of a user data file: Nova takes 65,535 once it is base64."""

_SERVER_TEXTS: Final = (
    "name", "hostname", "flavor", "image", "key_name", "availability_zone", "disk_config",
)  # fmt: skip
SERVER_LISTS: Final = (
    "volumes", "ports", "security_groups", "tags", "trusted_image_certificates", "fill_in",
)  # fmt: skip
_SERVER_SWITCHES: Final = ("config_drive", "domains_in_metadata")
_SERVER_OTHERS: Final = (
    "networks", "fixed_ips", "scheduler_hints", "user_data", "user_data_file", "metadata",
    "description", "root_volume",
)  # fmt: skip
_RECOVERY_WORDS: Final = ("mode", "locked", "rebalance")
_RECOVERY_COUNTS: Final = ("delay", "at_once")


@dataclass(frozen=True, slots=True)
class EnsembleFile:
    """What an ensemble file says: the API's body (names not yet ids) and where each field is."""

    body: dict[str, Any]
    source: Source
    renamed: bool = False

    def error(self, field: str, reason: str) -> FileError:
        """Build an error that names the file, line and field it is about."""
        return self.source.error(field, reason)

    def place(self, field: str) -> str:
        """Say where a field comes from, as FILE:LINE."""
        if self.renamed and field == "ensemble.name":
            return "--name"
        return f"{self.source.file}:{self.source.line_of(field)}"


def read(path: str, name: str | None = None) -> EnsembleFile:
    """Read an ensemble file, or standard input when `path` is "-".

    `name` replaces the name in the file. The file holds either the ensemble itself or, like a body
    of the API, one key `ensemble`. Limits on counts and lengths are the API's to check.
    FileError names the file, the line and the field.
    """
    top, folder = read_value(path)
    return _file(top, name, folder)


def read_text(text: str, label: str) -> EnsembleFile:
    """Read an ensemble that somebody has pasted: as `read`, but no other file is ever opened.

    `label` is what FileError calls the text.
    """
    return _file(parse(label, text.encode("utf-8", "surrogatepass")), None, None)


def _file(top: Value, name: str | None, folder: Path | None) -> EnsembleFile:
    if top.is_mapping and set(top.mapping()) == {"ensemble"}:
        top = top.mapping()["ensemble"]
    else:
        top = Value(top.node, "ensemble", top.source)
    return EnsembleFile(_ensemble(top, name, folder), top.source, renamed=name is not None)


def read_value(path: str) -> tuple[Value, Path]:
    """Read any YAML file, or standard input, and say beside which files may be that it names."""
    label = "<stdin>" if path == STANDARD_INPUT else path
    folder = Path() if path == STANDARD_INPUT else Path(path).parent
    return parse(label, _content(path, label)), folder


def _content(path: str, label: str) -> bytes:
    try:
        if path == STANDARD_INPUT:
            return sys.stdin.buffer.read(MAX_BYTES + 1)
        with Path(path).open("rb") as stream:
            return stream.read(MAX_BYTES + 1)
    except OSError as error:
        reason = f"cannot be read: {error.strerror or error}"
        raise FileError(label, None, "", reason) from None


def _ensemble(top: Value, name: str | None, folder: Path | None) -> dict[str, Any]:
    given = top.mapping(("name", "description", "metadata", "tiers", "policies", "recovery"))
    body: dict[str, Any] = {}
    if name is not None:
        body["name"] = name
    else:
        body["name"] = top.required(given, "name").name()
    if "description" in given:
        body["description"] = given["description"].text()
    if "metadata" in given:
        body["metadata"] = _pairs(given["metadata"])
    tiers = top.required(given, "tiers").items()
    body["tiers"] = [_tier(tier, folder) for tier in tiers]
    known = [tier["name"] for tier in body["tiers"]]
    if "policies" in given:
        body["policies"] = [policy.read(each, known) for each in given["policies"].items()]
    if "recovery" in given:
        body["recovery"] = _recovery(given["recovery"])
    return body


def _tier(tier: Value, folder: Path | None) -> dict[str, Any]:
    given = tier.mapping(("name", "count", "server", "recovery", "after", "gate"))
    body: dict[str, Any] = {
        "name": tier.required(given, "name").name(),
        "count": tier.required(given, "count").whole(),
        "server": _server(tier.required(given, "server"), folder),
    }
    if "recovery" in given:
        recovery = given["recovery"].mapping(("rebuild",))
        body["recovery"] = {key: each.boolean() for key, each in recovery.items()}
    if "after" in given:
        body["after"] = given["after"].names()
    if "gate" in given:
        gate = given["gate"].mapping(("wait_for", "timeout", "then"))
        body["gate"] = {
            key: each.whole() if key == "timeout" else each.name() for key, each in gate.items()
        }
    return body


def _recovery(recovery: Value) -> dict[str, Any]:
    given = recovery.mapping((*_RECOVERY_WORDS, *_RECOVERY_COUNTS, "reserve"))
    body: dict[str, Any] = {key: given[key].name() for key in _RECOVERY_WORDS if key in given}
    body |= {key: given[key].whole() for key in _RECOVERY_COUNTS if key in given}
    if "reserve" in given:
        reserve = given["reserve"].mapping(("level", "failures"))
        body["reserve"] = {"level": given["reserve"].required(reserve, "level").name()}
        if "failures" in reserve:
            body["reserve"]["failures"] = reserve["failures"].whole()
    return body


def _server(server: Value, folder: Path | None) -> dict[str, Any]:
    given = server.mapping(
        (*_SERVER_TEXTS, *SERVER_LISTS, *_SERVER_SWITCHES, *_SERVER_OTHERS),
    )
    server.required(given, "flavor")
    root = _root_volume(given["root_volume"]) if "root_volume" in given else {}
    _check_source(server, given, root)
    body: dict[str, Any] = {key: given[key].name() for key in _SERVER_TEXTS if key in given}
    if root:
        body["root_volume"] = root
    if "networks" in given:
        body["networks"] = _networks(given["networks"])
    body |= {key: given[key].names() for key in SERVER_LISTS if key in given}
    if "fixed_ips" in given:
        body["fixed_ips"] = [_fixed_ips(each) for each in given["fixed_ips"].items()]
    if "scheduler_hints" in given:
        pairs = given["scheduler_hints"].mapping()
        body["scheduler_hints"] = {
            key: [each.text() for each in value.items()] if value.is_list else value.text()
            for key, value in pairs.items()
        }
    if "description" in given:
        body["description"] = given["description"].text()
    body |= {key: given[key].boolean() for key in _SERVER_SWITCHES if key in given}
    if "user_data" in given and "user_data_file" in given:
        raise given["user_data_file"].error("give user_data or user_data_file, not both")
    if "user_data" in given:
        body["user_data"] = _base64(given["user_data"])
    if "user_data_file" in given:
        body["user_data"] = encoded_file(given["user_data_file"], folder)
    if "metadata" in given:
        body["metadata"] = _pairs(given["metadata"])
    return body


def _pairs(value: Value) -> dict[str, str]:
    return {key: each.text() for key, each in value.mapping().items()}


def _check_source(server: Value, given: dict[str, Value], root: dict[str, Any]) -> None:
    """Raise FileError unless a server boots from one thing."""
    sources: list[str] = [key for key in ("image", "volumes") if key in given]
    sources += ["root_volume"] if "snapshot" in root else []
    if not sources:
        server.required(given, "image")
    if len(sources) > 1:
        raise given[sources[-1]].error(f"give {' or '.join(sources)}, not both")
    if root and "volumes" in given:
        raise given["root_volume"].error("give volumes or root_volume, not both")


def _root_volume(root: Value) -> dict[str, Any]:
    given = root.mapping(("size", "snapshot", "type", "delete_on_termination"))
    body: dict[str, Any] = {"size": root.required(given, "size").whole()}
    body |= {key: given[key].name() for key in ("snapshot", "type") if key in given}
    if "delete_on_termination" in given:
        body["delete_on_termination"] = given["delete_on_termination"].boolean()
    return body


def _networks(value: Value) -> str | list[str]:
    names = value.names()
    return names[0] if names in (["auto"], ["none"]) and not value.is_list else names


def _fixed_ips(value: Value) -> dict[str, Any]:
    given = value.mapping(("network", "addresses"))
    addresses = value.required(given, "addresses")
    return {
        "network": value.required(given, "network").name(),
        "addresses": addresses.names() if addresses.is_list else _range(addresses.name()),
    }


def _range(text: str) -> str | list[str]:
    """A range as it is; a single address stands for a list of one."""
    return text if "-" in text else [text]


def _base64(value: Value) -> str:
    text = "".join(value.text().split())
    try:
        base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise value.error("must be base64; for plain text use user_data_file") from None
    return text


def encoded_file(value: Value, folder: Path | None) -> str:
    """Read a file that an ensemble file names, in base64; FileError unless it lies beside that."""
    if folder is None:
        raise value.error("cannot be read from here; give its content in base64 as user_data")
    # A file fetched from elsewhere must not be able to send one's private files to a cloud.
    home = folder.resolve()
    path = (home / value.name()).resolve()
    if not path.is_relative_to(home):
        raise value.error("must lie beside the ensemble file or in a folder below it")
    try:
        with path.open("rb") as stream:
            content = stream.read(MAX_USER_DATA + 1)
    except OSError as error:
        raise value.error(f"cannot be read: {error.strerror or error}") from None
    if len(content) > MAX_USER_DATA:
        raise value.error(f"is larger than {MAX_USER_DATA} bytes")
    return base64.b64encode(content).decode("ascii")
