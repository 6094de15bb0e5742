# SPDX-License-Identifier: Apache-2.0
"""What callers see, as JSON-ready values: tenants get opaque domains, operators also names."""

from ensemble_api.views.adoption import adoption
from ensemble_api.views.capabilities import capabilities
from ensemble_api.views.changed_plans import changed
from ensemble_api.views.current_state import current_state
from ensemble_api.views.drill import drill
from ensemble_api.views.ensembles import ensemble
from ensemble_api.views.faults import FAULT_NAMES, fault
from ensemble_api.views.headroom import headroom
from ensemble_api.views.host_impact import host_impact, host_impacts
from ensemble_api.views.joint_plans import joint_preview, jointly_changed
from ensemble_api.views.maintenance import maintained
from ensemble_api.views.notifications import event_type, notification
from ensemble_api.views.operations import operation
from ensemble_api.views.plans import moved, plan, reasons
from ensemble_api.views.repair import repair_preview
from ensemble_api.views.survival import MOST_FAILURES
from ensemble_api.views.templates import described, listed_template, template
from ensemble_api.views.translation import ENGLISH, language, translated

__all__ = [
    "ENGLISH",
    "FAULT_NAMES",
    "MOST_FAILURES",
    "adoption",
    "capabilities",
    "changed",
    "current_state",
    "described",
    "drill",
    "ensemble",
    "event_type",
    "fault",
    "headroom",
    "host_impact",
    "host_impacts",
    "joint_preview",
    "jointly_changed",
    "language",
    "listed_template",
    "maintained",
    "moved",
    "notification",
    "operation",
    "plan",
    "reasons",
    "repair_preview",
    "template",
    "translated",
]  # fmt: skip
