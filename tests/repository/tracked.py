"""What git tracks of this repository."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def tracked(*flags: str) -> list[Path]:
    """The files that git tracks, relative to the root; with flags, those that `git ls-files` then lists.

    Skips the test where there is no repository: the source distribution has none.
    """
    if not (ROOT / ".git").exists():
        pytest.skip("this is not a git checkout")
    run = ["git", "-C", str(ROOT), "ls-files", "-z", *flags]
    listed = subprocess.run(run, capture_output=True, text=True, check=True)
    return [Path(name) for name in listed.stdout.split("\0") if name]
