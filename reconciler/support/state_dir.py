"""The folder in which the program keeps what is nobody's business but this machine's."""

from __future__ import annotations

from pathlib import Path

STATE_DIR = ".reconciler"
"""Its name; beside `reconciler.yaml`. Journals and locks are in it, and the embedded sandbox's database."""


def make_private_dir(directory: Path) -> None:
    """Make a directory, and those above it, for this user alone; what is there already keeps its permissions.

    If a folder called `.reconciler` is on the way, git is told to ignore it, unless it has been told something
    already. Raises OSError.
    """
    for folder in (*reversed(directory.parents), directory):
        if not folder.is_dir():
            # Not `mkdir(parents=True)`: it gives the mode to the last one only.
            folder.mkdir(mode=0o700, exist_ok=True)
        if folder.name == STATE_DIR:
            _keep_out_of_git(folder)


def _keep_out_of_git(folder: Path) -> None:
    try:
        with (folder / ".gitignore").open("x", encoding="utf-8") as file:
            file.write("*\n")
    except FileExistsError:
        pass
