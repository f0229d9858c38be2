"""Where output goes: results to stdout, everything else to stderr."""

from __future__ import annotations

import os
import sys
from threading import RLock
from typing import TextIO

import click

from reconciler.model.errors import ReconcilerError


class OutputLost(ReconcilerError):
    """A result could not be written to stdout."""


def print_result(text: str) -> None:
    """Write to stdout. Whoever reads only the beginning (`| head`) changes neither the work nor its exit code.

    Raises `OutputLost`, for a full disk for instance.
    """
    try:
        click.echo(text, nl=False, color=True)
    except BrokenPipeError:
        silence_stdout()
    except OSError as problem:
        silence_stdout()
        raise OutputLost(f"cannot write the output: {(problem.strerror or 'it failed').lower()}") from problem


def silence_stdout() -> None:
    """Let nothing more reach stdout, also not what the interpreter flushes at its end."""
    _silence(sys.stdout)


_ERASE = "\r\x1b[K"
"""Back to the start of the line, and erase it."""


class _Stderr:
    """Where messages go. On a terminal a line may stand there that gives way to whatever is said next."""

    def __init__(self) -> None:
        self._passing = False
        # Threads take turns. A signal's handler may come in the middle of its own thread's message, and must get in.
        self._lock = RLock()

    def write(self, text: str, *, passing: bool = False) -> None:
        """Write the text. If that fails, there is nowhere left to say so."""
        with self._lock:
            erase = _ERASE if self._passing else ""
            self._passing = passing and bool(text)
            try:
                click.echo(erase + text, nl=False, err=True)
            except OSError:
                # What is left in the stream would fail again at the interpreter's end, and change the exit code to 120.
                _silence(sys.stderr)


_stderr = _Stderr()


def say(text: str) -> None:
    """Write to stderr. If that fails, there is nowhere left to say so."""
    _stderr.write(text)


def say_for_now(text: str) -> None:
    """Show a line without a line feed, on a terminal, until anything else is said; empty to erase it."""
    _stderr.write(text, passing=True)


def _silence(stream: TextIO) -> None:
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def is_interactive() -> bool:
    """Whether a person can be asked."""
    return all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stderr))


_NO_TERMINAL = 80
"""Columns where nobody tells."""


def help_width(widest: int) -> int:
    """How wide the text of a help is, as click has it: two columns less than the terminal's, or than COLUMNS says.

    To ask shutil for it, as click does, is to load all that archives are packed with.
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
