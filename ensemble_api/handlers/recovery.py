# SPDX-License-Identifier: Apache-2.0
"""Whether an ensemble may be wished to be repaired by itself, or to have capacity held for that."""

from collections.abc import Mapping
from typing import Any

from ensemble_api import exception, policies
from ensemble_api.handlers.call import Call
from ensemble_api.planning.message import Sentence
from ensemble_api.recovery import Mode, Recovery
from ensemble_api.schema_errors import ONE_OF

_NOTHING: Mapping[str, Any] = {}
_BY_NOBODY = Sentence(
    "invalid.not-by-itself", "cannot be auto: in this cloud nothing is done by itself"
)
_UNGUARDED = Sentence(
    "invalid.no-reserve",
    "cannot be had: in this cloud nothing keeps others from what is held for lost members",
)


def check_wishes(
    call: Call,
    wanted: Mapping[str, Any],
    before: Mapping[str, Any] = _NOTHING,
    project_id: str | None = None,
) -> None:
    """Refuse to have done by itself what who asks may not do by command.

    What the description ``before`` had already is nobody's wish of now.

    :raises ensemble_api.exception.Forbidden: when policy does not allow it.
    :raises ensemble_api.exception.Invalid: when the operator has it done for nobody.
    """
    now, was = Recovery.of(wanted), Recovery.of(before)
    for field, action, wish, had in (
        ("mode", "repair", now.mode, was.mode),
        ("rebalance", "rebalance", now.rebalance, was.rebalance),
    ):
        if wish is Mode.AUTO and had is not Mode.AUTO:
            policies.authorize(call.context, action, project_id)
            if not call.service.acts_by_itself:
                raise exception.Invalid(_BY_NOBODY(), field=f"ensemble.recovery.{field}")
    check_reserve(call, wanted, before)


def check_reserve(
    call: Call, wanted: Mapping[str, Any], before: Mapping[str, Any] = _NOTHING
) -> None:
    """Refuse to have capacity held where others could take it, or at a level of another cloud.

    :raises ensemble_api.exception.Invalid: naming the field that is wrong.
    """
    wish = Recovery.of(wanted).reserve
    if wish is None or wish == Recovery.of(before).reserve:
        return
    if not call.service.recovery_limits.guarded:
        raise exception.Invalid(_UNGUARDED(), field="ensemble.recovery.reserve")
    if wish.level not in call.service.levels:
        choices = ", ".join(call.service.levels)
        raise exception.Invalid(ONE_OF(choices=choices), field="ensemble.recovery.reserve.level")
