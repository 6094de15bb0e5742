# SPDX-License-Identifier: Apache-2.0
"""Filters for names that people have chosen freely."""

from django import template

from ensemble_dashboard import words

register = template.Library()

register.filter("as_it_is", words.as_it_is)
register.filter("for_confirmation", words.for_confirmation)
