# SPDX-License-Identifier: Apache-2.0
"""Trusts of users in whose projects there are no ensembles any more: they are given back."""

import logging
import time
from collections.abc import Callable
from typing import Final

from ensemble_api.operations import Trust
from ensemble_api.store.trusts import Trusts

LOG = logging.getLogger(__name__)

PERIOD: Final = 300.0  # seconds


class UnneededTrusts:
    """Gives them back now and then; ``end`` is that of ``TenantTokens``."""

    def __init__(
        self,
        trusts: Trusts,
        end: Callable[[Trust], bool],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._trusts = trusts
        self._end = end
        self._clock = clock
        self._next = 0.0

    def look(self) -> None:
        """Look for some, if it is time.

        :raises ensemble_api.exception.Unavailable: when Keystone or the database does not answer.
        """
        if self._clock() < self._next:
            return
        for trust in self._trusts.unneeded():
            # Ending those before it has taken its time, in which somebody may have needed it.
            if self._trusts.is_unneeded(trust) and self._end(trust):
                LOG.info("User %s trusts us no more in %s", trust.user_id, trust.project_id)
        self._next = self._clock() + PERIOD
