# SPDX-License-Identifier: Apache-2.0
"""Ensembles in the words of the pages: statuses, levels, and what a name looks like when shown."""

import html
import re
from collections.abc import Mapping
from typing import Any, TypeAlias

from django.conf import settings as django_settings
from django.utils import formats, timezone
from django.utils.functional import Promise
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, gettext, pgettext
from django.utils.translation import gettext_lazy as _
from horizon.utils import filters

Text: TypeAlias = str | Promise

_PLACEHOLDER = re.compile(r"%\((\w+)\)[ds]")
_TURNING = re.compile("[\u202a-\u202e\u2066-\u2069]")  # marks that change the direction of writing

LEVELS: dict[str, Text] = {"host": _("host"), "rack": _("rack"), "zone": _("zone")}
# What a tier can be made of, as far as it has to be said that a kind could not be listed.
CHOICES: dict[str, Text] = {
    "flavors": _("flavors"),
    "images": _("images"),
    "networks": _("networks"),
    "ports": _("ports"),
    "key_pairs": _("key pairs"),
    "security_groups": _("security groups"),
    "snapshots": _("instance snapshots"),
    "volumes": _("volumes"),
    "volume_snapshots": _("volume snapshots"),
    "zones": _("availability zones"),
}


def language() -> dict[str, str]:
    """Give the language our own words are in, and which way it is written.

    Horizon has languages we have no catalog for: then our words are English, whatever is around
    them. Translate "en" as the code of your language.
    """
    code = pgettext("code of the language of this catalog", "en")
    rtl = code.partition("-")[0] in django_settings.LANGUAGES_BIDI
    return {"code": code, "direction": "rtl" if rtl else "ltr"}


def settings() -> dict[str, str]:
    """Give the language and the time zone of the person's settings, for numbers and times.

    The language may be one that we have no words in.
    """
    return {
        "language": get_language() or "",
        "time_zone": timezone.get_current_timezone_name(),
    }


def number(value: float) -> str:
    """Give a number as the person's language writes it: "1.000" or "1,000"."""
    return str(formats.number_format(value, use_l10n=True, force_grouping=True))


def filled(text: Text, values: Mapping[str, Any]) -> str:
    """Fill "%(name)s" and "%(count)d" in a sentence, numbers as the person's language has them."""

    def shown(found: re.Match[str]) -> str:
        value = values[found[1]]
        return number(value) if isinstance(value, int | float) else str(value)

    return _PLACEHOLDER.sub(shown, str(text))


def as_of(moment: str | None) -> str:
    """Say when Nova had it so, in the person's time zone; empty where it was asked just now."""
    if not moment:
        return ""
    # With seconds, in which what is live changes.
    time = formats.date_format(timezone.localtime(filters.parse_isotime(moment)), "H:i:s")
    return gettext("As Nova had it at %(time)s.") % {"time": time}


STATES: dict[str, Text] = {
    "up": _("up"),
    "down": _("down"),
    "disabled": _("disabled"),
    "unknown": _("not known"),
}


def level(value: str) -> Text:
    """Give the word for a level; operators may configure more than the three we can translate."""
    return LEVELS.get(value, value)


def state(value: str) -> Text:
    """Give the word for the state of a host."""
    return STATES.get(value, value)


def as_it_is(text: Any) -> SafeString:
    """Give the HTML of a text, for places that AngularJS leaves alone (ng-non-bindable).

    Horizon's own escaping changes ``{$`` to ``{%``, because AngularJS would evaluate it. Inside
    our pages it does not, and a name can be shown as it is. What turns the direction of writing
    would turn what stands around it too, and is shown as what it is.
    """
    return as_value(_visible(str(text)))


def as_value(text: Any) -> SafeString:
    """Give the HTML of a text for the value of a field, which goes back as it came."""
    return mark_safe(html.escape(str(text)))  # noqa: S308 - it has just been escaped


def not_interpolated(text: str) -> str:
    """Give the text for Horizon's messages and confirmations, where AngularJS may see it.

    An invisible word joiner keeps ``{`` and ``$`` apart, so that it looks the same and is no
    expression. (Horizon would write ``{%`` instead.) What turns the direction of writing is shown
    as what it is.
    """
    return _visible(text).replace("{$", "{\u2060$").replace("$}", "$\u2060}")


def _visible(text: str) -> str:
    return _TURNING.sub(lambda mark: f"\\u{ord(mark[0]):x}", text)


def for_confirmation(text: str) -> SafeString:
    """Give the value of a ``data-display`` attribute: Horizon's confirmation shows it as HTML."""
    return mark_safe(html.escape(html.escape(not_interpolated(text))))  # noqa: S308 - escaped, twice
