# SPDX-License-Identifier: Apache-2.0
"""What is true of an ensemble now, as callers see it."""

from collections.abc import Iterator

from ensemble_api.planning import survivability
from ensemble_api.planning.failed_domains import FailedDomain
from ensemble_api.planning.message import Sentence
from ensemble_api.planning.topology import FailureDomain
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
_FAILURE = Sentence(
    "failure.lost-contact",
    "%(count)s server is down: %(place)s has lost contact.",
    "%(count)s servers are down: %(place)s has lost contact.",
)
_PLACE = Sentence("failure.place", "%(domain)s in %(above)s")


def current_state(found: CurrentState, failures: int, *, names: bool) -> Json:
    """Where the servers are now, what differs from the plan, and what any ``failures`` leave."""
    domains = Domains(
        found.record.project_id,
        found.topology,
        [each.host for each in found.members if each.host],
        names=names,
        labels=found.labels,
        more=_more(found),
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
        "failures": [_failure(each, found, domains) for each in found.failed],
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


def _more(found: CurrentState) -> Iterator[FailureDomain]:
    """The domains beside those of the members' hosts: where they were planned, and what failed."""
    for each in found.members:
        yield from planned_domains(each.member).values()
    for failed in found.failed:
        yield failed.domain
        if failed.above is not None:
            yield failed.above


def _failure(failed: FailedDomain, found: CurrentState, domains: Domains) -> Json:
    """A domain that has failed, with the members whose servers are there."""
    domain = failed.domain
    place = domains.title(domain)
    if failed.above is not None:
        place = _PLACE(domain=place, above=domains.title(failed.above))
    members = [
        each.member.name
        for each in found.members
        if each.host and found.topology.domain_of(each.host, domain.level) == domain
    ]
    return {
        "domain": domains.reference(domain),
        "level": domain.level,
        "title": place,
        "since": failed.since or None,
        "members": members,
        "message": _FAILURE(count=len(members), place=place),
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
