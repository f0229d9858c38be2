"""Do the same work for many items with a limited number of threads; the results in a fixed order."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

Watch = Callable[[str], AbstractContextManager[object]]
"""Is told, by name, of each instance that is being asked."""


def unwatched(name: str) -> AbstractContextManager[object]:
    """Tell nobody."""
    del name
    return nullcontext()


GRACE = 5.0
"""Seconds that an interrupted run waits for requests under way, so that their sessions are logged out."""


class CancelToken:
    """Whether the run is being cancelled: then threads start nothing new."""

    def __init__(self) -> None:
        self._begun = False

    def __call__(self) -> bool:
        """Whether the cancellation has begun."""
        return self._begun

    def begin(self) -> None:
        """Begin the cancellation. This cannot be undone."""
        self._begun = True


def map_parallel(
    items: Sequence[Item], work: Callable[[Item], Result], size: int, cancel_token: CancelToken | None = None
) -> list[Result]:
    """Do the work for each item, at most `size` at a time, and return the results in the order of the items.

    Without parallelism the work is done in the calling thread, where a signal handler's exception reaches it. Otherwise
    such an exception, or one that `work` raises, begins the cancellation, waits at most GRACE seconds for the work
    under way, and is raised again; without a `cancel_token` it does not wait. `work` should return expected errors.
    """
    return list(each_parallel(items, work, size, cancel_token))


def each_parallel(
    items: Sequence[Item], work: Callable[[Item], Result], size: int, cancel_token: CancelToken | None = None
) -> Iterator[Result]:
    """Like `map_parallel`, but each result is returned as soon as it and all before it are there."""
    if min(size, len(items)) <= 1:
        yield from map(work, items)
        return
    from reconciler.support.workers import WorkerPool

    results: dict[int, Result] = {}
    waiting = deque(range(len(items)))

    def numbered(number: int) -> tuple[int, Result]:
        return number, work(items[number])

    with WorkerPool(min(size, len(items)), numbered) as pool:
        try:
            for number in range(len(items)):
                while number not in results:
                    while waiting and pool.free:
                        pool.start(waiting.popleft())
                    results.update(pool.wait())
                yield results.pop(number)
        except BaseException:
            if cancel_token is not None:
                cancel_token.begin()
                pool.drain(GRACE)
            raise
