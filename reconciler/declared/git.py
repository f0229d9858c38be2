"""What git says of the files."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Revision:
    """A commit, and whether the work tree is as it has it."""

    commit: str
    clean: bool


def revision(folder: Path) -> Revision | None:
    """The revision that is checked out around a folder; None outside of git, or where git is missing or silent.

    A file that git does not track counts as a change, unless git ignores it.
    """
    commit = _git(folder, "rev-parse", "--verify", "HEAD")
    status = _git(folder, "status", "--porcelain")
    return Revision(commit.strip(), clean=not status) if commit is not None and status is not None else None


def _git(folder: Path, *arguments: str) -> str | None:
    # --no-optional-locks: looking must not write to the repository, since a person may be at work in it.
    command = ["git", "--no-optional-locks", "-C", str(folder), *arguments]
    try:
        done = subprocess.run(  # noqa: S603  (no shell, and nothing in it comes from the files)
            command, capture_output=True, timeout=_SECONDS, check=True, stdin=subprocess.DEVNULL
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.decode(errors="replace")
