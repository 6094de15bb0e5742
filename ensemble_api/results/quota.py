# SPDX-License-Identifier: Apache-2.0
"""A quota that is too small for an ensemble."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from ensemble_api.planning.message import Message, Sentence

_SENTENCES: Final = {
    "Instances": Sentence(
        "quota.instances",
        "The quota allows %(limit)s servers, %(used)s are in use, and this ensemble needs "
        "%(needed)s.",
    ),
    "Cores": Sentence(
        "quota.cores",
        "The quota allows %(limit)s VCPUs, %(used)s are in use, and this ensemble needs "
        "%(needed)s.",
    ),
    "RAMSize": Sentence(
        "quota.ram",
        "The quota allows %(limit)s MB of memory, %(used)s are in use, and this ensemble needs "
        "%(needed)s.",
    ),
    "RecoveryCores": Sentence(
        "quota.recovery-cores",
        "The project may have %(limit)s VCPUs held for recovery, %(used)s are, and this ensemble "
        "needs %(needed)s.",
    ),
    "RecoveryRAM": Sentence(
        "quota.recovery-ram",
        "The project may have %(limit)s MB of memory held for recovery, %(used)s are, and this "
        "ensemble needs %(needed)s.",
    ),
    "Ports": Sentence(
        "quota.ports",
        "The quota allows %(limit)s ports, %(used)s are in use, and this ensemble needs "
        "%(needed)s.",
    ),
    "Volumes": Sentence(
        "quota.volumes",
        "The quota allows %(limit)s volumes, %(used)s are in use, and this ensemble needs "
        "%(needed)s.",
    ),
    "VolumeGigabytes": Sentence(
        "quota.volume-gigabytes",
        "The quota allows %(limit)s GB of volumes, %(used)s GB are in use, and this ensemble needs "
        "%(needed)s GB.",
    ),
}


@dataclass(frozen=True, slots=True)
class QuotaShortage:
    """A quota that does not hold the whole ensemble; ``resource`` is as Nova's limits name it."""

    resource: str
    limit: int
    used: int
    needed: int

    @property
    def message(self) -> Message:
        """The shortage as a sentence."""
        return _SENTENCES[self.resource](limit=self.limit, used=self.used, needed=self.needed)

    @property
    def facts(self) -> Mapping[str, Any]:
        """The figures, JSON-ready."""
        return {
            "resource": self.resource,
            "limit": self.limit,
            "used": self.used,
            "needed": self.needed,
        }
