"""The log of a run, which -v and -vv ask for."""

from __future__ import annotations

import logging

from reconciler.cli.output.streams import say


class _Said(logging.Handler):
    """Says what is logged, like every other message."""

    def emit(self, record: logging.LogRecord) -> None:
        say(f"{self.format(record)}\n")


def start_log(verbose: int) -> None:
    """Let the log say the steps (1), every request as well (2), or nothing (0)."""
    log = logging.getLogger("reconciler")
    log.handlers.clear()  # a second run in one process must not talk to the stderr of the first
    log.setLevel((logging.WARNING, logging.INFO, logging.DEBUG)[min(verbose, 2)])
    handler = _Said()
    handler.setFormatter(logging.Formatter("%(asctime)s %(name)s %(message)s" if verbose else None, "%H:%M:%S"))
    log.addHandler(handler)


def logs_steps() -> bool:
    """Whether -v was given."""
    return logging.getLogger("reconciler").isEnabledFor(logging.INFO)


def logs_requests() -> bool:
    """Whether -vv was given."""
    return logging.getLogger("reconciler").isEnabledFor(logging.DEBUG)
