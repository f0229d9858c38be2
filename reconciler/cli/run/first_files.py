"""Write the first files of a project: all that are missing, or none."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path

from reconciler.cli.output.console import Console
from reconciler.cli.output.files import create_atomically
from reconciler.cli.run.overwriting import refuse_led_elsewhere
from reconciler.declared.git.repository import work_tree_root
from reconciler.exporting.new_project.starting_files import IGNORE, SETTINGS, STATE
from reconciler.git.ignored import is_ignored
from reconciler.model.errors import GitError, Refused
from reconciler.support.text import printable


def write_files(folder: Path, files: Mapping[Path, str], console: Console) -> None:
    """Create the files, and name those that exist and are kept. If one fails, what is new is removed.

    Raises `Refused` if there is a folder in place of one.
    """
    for path in files:
        refuse_led_elsewhere(printable(str(folder / path)), folder / path, folder / SETTINGS)
        if (folder / path).is_dir():
            raise Refused(f"{folder / path} is a folder, and must be a file", "move it away, or choose another folder")
    created: list[Path] = []
    made = _missing_folders(folder / path for path in files)
    try:
        for path, text in files.items():
            if create_atomically(folder / path, text, "file"):
                created.append(path)
    except BaseException:
        for path in created:
            (folder / path).unlink(missing_ok=True)
        for each in made:
            with suppress(OSError):  # somebody else wrote into it meanwhile, or it was never made
                each.rmdir()
        raise
    for path in files:
        shown = printable(os.path.normpath(folder / path))
        if path in created:
            console.result(f"created {shown}\n")
        else:
            console.result(f"kept {shown}, which exists{_left_to_do(folder / path)}\n")


def _missing_folders(files: Iterable[Path]) -> list[Path]:
    """The folders above the files that do not exist yet, the innermost first."""
    found = {each for file in files for each in file.parents if not os.path.lexists(each)}
    return sorted(found, key=lambda each: len(each.parts), reverse=True)


def _left_to_do(file: Path) -> str:
    if file.name != str(IGNORE):
        return ""
    try:
        lines = file.read_text(encoding="utf-8", errors="replace").split()
    except OSError:
        lines = []
    named = any(line.removeprefix("/").rstrip("/") == STATE.rstrip("/") for line in lines)
    return "" if named or _git_ignores(file.parent / STATE / "journal") else f": add the line {STATE} to it"


def _git_ignores(path: Path) -> bool:
    try:
        return work_tree_root(path.parent.parent) is not None and is_ignored(path, os.environ)
    except GitError:
        return False
