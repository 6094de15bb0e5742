# SPDX-License-Identifier: Apache-2.0
"""Patterns of texts that tenants write, matched in a time that is bounded whatever they hold.

A pattern is a regular expression as Python has them, without what needs to go back in the text:
references to groups, and looks ahead and behind. All ways through it are followed side by side, so
that a match takes at most as many steps as the pattern has, for each character of the text.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from ensemble_api import limits
from ensemble_api.planning.errors import ModelError
from ensemble_api.planning.message import Sentence

STEPS: Final = 500
DEPTH: Final = 20  # of groups in groups

_LONG = Sentence("invalid.long-pattern", "is longer than %(most)s characters")
_COSTLY = Sentence("invalid.costly-pattern", "repeats too much; %(most)s steps are the most")
_DEEP = Sentence("invalid.deep-pattern", "has groups in more than %(most)s others")
_NOT_ONE = Sentence("invalid.pattern", "is no pattern: at %(place)s, %(text)s cannot be read")
_CLOSING = Sentence("invalid.pattern-ends", "is no pattern: it ends before %(text)s")

_CLASSES: Final = {
    "d": "0123456789",
    "w": "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz",
    "s": " \t\n\r\f\v",
}
_CONTROLS: Final = {"n": "\n", "t": "\t", "r": "\r", "f": "\f", "v": "\v"}
_SPECIAL: Final = frozenset("\\^$.|?*+()[]{}")


@dataclass(frozen=True, slots=True)
class CharacterSet:
    """Characters by ranges and classes, or all others."""

    ranges: tuple[tuple[str, str], ...] = ()
    classes: tuple[tuple[str, bool], ...] = ()  # the letter, and whether all others are meant
    negated: bool = False

    def holds(self, character: str) -> bool:
        """Whether the character is one of these."""
        found = any(first <= character <= last for first, last in self.ranges) or any(
            (character in _CLASSES[name]) is not others for name, others in self.classes
        )
        return found is not self.negated


ANY: Final = CharacterSet((("\n", "\n"),), negated=True)


@dataclass(frozen=True, slots=True)
class Row:
    """Parts one after the other."""

    parts: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """One of some parts."""

    parts: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Repeat:
    """A part so often; without ``most`` any number of times."""

    part: "Node"
    least: int
    most: int | None


@dataclass(frozen=True, slots=True)
class Edge:
    """The start of the text, or its end."""

    start: bool


Node: TypeAlias = CharacterSet | Row | Choice | Repeat | Edge


@dataclass(frozen=True, slots=True)
class _Fork:
    """Where to go on: at any of these steps."""

    to: tuple[int, ...]


_Step: TypeAlias = CharacterSet | Edge | _Fork


@dataclass(frozen=True, slots=True)
class TextPattern:
    """A pattern that whole texts match or do not.

    :raises ensemble_api.planning.errors.ModelError: about the field ``allowed_pattern``.
    """

    text: str
    _steps: tuple[_Step, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if len(self.text) > limits.PATTERN:
            raise ModelError("allowed_pattern", _LONG(most=limits.PATTERN))
        steps: list[_Step] = []
        _write(_Reader(self.text).read(), steps)
        object.__setattr__(self, "_steps", tuple(steps))

    @property
    def cost(self) -> int:
        """How many steps a match may take for each character of a text."""
        return len(self._steps)

    def matches(self, text: str) -> bool:
        """Whether the whole text matches."""
        at = self._reached([0], 0, len(text))
        for place, character in enumerate(text, 1):
            # What is repeated is the same set at many steps: each is asked once for a character.
            here = {step: self._steps[step] for step in at if step < len(self._steps)}
            holding = {
                id(each)
                for each in {id(each): each for each in here.values()}.values()
                if isinstance(each, CharacterSet) and each.holds(character)
            }
            moved = [step + 1 for step, each in here.items() if id(each) in holding]
            if not moved:
                return False
            at = self._reached(moved, place, len(text))
        return len(self._steps) in at

    def _reached(self, steps: Iterable[int], place: int, end: int) -> set[int]:
        """Where one may be without another character; after the last step it has matched."""
        found: set[int] = set()
        left = list(steps)
        while left:
            at = left.pop()
            if at in found:
                continue
            found.add(at)
            step = self._steps[at] if at < len(self._steps) else None
            if isinstance(step, _Fork):
                left.extend(step.to)
            elif isinstance(step, Edge) and place == (0 if step.start else end):
                left.append(at + 1)
        return found


def _write(node: Node, steps: list[_Step]) -> None:
    """Add the steps of a part; one that is repeated has them several times."""
    match node:
        case CharacterSet() | Edge():
            _add(node, steps)
        case Row(parts):
            for each in parts:
                _write(each, steps)
        case Choice(parts):
            _write_choice(parts, steps)
        case Repeat():
            _write_repeat(node, steps)


def _write_repeat(node: Repeat, steps: list[_Step]) -> None:
    for _ in range(node.least):
        before = len(steps)
        _write(node.part, steps)
        if len(steps) == before:  # it is empty, however often it is repeated
            return
    if node.most is None:
        start = len(steps)
        _add(_Fork(()), steps)
        _write(node.part, steps)
        _add(_Fork((start,)), steps)
        steps[start] = _Fork((start + 1, len(steps)))
        return
    forks = []
    for _ in range(node.most - node.least):
        forks.append(len(steps))
        _add(_Fork(()), steps)
        _write(node.part, steps)
    for at in forks:
        steps[at] = _Fork((at + 1, len(steps)))


def _write_choice(parts: Sequence[Node], steps: list[_Step]) -> None:
    fork, starts, ends = len(steps), [], []
    _add(_Fork(()), steps)
    for each in parts:
        starts.append(len(steps))
        _write(each, steps)
        ends.append(len(steps))
        _add(_Fork(()), steps)
    steps[fork] = _Fork(tuple(starts))
    for at in ends:
        steps[at] = _Fork((len(steps),))


def _add(step: _Step, steps: list[_Step]) -> None:
    if len(steps) >= STEPS:
        raise ModelError("allowed_pattern", _COSTLY(most=STEPS))
    steps.append(step)


class _Reader:
    """Reads a pattern from the left to the right."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0

    def read(self) -> Node:
        """The whole pattern."""
        node = self._choice(0)
        if self._at < len(self._text):
            raise self._unread()
        return node

    def _choice(self, depth: int) -> Node:
        if depth > DEPTH:
            raise ModelError("allowed_pattern", _DEEP(most=DEPTH))
        parts = [self._sequence(depth)]
        while self._take("|"):
            parts.append(self._sequence(depth))
        return parts[0] if len(parts) == 1 else Choice(tuple(parts))

    def _sequence(self, depth: int) -> Node:
        parts = []
        while self._at < len(self._text) and self._next not in "|)":
            parts.append(self._repeated(self._one(depth)))
        return Row(tuple(parts))

    def _one(self, depth: int) -> Node:
        start = self._at
        if self._take("^"):
            return Edge(start=True)
        if self._take("$"):
            return Edge(start=False)
        if self._take("."):
            return ANY
        if self._take("("):
            if self._take("?") and not self._take(":"):
                raise self._unread(start)
            node = self._choice(depth + 1)
            self._need(")")
            return node
        if self._take("["):
            return self._set()
        if self._take("\\"):
            return self._escaped(start)
        if self._next in _SPECIAL:
            raise self._unread()
        return _only(self._any())

    def _repeated(self, node: Node) -> Node:
        start = self._at
        least: int = 1
        most: int | None = 1
        if self._take("*"):
            least, most = 0, None
        elif self._take("+"):
            most = None
        elif self._take("?"):
            least = 0
        elif self._take("{"):
            least, most = self._bounds(start)
        else:
            return node
        self._take("?")  # whether it takes as little as it can makes no difference to the whole
        if self._at < len(self._text) and self._next in "*+?{":
            raise self._unread()
        if isinstance(node, Edge):
            raise self._unread(start)
        return Repeat(node, least, most)

    def _bounds(self, start: int) -> tuple[int, int | None]:
        inner, closed, _ = self._text[self._at :].partition("}")
        first, comma, last = inner.partition(",")
        if not closed or not _is_count(first or "0") or not _is_count(last or "0"):
            raise self._unread(start)
        if not first and not last:
            raise self._unread(start)
        self._at += len(inner) + 1
        least = int(first or 0)
        most = least if not comma else int(last) if last else None
        if most is not None and most < least:
            raise self._unread(start)
        return least, most

    def _set(self) -> CharacterSet:
        negated = self._take("^")
        ranges: list[tuple[str, str]] = []
        classes: list[tuple[str, bool]] = []
        first = True
        while first or not self._take("]"):
            place = self._at
            start = end = self._member()
            dash, after = self._text[self._at : self._at + 1], self._text[self._at + 1 :][:1]
            if dash == "-" and after not in ("]", ""):
                self._at += 1
                end = self._member()
                if isinstance(start, CharacterSet) or isinstance(end, CharacterSet) or end < start:
                    raise self._unread(place)
            if isinstance(start, CharacterSet):
                classes.extend(start.classes)
            elif isinstance(end, str):
                ranges.append((start, end))
            first = False
        return CharacterSet(tuple(ranges), tuple(classes), negated)

    def _member(self) -> str | CharacterSet:
        """A character of a set, or a class."""
        start = self._at
        if not self._take("\\"):
            return self._any("]")
        found = self._escaped(start)
        return found if found.classes else found.ranges[0][0]

    def _escaped(self, start: int) -> CharacterSet:
        letter = self._any()
        if letter.lower() in _CLASSES:
            return CharacterSet(classes=((letter.lower(), letter.isupper()),))
        if letter in _CONTROLS:
            return _only(_CONTROLS[letter])
        if letter.isalnum():
            raise self._unread(start)
        return _only(letter)

    @property
    def _next(self) -> str:
        return self._text[self._at]

    def _any(self, closing: str = "") -> str:
        if self._at >= len(self._text):
            raise ModelError("allowed_pattern", _CLOSING(text=closing or "a character"))
        self._at += 1
        return self._text[self._at - 1]

    def _take(self, character: str) -> bool:
        found = self._text[self._at : self._at + 1] == character
        self._at += found
        return found

    def _need(self, character: str) -> None:
        if not self._take(character):
            raise ModelError("allowed_pattern", _CLOSING(text=character))

    def _unread(self, start: int | None = None) -> ModelError:
        at = self._at if start is None else start
        text = self._text[at : max(self._at, at + 1)][:16]
        return ModelError("allowed_pattern", _NOT_ONE(place=at + 1, text=text))


def _only(character: str) -> CharacterSet:
    return CharacterSet(((character, character),))


def _is_count(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= 3
