# SPDX-License-Identifier: Apache-2.0
"""The dashboard's catalogs: all that its sources say, in every language there is."""

import re
from pathlib import Path

import pytest
from babel.messages.catalog import Message
from django.test import Client

from tools import messages

JS = sorted(messages.DASHBOARD.glob("static/**/*.js"))
CATALOGS = [
    pytest.param(language, domain, id=f"{domain} in {language}")
    for domain in ("django", "djangojs")
    for language in messages.languages(domain)
]
STALE = "run `make messages`, translate what it lists, and commit the catalogs"


def placeholders(text: str) -> list[str]:
    return sorted(re.findall(r"%\(\w+\)[sd]|%[sd]", text))


def forms(message: Message) -> tuple[list[str], list[str]]:
    """Give the forms of a message and those of its translation."""
    ids = [message.id] if isinstance(message.id, str) else list(message.id)
    strings = [message.string] if isinstance(message.string, str) else list(message.string)
    return ids, strings


@pytest.mark.parametrize(("language", "domain"), CATALOGS)
def test_a_catalog_has_all_messages_and_no_others(language: str, domain: str) -> None:
    kept = messages.catalog_path(language, domain).read_text()
    assert kept == messages.as_text(messages.merged(language, domain)), STALE


@pytest.mark.parametrize(("language", "domain"), CATALOGS)
def test_all_is_translated(language: str, domain: str) -> None:
    catalog = messages.load(language, domain)
    assert [message.id for message in messages.untranslated(catalog)] == [], STALE


@pytest.mark.parametrize(("language", "domain"), CATALOGS)
def test_a_translation_is_filled_with_the_same_values(language: str, domain: str) -> None:
    for message in messages.load(language, domain):
        if not message.id or not message.string:
            continue
        ids, strings = forms(message)
        # A form of a plural may leave out a value that the other one needs, as the sources do.
        allowed = {name for one in ids for name in placeholders(one)}
        wanted = set(placeholders(ids[0])) & set(placeholders(ids[-1]))
        for string in strings:
            assert wanted <= set(placeholders(string)) <= allowed, (message.id, string)


@pytest.mark.parametrize("path", JS, ids=lambda path: path.name)
def test_a_script_asks_only_for_messages_that_can_be_extracted(path: Path) -> None:
    # What is not written out at the call is in no catalog.
    calls = re.findall(r"\bn?gettext\(\s*(.)", path.read_text())
    assert set(calls) <= {"'", '"'}, "a message that is not written out"


def test_horizon_s_pages_get_the_words_of_our_scripts(demo: Client) -> None:
    address = "/i18n/js/horizon+openstack_dashboard+ensemble_dashboard/"
    catalog = demo.get(address, HTTP_ACCEPT_LANGUAGE="de").content.decode()
    assert "Wird geplant" in catalog


@pytest.mark.parametrize(
    ("language", "translated"),
    [
        pytest.param("de", True, id="a language that we have"),
        pytest.param("fr", False, id="a language that we have not"),
    ],
)
def test_our_own_address_names_its_language(demo: Client, language: str, translated: bool) -> None:
    answer = demo.get(f"/project/ensembles/words/{language}/", HTTP_ACCEPT_LANGUAGE="de")
    assert answer.status_code == 200
    assert "max-age" in answer["Cache-Control"]
    assert ("Wird geplant" in answer.content.decode()) is translated


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        pytest.param("de", 'lang="de" dir="ltr"', id="a language that we have"),
        pytest.param("ja", 'lang="en" dir="ltr"', id="a language that Horizon alone has"),
    ],
)
def test_a_page_says_the_language_of_our_words(demo: Client, language: str, expected: str) -> None:
    page = demo.get("/project/ensembles/", HTTP_ACCEPT_LANGUAGE=language)
    assert expected in page.content.decode()
