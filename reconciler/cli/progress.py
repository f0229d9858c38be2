"""How far an apply is, on a terminal, while it writes."""

from __future__ import annotations

import logging
import os
import sys

from reconciler.applying.events import Answered, Event, Started
from reconciler.cli.console import Console, say_for_now
from reconciler.render.report_text import render_outcome
from reconciler.settings import Instance

_log = logging.getLogger("reconciler.apply")


class Progress:
    """A line that counts, gone when the last answer is there. Elsewhere than on a terminal only the log hears of it."""

    def __init__(self, console: Console) -> None:
        talks = not (console.quiet or console.verbose or console.wants_json)
        self._counts = talks and sys.stderr.isatty() and os.environ.get("TERM") != "dumb"
        self._instance: Instance | None = None
        self._under_way = 0
        self._written = 0

    def __call__(self, instance: Instance, event: Event) -> None:
        """Hear of an event."""
        if instance != self._instance:
            self._instance, self._under_way, self._written = instance, 0, 0
        match event:
            case Started():
                self._under_way += 1
                self._show(instance)
            case Answered(done=done):
                self._under_way -= 1
                self._written += done
                self._show(instance)
            case _:
                _log.info("%s: %s", instance.name, render_outcome(event))

    def _show(self, instance: Instance) -> None:
        if self._counts:
            line = f"{instance.name}: {self._written} written, {self._under_way} under way" if self._under_way else ""
            say_for_now(line)
