# SPDX-License-Identifier: Apache-2.0
"""Refusals of the API as the plain words a command ends with."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeAlias

from novaclient import exceptions as nova
from osc_lib import exceptions as osc

from ensemble_client import words
from ensemble_client.file import EnsembleFile
from ensemble_client.instances_file import InstancesFile
from ensemble_client.template_file import TemplateFile
from ensemble_client.words import printable

AnyFile: TypeAlias = EnsembleFile | TemplateFile | InstancesFile


@contextmanager
def plain_words(file: AnyFile | None = None) -> Iterator[None]:
    """Turn what the API refuses in the block into a CommandError a person can act on."""
    try:
        yield
    except nova.ClientException as error:
        raise osc.CommandError(refusal_text(error, file)) from error


def refusal_text(error: nova.ClientException, file: AnyFile | None = None) -> str:
    """Say an error of the API in words; fields and policies are traced to their file and line."""
    details = error.details if isinstance(error.details, Mapping) else {}
    code = details.get("code", "")
    message = printable(error.message)
    if error.code == 404 and not code:
        return (
            "The compute service of this cloud does not offer ensembles "
            f"(HTTP 404 for {printable(error.url or 'the request')})."
        )
    place = file.place if file else None
    if details.get("reasons"):
        # The message sums the reasons up; said in full they need no summary.
        if isinstance(file, InstancesFile):  # what is described is not in it
            return words.refusal_text("The ensembles", details)
        name = file.body["name"] if file else "The ensemble"
        return words.refusal_text(name, details, place)
    if details.get("instances") and details.get("plan"):
        return "\n".join([message, words.jointly_changed_text(details)])
    if details.get("moved") and details.get("plan"):
        return "\n".join([message, words.changed_text(details)])
    if place and details.get("field"):
        label, reason = printable(details["label"]), printable(details["reason"])
        message = f"{place(str(details['field']))}: {label}: {reason}"
    return message if code and error.code < 500 else message + _technical(error)


def _technical(error: Any) -> str:
    request = f", request {printable(error.request_id)}" if error.request_id else ""
    return f" (HTTP {error.code}{request})"
