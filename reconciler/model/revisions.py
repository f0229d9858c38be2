"""How a file of a git revision is named: `0123456789ab:clients/portal.yaml`."""

from __future__ import annotations

import re

SHORT = 12
"""Digits of a commit ID that are shown to users."""


def path_at(commit: str, path: object) -> str:
    """The name of a file at a commit."""
    return f"{commit[:SHORT]}:{path}"


def split_path(path: str) -> tuple[str, str]:
    """The commit of what `path_at` returns, with the colon, and the path; for all other paths, the first is empty."""
    if path[SHORT : SHORT + 1] != ":" or not re.fullmatch("[0-9a-f]+", path[:SHORT]):
        return "", path
    return path[: SHORT + 1], path[SHORT + 1 :]
