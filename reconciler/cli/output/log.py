"""The log of a run, turned on by -v and -vv."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime

from reconciler.cli.output.streams import say


class _StderrHandler(logging.Handler):
    """Writes log records to stderr like every other message."""

    def emit(self, record: logging.LogRecord) -> None:
        say(f"{self.format(record)}\n")


class _JsonFormatter(logging.Formatter):
    """Makes a record one line of JSON, for programs that collect logs."""

    def format(self, record: logging.LogRecord) -> str:
        time = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        message = record.getMessage()
        return json.dumps({"time": time, "level": record.levelname.lower(), "logger": record.name, "message": message})


def start_log(verbose: int, log_format: str) -> None:
    """Make the log show the steps (1), every request as well (2), or nothing (0), as `text` or as `json`."""
    log = logging.getLogger("reconciler")
    log.handlers.clear()  # a second run in one process must not write to the stderr of the first
    log.setLevel((logging.WARNING, logging.INFO, logging.DEBUG)[min(verbose, 2)])
    handler = _StderrHandler()
    as_text = logging.Formatter("%(asctime)s %(name)s %(message)s" if verbose else None, "%H:%M:%S")
    handler.setFormatter(_JsonFormatter() if log_format == "json" else as_text)
    log.addHandler(handler)


def logs_steps() -> bool:
    """Whether -v was given."""
    return logging.getLogger("reconciler").isEnabledFor(logging.INFO)


def logs_requests() -> bool:
    """Whether -vv was given."""
    return logging.getLogger("reconciler").isEnabledFor(logging.DEBUG)
