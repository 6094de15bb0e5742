# SPDX-License-Identifier: Apache-2.0
"""Names that people have chosen freely, the language of what is around them, and rights."""

from collections.abc import Mapping
from typing import Any

from django import template

from ensemble_dashboard import rights, words

register = template.Library()

register.filter("as_it_is", words.as_it_is)
register.filter("for_confirmation", words.for_confirmation)
register.simple_tag(words.language, name="page_language")


@register.simple_tag(takes_context=True)
def may(context: Mapping[str, Any], action: str) -> bool:
    """Whether policy lets the person at the browser do something in the session's project."""
    return rights.may(context["request"], action)
