# SPDX-License-Identifier: Apache-2.0
"""A cloud in which what an ensemble has held for recovery is free, as its lost members have it."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

import numpy as np

from ensemble_api.cloud.capacity import Capacity
from ensemble_api.cloud.reservation import Claimant


def freed(
    capacity: Capacity,
    held: Iterable[Claimant],
    usages: Mapping[str, Mapping[str, tuple[int, int]]],
) -> Capacity:
    """The same with all that is ``held`` free, on hosts that it knows.

    ``usages`` are what the providers have, and what of it is used, by resource class. A snapshot
    shows nothing of a host that has no room left beside what is held there, and these are for it.
    """
    snapshot = capacity.snapshot
    held = list(held)
    known = set(snapshot.resource_classes)
    classes = tuple(sorted(known.union(*(each.resources for each in held))))
    total = np.zeros((len(snapshot.topology), len(classes)), dtype=np.int64)
    free = np.zeros_like(total)
    columns = [classes.index(name) for name in snapshot.resource_classes]
    total[:, columns], free[:, columns] = snapshot.total, snapshot.free
    offered = {name: mask.copy() for name, mask in snapshot.offered.items()}
    for each in held:
        row = snapshot.topology.host_number(each.host)
        shown = snapshot.total[row].any()
        for column, name in enumerate(classes):
            amount = each.resources.get(name, 0)
            have, used = usages[each.provider].get(name, (0, 0))
            if shown and name in known:
                free[row, column] += amount
            elif name in each.resources or not shown:
                total[row, column], free[row, column] = have, max(0, have - used + amount)
        for mask in offered.values():
            # What was planned there once has room there, whatever Placement says while it is held.
            mask[row] = True
    return replace(
        capacity,
        snapshot=replace(
            snapshot, resource_classes=classes, total=total, free=free, offered=offered
        ),
    )
