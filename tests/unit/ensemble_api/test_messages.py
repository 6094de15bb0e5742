# SPDX-License-Identifier: Apache-2.0
"""The API's catalogs: all that it says, in every language there is, with the same values."""

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import webob

from ensemble_api import views
from ensemble_api.planning.message import Message, sentences
from ensemble_api.planning.policies import KINDS
from ensemble_api.planning.survivability import Kept, State
from ensemble_api.views import translation
from tools import messages

DOMAIN = "ensemble_api"
LANGUAGES = messages.languages(DOMAIN)
STALE = f"run `python tools/messages.py update {DOMAIN}`, and translate what it lists"
TESTS = Path(__file__).parents[2]
SENTENCES = json.loads((TESTS / "policy_sentences.json").read_text())


def cases(name: str) -> list[dict[str, Any]]:
    """The table of this name, which the dashboard's scripts are held against too."""
    found: list[dict[str, Any]] = json.loads((TESTS / f"cases/{name}.json").read_text())
    return found


@pytest.fixture(autouse=True, scope="module")
def compiled() -> Iterator[None]:
    messages.compile_all()
    for cached in (translation.languages, translation.templates):
        cached.cache_clear()
    yield


def placeholders(text: str) -> set[str]:
    return set(re.findall(r"%\(\w+\)s", text))


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_catalog_has_all_sentences_and_no_others(language: str) -> None:
    kept = messages.catalog_path(language, DOMAIN).read_text()
    assert kept == messages.as_text(messages.merged(language, DOMAIN)), STALE


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_sentence_is_translated(language: str) -> None:
    catalog = messages.load(language, DOMAIN)
    assert [message.id for message in messages.untranslated(catalog)] == [], STALE


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_translation_is_filled_with_the_same_values(language: str) -> None:
    catalog = messages.load(language, DOMAIN)
    for sentence in sentences():
        if sentence.code.startswith(("test.", "packed.")):
            continue  # other tests' own
        several = sentence.several
        found = catalog.get(sentence.text if several is None else (sentence.text, several))
        assert found is not None, sentence
        texts = [found.string] if several is None else list(found.string)
        both = [sentence.text, several or sentence.text]
        allowed = set().union(*map(placeholders, both))
        wanted = placeholders(both[0]) & placeholders(both[1])
        for text in texts:
            assert wanted <= placeholders(text) <= allowed, (sentence, text)


def sentence(policy: dict[str, Any]) -> Message:
    fields = {key: value for key, value in policy.items() if key not in ("type", "enforcement")}
    return KINDS[policy["type"]](hard=policy["enforcement"] == "hard", **fields).sentence()


@pytest.mark.parametrize(
    ("case", "language"),
    [
        pytest.param(case, language, id=f"{case['case']} ({language})")
        for case in SENTENCES
        for language in ("en", "de")
        if language in case
    ],
)
def test_a_policy_says_what_it_means(case: dict[str, Any], language: str) -> None:
    """The table that the drawing page's scripts are held against too."""
    assert views.translated(sentence(case["policy"]), language) == case[language]


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("case", cases("promise_sentences"), ids=lambda case: case["case"])
def test_a_promise_tells_both_figures(case: dict[str, Any], language: str) -> None:
    """The page says it by itself after a click."""
    kept = Kept(case["tier"], case["left"], case["needed"])
    assert views.translated(kept.message, language) == case[language]


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("case", cases("state_words"), ids=lambda case: case["state"])
def test_what_a_failure_leaves_has_one_word(case: dict[str, Any], language: str) -> None:
    """The page says it by itself after a click."""
    assert views.translated(State(case["state"]).label, language) == case[language]


def test_the_table_has_every_kind_of_policy_hard_and_soft() -> None:
    found = {(each["policy"]["type"], each["policy"]["enforcement"]) for each in SENTENCES}
    assert found == {(kind, enforcement) for kind in KINDS for enforcement in ("hard", "soft")}


@pytest.mark.parametrize(
    ("accepted", "found"),
    [
        (None, "en"),
        ("de", "de"),
        ("de-AT, en;q=0.5", "de"),
        ("fr, de;q=0.8, en;q=0.5", "de"),
        ("en, de;q=0.5", "en"),
        ("en-GB, de;q=0.5", "en"),
        ("fr", "en"),
        ("not a header", "en"),
        ("*", "en"),
    ],
)
def test_the_language_is_the_best_of_ours_for_the_request(accepted: str | None, found: str) -> None:
    headers = {} if accepted is None else {"Accept-Language": accepted}
    assert views.language(webob.Request.blank("/", headers=headers).accept_language) == found


def plain_errors(path: Path) -> Iterator[str]:
    """The errors of the API in a source file whose words are text, and so in one language."""
    for node in ast.walk(ast.parse(path.read_text())):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        if getattr(node.func.value, "id", None) == "exception" and node.args:
            first = node.args[0]
            if isinstance(first, ast.JoinedStr | ast.Constant) and node.func.attr != "CloudError":
                yield f"{path.name}:{node.lineno}"


def test_no_error_that_a_request_meets_is_in_one_language_only() -> None:
    """What is wrong with the configuration is for operators, in the log and in commands."""
    folder = Path(views.__file__).parents[1]
    ours = [folder / "middleware.py", *folder.glob("store/*.py"), *folder.glob("cloud/*.py")]
    for_operators = {"middleware.py", "characters.py", "credentials.py"}
    ours += [*folder.glob("handlers/*.py"), *folder.glob("usecases/*.py")]
    ours += [folder / name for name in ("routes.py", "schemas.py", "policies.py")]
    found = [each for path in ours if path.name not in for_operators for each in plain_errors(path)]
    assert found == []
