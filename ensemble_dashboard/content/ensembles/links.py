# SPDX-License-Identifier: Apache-2.0
"""The addresses of an ensemble's pages in its project."""

from typing import Any
from urllib.parse import urlencode

from django.urls import reverse


def like_url(datum: Any) -> str:
    """Give the address of a drawing that begins with what this ensemble is."""
    return f"{reverse('horizon:project:ensembles:draw')}?{urlencode({'like': datum.id})}"


def change_url(datum: Any) -> str:
    """Give the address of the drawing of this ensemble."""
    return reverse("horizon:project:ensembles:change", args=[datum.id])


def details_url(datum: Any) -> str:
    """Give the address of the ensemble's page in its project."""
    return reverse("horizon:project:ensembles:detail", args=[datum.id])
