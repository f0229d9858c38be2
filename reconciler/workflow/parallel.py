"""The same work for many instances at once, by as many threads as are allowed; the results in a fixed order."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

GRACE = 5.0
"""Seconds that an interrupted run leaves to the requests under way, so that their sessions are logged out."""


class CancelToken:
    """Whether the run is on its way out: threads that hear of it begin nothing new."""

    def __init__(self) -> None:
        self._begun = False

    def __call__(self) -> bool:
        """Whether it has begun."""
        return self._begun

    def begin(self) -> None:
        """From now on it has; there is no way back."""
        self._begun = True


def map_parallel(
    items: Sequence[Item], work: Callable[[Item], Result], size: int, cancel_token: CancelToken | None = None
) -> list[Result]:
    """Do the work for each item, at most `size` at a time, and give the results in the order of the items.

    What is not done in parallel is done in the calling thread, where a signal's exception finds it. Elsewhere such an
    exception begins the `ending`, waits GRACE seconds at most for what is under way, and goes on; without an `ending`
    it does not wait. So does an exception that the work raises: errors that one item may have are its result.
    """
    if min(size, len(items)) <= 1:
        return [work(item) for item in items]
    from reconciler.support.workers import WorkerPool

    results: dict[int, Result] = {}
    waiting = deque(range(len(items)))

    def numbered(number: int) -> tuple[int, Result]:
        return number, work(items[number])

    with WorkerPool(min(size, len(items)), numbered) as pool:
        try:
            while waiting or pool.busy:
                while waiting and pool.free:
                    pool.start(waiting.popleft())
                results.update(pool.wait())
        except BaseException:
            if cancel_token is not None:
                cancel_token.begin()
                pool.drain(GRACE)
            raise
    return [results[number] for number in range(len(items))]
