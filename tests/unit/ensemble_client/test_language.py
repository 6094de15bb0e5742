# SPDX-License-Identifier: Apache-2.0
"""The API is asked for the language of the locale."""

from typing import Any

import pytest

from ensemble_client.language import accept_language
from ensemble_client.osc import plugin


@pytest.mark.parametrize(
    ("environment", "asked"),
    [
        ({}, None),
        ({"LANG": "C.UTF-8"}, None),
        ({"LANG": "POSIX"}, None),
        ({"LANG": "de_AT.UTF-8"}, "de-AT"),
        ({"LANG": "sr_RS@latin"}, "sr-RS"),
        ({"LANG": "de_DE.UTF-8", "LC_MESSAGES": "en_GB.UTF-8"}, "en-GB"),
        ({"LANG": "en_US.UTF-8", "LC_ALL": "de_DE"}, "de-DE"),
        ({"LANG": "de_DE.UTF-8", "LANGUAGE": "fr:de:en"}, "fr, de;q=0.9, en;q=0.8"),
        ({"LANG": "de\r\nX-Evil: 1"}, None),
    ],
)
def test_a_locale_is_asked_for_as_http_names_it(
    environment: dict[str, str], asked: str | None
) -> None:
    assert accept_language(environment) == asked


class Instance:
    """What openstackclient hands to a plugin."""

    session = None
    region_name = interface = None

    class sdk_connection:  # noqa: N801
        class config:  # noqa: N801
            @staticmethod
            def get_endpoint(service: str) -> str:
                return "http://nova"


def test_a_command_asks_in_the_language_of_its_locale(monkeypatch: Any) -> None:
    for name in ("LANGUAGE", "LC_ALL", "LC_MESSAGES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANG", "de_DE.UTF-8")
    client = plugin.make_client(Instance())
    assert client.client.additional_headers["Accept-Language"] == "de-DE"
    monkeypatch.setenv("LANG", "C")
    assert "Accept-Language" not in plugin.make_client(Instance()).client.additional_headers
