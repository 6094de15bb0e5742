# SPDX-License-Identifier: Apache-2.0
"""Horizon's real settings for tests: no style sheets are compiled, nothing is written."""

import ensemble_dashboard

DEBUG = False
ALLOWED_HOSTS = ["testserver"]
SECRET_KEY = "for tests alone"
OPENSTACK_KEYSTONE_URL = "http://127.0.0.1:9/v3"  # each test has its own cloud
SESSION_ENGINE = "django.contrib.sessions.backends.cache"
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
COMPRESS_ENABLED = False
COMPRESS_OFFLINE = False
COMPRESS_PRECOMPILERS = ()
TIME_ZONE = "UTC"
LOGGING_CONFIG = None

ensemble_dashboard.activate()
