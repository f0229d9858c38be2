"""Mask secrets in the log of GitHub Actions."""

from __future__ import annotations

from collections.abc import Callable

from reconciler.model.errors import SinkError
from reconciler.model.secret import Secret
from reconciler.support.frozen import frozen


@frozen
class Mask:
    """The way to the runner, which hides in its log what it reads here."""

    tell: Callable[[str], None]
    """Writes a line to where the runner reads it."""
    problem: SinkError | None = None
    """Why the runner would not read it; then nothing may be delivered."""


def mask(secret: Secret, tell: Callable[[str], None]) -> None:
    """Mask each line of a secret from now on.

    Source: "Masking a value in a log" of GitHub's workflow commands; %, CR and LF are escaped as its toolkit does.
    """
    for line in secret.reveal().splitlines():
        if line.strip():
            tell(f"::add-mask::{line.replace('%', '%25')}\n")
