"""Check files with plaintext secrets: who else could read them, and whether git would publish them."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

from reconciler.model.errors import SinkError
from reconciler.secrets.files import failed, path_text
from reconciler.support.subprocess_env import git_environment

_SECONDS = 10.0


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
        raise SinkError(f"cannot write {name}: it is no file", "give another path")
    if status is not None and os.name == "posix" and status.st_mode & 0o077:
        raise SinkError(f"{name} can be read by others (mode {status.st_mode & 0o777:04o})", f"chmod 600 {name}")
    _refuse_published(path, name, environ)


def _refuse_published(path: Path, name: str, environ: Mapping[str, str]) -> None:
    real = Path(os.path.realpath(path))
    if not any((parent / ".git").exists() for parent in real.parents):
        return
    match _ignored_by_git(real, environ):
        case 0:  # ignored
            return
        case 1:  # a file that git tracks counts as not ignored
            hint = f"add it to .gitignore; if git has it already, also: git rm --cached {name}"
            raise SinkError(f"{name} would be published: git has it, or would take it", hint)
        case _:
            hint = "run in a shell: git status; or give a path outside of the repository"
            raise SinkError(f"cannot tell whether git would take {name}: git does not answer", hint)


def _ignored_by_git(path: Path, environ: Mapping[str, str]) -> int | None:
    """The exit status of git; None if it is missing or does not answer."""
    command = ["git", "-C", str(path.parent), "check-ignore", "--quiet", "--", str(path)]
    inherited = git_environment(environ)
    try:
        done = subprocess.run(  # noqa: S603  (no shell; the path follows --)
            command,
            capture_output=True,
            timeout=_SECONDS,
            check=False,
            stdin=subprocess.DEVNULL,
            env=inherited,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.returncode
