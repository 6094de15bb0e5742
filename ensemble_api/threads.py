# SPDX-License-Identifier: Apache-2.0
"""Threads that end with their process: nobody waits for them when it stops.

Python waits at its exit for the threads of its own pools, and for all that is queued there.
"""

import threading
from collections import deque
from collections.abc import Callable, Iterable
from typing import Generic, TypeVar

from ensemble_api import request_ids

T = TypeVar("T")
R = TypeVar("R")


def for_each(items: Iterable[T], run: Callable[[T], R], *, most: int, name: str) -> list[R]:
    """Run ``run`` on every item, in ``most`` threads at most, and give what it gave, in any order.

    The threads work for the request for which the calling one does.

    :raises BaseException: the first one that ``run`` raised, after all items have had their turn.
    """
    waiting = deque(items)
    results: list[R] = []
    errors: list[BaseException] = []

    working_for = request_ids.current()

    def work() -> None:
        request_ids.work_for(working_for)
        while True:
            try:
                item = waiting.popleft()
            except IndexError:
                return
            try:
                results.append(run(item))
            except BaseException as error:  # noqa: BLE001 - raised below, where somebody waits
                errors.append(error)

    threads = [
        threading.Thread(target=work, name=f"{name}-{number}", daemon=True)
        for number in range(min(most, len(waiting)))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
    return results


class SharedCall(Generic[R]):
    """One call at a time, whose answer is for all who have asked before it began.

    So whoever asks is told how things were at that time or later, and never waits for more than two
    calls, however many ask.
    """

    def __init__(self, call: Callable[[], R]) -> None:
        self._call = call
        self._calling = threading.Lock()
        self._counting = threading.Lock()
        self._begun = 0
        self._ended = 0
        self._answer: R | BaseException | None = None

    def __call__(self) -> R:
        """Give an answer of a call that begins after this was asked.

        :raises BaseException: what that call has raised.
        """
        with self._counting:
            new_enough = self._begun + 1
        with self._calling:
            if self._ended < new_enough:
                with self._counting:
                    self._begun += 1
                try:
                    self._answer = self._call()
                except BaseException as error:  # noqa: BLE001 - raised below, for all who wait
                    self._answer = error
                self._ended = self._begun
            answer = self._answer
        if isinstance(answer, BaseException):
            raise answer.with_traceback(None)
        return answer  # type: ignore[return-value]
