"""How a run talks: in which format, how much, in colour or not."""

from __future__ import annotations

import os
import sys

from reconciler.cli.output.streams import print_result, say
from reconciler.render.terminal.color import Paint, coloured, plain
from reconciler.support.frozen import frozen


@frozen
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


def start_console(output_format: str, no_color: bool, quiet: bool, verbose: int) -> Console:
    """The console of this run, with the log (-v: the steps, -vv: every request, without bodies) on stderr."""
    from reconciler.cli.output.log import start_log

    start_log(verbose)
    return Console(output_format, no_color, quiet, verbose)


def start_offline_console(output_format: str, no_color: bool, quiet: bool, verbose: int) -> Console:
    """The same for a command that reaches no instance: without -v there is nothing that its log could hold."""
    if verbose:
        return start_console(output_format, no_color, quiet, verbose)
    return Console(output_format, no_color, quiet)
