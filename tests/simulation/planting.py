# SPDX-License-Identifier: Apache-2.0
"""What planted bugs are made of: something else in the place of a function of ours."""

import functools
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from unittest import mock

Patch = tuple[Any, str, Any]
"""An owner, the name of what it has, and what is there instead."""


def nothing_done(*_: Any, **__: Any) -> None:
    """Do nothing."""
    return


def nothing_of(*_: Any, **__: Any) -> tuple[()]:
    """Find nothing."""
    return ()


def around(owner: Any, name: str, change: Callable[..., Any]) -> Patch:
    """Have ``change`` called with the original first, and what it is called with after it."""
    original = getattr(owner, name)

    @functools.wraps(original)
    def changed(*args: Any, **kwargs: Any) -> Any:
        return change(original, *args, **kwargs)

    return owner, name, changed


@contextmanager
def planted(bug: Sequence[Patch]) -> Iterator[None]:
    """Have a bug for a while."""
    patches = [mock.patch.object(owner, name, new) for owner, name, new in bug]
    for each in patches:
        each.start()
    try:
        yield
    finally:
        for each in reversed(patches):
            each.stop()
