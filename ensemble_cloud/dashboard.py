# SPDX-License-Identifier: Apache-2.0
"""Horizon as one WSGI application, with its static files."""

from django.conf import settings
from openstack_dashboard.wsgi import application as horizon
from whitenoise import WhiteNoise

# The names of compressed files hold a hash of their content, so they may be kept for ever.
application = WhiteNoise(horizon, root=settings.STATIC_ROOT, prefix="static/", max_age=3600)
