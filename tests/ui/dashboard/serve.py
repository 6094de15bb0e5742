# SPDX-License-Identifier: Apache-2.0
"""The second dashboard in its own process: `python -m tests.ui.dashboard.serve PORT`."""

import sys
from collections.abc import Callable, Iterable
from typing import Any

import waitress
from django.contrib.staticfiles.handlers import StaticFilesHandler
from openstack_dashboard.wsgi import application

from ensemble_cloud.ports import ADDRESS
from ensemble_dashboard.content.ensembles.catalog import CatalogView

# What our part needs, and no more. Only reported: Horizon's own part needs eval and inline script.
POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)


class Strict:
    """The dashboard with the policy on each answer."""

    def __init__(self, served: Callable[..., Any]) -> None:
        self.served = served

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        """Answer as the dashboard does, with one header more."""

        def start(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
            report_only = ("Content-Security-Policy-Report-Only", POLICY)
            return start_response(status, [*headers, report_only], *more)

        answer: Iterable[bytes] = self.served(environ, start)
        return answer


if __name__ == "__main__":
    # The made-up language is in a package of its own.
    CatalogView.packages = (*CatalogView.packages, "pseudo_locale")
    waitress.serve(
        Strict(StaticFilesHandler(application)), host=ADDRESS, port=int(sys.argv[1]), threads=8
    )
