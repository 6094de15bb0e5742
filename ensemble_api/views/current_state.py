# SPDX-License-Identifier: Apache-2.0
"""What is true of an ensemble now, as callers see it."""

from ensemble_api.planning import survivability
from ensemble_api.usecases.current_state import CurrentState, MemberState, planned_domains
from ensemble_api.views.domains import Domains, Json
from ensemble_api.views.survival import promises, survival


def current_state(found: CurrentState, failures: int, *, names: bool) -> Json:
    """Where the servers are now, what differs from the plan, and what any ``failures`` leave."""
    domains = Domains(
        found.record.project_id,
        found.topology,
        [each.host for each in found.members if each.host],
        names=names,
        labels=found.labels,
        more=(domain for each in found.members for domain in planned_domains(each.member).values()),
    )
    policies = found.record.body["policies"]
    return {
        "as_of": found.at,
        "members": [_member(each, domains, names=names) for each in found.members],
        "domains": domains.view(),
        "minima": dict(survivability.minima(found.ensemble)),
        "levels": survival(found.ensemble, found.left, found.topology, domains, failures=failures),
        "promises": promises(survivability.promises(found.ensemble, found.left, found.topology)),
        "violations": [
            {
                "policy": each.policy,
                "level": each.level,
                "message": each.message,
                "enforcement": policies[each.policy]["enforcement"],
                "domains": [domains.reference(domain) for domain in each.domains],
            }
            for each in found.violations
            if each.policy is not None
        ],
    }


def _member(found: MemberState, domains: Domains, *, names: bool) -> Json:
    planned = {
        level: domains.reference(domain) for level, domain in planned_domains(found.member).items()
    }
    now = domains.of(found.host) if found.host else {}
    view: Json = {
        "name": found.member.name,
        "tier": found.member.tier,
        "status": found.status,
        "server_id": found.server_id,
        "running": found.running,
        "domains": now,
        "planned": planned,
        "moved": bool(now) and now != planned,
    }
    return view | {"host": found.host} if names else view
