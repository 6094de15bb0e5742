# SPDX-License-Identifier: Apache-2.0
"""Names that people chose freely, the language around them, rights, and a page's scripts."""

import functools
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from django import template
from django.templatetags.static import static
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from ensemble_dashboard import rights, words

_JS = "ensembles/js"
_LOAD_ORDER = Path(__file__).parents[1] / "static" / _JS / "load_order.json"

register = template.Library()

register.filter("as_it_is", words.as_it_is)
register.filter("as_value", words.as_value)
register.filter("for_confirmation", words.for_confirmation)
register.filter("number", words.number)
register.simple_tag(words.language, name="page_language")
register.simple_tag(words.settings, name="page_settings")


@register.filter
def as_json(value: Any) -> str:
    """Give a value as JSON for an attribute, which the template escapes."""
    return json.dumps(value)


@register.simple_tag(takes_context=True)
def may(context: Mapping[str, Any], action: str) -> bool:
    """Whether policy lets the person at the browser do something in the session's project."""
    return rights.may(context["request"], action)


@register.simple_tag
def scripts(*groups: str) -> SafeString:
    """Give the script elements of groups of ``load_order.json``, in their order."""
    paths = [path for group in groups for path in _load_order()[group]]
    return format_html_join(
        "\n", '<script src="{}"></script>', ((static(f"{_JS}/{path}.js"),) for path in paths)
    )


@functools.cache
def _load_order() -> Mapping[str, Sequence[str]]:
    order: Mapping[str, Sequence[str]] = json.loads(_LOAD_ORDER.read_text())
    return order
