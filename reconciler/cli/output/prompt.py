"""Asking a person yes or no."""

from __future__ import annotations

import os
import select
import signal
import socket
import sys

import click

from reconciler.cli.output.streams import say

_YES, _NO = ("y", "yes"), ("n", "no", "")


def ask(question: str) -> bool:
    """Whether a person at the terminal says yes; an empty answer is a no. Raises `click.Abort` for Ctrl-C, Ctrl-D."""
    try:
        return _answer(question)
    except KeyboardInterrupt:  # the question stands on the line, whenever it came
        raise click.Abort from None


def _answer(question: str) -> bool:
    while True:
        say(f"{question} [y/N]: ")
        line = _next_line()
        if not line:
            raise click.Abort
        if (answer := line.strip().lower()) in (*_YES, *_NO):
            return answer in _YES
        say("answer y or n\n")


def _next_line() -> str:
    """The next line of the terminal; empty at its end.

    A signal that comes right before a blocking read interrupts nothing, and its handler runs once the read is done:
    Ctrl-C would wait for Enter. So this waits for the line and for signals alike.
    """
    if os.name == "posix":
        waking, woken = socket.socketpair()
        with waking, woken:
            waking.setblocking(False)
            before = signal.set_wakeup_fd(waking.fileno(), warn_on_full_buffer=False)
            try:
                select.select([sys.stdin, woken], [], [])
            finally:
                signal.set_wakeup_fd(before)
    return sys.stdin.readline()
