"""Stop an apply: the first signal requests it, the second one stops at once."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType

from reconciler.cli.output.streams import say

_ONCE = "no new writes; waiting for those under way (once more stops at once)"
_AGAIN = "stopping at once; what is under way may be written or not, see: reconciler plan"


class StopRequest:
    """Whether the run should stop. Until this is armed, a signal ends the program at once."""

    def __init__(self) -> None:
        self._wanted = False

    def __call__(self) -> bool:
        """Return whether a stop was requested."""
        return self._wanted

    def arm(self) -> None:
        """Make SIGINT and SIGTERM only request a stop from now on: something is being written."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._ask)

    def _ask(self, number: int, _: FrameType | None) -> None:
        again, self._wanted = self._wanted, True
        _say_at_once(f"{signal.Signals(number).name}: {_AGAIN if again else _ONCE}\n")
        if again:
            raise KeyboardInterrupt


def _say_at_once(text: str) -> None:
    try:
        say(text)
    except RuntimeError:  # the signal came during a message, and the stream is not reentrant
        with suppress(OSError):
            os.write(2, text.encode())


@contextmanager
def stoppable() -> Iterator[StopRequest]:
    """Yield a stop request that is not armed yet, and restore the signal handlers afterwards."""
    with signals_restored():
        yield StopRequest()


@contextmanager
def signals_restored() -> Iterator[None]:
    """Restore the handlers of SIGINT and SIGTERM afterwards."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def end_on_sigterm() -> None:
    """Make SIGTERM end the program like Ctrl-C: everything that logs out and cleans up still runs."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, interrupt)
