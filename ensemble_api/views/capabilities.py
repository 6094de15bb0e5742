# SPDX-License-Identifier: Apache-2.0
"""What a cloud's ensembles can do, as callers see it."""

from collections.abc import Iterable, Mapping
from typing import Any

from ensemble_api import limits, schemas
from ensemble_api.capabilities import Capabilities
from ensemble_api.planning.wording import ZONE, level_word
from ensemble_api.records import MemberStatus, Status
from ensemble_api.views.statuses import LABELS, MEMBER_LABELS

Json = dict[str, Any]


def capabilities(found: Capabilities, sort_keys: Mapping[str, Iterable[str]]) -> Json:
    """Limits, statuses, sort keys, levels, features and kinds of policies."""
    return {
        "limits": {
            "max_members": found.max_members,
            "max_tiers": limits.TIERS,
            "max_members_per_tier": limits.MEMBERS_OF_TIER,
            "max_policies": limits.POLICIES,
            "max_ports_or_volumes": limits.PORTS_OR_VOLUMES,
            "max_networks": limits.NETWORKS,
            "max_security_groups": limits.SECURITY_GROUPS,
            "max_name_length": limits.NAME,
            "max_description_length": limits.DESCRIPTION,
            "max_user_data_characters": limits.USER_DATA,
            "max_metadata_items": limits.METADATA_ITEMS,
            "max_metadata_length": limits.METADATA,
            "max_body_bytes": found.max_body,
            "max_page_size": limits.PAGE,
            "max_failed_domains": limits.FAILED_DOMAINS,
            "max_recovery_delay": limits.RECOVERY_DELAY,
            "max_recovery_at_once": limits.RECOVERY_AT_ONCE,
            "max_reserve_failures": limits.RESERVE_FAILURES,
            "max_key_length": limits.KEY,
            "max_instances": limits.INSTANCES,
            "plan_lifetime": found.plan_lifetime,
        },
        "statuses": [
            {"name": each.value, "label": LABELS[each], "settled": each.settled} for each in Status
        ],
        "member_statuses": [
            {"name": each.value, "label": MEMBER_LABELS[each]} for each in MemberStatus
        ],
        "sort_keys": {name: list(keys) for name, keys in sort_keys.items()},
        "levels": [
            {
                "name": level,
                "label": level_word(ZONE if level == found.zone_level else level),
                "zone": level == found.zone_level,
            }
            for level in found.levels
        ],
        "scheduler_hints": list(found.scheduler_hints),
        "selectors": [
            {"key": key, "values": list(values)} for key, values in found.selectors.items()
        ],
        "features": list(found.features),
        "mount": found.mount,
        "policies": [{"type": kind, "fields": fields} for kind, fields in schemas.POLICIES.items()],
    }
