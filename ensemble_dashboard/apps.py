# SPDX-License-Identifier: Apache-2.0
"""The plugin as Django sees it, and where Horizon's policy engine finds its rules."""

from pathlib import Path

from django.apps import AppConfig
from django.conf import settings

from ensemble_dashboard.rights import SERVICE

_DEFAULTS = Path(__file__).parent / "conf" / "default_policies" / "ensembles.yaml"


class EnsemblesConfig(AppConfig):
    """Adds our service to those whose policy Horizon checks, unless the settings have it."""

    name = "ensemble_dashboard"

    def ready(self) -> None:
        """Name the rules by default, and the file beside Horizon's others that may change them."""
        settings.DEFAULT_POLICY_FILES.setdefault(SERVICE, str(_DEFAULTS))
        settings.POLICY_FILES.setdefault(SERVICE, "ensembles_policy.yaml")
