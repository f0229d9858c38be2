"""The log of a run, turned on by -v and -vv."""

from __future__ import annotations

import logging

from reconciler.cli.output.streams import say


class _StderrHandler(logging.Handler):
    """Writes log records to stderr like every other message."""

    def emit(self, record: logging.LogRecord) -> None:
        say(f"{self.format(record)}\n")


def start_log(verbose: int) -> None:
    """Make the log show the steps (1), every request as well (2), or nothing (0)."""
    log = logging.getLogger("reconciler")
    log.handlers.clear()  # a second run in one process must not write to the stderr of the first
    log.setLevel((logging.WARNING, logging.INFO, logging.DEBUG)[min(verbose, 2)])
    handler = _StderrHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(name)s %(message)s" if verbose else None, "%H:%M:%S"))
    log.addHandler(handler)


def logs_steps() -> bool:
    """Whether -v was given."""
    return logging.getLogger("reconciler").isEnabledFor(logging.INFO)


def logs_requests() -> bool:
    """Whether -vv was given."""
    return logging.getLogger("reconciler").isEnabledFor(logging.DEBUG)
