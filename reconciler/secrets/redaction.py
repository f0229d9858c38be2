"""Redact secrets from a program's output."""

from __future__ import annotations

from reconciler.model.secret import Secret
from reconciler.support.fragments import Fragments
from reconciler.support.text import printable

LEFT_OUT = "*** (a line with the secret)"
_WIDEST = 200
_SEARCHED = 4 * 1024
"""Characters of a line."""


def redacted(output: bytes, secret: Secret | None, lines: int) -> list[str]:
    """The last lines of an output, printable and cut. A line is replaced if a part of the secret is in it."""
    said = [line for line in output.decode(errors="replace").splitlines()[-lines:] if line.strip()]
    parts = Fragments(secret.reveal()) if secret is not None else None
    return [
        LEFT_OUT if parts is not None and parts.are_in(line[:_SEARCHED]) else printable(line[:_WIDEST]) for line in said
    ]
