"""Threads that work for one other thread, which alone starts tasks, takes results, and decides what comes next."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from queue import Empty, SimpleQueue
from threading import Thread
from types import TracebackType
from typing import Generic, TypeVar

Task = TypeVar("Task")
Result = TypeVar("Result")

_DEAF_SECONDS = 0.1
"""How long at most nobody hears a signal while waiting for a result."""


class WorkerPool(Generic[Task, Result]):
    """At most `size` tasks under way at once, each in a thread of its own, and no thread that no task needed.

    Not a `ThreadPoolExecutor`: the interpreter waits for an executor's threads before it exits, so a request that
    hangs would hold up a person who presses Ctrl-C twice. These threads are daemons and die with the process.
    """

    def __init__(self, size: int, work: Callable[[Task], Result]) -> None:
        if size < 1:
            raise ValueError("a crew of nobody gets nothing done")
        self._size = size
        self._work = work
        self._tasks: SimpleQueue[tuple[Task, Future[Result]] | None] = SimpleQueue()
        self._done: SimpleQueue[Future[Result]] = SimpleQueue()
        self._threads: list[Thread] = []
        self.busy = 0
        """How many tasks were started whose results have not been taken."""

    @property
    def free(self) -> int:
        """How many tasks can be started without waiting for a result."""
        return self._size - self.busy

    def start(self, task: Task) -> None:
        """Begin a task; `free` says whether there is somebody for it."""
        if self.busy == len(self._threads):
            self._threads.append(Thread(target=self._run, name="reconciler-worker", daemon=True))
            self._threads[-1].start()
        self.busy += 1
        self._tasks.put((task, Future()))

    def wait(self) -> list[Result]:
        """The results that are there, at least one, in the order of finishing. Raises what a task raised.

        A signal's handler runs meanwhile, and an exception that it raises comes through here.
        """
        finished = [self._first()]
        with suppress(Empty):
            while True:
                finished.append(self._done.get_nowait())
        self.busy -= len(finished)
        return [future.result() for future in finished]

    def _first(self) -> Future[Result]:
        while True:
            # A signal that comes right before a wait does not end it, and its handler runs only afterwards.
            with suppress(Empty):
                return self._done.get(timeout=_DEAF_SECONDS)

    def drain(self, seconds: float) -> None:
        """Wait for what is under way, about so long at most; what comes of it is dropped."""
        while self.busy and seconds > 0:
            try:
                self._done.get(timeout=_DEAF_SECONDS)
                self.busy -= 1
            except Empty:
                seconds -= _DEAF_SECONDS

    def __enter__(self) -> WorkerPool[Task, Result]:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Let everybody go. On the way out of an error nobody waits for what is under way."""
        for _ in self._threads:
            self._tasks.put(None)
        if kind is None:
            for thread in self._threads:
                thread.join()

    def _run(self) -> None:
        while (order := self._tasks.get()) is not None:
            task, future = order
            try:
                future.set_result(self._work(task))
            except BaseException as error:  # whatever it is, it belongs to the thread that waits for the result
                future.set_exception(error)
            self._done.put(future)
