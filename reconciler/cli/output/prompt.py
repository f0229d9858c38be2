"""Ask a person a question."""

from __future__ import annotations

import os
import select
import signal
import socket
import sys
from collections.abc import Callable

import click

from reconciler.cli.output.streams import say

_YES, _NO = ("y", "yes"), ("n", "no", "")


def ask(question: str) -> bool:
    """Return whether a person at the terminal says yes; empty means no. Raises `click.Abort` for Ctrl-C, Ctrl-D."""
    try:
        return _answer(question)
    except KeyboardInterrupt:  # whenever Ctrl-C came, the question is still on the line
        raise click.Abort from None


def ask_for(question: str, default: str | None, problem: Callable[[str], str | None]) -> str:
    """Return what a person types; empty means the default. Repeats the question with the `problem` of an answer.

    Without a default, an empty answer has a problem too.

    Raises `click.Abort` for Ctrl-C, Ctrl-D.
    """
    try:
        while True:
            say(f"{question} [{default}]: " if default is not None else f"{question}: ")
            line = _next_line()
            if not line:
                raise click.Abort
            answer = line.strip() or default or ""
            if (wrong := problem(answer)) is None:
                return answer
            say(f"{wrong}\n")
    except KeyboardInterrupt:
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
    """Return the next line of the terminal; empty at its end.

    A signal right before a blocking read does not interrupt it, and its handler runs only after the read: Ctrl-C would
    wait for Enter. So this waits for the line and for signals at the same time.
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
