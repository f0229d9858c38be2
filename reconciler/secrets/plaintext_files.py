"""Check files with plaintext secrets: who else could read them, and whether git would publish them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from reconciler.git.ignored import is_ignored
from reconciler.git.links import planted_link
from reconciler.model.errors import GitError, SinkError
from reconciler.secrets.files import failed, path_text


def refuse_exposed(path: Path, folder: Path, environ: Mapping[str, str]) -> None:
    """Raise SinkError if anyone but this account could read a file: on this machine, or through git.

    `environ` is for git, which gets only what it needs.
    """
    name = path_text(path, folder)
    if not path.parent.is_dir():
        raise SinkError(f"cannot write {name}: its folder is not there", "make the folder, or correct the path")
    try:
        status = path.stat()
    except FileNotFoundError:
        status = None
    except OSError as problem:
        raise failed(f"look at {name}", problem) from None
    if status is not None and not path.is_file():
        raise SinkError(f"cannot write {name}: it is not a file", "give another path")
    if status is not None and os.name == "posix" and status.st_mode & 0o077:
        raise SinkError(f"{name} can be read by others (mode {status.st_mode & 0o777:04o})", f"chmod 600 {name}")
    _refuse_planted(path, name, environ)
    _refuse_published(path, name, environ)


def _refuse_planted(path: Path, name: str, environ: Mapping[str, str]) -> None:
    link = planted_link(path, environ)
    if link is not None:
        raise SinkError(f"{name} is not written: {link}", "remove the symlink, or give the path that it leads to")


def _refuse_published(path: Path, name: str, environ: Mapping[str, str]) -> None:
    try:
        ignored = is_ignored(path, environ)
    except GitError as problem:
        hint = f"{problem.hint}; or give a path outside of the repository"
        raise SinkError(f"cannot tell whether git would take {name}: {problem.message}", hint) from None
    if not ignored:  # a file that git tracks counts as not ignored
        hint = f"add it to .gitignore; if git has it already, also: git rm --cached {name}"
        raise SinkError(f"{name} would be published: git tracks it, or would add it", hint)
