# SPDX-License-Identifier: Apache-2.0
"""Messages: a sentence as its stable code and arguments, put into words only where it is read.

A `Sentence` is declared once, as a constant beside what it speaks of; calling it with its arguments
gives a `Message`. Its English text is what catalogs translate.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

Argument: TypeAlias = "str | int | Message"
# Gives a template in a language, by its English text; of two forms the one for a count.
Translate: TypeAlias = Callable[[str, str | None, int], str]

COUNT: Final = "count"
"""The argument that chooses between the forms of a sentence."""
LEGACY: Final = "legacy-text"
"""The code of a sentence from before sentences had codes; it stays as it was written."""

_PLACEHOLDER: Final = re.compile(r"%\((\w+)\)s")
_SENTENCES: Final[dict[str, "Sentence"]] = {}


def _english(text: str, several: str | None, count: int) -> str:
    return text if several is None or count == 1 else several


@dataclass(frozen=True, slots=True)
class Sentence:
    """A template with named placeholders, such as `%(tier)s`, under a code of its own.

    With `several` it has two forms, and the argument `count` says which.
    """

    code: str
    text: str
    several: str | None = None

    def __post_init__(self) -> None:
        known = _SENTENCES.setdefault(self.code, self)
        if known != self:
            raise ValueError(f"{self.code}: is the code of another sentence")

    @property
    def names(self) -> frozenset[str]:
        """The names of its placeholders."""
        return frozenset(_PLACEHOLDER.findall(f"{self.text} {self.several or ''}"))

    def __call__(self, **arguments: Argument) -> "Message":
        """Give the message with these arguments."""
        needed = self.names | ({COUNT} if self.several is not None else set())
        if not needed <= arguments.keys():
            missing = ", ".join(sorted(needed - arguments.keys()))
            raise ValueError(f"{self.code}: lacks {missing}")
        return Message(self.code, tuple(sorted(arguments.items())))


@dataclass(frozen=True, slots=True)
class Message:
    """A sentence with its arguments, which may be messages themselves; in English as text."""

    code: str
    arguments: tuple[tuple[str, Argument], ...] = ()

    def __str__(self) -> str:
        """Put it into English."""
        return self.translated(_english)

    def translated(self, translate: Translate) -> str:
        """Put it into words by templates in a language.

        A code that no sentence has, as after a return to an older version, is given as it is.
        """
        values = dict(self.arguments)
        sentence = _SENTENCES.get(self.code)
        if sentence is None:
            return str(values.get("text", self.code))
        count = values.get(COUNT, 1)
        template = translate(
            sentence.text, sentence.several, count if isinstance(count, int) else 1
        )

        def value(found: re.Match[str]) -> str:
            given = values.get(found[1], found[0])
            return given.translated(translate) if isinstance(given, Message) else str(given)

        return _PLACEHOLDER.sub(value, template)

    def with_texts(self, change: Callable[[str], str]) -> "Message":
        """Give the same message with each text among its arguments changed."""
        changed: list[tuple[str, Argument]] = []
        for name, value in self.arguments:
            match value:
                case Message():
                    changed.append((name, value.with_texts(change)))
                case str():
                    changed.append((name, change(value)))
                case _:
                    changed.append((name, value))
        return Message(self.code, tuple(changed))

    def argument(self, name: str) -> str | int | None:
        """Give the first argument of a name, of this message or of one in it; None without one."""
        values = dict(self.arguments)
        found = values.get(name)
        if found is not None and not isinstance(found, Message):
            return found
        inner = (each.argument(name) for each in values.values() if isinstance(each, Message))
        return next((each for each in inner if each is not None), None)

    @property
    def stored(self) -> dict[str, Any]:
        """The message JSON-ready: its code and its arguments."""
        return {
            "code": self.code,
            "arguments": {
                name: value.stored if isinstance(value, Message) else value
                for name, value in self.arguments
            },
        }

    @classmethod
    def read(cls, stored: Mapping[str, Any]) -> "Message":
        """Give the message that was stored."""
        arguments = {
            name: cls.read(value) if isinstance(value, Mapping) else value
            for name, value in stored["arguments"].items()
        }
        return cls(stored["code"], tuple(sorted(arguments.items())))


_LEGACY_TEXT = Sentence(LEGACY, "%(text)s")
_BEFORE_LAST = Sentence("list.before-last", "%(first)s, %(next)s")
_LAST = Sentence("list.last", "%(first)s and %(next)s")
_LAST_OF_SEVERAL = Sentence("list.or", "%(first)s or %(next)s")
_APART = Sentence("list.apart", "%(first)s; %(next)s")
_FOLLOWING = Sentence("list.following", "%(first)s %(next)s")


def legacy_text(text: str) -> Message:
    """Give a sentence that is nothing but text."""
    return _LEGACY_TEXT(text=text)


def listed(parts: Sequence[Argument]) -> Argument:
    """Join names, or messages, as people do: a, b and c."""
    *most, last = parts
    return _LAST(first=_joined(_BEFORE_LAST, most), next=last) if most else last


def either(parts: Sequence[Argument]) -> Argument:
    """Join names of which each will do: a, b or c."""
    *most, last = parts
    return _LAST_OF_SEVERAL(first=_joined(_BEFORE_LAST, most), next=last) if most else last


def semicolon_separated(parts: Sequence[Argument]) -> Argument:
    """Join messages that are long, or lists themselves: a; b; c."""
    return _joined(_APART, parts)


def following(messages: Sequence[Message]) -> Message:
    """Let one sentence follow the other."""
    joined = _joined(_FOLLOWING, messages)
    assert isinstance(joined, Message)
    return joined


def _joined(how: Sentence, parts: Sequence[Argument]) -> Argument:
    first, *rest = parts
    for each in rest:
        first = how(first=first, next=each)
    return first


def sentences() -> Sequence[Sentence]:
    """Give all sentences that there are, by their codes."""
    return [_SENTENCES[code] for code in sorted(_SENTENCES)]
