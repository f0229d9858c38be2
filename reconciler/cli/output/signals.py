"""Stopping an apply: the first signal asks for it, the second one takes it."""

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
    """Whether somebody wants the run to end. Until it is armed, a signal ends the program where it stands."""

    def __init__(self) -> None:
        self._wanted = False

    def __call__(self) -> bool:
        """Whether it was asked for."""
        return self._wanted

    def arm(self) -> None:
        """From now on SIGINT and SIGTERM only ask for it: something is being written."""
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
    except RuntimeError:  # it came in the middle of a message, and the stream cannot be entered twice
        with suppress(OSError):
            os.write(2, text.encode())


@contextmanager
def stoppable() -> Iterator[StopRequest]:
    """A stop that is not armed yet."""
    with signals_restored():
        yield StopRequest()


@contextmanager
def signals_restored() -> Iterator[None]:
    """Afterwards SIGINT and SIGTERM mean what they did before."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def end_on_sigterm() -> None:
    """Let SIGTERM end the program as Ctrl-C does: by way of everything that logs out and cleans up."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, interrupt)
