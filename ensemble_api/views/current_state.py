# SPDX-License-Identifier: Apache-2.0
"""What is true of an ensemble now, as callers see it."""

from ensemble_api.planning import survivability
from ensemble_api.planning.message import Sentence
from ensemble_api.results.current_state import CurrentState, planned_domains
from ensemble_api.standing import MemberState
from ensemble_api.views.differences import costs, differences
from ensemble_api.views.domains import Domains, Json
from ensemble_api.views.statuses import WITHOUT_PROMISES
from ensemble_api.views.survival import policies, promises, survival

_AS_PLANNED = Sentence(
    "state.as-planned",
    "%(fine)s of %(count)s member runs where it was planned.",
    "%(fine)s of %(count)s members run where they were planned.",
)


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
    posted = found.record.body["policies"]
    missed = {each.policy for each in found.violations}
    differing = differences(found, domains)
    dearer = costs(found, domains)
    newly = missed - {each["policy"] for each in found.record.plan["violations"]}
    nothing_promised = WITHOUT_PROMISES.get(found.record.status)
    promised = nothing_promised is None
    fine = len(found.members) - len({each["member"] for each in differing})
    return {
        "as_of": found.at,
        "as_planned": not (differing or newly),
        "message": nothing_promised or _AS_PLANNED(fine=fine, count=len(found.members)),
        "members": [_member(each, domains, names=names) for each in found.members],
        "domains": domains.view(),
        "minima": dict(survivability.minima(found.ensemble)),
        "levels": survival(found.ensemble, found.left, found.topology, domains, failures=failures)
        if promised
        else [],
        "promises": promises(
            survivability.promises(found.ensemble, found.left, found.topology) if promised else ()
        ),
        "policies": policies(found.ensemble.policies, missed, known=promised),
        "violations": [
            {
                "policy": each.policy,
                "level": each.level,
                "message": each.message,
                "enforcement": posted[each.policy]["enforcement"],
                "domains": [domains.reference(domain) for domain in each.domains],
                "planned": each.policy not in newly,
            }
            for each in found.violations
            if each.policy is not None and promised
        ],
        "differences": differing if promised else [],
        "costs": dearer if promised else [],
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
        "unknown": found.unknown,
        "addresses": [
            {"network": network, "address": address} for network, address in found.addresses
        ],
        "domains": now,
        "planned": planned,
        "moved": bool(now) and now != planned,
    }
    return view | {"host": found.host} if names else view
