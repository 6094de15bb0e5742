# SPDX-License-Identifier: Apache-2.0
"""What Nova would refuse of a server template, and the field that it is about."""

import hashlib
import json
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any, Final

from ensemble_api import exception
from ensemble_api.cloud.compute import Compute
from ensemble_api.context import Context

RECENT: Final = 60  # seconds
MOST_RECENT: Final = 10_000

# The parts that a template can do without, and so can be tried without, in the order of Nova's own
# checks.
_PARTS: Final = (
    "availability_zone",
    "security_groups",
    "ports",
    "networks",
    "config_drive",
    "key_name",
    "user_data",
    "metadata",
    "trusted_image_certificates",
    "tags",
    "disk_config",
    "description",
    "hostname",
    "scheduler_hints",
)
FORBIDDEN: Final = 403
_KINDS: Final[Mapping[int, type[exception.EnsembleError]]] = {
    400: exception.RefusedTemplate,
    FORBIDDEN: exception.ForbiddenTemplate,
    409: exception.ConflictingTemplate,
}


class AcceptedTemplates:
    """The templates that Nova took recently, by caller, so that a drawing is not asked for anew.

    What is kept of a template is its digest.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._until: dict[bytes, float] = {}
        self._lock = threading.Lock()

    def recent(self, context: Context, template: Mapping[str, Any]) -> bool:
        """Whether Nova took it from this caller within the last minute."""
        return self._until.get(_digest(context, template), 0.0) > self._clock()

    def add(self, context: Context, template: Mapping[str, Any]) -> None:
        """Nova has just taken it."""
        with self._lock:
            self._until[_digest(context, template)] = self._clock() + RECENT
            while len(self._until) > MOST_RECENT:
                del self._until[next(iter(self._until))]


def _digest(context: Context, template: Mapping[str, Any]) -> bytes:
    who = [context.user_id, context.project_id, sorted(context.roles)]
    return hashlib.sha256(json.dumps([who, template], sort_keys=True).encode()).digest()


class Refusals:
    """Nova's answers to one caller about the servers of one request; each is asked for once.

    ``skip_recent`` is whether what Nova took a moment ago need not be asked for again.
    """

    def __init__(
        self, compute: Compute, context: Context, accepted: AcceptedTemplates, *, skip_recent: bool
    ) -> None:
        self._compute = compute
        self._context = context
        self._accepted = accepted
        self._skip_recent = skip_recent
        self._asked: list[Mapping[str, Any]] = []

    def of(self, name: str, template: Mapping[str, Any]) -> exception.CloudError | None:
        """Nova's refusal of a server of this name and template, which is of one member, if any."""
        skip_recent = self._skip_recent and self._accepted.recent(self._context, template)
        if skip_recent or template in self._asked:
            return None
        refused = self._compute.refusal(self._context, name, template)
        if refused is None:
            self._asked.append(template)
            self._accepted.add(self._context, template)
        return refused

    def error(
        self, field: str, name: str, template: Mapping[str, Any], refused: exception.CloudError
    ) -> exception.EnsembleError:
        """A refusal with its status and words, naming the part of the template that it is about.

        ``field`` is where the template stands in the request.
        """
        where = ".".join((field, *self._part(name, template, refused)))
        return _KINDS[refused.status](refused.message, field=where)

    def _part(
        self, name: str, template: Mapping[str, Any], refused: exception.CloudError
    ) -> tuple[str, ...]:
        """The part without which Nova says something else; its words alone do not tell."""
        for part in _PARTS:
            if part in template:
                again = self._compute.refusal(self._context, name, _without(template, part))
                if again is None or again.message != refused.message:
                    return (part,)
        # No server is without flavor and image, so that Nova's words have to tell these apart, and
        # from a server that the caller may not have at all.
        said = refused.message.lower()
        if "image" in template and "image" in said and "flavor" not in said:
            return ("image",)
        return ("flavor",) if "flavor" in said or refused.status != FORBIDDEN else ()


def _without(template: Mapping[str, Any], part: str) -> Mapping[str, Any]:
    rest = {key: value for key, value in template.items() if key != part}
    if part == "networks":
        rest.pop("ports", None)
        rest["networks"] = "none"
    return rest
