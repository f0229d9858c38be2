"""Stop an apply: the first signal requests it, the second one stops at once."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType

import click

from reconciler.cli.output.streams import say

_HANGUP: signal.Signals | None = getattr(signal, "SIGHUP", None)  # Windows has none
"""A terminal that is closed sends it several times, through the shell and through the system: nobody insists."""

_ONCE = "no new writes; waiting for the writes in progress (once more stops at once)"
_AGAIN = "stopping at once; writes in progress may be applied or not, see: reconciler plan"


def stop_signals() -> tuple[signal.Signals, ...]:
    """Return the signals that stop the program: SIGHUP, from a terminal that is closed, unless `nohup` ignores it."""
    both = (signal.SIGINT, signal.SIGTERM)
    return both if _HANGUP is None or signal.getsignal(_HANGUP) is signal.SIG_IGN else (*both, _HANGUP)


class NothingWritten(KeyboardInterrupt):
    """Ctrl-C, or another signal that stops the program, before anything was written to an instance or a sink."""

    def __init__(self, *, asked: bool) -> None:
        """`asked`: whether a question is still on the last line of the terminal."""
        super().__init__()
        self.asked = asked


class StopRequest:
    """Whether the run should stop. Until this is armed, a signal ends the program at once."""

    def __init__(self) -> None:
        self._wanted = False
        self.is_armed = False
        """Whether something may have been written."""

    def __call__(self) -> bool:
        """Return whether a stop was requested."""
        return self._wanted

    def arm(self) -> None:
        """Make a signal only request a stop from now on: something is being written."""
        self.is_armed = True
        for number in stop_signals():
            signal.signal(number, self._ask)

    def _ask(self, number: int, _: FrameType | None) -> None:
        again, self._wanted = self._wanted, True
        if again and number == _HANGUP:
            return
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
    """Yield a stop request that is not armed yet, and restore the signal handlers afterwards.

    Until it is armed, nothing may be written; if the program is stopped, `NothingWritten` is raised.
    """
    stop = StopRequest()
    with signals_restored():
        try:
            yield stop
        except (click.Abort, KeyboardInterrupt) as signalled:
            if stop.is_armed:
                raise
            raise NothingWritten(asked=isinstance(signalled, click.Abort)) from None


@contextmanager
def signals_restored() -> Iterator[None]:
    """Restore the handlers of the signals that stop the program afterwards."""
    before = {number: signal.getsignal(number) for number in stop_signals()}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def notice_ctrl_c() -> None:
    """Make Ctrl-C raise KeyboardInterrupt, if so far it ends the process at once; one that is ignored stays so."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_DFL:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def end_like_ctrl_c() -> None:
    """Make the other signals end the program like Ctrl-C: everything that logs out and cleans up still runs."""

    ending = False

    def interrupt(number: int, _: FrameType | None) -> None:
        nonlocal ending
        again, ending = ending, True
        if not (again and number == _HANGUP):
            raise KeyboardInterrupt

    for number in stop_signals():
        if number != signal.SIGINT:
            signal.signal(number, interrupt)
