"""GitHub Actions hides a value in its log once it has been told of it."""

from __future__ import annotations

from collections.abc import Callable

from reconciler.model.secret import Secret

Mask = Callable[[str], None]
"""Writes a line to where the runner reads it."""


def mask(secret: Secret, tell: Mask) -> None:
    """Have a secret hidden from now on, each of its lines.

    Source: "Masking a value in a log" of GitHub's workflow commands; %, CR and LF are escaped as its toolkit does.
    """
    for line in secret.reveal().splitlines():
        if line.strip():
            tell(f"::add-mask::{line.replace('%', '%25')}\n")
