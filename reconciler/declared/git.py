"""What git says of the files."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Revision:
    """A commit, and whether what is declared is as it has it."""

    commit: str
    clean: bool


def revision(folder: Path, declared: Sequence[Path]) -> Revision | None:
    """The revision that is checked out around a folder; None outside of git, or where git is missing or silent.

    The work tree is clean if every tracked file is as the commit has it, and git has all that is `declared`. What else
    lies around (a saved plan, a journal) says nothing of what is applied.
    """
    commit = _git(folder, "rev-parse", "--verify", "HEAD")
    changed = _git(folder, "status", "--porcelain", "--untracked-files=no")
    if commit is None or changed is None:
        return None
    # It fails for what lies outside of the repository, which git does not have either.
    missing = _git(folder, "status", "--porcelain", "--", *(str(path.absolute()) for path in declared))
    return Revision(commit.strip(), clean=changed == "" and missing == "")


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
