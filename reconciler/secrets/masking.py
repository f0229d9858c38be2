"""Mask secrets in the log of GitHub Actions."""

from __future__ import annotations

from collections.abc import Callable

from reconciler.model.secret import Secret

Mask = Callable[[str], None]
"""Callback that writes a line to where the runner reads it."""


def mask(secret: Secret, tell: Mask) -> None:
    """Mask each line of a secret from now on.

    Source: "Masking a value in a log" of GitHub's workflow commands; %, CR and LF are escaped as its toolkit does.
    """
    for line in secret.reveal().splitlines():
        if line.strip():
            tell(f"::add-mask::{line.replace('%', '%25')}\n")
