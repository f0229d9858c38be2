"""How far an apply is, on a terminal, while it writes."""

from __future__ import annotations

import logging
import sys

from reconciler.applying.events import Answered, Event, Started
from reconciler.cli.console import Console, say
from reconciler.render.report_text import render_outcome
from reconciler.settings import Instance

_log = logging.getLogger("reconciler.apply")

_CLEAR = "\r\x1b[K"
"""Back to the start of the line, and erase it."""


class Progress:
    """A line that counts, gone when the last answer is there. Elsewhere than on a terminal only the log hears of it."""

    def __init__(self, console: Console) -> None:
        self._counts = sys.stderr.isatty() and not console.quiet and not console.verbose
        self._started = 0
        self._answered = 0

    def __call__(self, instance: Instance, event: Event) -> None:
        """Hear of an event."""
        match event:
            case Started():
                self._started += 1
                self._show(instance)
            case Answered():
                self._answered += 1
                self._show(instance)
            case _:
                _log.info("%s: %s", instance.name, render_outcome(event))

    def _show(self, instance: Instance) -> None:
        if not self._counts:
            return
        under_way = self._started - self._answered
        line = f"{instance.name}: {self._answered} written, {under_way} under way" if under_way else ""
        say(f"{_CLEAR}{line}")
