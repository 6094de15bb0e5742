# SPDX-License-Identifier: Apache-2.0
"""Rounds that are run one after another, each saved when it is done: who is killed loses one."""

import argparse
import dataclasses
import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any, ClassVar, Generic, Protocol, TypeVar

from tests.embedded import EmbeddedCloud
from tests.soak.full_cloud import full_cloud
from tests.soak.report import page, summary, when


class Round(Protocol):
    """What came of one round: a frozen dataclass that JSON can hold."""

    __dataclass_fields__: ClassVar[dict[str, Any]]
    COLUMNS: ClassVar[tuple[str, ...]]

    @property
    def good(self) -> bool:
        """Whether it is as it should be."""

    def line(self) -> str:
        """The round in one line."""

    def row(self) -> Sequence[Any]:
        """Its cells below ``COLUMNS``."""

    @staticmethod
    def counts(rounds: Any) -> Mapping[str, int]:
        """The totals that matter of some rounds."""


R = TypeVar("R", bound=Round)


class OtherRun(Exception):
    """The file holds the rounds of a run that was another one."""


class Rounds(Generic[R]):
    """The rounds of one run, one a line of a file, to which a later start adds.

    ``options`` are what makes a run another one.
    """

    def __init__(self, kind: type[R], options: Mapping[str, Any], path: Path | None) -> None:
        self._options = dict(options)
        self._path = path
        self.done: list[R] = []
        self.told: list[Mapping[str, str]] = []  # when and where each was run
        if path is not None and path.exists():
            for line in path.read_text().splitlines():
                found = json.loads(line)
                if found["options"] != self._options:
                    raise OtherRun(
                        f"{path} holds rounds with {found['options']}, not {self._options}: "
                        "name another file, or move it away"
                    )
                self.done.append(kind(**found["round"]))
                self.told.append(found["told"])

    def add(self, done: R) -> None:
        """Keep a round that is done."""
        self.done.append(done)
        self.told.append(when())
        if self._path is not None:
            saved = {
                "told": self.told[-1],
                "options": self._options,
                "round": dataclasses.asdict(done),
            }
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with self._path.open("a") as file:
                file.write(json.dumps(saved) + "\n")

    def page(self) -> str:
        """All of it as Markdown."""
        return page(self.done, self.told, self._options)


def add_arguments(parser: argparse.ArgumentParser, rounds: int) -> None:
    """Of the command line, what all of these programs take."""
    parser.add_argument("--rounds", type=int, default=rounds, help="how many in all")
    parser.add_argument("--cloud", type=Path, help="state directory of a running cloud")
    parser.add_argument("--results", type=Path, help="file of the rounds, to which is added")
    parser.add_argument("--page", type=Path, help="file for the rounds as Markdown")


def run(
    kind: type[R],
    arguments: argparse.Namespace,
    options: Mapping[str, Any],
    begin: Callable[[EmbeddedCloud], Callable[[int], R]],
    meanwhile: Callable[[EmbeddedCloud], AbstractContextManager[Any]] = lambda _: nullcontext(),
    clouds: Callable[[Path | None], AbstractContextManager[EmbeddedCloud]] = full_cloud,
) -> int:
    """Run the rounds that are missing; the exit status says whether all are good."""
    try:
        rounds = Rounds(kind, options, arguments.results)
    except OtherRun as error:
        raise SystemExit(str(error)) from None
    if len(rounds.done) < arguments.rounds:
        with clouds(arguments.cloud) as cloud, meanwhile(cloud):
            one = begin(cloud)
            while len(rounds.done) < arguments.rounds:
                rounds.add(one(len(rounds.done)))
                print(rounds.done[-1].line(), flush=True)  # noqa: T201
                if arguments.page:
                    arguments.page.write_text(rounds.page())
    print(summary(rounds.done))  # noqa: T201
    return 0 if all(each.good for each in rounds.done) else 1
