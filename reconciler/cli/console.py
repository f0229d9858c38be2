"""Where output goes: results to stdout, everything else to stderr."""

from __future__ import annotations

import logging
import os
import sys
from dataclasses import dataclass

import click

from reconciler.render.paint import Paint, coloured, plain


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
        click.echo(text, nl=False, color=True)

    def progress(self, text: str) -> None:
        """Say what is going on, to whoever watches."""
        if not self.quiet:
            click.echo(text, err=True)

    def problem(self, text: str) -> None:
        """Say what went wrong. The text ends in a line feed."""
        click.echo(text, nl=False, err=True)


def start_console(output_format: str, no_color: bool, quiet: bool, verbose: int) -> Console:
    """The console of this run, with the log (-v: the steps, -vv: every request, without bodies) on stderr."""
    if verbose:
        log = logging.getLogger("reconciler")
        handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(logging.Formatter("%(asctime)s %(name)s %(message)s", "%H:%M:%S"))
        log.addHandler(handler)
        log.setLevel(logging.DEBUG if verbose > 1 else logging.INFO)
    return Console(output_format, no_color, quiet, verbose)


def is_interactive() -> bool:
    """Whether a person can be asked."""
    return sys.stdin.isatty() and sys.stderr.isatty()
