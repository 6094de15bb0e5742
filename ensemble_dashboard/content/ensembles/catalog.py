# SPDX-License-Identifier: Apache-2.0
"""Our scripts' words in a language."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.cache import patch_cache_control
from django.views.i18n import JavaScriptCatalog

_SECONDS = 600


class CatalogView(JavaScriptCatalog):
    """The catalog of our scripts alone, under an address that names its language.

    Horizon's own catalog has our words too, but under one address for all languages: a browser
    that asks whether it has changed is told no, and goes on in the language it had before.
    """

    packages = ("ensemble_dashboard",)

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Answer with a script that adds the words to Horizon's."""
        with translation.override(kwargs.pop("language")):
            answer: HttpResponse = super().get(request, *args, **kwargs)
        patch_cache_control(answer, private=True, max_age=_SECONDS)
        return answer
