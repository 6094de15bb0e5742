# SPDX-License-Identifier: Apache-2.0
"""Edits that are enough reduced to those that are needed, each as near as it may be."""

from ensemble_api.planning.changes.trials import Trials
from ensemble_api.planning.changes.values import values_between
from ensemble_api.planning.edits import Edits


def needed_edits(trials: Trials, edits: Edits) -> Edits:
    """Leave out every edit that is not needed, the last ones first, and ease the others."""
    for left_out in reversed(list(edits)):
        rest = {name: value for name, value in edits.items() if name != left_out}
        if rest and trials.fits(rest):
            edits = rest
    for name in list(edits):
        between = values_between(trials.ensemble, name, edits[name])
        nearer = [edits | {name: value} for value in between]
        edits = trials.first_fitting([*nearer, edits]) or edits
    return edits
