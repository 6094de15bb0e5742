# SPDX-License-Identifier: Apache-2.0
"""The spread of all ensembles over the hosts, as operators see it."""

from collections.abc import Iterable, Sequence

from ensemble_api.cloud.inventory import Host
from ensemble_api.planning.lifecycle import EnsembleRecord, MemberRecord
from ensemble_api.views.domains import Json


def spread(
    hosts: Iterable[tuple[Host, Sequence[tuple[EnsembleRecord, MemberRecord]]]],
    levels: Sequence[str],
) -> Json:
    """Every host with the members on it, for operators."""
    return {
        "hosts": [
            {
                "host": host.name,
                "state": host.state,
                **dict(zip(levels[1:], host.above, strict=True)),
                "members": [
                    {
                        "ensemble_id": owner.id,
                        "ensemble_name": owner.name,
                        "project_id": owner.project_id,
                        "tier": member.tier,
                        "name": member.name,
                        "status": member.status.value,
                        "server_id": member.server_id,
                    }
                    for owner, member in members
                ],
            }
            for host, members in hosts
        ]
    }
