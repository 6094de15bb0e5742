# SPDX-License-Identifier: Apache-2.0
"""Horizon as its own browser tests want it, with the plugin on."""

from pathlib import Path

import ensemble_dashboard

BUILD = Path(__file__).parents[3] / "build" / "horizon-tests"
DEBUG = True
ALLOWED_HOSTS = ["*"]
SECRET_KEY = "for tests alone"
STATIC_ROOT = str(BUILD / "static")
OPENSTACK_KEYSTONE_URL = "http://127.0.0.1:9/v3"  # the tests answer in its place
SESSION_ENGINE = "django.contrib.sessions.backends.signed_cookies"
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
COMPRESS_OFFLINE = False
TIME_ZONE = "UTC"

ensemble_dashboard.activate()
