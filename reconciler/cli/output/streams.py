"""Where output goes: results to stdout, everything else to stderr."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from itertools import islice
from threading import RLock
from typing import TextIO

import click

from reconciler.model.errors import ReconcilerError


class OutputLost(ReconcilerError):
    """A result could not be written to stdout."""


def print_result(text: str) -> None:
    """Write to stdout. A reader that stops early (`| head`) changes neither the work nor the exit code.

    Raises `OutputLost`, for instance if the disk is full.
    """
    try:
        click.echo(text, nl=False, color=True)
    except BrokenPipeError:
        silence_stdout()
    except OSError as problem:
        silence_stdout()
        raise OutputLost(f"cannot write the output: {(problem.strerror or 'it failed').lower()}") from problem


_AT_ONCE = 200
"""How many pieces of a long result are written at once."""


def print_pieces(pieces: Iterator[str]) -> None:
    """Write a long result to stdout, a few hundred pieces at a time: it never is in memory as a whole."""
    while text := "".join(islice(pieces, _AT_ONCE)):
        print_result(text)


def silence_stdout() -> None:
    """Discard all further output to stdout, including what the interpreter flushes at exit."""
    _silence(sys.stdout)


_ERASE = "\r\x1b[K"
"""Go back to the start of the line and erase it."""


class _Stderr:
    """Stderr. On a terminal it may show a temporary line, which the next message replaces."""

    def __init__(self) -> None:
        self._passing = False
        # Threads take turns. Reentrant: a signal handler may write while its own thread is writing a message.
        self._lock = RLock()

    def write(self, text: str, *, passing: bool = False) -> None:
        """Write the text. A failure is ignored: there is nowhere left to report it."""
        with self._lock:
            erase = _ERASE if self._passing else ""
            self._passing = passing and bool(text)
            try:
                click.echo(erase + text, nl=False, err=True)
            except OSError:
                # What is left in the buffer would fail again at exit, and change the exit code to 120.
                _silence(sys.stderr)


_stderr = _Stderr()


def say(text: str) -> None:
    """Write to stderr. A failure is ignored: there is nowhere left to report it."""
    _stderr.write(text)


def say_temporarily(text: str) -> None:
    """Show a line without a line feed on a terminal, until the next message; an empty text erases it."""
    _stderr.write(text, passing=True)


def _silence(stream: TextIO) -> None:
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def is_interactive() -> bool:
    """Whether a person can be asked."""
    return all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stderr))


_NO_TERMINAL = 80
"""Columns if the width is unknown."""


def help_width(widest: int) -> int:
    """Return the width of a help text as click does: two columns less than the terminal has, or than COLUMNS says.

    click asks shutil for it, which would import all the modules for archives.
    """
    try:
        columns = int(os.environ.get("COLUMNS", ""))
    except ValueError:
        columns = 0
    return max(min(columns if columns > 0 else _columns_of_stdout(), widest) - 2, 50)


def _columns_of_stdout() -> int:
    try:
        return os.get_terminal_size(sys.__stdout__.fileno()).columns or _NO_TERMINAL  # type: ignore[union-attr]
    except (AttributeError, ValueError, OSError):  # none, closed, or no terminal
        return _NO_TERMINAL


def terminal_columns(stream: TextIO) -> int:
    """Return the width of the terminal that a stream leads to, or what COLUMNS says; 0 if it is none, or not known."""
    if stream is None or not stream.isatty():
        return 0
    named = os.environ.get("COLUMNS", "")
    if named.isascii() and named.isdecimal():
        return int(named[:6])
    try:
        return os.get_terminal_size(stream.fileno()).columns
    except (AttributeError, ValueError, OSError):  # closed, or a stream without a descriptor
        return 0
