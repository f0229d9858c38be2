"""Where GitHub Actions is told of values that its log must hide."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Mapping

from reconciler.cli.streams import say
from reconciler.model.errors import SinkError
from reconciler.secrets.masking import Mask


def masking(environ: Mapping[str, str]) -> Mask | None:
    """What tells the runner, if this is a job of GitHub Actions; None anywhere else.

    The runner reads its commands from stderr as it does from stdout, which belongs to the results. Raises SinkError
    where stderr leads into a file, which would keep the values instead of hiding them.
    """
    if environ.get("GITHUB_ACTIONS") != "true":
        return None
    if stat.S_ISREG(os.fstat(sys.stderr.fileno()).st_mode):
        raise SinkError(
            "cannot have GitHub Actions hide the secrets: stderr is redirected into a file, which would keep them",
            "take the redirection of stderr away; the log of the job has it anyway",
        )
    return say
