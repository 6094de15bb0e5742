# SPDX-License-Identifier: Apache-2.0
"""Watching ensembles until they are built or gone, with progress for the person who waits."""

import time
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final, TextIO

from keystoneauth1 import exceptions as keystone

from ensemble_client.retry import Said
from ensemble_client.words import printable

FIRST_PAUSE: Final = 2.0
"""Seconds before the first look, and the shortest pause ever."""
LONGEST_PAUSE: Final = 10.0
GROWTH: Final = 1.25
PATIENCE: Final = 300.0
"""Seconds a cloud may leave every question unanswered (its API may be restarting)."""

_SILENT: Final = 500


def progress_text(ensemble: Any) -> str:
    """Give how far an ensemble is, and what went wrong with it or keeps it."""
    text = f"{ensemble.name}: {ensemble.progress['message']}"
    # Why a build failed is what the command ends with.
    fault = ensemble.fault if ensemble.status != "ERROR" else None
    return printable(f"{text} {fault['message']}" if fault else text)


@dataclass(slots=True)
class Watch:
    """Looks at ensembles again and again, with growing pauses, and tells of each change.

    `said` reads the errors of the client that fetches, and gives None for any other.
    """

    fetch: Callable[[str], Any]
    said: Callable[[Exception], Said | None]
    out: TextIO | None
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic
    _began: float = field(init=False)
    _heard: float = field(init=False)
    _told: dict[str, str] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self._began = self._heard = self.clock()

    def until_settled(self, ensemble: Any, settled: Collection[str]) -> Any:
        """Wait until an ensemble's status is one of those that stay, and give it as it then is.

        The client's error of status 404 when somebody deletes it meanwhile; the last error when
        the cloud stays silent.
        """
        return self.until(ensemble, lambda seen: seen.status in settled)

    def until_changed(self, ensemble: Any) -> Any:
        """Wait until nothing is done with an ensemble any more, and give it as it then is.

        Raises as `until_settled` does.
        """
        return self.until(ensemble, lambda seen: bool(seen.settled))

    def until(self, ensemble: Any, ended: Callable[[Any], bool]) -> Any:
        """Wait until an ensemble as it is seen has `ended`; raises as `until_settled` does."""
        pause = FIRST_PAUSE
        self._tell(ensemble.id, progress_text(ensemble))
        while not ended(ensemble):
            self.sleep(pause)
            pause = min(pause * GROWTH, LONGEST_PAUSE)
            ensemble = self._look(ensemble.id) or ensemble
        # The answer to a create may lack what only a look shows.
        return ensemble

    def until_gone(self, ensembles: Iterable[Any]) -> Sequence[Any]:
        """Wait until ensembles are deleted; give back those that ended in ERROR instead."""
        pause = FIRST_PAUSE
        left = {ensemble.id: ensemble for ensemble in ensembles}
        failed = []
        while left:
            self.sleep(pause)
            pause = min(pause * GROWTH, LONGEST_PAUSE)
            for key in tuple(left):
                try:
                    seen = self._look(key)
                except Exception as error:
                    if self._status(error) != HTTPStatus.NOT_FOUND:
                        raise
                    self._tell(key, f"{printable(left.pop(key).name)}: gone")
                    continue
                if seen is not None and seen.status == "ERROR":
                    failed.append(seen)
                    del left[key]
        return failed

    def _look(self, key: str) -> Any | None:
        """Fetch one ensemble; None when the cloud does not answer for the moment."""
        try:
            ensemble = self.fetch(key)
        except Exception as error:
            silent = isinstance(error, keystone.ConnectionError) or self._status(error) >= _SILENT
            if not silent or self.clock() - self._heard > PATIENCE:
                raise
            self._tell(key, "the cloud does not answer; asking again")
            return None
        self._heard = self.clock()
        self._tell(key, progress_text(ensemble))
        return ensemble

    def _status(self, error: Exception) -> int:
        """Give the HTTP status of an error of the API, 0 of any other."""
        found = self.said(error)
        return found[0] if found else 0

    def _tell(self, key: str, text: str) -> None:
        if self.out is not None and self._told.get(key) != text:
            self._told[key] = text
            seconds = self.clock() - self._began
            self.out.write(f"{text} ({seconds:.0f} s)\n")
            self.out.flush()
