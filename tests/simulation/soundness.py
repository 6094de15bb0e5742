# SPDX-License-Identifier: Apache-2.0
"""Where the planner finds no plan, all ways are tried: a refusal must be sound."""

from collections.abc import Callable, Iterator
from typing import Any

from ensemble_api.planning import completion, scaling
from ensemble_api.planning.result import Infeasible
from ensemble_api.usecases import replacement
from ensemble_api.usecases.capacity import FreeCapacity


class Soundness:
    """Looks at each refusal; ``refused`` is told the ensemble, what was free and who runs."""

    def __init__(self, refused: Callable[[Any, Any, Any], None]) -> None:
        self._refused = refused

    def patches(self) -> Iterator[tuple[Any, str, Callable[..., Any]]]:
        """What to put in the place of what."""
        yield FreeCapacity, "plan", self._seen_to_be_sound()
        yield replacement, "complete", self._completed(replacement.complete)
        yield scaling, "complete", self._completed(scaling.complete)

    def _seen_to_be_sound(self) -> Callable[..., Any]:
        plan = FreeCapacity.plan

        def planned(
            it: FreeCapacity, context: Any, request: Any, *more: Any, **options: Any
        ) -> Any:
            found, capacity = plan(it, context, request, *more, **options)
            if isinstance(found, Infeasible):
                self._refused(request.ensemble, capacity.snapshot, {})
            return found, capacity

        return planned

    def _completed(self, complete: Callable[..., Any]) -> Callable[..., Any]:
        def completed(
            ensemble: Any, running: Any, snapshot: Any, closed: Any, **options: Any
        ) -> Any:
            found = complete(ensemble, running, snapshot, closed, **options)
            if isinstance(found, Infeasible):
                less = completion.closed_to_more(snapshot, ensemble, running, closed)
                self._refused(ensemble, less, running)
            return found

        return completed
