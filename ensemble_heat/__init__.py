# SPDX-License-Identifier: Apache-2.0
"""Ensembles as a resource of Heat: OS::Ensemble::Ensemble."""

from pathlib import Path
from typing import Final

PLUGINS: Final = str(Path(__file__).parent / "plugins")
"""The directory for Heat's option plugin_dirs."""
