# SPDX-License-Identifier: Apache-2.0
"""Writes the API's OpenAPI document, which a test holds against the code."""

import json
from pathlib import Path

from ensemble_api.openapi.document import document

FILE = Path(__file__).parents[1] / "doc/api-ref/openapi.json"


def text() -> str:
    """Give what the file says when it is up to date."""
    return json.dumps(document(), indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    FILE.write_text(text())
