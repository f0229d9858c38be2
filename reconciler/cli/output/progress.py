"""The progress of an apply, on a terminal, while it writes."""

from __future__ import annotations

import logging
from collections import Counter
from threading import Lock

from reconciler.applying.events import ChangeAnswered, ChangeStarted, ProgressEvent
from reconciler.applying.report import DeliveryResult
from reconciler.cli.output.console import Console
from reconciler.cli.output.streams import say_temporarily
from reconciler.cli.output.waiting import shows_lines
from reconciler.model.settings import Instance
from reconciler.render.terminal.deliveries import render_delivery
from reconciler.render.terminal.report import render_outcome

_log = logging.getLogger("reconciler.apply")


class Progress:
    """A line with counts, erased after the last answer. Without a terminal, events go only to the log."""

    def __init__(self, console: Console) -> None:
        self._counts = shows_lines(console)
        self._lock = Lock()
        self._under_way: Counter[str] = Counter()
        self._written: Counter[str] = Counter()

    def __call__(self, instance: Instance, event: ProgressEvent) -> None:
        """Handle an event; each instance may have its own thread."""
        match event:
            case ChangeStarted():
                self._count(instance.name, 1, 0)
            case ChangeAnswered(done=done):
                self._count(instance.name, -1, done)
            case DeliveryResult():
                _log.info("%s: %s", instance.name, render_delivery(event, instance.name))
            case _:
                _log.info("%s: %s", instance.name, render_outcome(event))

    def _count(self, instance: str, under_way: int, written: int) -> None:
        with self._lock:
            self._under_way[instance] += under_way
            self._written[instance] += written
            if self._counts:
                say_temporarily(self._line())

    def _line(self) -> str:
        busy = [name for name, number in self._under_way.items() if number]
        if not busy:
            return ""
        who = busy[0] if len(busy) == 1 else f"{len(busy)} instances"
        written = sum(self._written[name] for name in busy)
        return f"{who}: {written} written, {sum(self._under_way.values())} in progress"
