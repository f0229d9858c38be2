"""Where output goes: results to stdout, everything else to stderr."""

from __future__ import annotations

import logging
import os
import sys
from threading import RLock
from typing import TextIO

import click

from reconciler.errors import ReconcilerError
from reconciler.render.paint import Paint, coloured, plain
from reconciler.value import dataclass


class OutputLost(ReconcilerError):
    """A result could not be written to stdout."""


@dataclass(frozen=True, slots=True)
class Console:
    """How this run talks: in which format, how much, and with colour or not."""

    output_format: str = "text"
    no_color: bool = False
    quiet: bool = False
    verbose: int = 0

    @property
    def paint(self) -> Paint:
        """Colour for stdout: on a terminal, unless --no-color or NO_COLOR (no-color.org) says otherwise."""
        wanted = sys.stdout.isatty() and not self.no_color and not os.environ.get("NO_COLOR")
        return coloured if wanted and os.environ.get("TERM") != "dumb" else plain

    @property
    def wants_json(self) -> bool:
        """Whether results are for a program."""
        return self.output_format == "json"

    def result(self, text: str) -> None:
        """Print a result. The text ends in a line feed; escape sequences pass, since `paint` chose them."""
        print_result(text)

    def progress(self, text: str) -> None:
        """Say what is going on, to whoever watches."""
        if not self.quiet:
            say(f"{text}\n")

    def problem(self, text: str) -> None:
        """Say what went wrong. The text ends in a line feed."""
        say(text)


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


class _Said(logging.Handler):
    """Says what is logged, like every other message."""

    def emit(self, record: logging.LogRecord) -> None:
        say(f"{self.format(record)}\n")


def start_console(output_format: str, no_color: bool, quiet: bool, verbose: int) -> Console:
    """The console of this run, with the log (-v: the steps, -vv: every request, without bodies) on stderr."""
    log = logging.getLogger("reconciler")
    log.handlers.clear()  # a second run in one process must not talk to the stderr of the first
    log.setLevel((logging.WARNING, logging.INFO, logging.DEBUG)[min(verbose, 2)])
    handler = _Said()
    handler.setFormatter(logging.Formatter("%(asctime)s %(name)s %(message)s" if verbose else None, "%H:%M:%S"))
    log.addHandler(handler)
    return Console(output_format, no_color, quiet, verbose)


def is_interactive() -> bool:
    """Whether a person can be asked."""
    return all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stderr))
