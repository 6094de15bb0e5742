# SPDX-License-Identifier: Apache-2.0
"""Compressed style sheets for every theme of the dashboard.

Compression before the first request finds a style sheet again by the text that links it, and that
is the same for every theme: the later theme would overwrite the earlier one. Here each theme has a
manifest of its own instead. Import this only where Django's settings are configured.

Run as `python -m ensemble_cloud.themes` to make all static files.
"""

import functools
import json
from pathlib import Path

from compressor.templatetags import compress as tag
from django.conf import settings
from horizon import themes


def names() -> list[str]:
    """Return the names of all themes, the default one first."""
    default = themes.get_default_theme()
    return sorted((theme[0] for theme in themes.get_themes()), key=lambda name: name != default)


def use_manifest_of_theme() -> None:
    """Let templates find the style sheets of the theme that the current request asks for."""
    tag.get_offline_manifest = lambda: _manifest(_current())


def make_static_files() -> None:
    """Collect the static files and compress them once for every theme."""
    from django.core.management import call_command

    call_command("collectstatic", interactive=False, verbosity=0)
    for name in names():
        # Style sheets are compiled in threads, which know of no theme but the default one.
        settings.DEFAULT_THEME = name
        settings.COMPRESS_OFFLINE_MANIFEST = _file(name)
        call_command("compress", force=True, verbosity=0)


def _current() -> str:
    asked = getattr(themes._local, "theme", None)
    return asked if asked in names() else themes.get_default_theme()


@functools.cache
def _manifest(theme: str) -> dict[str, str]:
    path = Path(settings.STATIC_ROOT, settings.COMPRESS_OUTPUT_DIR, _file(theme))
    manifest: dict[str, str] = json.loads(path.read_text())
    return manifest


def _file(theme: str) -> str:
    return f"manifest-{theme}.json"


if __name__ == "__main__":
    import django

    django.setup()
    make_static_files()
