# SPDX-License-Identifier: Apache-2.0
"""A second dashboard of the same cloud, as other operators have it.

It has a dark theme, a made-up language that is written from right to left, and a strict
Content-Security-Policy that reports what it would have forbidden.
"""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import requests

from ensemble_cloud.ports import ADDRESS
from tests.embedded import BUILD, WORKER, EmbeddedCloud, free_port_base
from tests.ui.dashboard import pseudo

HERE = Path(__file__).parent
SECONDS = 120
SETTINGS = """
from pathlib import Path
exec(Path({cloud!r}).read_text())
import sys
sys.path.append({folder!r})
import openstack_dashboard.local.enabled
openstack_dashboard.local.enabled.__path__.append({folder!r} + "/enabled")
del openstack_dashboard
DEBUG = True
COMPRESS_OFFLINE = False
STATIC_ROOT = {folder!r} + "/static"
SESSION_FILE_PATH = {folder!r} + "/sessions"
AVAILABLE_THEMES = [
    ("default", "Default", "themes/default"),
    ("material", "Material", "themes/material"),
    ("dark", "Dark", {dark!r}),
]
LANGUAGES = (("en", "English"), ("de", "German"), ("ar-xb", "Right to left"))
"""
ENABLED = """
FEATURE = "pseudo_locale"
ADD_INSTALLED_APPS = ["pseudo_locale"]
"""


@contextmanager
def started(cloud: EmbeddedCloud) -> Iterator[str]:
    """Run the dashboard, and give its address. Its static files are kept from run to run."""
    folder = BUILD / "second-dashboard" / WORKER
    _write(folder, cloud)
    env = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(folder), str(HERE.parents[2])]),
        "DJANGO_SETTINGS_MODULE": "openstack_dashboard.settings",
        "PYTHONWARNINGS": "ignore",
    }
    url = f"http://{ADDRESS}:{free_port_base()}"
    command = [sys.executable, "-m", "tests.ui.dashboard.serve", url.rpartition(":")[2]]
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(command, env=env, stdout=log, stderr=log)
        try:
            _wait(url, process, folder / "log")
            yield url
        finally:
            process.terminate()
            process.wait(20)


def _write(folder: Path, cloud: EmbeddedCloud) -> None:
    for name in ("local", "enabled", "sessions", "pseudo_locale"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    settings = SETTINGS.format(
        cloud=str(cloud.state / "etc" / "dashboard" / "local" / "local_settings.py"),
        folder=str(folder),
        dark=str(HERE / "dark"),
    )
    (folder / "local" / "__init__.py").touch()
    (folder / "local" / "local_settings.py").write_text(settings)
    (folder / "enabled" / "_9990_pseudo_locale.py").write_text(ENABLED)
    (folder / "pseudo_locale" / "__init__.py").touch()
    pseudo.write(folder / "pseudo_locale" / "locale")


def _wait(url: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    until = time.monotonic() + SECONDS
    while time.monotonic() < until:
        assert process.poll() is None, log.read_text()[-2000:]
        try:
            # The first page compiles the style sheets.
            if requests.get(f"{url}/auth/login/", timeout=SECONDS).ok:
                return
        except requests.ConnectionError:
            time.sleep(0.5)
    raise AssertionError(f"no answer from {url} after {SECONDS} s: {log.read_text()[-2000:]}")
