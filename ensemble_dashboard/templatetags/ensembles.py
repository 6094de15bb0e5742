# SPDX-License-Identifier: Apache-2.0
"""Names that people have chosen freely, and the language of what is around them."""

from django import template

from ensemble_dashboard import words

register = template.Library()

register.filter("as_it_is", words.as_it_is)
register.filter("for_confirmation", words.for_confirmation)
register.simple_tag(words.language, name="page_language")
