# SPDX-License-Identifier: Apache-2.0
"""Which failures would leave ensembles without places, as operators see it."""

from typing import Any

from ensemble_api.planning.cloud_headroom import Cure, DomainHeadroom
from ensemble_api.planning.message import Message, Sentence, listed
from ensemble_api.results.headroom import Headroom

Json = dict[str, Any]

_FITS = Sentence(
    "cloud-headroom.fits",
    "The %(count)s member in it would find another place.",
    "All %(count)s members in it would find other places.",
)
_DOES_NOT_FIT = Sentence(
    "cloud-headroom.does-not-fit",
    "%(count)s of %(lost)s members in it would find no place.",
    "%(count)s of %(lost)s members in it would find no places.",
)
_NOT_DECIDED = Sentence(
    "cloud-headroom.not-decided",
    "Whether all %(lost)s members in it would find places is not decided.",
)
_CURE = Sentence(
    "cloud-headroom.cure", "It would be enough if %(host)s had so much more free: %(amounts)s."
)
_AMOUNT = Sentence("cloud-headroom.amount", "%(amount)s of %(resource_class)s")


def headroom(found: Headroom) -> Json:
    """One page of domains, and how many there are of each kind in all."""
    answers = [each.fits for each in found.every]
    return {
        "level": found.level,
        "as_of": found.at,
        "headroom": [_domain(each, found) for each in found.page],
        "found": len(found.every),
        "first": found.first if found.page else 0,
        "totals": {
            "fits": answers.count(True),
            "does_not_fit": answers.count(False),
            "not_decided": answers.count(None),
            "ensembles": len(found.owners),
            "ensembles_without": found.without,
            "left_out": found.left_out,
        },
    }


def _domain(room: DomainHeadroom, found: Headroom) -> Json:
    return {
        "name": room.domain.name,
        "path": list(room.domain.path),
        "members": room.lost,
        "ensembles": room.ensembles,
        "fits": room.fits,
        "message": _said(room),
        "without": [
            {
                "ensemble_id": each.key,
                "ensemble_name": found.owners[each.key].name,
                "project_id": found.owners[each.key].project_id,
                "members": each.lost,
                "missing": each.missing,
                "fits": each.fits,
            }
            for each in room.without
        ],
        "cure": room.cure and _cure(room.cure),
    }


def _said(room: DomainHeadroom) -> Message:
    if room.fits:
        return _FITS(count=room.lost)
    if room.fits is None:
        return _NOT_DECIDED(lost=room.lost)
    return _DOES_NOT_FIT(count=sum(each.missing for each in room.without), lost=room.lost)


def _cure(cure: Cure) -> Json:
    amounts = [
        _AMOUNT(amount=amount, resource_class=name)
        for name, amount in sorted(cure.resources.items())
    ]
    return {
        "host": cure.host,
        "resources": dict(sorted(cure.resources.items())),
        "message": _CURE(host=cure.host, amounts=listed(amounts)),
    }
