# SPDX-License-Identifier: Apache-2.0
"""Switching the plugin on, in place."""

from pathlib import Path

import horizon
from django.urls import reverse
from openstack_dashboard.local import enabled

import ensemble_dashboard


def test_activating_twice_adds_the_directory_once() -> None:
    ours = str(Path(ensemble_dashboard.__file__).parent / "enabled")
    ensemble_dashboard.activate()
    assert list(enabled.__path__).count(ours) == 1


def test_both_panels_are_registered_below_compute() -> None:
    reverse("horizon:project:ensembles:index")  # Horizon registers when its addresses are read
    for dashboard in ("project", "admin"):
        groups = horizon.get_dashboard(dashboard).get_panel_groups()
        assert "ensembles" in groups["compute"].panels
