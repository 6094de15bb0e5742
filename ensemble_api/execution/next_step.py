# SPDX-License-Identifier: Apache-2.0
"""When a worker looks at an ensemble again."""

from enum import Enum


class NextStep(Enum):
    """When the next step of an ensemble is due."""

    NEVER = "never: it is settled"
    NOW = "now"
    AFTER_A_WHILE = "after a while"
    WHEN_UNBLOCKED = "when somebody else has done something"
