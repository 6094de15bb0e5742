# SPDX-License-Identifier: Apache-2.0
"""Horizon as one WSGI application, with its static files."""

from django.conf import settings
from openstack_dashboard.wsgi import application as horizon
from whitenoise import WhiteNoise

from ensemble_cloud import themes

themes.use_manifest_of_theme()

application = WhiteNoise(horizon, root=settings.STATIC_ROOT, prefix="static/", max_age=3600)
