# SPDX-License-Identifier: Apache-2.0
"""Messages are a code and arguments; words come of them in whatever language there is."""

import json

import pytest

from ensemble_api.planning.message import (
    Message,
    Sentence,
    either,
    following,
    legacy_text,
    listed,
)

FOUND = Sentence("test.found", "%(count)s %(what)s was found.", "%(count)s %(what)s were found.")
WHAT = Sentence("test.what", "%(color)s apple")
GERMAN = {
    "%(count)s %(what)s were found.": "Gefunden: %(count)s %(what)s.",
    "%(color)s apple": "Apfel (%(color)s)",
}


def german(text: str, several: str | None, count: int) -> str:
    english = text if several is None or count == 1 else several
    return GERMAN.get(english, english)


def test_it_is_put_into_words_with_messages_among_its_arguments() -> None:
    message = FOUND(count=2, what=WHAT(color="red"))
    assert str(message) == "2 red apple were found."
    assert message.translated(german) == "Gefunden: 2 Apfel (red)."
    assert str(FOUND(count=1, what="pear")) == "1 pear was found."


def test_what_is_filled_in_is_never_looked_at_again() -> None:
    assert str(WHAT(color="%(color)s %d 100%")) == "%(color)s %d 100% apple"


def test_it_comes_back_from_json_as_it_was() -> None:
    message = FOUND(count=2, what=listed([WHAT(color="red"), "pear"]))
    assert Message.read(json.loads(json.dumps(message.stored))) == message


def test_a_code_that_nobody_knows_is_given_as_it_is() -> None:
    assert str(Message("later.than-this", (("tier", "web"),))) == "later.than-this"


def test_a_sentence_from_before_codes_stays_as_it_was_written() -> None:
    assert str(legacy_text("100% %(tier)s was lost.")) == "100% %(tier)s was lost."


def test_a_code_is_of_one_sentence() -> None:
    with pytest.raises(ValueError, match="another sentence"):
        Sentence("test.what", "%(color)s pear")


def test_no_argument_may_be_missing() -> None:
    with pytest.raises(ValueError, match="lacks color"):
        WHAT()
    with pytest.raises(ValueError, match="lacks count"):
        Sentence("test.one", "one", "several")()


def test_texts_are_changed_wherever_they_are_among_the_arguments() -> None:
    message = FOUND(count=2, what=WHAT(color="red"))
    assert str(message.with_texts(str.upper)) == "2 RED apple were found."


def test_names_and_sentences_are_joined_as_people_do() -> None:
    assert [str(listed(list(names))) for names in ("a", "ab", "abc")] == [
        "a",
        "a and b",
        "a, b and c",
    ]
    assert str(following([legacy_text("One."), legacy_text("Two.")])) == "One. Two."


def test_of_several_each_will_do() -> None:
    assert [str(either(list(names))) for names in ("a", "ab", "abc")] == [
        "a",
        "a or b",
        "a, b or c",
    ]
