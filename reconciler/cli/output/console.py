"""The output of a run: in which format, how much, with colour or not."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from dataclasses import field
from typing import TextIO

from reconciler.cli.output.streams import print_pieces, print_result, say, terminal_columns
from reconciler.render.terminal.color import Paint, coloured, plain
from reconciler.support.frozen import frozen


@frozen
class Console:
    """The output of this run: in which format, how much, with colour or not."""

    output_format: str = "text"
    no_color: bool = False
    quiet: bool = False
    verbose: int = 0
    _warned: set[str] = field(default_factory=set, repr=False, compare=False)

    @property
    def paint(self) -> Paint:
        """Colour for stdout: on a terminal, unless --no-color or NO_COLOR (no-color.org) says otherwise."""
        wanted = sys.stdout.isatty() and not self.no_color and not os.environ.get("NO_COLOR")
        return coloured if wanted and os.environ.get("TERM") != "dumb" else plain

    @property
    def wants_json(self) -> bool:
        """Whether results are printed as JSON."""
        return self.output_format == "json"

    def result(self, text: str) -> None:
        """Print a result. The text ends in a line feed; escape sequences are kept, since they come from `paint`."""
        print_result(text)

    def document(self, pieces: Iterator[str]) -> None:
        """Print a result in pieces, of which the last ends in a line feed."""
        print_pieces(pieces)

    def text(self, text: str) -> None:
        """Print a result for people: on a terminal, its lines are wrapped between words."""
        print_result(_fitting(text, sys.stdout))

    def progress(self, text: str) -> None:
        """Print progress to stderr, unless --quiet was given."""
        if not self.quiet:
            say(_fitting(f"{text}\n", sys.stderr))

    def problem(self, text: str) -> None:
        """Print a problem to stderr. The text ends in a line feed."""
        say(_fitting(text, sys.stderr))

    def warn_once(self, text: str) -> None:
        """Print a warning to stderr, unless this run has printed the same before. The text ends in a line feed."""
        if text not in self._warned:
            self._warned.add(text)
            say(_fitting(f"warning: {text}", sys.stderr))


def _fitting(text: str, stream: TextIO) -> str:
    """Wrap a text for a terminal whose width is known. For anything else it stays as it is: programs read lines."""
    columns = terminal_columns(stream)
    if not columns:
        return text
    from reconciler.render.terminal.columns import wrapped

    return wrapped(text, columns)


def start_console(output_format: str, no_color: bool, quiet: bool, verbose: int, log_format: str) -> Console:
    """Return the console of this run, and start the log on stderr (-v: steps, -vv: every request, without bodies)."""
    from reconciler.cli.output.log import start_log

    start_log(verbose, log_format)
    return Console(output_format, no_color, quiet, verbose)


def start_offline_console(output_format: str, no_color: bool, quiet: bool, verbose: int, log_format: str) -> Console:
    """Do the same for a command that contacts no instance: without -v it starts no log, which would be empty."""
    if verbose:
        return start_console(output_format, no_color, quiet, verbose, log_format)
    return Console(output_format, no_color, quiet)
