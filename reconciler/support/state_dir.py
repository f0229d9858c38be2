"""The folder for the program's private data on this machine."""

from __future__ import annotations

from pathlib import Path

STATE_DIR = ".reconciler"
"""Its name; beside `reconciler.yaml`. It contains journals, locks, and the database of the local emulator."""


def make_private_dir(directory: Path) -> None:
    """Create a directory and its parents, accessible only to this user; existing ones keep their permissions.

    If one of them is called `.reconciler`, it gets a `.gitignore` for all its content, unless it already has one.
    Raises OSError.
    """
    for folder in (*reversed(directory.parents), directory):
        if not folder.is_dir():
            # Not `mkdir(parents=True)`: it applies the mode only to the last one.
            folder.mkdir(mode=0o700, exist_ok=True)
        if folder.name == STATE_DIR:
            _keep_out_of_git(folder)


def _keep_out_of_git(folder: Path) -> None:
    try:
        with (folder / ".gitignore").open("x", encoding="utf-8") as file:
            file.write("*\n")
    except FileExistsError:
        pass
