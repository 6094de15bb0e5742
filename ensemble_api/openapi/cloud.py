# SPDX-License-Identifier: Apache-2.0
"""The answers about a cloud: what it can do, and its hosts."""

from typing import Any

from ensemble_api import schemas, server_schema
from ensemble_api.openapi.shapes import (
    ANYTHING,
    COUNT,
    FLAG,
    NEXT,
    PROGRESS,
    STRING,
    TIME,
    by_name,
    component,
    one,
    or_null,
    several,
    words,
)
from ensemble_api.planning.impact import Effect
from ensemble_api.planning.survivability import State
from ensemble_api.records import MemberStatus
from ensemble_api.results.maintenance import DrainState

CAPABILITIES = one(
    limits=by_name(COUNT),
    statuses=several(one(name=STRING, label=STRING, settled=FLAG)),
    member_statuses=several(one(name=STRING, label=STRING)),
    sort_keys=one(ensembles=several(STRING), hosts=several(STRING)),
    levels=several(one(name=STRING, label=STRING, zone=FLAG)),
    scheduler_hints=several(STRING),
    selectors=several(one(key=STRING, values=several(STRING))),
    features=several(STRING),
    mount=words(("nova-api", "service")),
    policies=several(one(type=words(schemas.POLICIES), fields=by_name(ANYTHING))),
)

_OWNER = {"ensemble_id": server_schema.UUID, "ensemble_name": STRING, "project_id": STRING}
_IMPACT = {
    "impact": one(**{effect.value: COUNT for effect in Effect}),
    "impact_message": or_null(STRING),
    "worst": or_null(words(Effect)),
}
_STATE = words(("up", "down", "disabled", "unknown"))

_BREAK = one(
    **_OWNER,
    effect=words(Effect),
    effect_label=STRING,
    policy=or_null(COUNT),
    enforcement=or_null(schemas.COMMON["enforcement"]),
    level=or_null(STRING),
    failures=or_null(COUNT),
    tiers=several(one(tier=STRING, left=COUNT, worst=COUNT, needed=or_null(COUNT))),
    message=STRING,
)


def _in_domains(shape: dict[str, Any]) -> dict[str, Any]:
    """With the name of its domain at each level of the cloud above the host, such as ``rack``."""
    return {**shape, "additionalProperties": or_null(STRING)}


_ATTEMPT = one(
    **_OWNER,
    members=several(STRING),
    fits=or_null(FLAG),
    others=COUNT,
    moves=several(_in_domains(one(member=STRING, host=STRING, **{"from": STRING}))),
    blocked=several(one(member=STRING, message=STRING)),
    waits=or_null(STRING),
    message=STRING,
    reasons=several(component("Reason")),
)

_DRAIN = {"fits": or_null(FLAG), "message": STRING, "ensembles": several(_ATTEMPT)}

_HOST = {
    "host": STRING,
    "state": _STATE,
    **_IMPACT,
    "ensembles": several(
        one(
            id=server_schema.UUID,
            name=STRING,
            project_id=STRING,
            state=or_null(words(State)),
            label=or_null(STRING),
        )
    ),
    "members": several(
        one(
            **_OWNER,
            tier=STRING,
            name=STRING,
            status=words(MemberStatus),
            server_id=or_null(server_schema.UUID),
        )
    ),
    "drain": one(_DRAIN, breaks=several(component("Break"))),
}

_COUNTS = (
    "hosts",
    "down",
    "disabled",
    "unknown",
    "used",
    "breaking",
    "unprotected",
    "members",
    "ensembles",
)

SUMMARY = one(
    groups=several(
        _in_domains(
            one(
                hosts=several(
                    one(
                        host=STRING,
                        state=_STATE,
                        members=COUNT,
                        ensembles=COUNT,
                        **_IMPACT,
                        found=FLAG,
                    )
                )
            )
        )
    ),
    projects=several(
        one(project_id=STRING, ensembles=several(one(id=server_schema.UUID, name=STRING)))
    ),
    totals=one(**dict.fromkeys(_COUNTS, COUNT)),
)

_MAINTAINED = one(
    {"drain": one(**_DRAIN), "hosts_links": NEXT},
    level=STRING,
    name=STRING,
    path=several(STRING),
    state=words(DrainState),
    message=or_null(STRING),
    members=COUNT,
    ensembles=COUNT,
    hosts=several(one(host=STRING, state=_STATE, drain=words(DrainState), members=COUNT)),
    found=COUNT,
    moving=several(one(**_OWNER, operation_id=server_schema.UUID, progress=PROGRESS)),
)

_DOMAIN_HEADROOM = one(
    name=STRING,
    path=several(STRING),
    members=COUNT,
    ensembles=COUNT,
    fits=or_null(FLAG),
    message=STRING,
    without=several(one(**_OWNER, members=COUNT, missing=COUNT, fits=or_null(FLAG))),
    cure=or_null(one(host=STRING, resources=by_name(COUNT), message=STRING)),
)

COMPONENTS: dict[str, Any] = {
    "Break": _BREAK,
    "Capabilities": CAPABILITIES,
    "DomainHeadroom": _DOMAIN_HEADROOM,
    "Host": _in_domains(one(**_HOST)),
    "HostInDetail": _in_domains(
        one(**_HOST, broken=several(component("Break")), observed_at=or_null(TIME))
    ),
    "HostsSummary": SUMMARY,
    "MaintainedDomain": _MAINTAINED,
}
