# SPDX-License-Identifier: Apache-2.0
"""Horizon as one WSGI application, with its static files."""

import re
from collections.abc import Callable, Iterable
from typing import Any

from django.conf import settings
from openstack_dashboard.wsgi import application as horizon
from whitenoise import WhiteNoise

from ensemble_cloud import themes

themes.use_manifest_of_theme()

_dashboard = WhiteNoise(horizon, root=settings.STATIC_ROOT, prefix="static/", max_age=3600)


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Answer a request, and take several slashes in its path for one, as other servers do.

    The Material theme asks for its icon fonts with two.
    """
    environ["PATH_INFO"] = re.sub("//+", "/", environ.get("PATH_INFO", ""))
    answer: Iterable[bytes] = _dashboard(environ, start_response)
    return answer
