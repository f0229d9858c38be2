"""Telling GitHub Actions which values its log must not show."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Mapping

from reconciler.cli.output.streams import say
from reconciler.secrets.masking import Mask


def github_mask(environ: Mapping[str, str]) -> Mask | None:
    """Where values to mask are told; None where no runner listens: elsewhere than at GitHub, or into a file.

    On stderr, since stdout may be one JSON document that goes into a file, which would then hold the value.
    """
    return say if environ.get("GITHUB_ACTIONS") == "true" and not _goes_into_a_file() else None


def _goes_into_a_file() -> bool:
    try:
        return stat.S_ISREG(os.fstat(sys.stderr.fileno()).st_mode)
    except (OSError, ValueError):  # no descriptor: what reads it is in this process
        return False
