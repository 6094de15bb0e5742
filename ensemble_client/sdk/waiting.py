# SPDX-License-Identifier: Apache-2.0
"""Waiting for ensembles, in the way of openstacksdk."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from openstack import exceptions

from ensemble_client.sdk.errors import said
from ensemble_client.sdk.resources import Ensemble
from ensemble_client.watch import Watch

Told = Callable[[int], None]


@dataclass(slots=True)
class _Nap:
    """Pauses that end when there is no time left."""

    pause: Callable[[float], None]
    wait: float | None
    interval: float | None
    _until: float = field(init=False)

    def __post_init__(self) -> None:
        self._until = time.monotonic() + (self.wait or 0)

    def __call__(self, seconds: float) -> None:
        if self.wait is not None and time.monotonic() >= self._until:
            raise exceptions.ResourceTimeout(f"It is not done after {self.wait:g} seconds")
        self.pause(seconds if self.interval is None else self.interval)


def until_settled(
    service: Any,
    ensemble: Ensemble,
    wait: float | None,
    interval: float | None,
    callback: Told | None,
) -> Ensemble:
    """Wait until nothing is done with an ensemble: see `Proxy.wait_for_ensemble`."""
    began = None if ensemble.is_settled else ensemble.operation
    watch = _watch(service, wait, interval, callback)
    found: Ensemble = watch.until(ensemble, lambda seen: bool(seen.is_settled))
    if found.status == "ERROR":
        raise exceptions.ResourceFailure(_why(found.name, found.fault))
    if began is not None:
        ended = service.get_operation(began.id, found)
        if ended.status != "SUCCEEDED":
            raise exceptions.ResourceFailure(_why(found.name, ended.reason))
    return found


def until_gone(
    service: Any,
    ensemble: Ensemble,
    wait: float | None,
    interval: float | None,
    callback: Told | None,
) -> None:
    """Wait until an ensemble is deleted: see `Proxy.wait_for_delete`."""
    for failed in _watch(service, wait, interval, callback).until_gone([ensemble]):
        raise exceptions.ResourceFailure(_why(failed.name, failed.fault))


def _watch(
    service: Any, wait: float | None, interval: float | None, callback: Told | None
) -> Watch:
    def fetch(key: str) -> Ensemble:
        found: Ensemble = service.get_ensemble(key)
        if callback is not None:
            done, total = (int(found.progress[each]) for each in ("done", "total"))  # type: ignore[call-overload]
            callback(100 * done // total if total else 100)
        return found

    return Watch(fetch, said, None, sleep=_Nap(type(service).pause, wait, interval))


def _why(name: str, reason: Any) -> str:
    return f"{name}: {(reason or {}).get('message') or 'It was cancelled.'}"
