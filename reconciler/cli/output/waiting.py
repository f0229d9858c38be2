"""Which instances have not answered yet, on a terminal, while several are read."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

from reconciler.cli.output.console import Console
from reconciler.cli.output.streams import say_temporarily
from reconciler.support.text import first_few

_MOST_NAMED = 3
"""Maximum number of instances named in a temporary line."""
_LONGEST = 78
"""Characters of the line: one that a terminal breaks is not erased as a whole."""


def shows_lines(console: Console) -> bool:
    """Whether a temporary line can be shown, and would not be in the way."""
    talks = not (console.quiet or console.verbose or console.wants_json)
    return talks and sys.stderr.isatty() and os.environ.get("TERM") != "dumb"


class Waiting:
    """A line that says which instances have not answered yet, once one has; erased after the last."""

    def __init__(self, console: Console) -> None:
        self._shows = shows_lines(console)
        self._lock = Lock()
        self._busy: dict[str, None] = {}
        self._done = 0

    @contextmanager
    def __call__(self, name: str) -> Iterator[None]:
        """Wait for an instance; each may have its own thread."""
        with self._lock:
            self._busy[name] = None
        try:
            yield
        finally:
            with self._lock:
                del self._busy[name]
                self._done += 1
                if self._shows:
                    say_temporarily(self._line())

    def _line(self) -> str:
        if not self._busy:
            return ""
        line = f"{self._done} answered; waiting for {first_few([*self._busy], _MOST_NAMED)}"
        return line if len(line) <= _LONGEST else f"{line[:_LONGEST]}…"
