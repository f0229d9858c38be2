"""Tell GitHub Actions which values its log must not show."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Mapping

from reconciler.cli.output.streams import say
from reconciler.model.errors import SinkError
from reconciler.secrets.masking import Mask

_FIX = "remove the redirection of stderr; the log of the job has it anyway"


def github_mask(environ: Mapping[str, str]) -> Mask | None:
    """Return the way to the runner, if this is a job of GitHub Actions.

    It is stderr, since stdout may be a JSON document that goes into a file, which would then contain the value. Where
    no runner reads stderr, the mask has a problem, and nothing may be delivered.
    """
    if environ.get("GITHUB_ACTIONS") != "true":
        return None
    place = _unread_place()
    if place is None:
        return Mask(say)
    return Mask(say, SinkError(f"GitHub Actions cannot mask the secrets: stderr is redirected to {place}", _FIX))


def _unread_place() -> str | None:
    """Where stderr goes if that is no place that the runner reads."""
    try:
        found = os.fstat(sys.stderr.fileno())
        nowhere = os.stat(os.devnull)
    except (OSError, ValueError):  # no descriptor: its reader is in this process
        return None
    if stat.S_ISREG(found.st_mode):
        return "a file, which would keep them"
    if stat.S_ISCHR(found.st_mode) and found.st_rdev == nowhere.st_rdev:
        return f"{os.devnull}, where nothing reads them"
    return None
