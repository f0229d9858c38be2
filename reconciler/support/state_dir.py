"""The folder for the program's private data on this machine."""

from __future__ import annotations

import os
import shlex
import stat
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


def exposure(folder: Path, *, readable: bool = False) -> tuple[str, str] | None:
    """Return why somebody else could reach into a folder, or lead it elsewhere, and what to do; None if nobody can.

    If it may be `readable`, others may look into it, but not write. Raises OSError, for instance if there is none.
    """
    found = os.lstat(folder)
    if stat.S_ISLNK(found.st_mode):
        return "it is a link", f"remove it: rm {shlex.quote(str(folder))}"
    if not stat.S_ISDIR(found.st_mode):
        return "it is not a folder", f"remove it: rm {shlex.quote(str(folder))}"
    if os.name != "posix":  # elsewhere a mode says nothing
        return None
    if found.st_uid != os.geteuid():
        return f"it belongs to another user (uid {found.st_uid})", "let an administrator remove it"
    mode = stat.S_IMODE(found.st_mode)
    if mode & (0o022 if readable else 0o077):
        verb = "write to" if readable else "use"
        return f"others can {verb} it (mode {mode:04o})", f"chmod 700 {shlex.quote(str(folder))}"
    return None


def _keep_out_of_git(folder: Path) -> None:
    try:
        with (folder / ".gitignore").open("x", encoding="utf-8") as file:
            file.write("*\n")
    except FileExistsError:
        pass
