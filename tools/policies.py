# SPDX-License-Identifier: Apache-2.0
"""Writes the dashboard's copy of the API's policy rules, as Horizon reads them.

The dashboard does not import the API, which is not installed beside it: the copy is in the
repository, and a test holds it against the rules.
"""

from pathlib import Path

import yaml

# Horizon's own command for this asks for the whole of Horizon's settings.
from ensemble_api import policies

COPY = Path(__file__).parents[1] / "ensemble_dashboard/conf/default_policies/ensembles.yaml"


def text() -> str:
    """Give what the file says when it is up to date."""
    rules = [
        {
            "name": rule.name,
            "check_str": rule.check_str,
            "description": rule.description,
            "operations": getattr(rule, "operations", []),
            "scope_types": rule.scope_types,
        }
        for rule in policies.list_rules()
    ]
    head = "# The API's rules (ensemble_api/policies.py), written by `make policies`.\n"
    return head + yaml.safe_dump(rules, sort_keys=False)


if __name__ == "__main__":
    COPY.write_text(text())
