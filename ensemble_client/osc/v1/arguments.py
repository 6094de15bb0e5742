# SPDX-License-Identifier: Apache-2.0
"""What people type on the command line, and what they mean by it."""

import argparse
from typing import Any, Final

from novaclient import exceptions as nova
from osc_lib import exceptions
from osc_lib.cli import parseractions

from ensemble_client import finding, words

KNOWN: Final = "`openstack ensemble capabilities show` tells which there are"


def find(manager: Any, word: str, *, everywhere: bool = False) -> Any:
    """Find an ensemble by its id or its name; CommandError when not exactly one is meant.

    Names are looked for in the own project, or `everywhere`.
    """
    if finding.is_id(word):
        try:
            return manager.get(word)
        except nova.NotFound:
            pass  # it may still be a name
    listed = manager.list(search_opts={"name": word}, all_projects=everywhere)
    alive = finding.named(word, listed)
    if not alive:
        raise exceptions.CommandError(f"No ensemble has the name or id {words.printable(word)}.")
    if len(alive) > 1:
        ids = "".join(f"\n- {each.id} ({each.status}, {each.created_at})" for each in alive)
        raise exceptions.CommandError(
            f"{len(alive)} ensembles are named {words.printable(word)}; give the id:{ids}"
        )
    return alive[0]


def settled(manager: Any) -> frozenset[str]:
    """Ask in which statuses an ensemble stays until somebody does something."""
    return frozenset(each["name"] for each in manager.capabilities()["statuses"] if each["settled"])


def take_properties(parser: argparse.ArgumentParser, what: str) -> None:
    """Add --property, which can be given again and again; what is given is a mapping."""
    parser.add_argument(
        "--property",
        dest="properties",
        metavar="<key=value>",
        action=parseractions.KeyValueAction,
        help=what,
    )


def sort_order(text: str) -> tuple[str, str | None]:
    """Read a key to sort by, which the cloud knows, with its direction if given: "name:desc"."""
    key, _, direction = text.partition(":")
    if not key or direction not in ("", "asc", "desc"):
        raise argparse.ArgumentTypeError(f"{text!r} is not a key, with :asc or :desc if you like")
    return key, direction or None


def count(text: str) -> int:
    """Read a count of at least 0."""
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is not a count from 0 up")
    return int(text)


def positive(text: str) -> int:
    """Read a count of at least 1."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a count from 1 up")
    return int(text)


def tier_count(text: str) -> tuple[str, int]:
    """Read how many members a tier is to have: "web=5"."""
    tier, _, count = text.rpartition("=")
    if not tier:
        raise argparse.ArgumentTypeError(f"{text!r} is not a tier with a count, such as web=5")
    return tier, positive(count)
