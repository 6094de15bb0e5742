# SPDX-License-Identifier: Apache-2.0
"""The tags by which the servers of ensembles are known (doc/decisions/0003)."""

from typing import Final

ENSEMBLE_TAG: Final = "ensemble:"
"""Followed by the ensemble's id, on every server of it."""

MEMBER_TAG: Final = "ensemble-member:"
"""Followed by the member's id, on its server."""
