# SPDX-License-Identifier: Apache-2.0
"""What the owner of an ensemble should know, though nothing is wrong, as callers see it."""

from typing import Any

from ensemble_api.planning.message import Sentence, following

Json = dict[str, Any]

_NAME_TAKEN = Sentence(
    "warning.name-taken", "Another ensemble of this project has the name %(name)s too."
)
_SERVERS_MARKED = Sentence(
    "warning.servers-marked",
    "Its servers would have had the names of another one's, so they are called %(first)s and so "
    "on.",
)


def warnings(name: str, namesakes: int, first_server: str | None = None) -> list[Json]:
    """Warn of ``namesakes`` in the project.

    ``first_server`` is what its first server is called, if not as it would be without another one.
    """
    said = [_NAME_TAKEN(name=name)] if namesakes else []
    if first_server is not None:
        said.append(_SERVERS_MARKED(first=first_server))
    return [{"code": "name-taken", "message": following(said)}] if said else []
