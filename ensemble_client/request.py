# SPDX-License-Identifier: Apache-2.0
"""What requests of the API carry, whichever client sends them."""

import json
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

SURELY_TAKEN: Final = 32 * 1024
"""Bytes of a request up to which no cloud is asked how long it may be."""


def new(body: Mapping[str, Any], plan: str | None) -> dict[str, Any]:
    """Give the body of a create, by a plan's id where there is one."""
    return {"ensemble": dict(body)} | ({"plan": plan} if plan else {})


def plan_query(headroom: bool, domains: str | None, fail: Iterable[str]) -> dict[str, Any]:
    """Give the query of a plan: what it is to tell beside who would be where."""
    query: dict[str, Any] = {"headroom": 1} if headroom else {}
    query |= {"domains": domains} if domains else {}
    return query | ({"fail": failed} if (failed := list(fail)) else {})


def change(
    body: Mapping[str, Any],
    remove: Iterable[str],
    replace: Iterable[str],
    release: Iterable[str],
    mend: bool,
    plan: str | None = None,
    template: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Give the body of a change; `remove`, `replace` and `release` are names of members."""
    wanted: dict[str, Any] = {"ensemble": dict(body)} | ({"mend": True} if mend else {})
    named = {"remove": [*remove], "replace": [*replace], "release": [*release]}
    wanted |= {field: names for field, names in named.items() if names}
    wanted |= {} if template is None else {"template": dict(template)}
    return wanted | ({"plan": plan} if plan else {})


def instantiation(
    name: str, parameters: Mapping[str, Any], version: int | None, description: str | None
) -> dict[str, Any]:
    """Give the body by which a template is instantiated."""
    asked: dict[str, Any] = {"name": name, "parameters": dict(parameters)}
    asked |= {} if version is None else {"version": version}
    asked |= {} if description is None else {"description": description}
    return {"instantiate": asked}


def instances(
    each: Iterable[Mapping[str, Any]],
    parameters: Mapping[str, Any],
    version: int | None,
    description: str | None,
) -> dict[str, Any]:
    """Give the body by which a template is instantiated several times as one.

    Each has a "name", and may have "parameters" and a "description" that come before those of all.
    """
    asked: dict[str, Any] = {"instances": [dict(one) for one in each]}
    asked |= {"parameters": dict(parameters)} if parameters else {}
    asked |= {} if version is None else {"version": version}
    asked |= {} if description is None else {"description": description}
    return {"instantiate": asked}


class UnknownTier(ValueError):
    """An ensemble has no tier of this name, but `known` ones."""

    def __init__(self, name: str, known: Sequence[str]) -> None:
        super().__init__(f"there is no tier {name!r}, but {', '.join(known)}")
        self.name, self.known = name, known


def scaled(tiers: Iterable[Mapping[str, Any]], counts: Mapping[str, int]) -> list[dict[str, Any]]:
    """Give all tiers of an ensemble as a change has them, some with other counts.

    :raises UnknownTier: when one of `counts` is none of them.
    """
    now = {each["name"]: each["count"] for each in tiers}
    for name in counts:
        if name not in now:
            raise UnknownTier(name, list(now))
    return [{"name": name, "count": count} for name, count in {**now, **counts}.items()]


def idempotency(key: str | None) -> dict[str, str]:
    """Give the header by which a create is done once, a string of RFC 8941; new by default."""
    text = (key or str(uuid.uuid4())).replace("\\", "\\\\").replace('"', '\\"')
    return {"Idempotency-Key": f'"{text}"'}


def excess(wanted: Mapping[str, Any], most: Callable[[], int]) -> tuple[int, int] | None:
    """Tell how long a request is and how long it may be, in bytes, if it is too long.

    Nova refuses such a request with a page of HTML. `most` is asked of long ones only.
    """
    size = len(json.dumps(wanted))
    if size > SURELY_TAKEN and size > (limit := most()):
        return size, limit
    return None


def too_large_text(size: int, most: int) -> str:
    """Say that a request is longer than a cloud takes."""
    return (
        f"This ensemble makes a request of {size:,} bytes, and this cloud takes {most:,} at "
        "most. Make the user data shorter, or ask the operator to raise "
        "[oslo_middleware] max_request_body_size."
    )
