# SPDX-License-Identifier: Apache-2.0
"""What the engine asks for other hosts."""

from collections.abc import Sequence
from typing import Protocol

from ensemble_api.context import Context
from ensemble_api.records import EnsembleRecord, MemberRecord


class Replacement(Protocol):
    """What gives members other hosts: see ``usecases/replacement``."""

    def replace(
        self, context: Context, record: EnsembleRecord, members: Sequence[MemberRecord]
    ) -> bool:
        """Give them other hosts, and say whether there are some."""
