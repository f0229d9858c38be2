"""Worker threads for one other thread, which alone starts tasks, takes results, and decides what comes next."""

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

_POLL_SECONDS = 0.1
"""Maximum delay of a signal's handler while waiting for a result, in seconds."""


class WorkerPool(Generic[Task, Result]):
    """Run at most `size` tasks at once, each in its own thread. Threads are only started when needed.

    Not a `ThreadPoolExecutor`: the interpreter waits for an executor's threads before it exits, so a request that
    hangs would block a user who presses Ctrl-C twice. These threads are daemons and end with the process.
    """

    def __init__(self, size: int, work: Callable[[Task], Result]) -> None:
        if size < 1:
            raise ValueError("size must be at least 1")
        self._size = size
        self._work = work
        self._tasks: SimpleQueue[tuple[Task, Future[Result]] | None] = SimpleQueue()
        self._done: SimpleQueue[Future[Result]] = SimpleQueue()
        self._threads: list[Thread] = []
        self.busy = 0
        """Number of started tasks whose results have not been taken."""

    @property
    def free(self) -> int:
        """Number of tasks that can be started without waiting for a result."""
        return self._size - self.busy

    def start(self, task: Task) -> None:
        """Start a task. Callers must check `free` first."""
        if self.busy == len(self._threads):
            self._threads.append(Thread(target=self._run, name="reconciler-worker", daemon=True))
            self._threads[-1].start()
        self.busy += 1
        self._tasks.put((task, Future()))

    def wait(self) -> list[Result]:
        """Wait for at least one result; return all available ones, in order of completion. Raises what a task raised.

        Signal handlers run meanwhile, and an exception raised by one is raised here.
        """
        finished = [self._first()]
        with suppress(Empty):
            while True:
                finished.append(self._done.get_nowait())
        self.busy -= len(finished)
        return [future.result() for future in finished]

    def _first(self) -> Future[Result]:
        while True:
            # A signal right before a wait does not end it: its handler runs only after the wait.
            with suppress(Empty):
                return self._done.get(timeout=_POLL_SECONDS)

    def drain(self, seconds: float) -> None:
        """Wait for running tasks, at most about this many seconds; their results are dropped."""
        while self.busy and seconds > 0:
            try:
                self._done.get(timeout=_POLL_SECONDS)
                self.busy -= 1
            except Empty:
                seconds -= _POLL_SECONDS

    def __enter__(self) -> WorkerPool[Task, Result]:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End all threads. After an error, running tasks are not waited for."""
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
            except BaseException as error:  # any exception is raised in the thread that waits for the result
                future.set_exception(error)
            self._done.put(future)
