"""Tell GitHub Actions which values its log must not show."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Mapping

from reconciler.cli.output.streams import say
from reconciler.secrets.masking import Mask


def github_mask(environ: Mapping[str, str]) -> Mask | None:
    """Return the function that sends masks to the runner; None if none reads them: outside GitHub, or into a file.

    It writes to stderr, since stdout may be a JSON document that goes into a file, which would then contain the value.
    """
    return say if environ.get("GITHUB_ACTIONS") == "true" and not _goes_into_a_file() else None


def _goes_into_a_file() -> bool:
    try:
        return stat.S_ISREG(os.fstat(sys.stderr.fileno()).st_mode)
    except (OSError, ValueError):  # no descriptor: its reader is in this process
        return False
