"""Start git, and check that its version is recent enough."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Mapping, Sequence
from functools import lru_cache

from reconciler.model.errors import GitError
from reconciler.support.subprocess_env import git_environment

_SECONDS = 60.0
"""Timeout for a repository of any size: no command here walks more than one history or one tree."""

_OLDEST = (2, 39, 4)
"""Earlier versions do not know GIT_NO_LAZY_FETCH, and their patch releases lack fixes for hostile repositories."""

_VERSION = re.compile(rb"git version (\d+)\.(\d+)(?:\.(\d+))?")

_SETTINGS = {
    "safe.bareRepository": "explicit",  # only a `.git` is a repository
    "core.fsmonitor": "false",  # may name a program
    "core.hooksPath": os.devnull,
    "core.warnAmbiguousRefs": "true",
    "advice.graftFileDeprecated": "false",  # it is printed for every graft file, also an empty one
}


def start_git(
    arguments: Sequence[str], environ: Mapping[str, str], pinned: Mapping[str, str], folder: str, given: bytes = b""
) -> subprocess.CompletedProcess[bytes]:
    """Run git in a folder, with settings that let no repository name a program.

    It gets the part of `environ` that it needs, all of `pinned`, and `given` as its standard input. Raises `GitError`
    if git is missing, too old, or times out.
    """
    inherited = git_environment(environ)
    _demand_version(inherited.get("PATH"))
    settings = [part for key, value in _SETTINGS.items() for part in ("-c", f"{key}={value}")]
    return _run(["git", "--no-pager", *settings, *arguments], {**inherited, **pinned}, folder, given)


@lru_cache(maxsize=8)
def _demand_version(search_path: str | None) -> None:
    """Raise `GitError` for a git that is too old. It is asked once for each PATH."""
    environ = {} if search_path is None else {"PATH": search_path}
    done = _run(["git", "--version"], git_environment(environ), os.sep, b"")
    found = _VERSION.match(done.stdout)
    version = tuple(int(part or 0) for part in found.groups()) if found else None
    if version is None or version < _OLDEST:
        this = "of an unknown version" if version is None else _dotted(version)
        hint = "install a newer git; to see which one is run: git --version"
        raise GitError(f"git here is {this}, and {_dotted(_OLDEST)} or later is needed", hint)


def _dotted(version: tuple[int, ...]) -> str:
    return ".".join(map(str, version))


def _run(
    command: Sequence[str], environ: Mapping[str, str], folder: str, given: bytes
) -> subprocess.CompletedProcess[bytes]:
    try:
        return subprocess.run(  # noqa: S603  (no shell; callers make sure that nothing is read as an option)
            command, cwd=folder, input=given, capture_output=True, timeout=_SECONDS, check=False, env=dict(environ)
        )
    except subprocess.TimeoutExpired:
        raise GitError(f"git did not answer within {_SECONDS:.0f} seconds", "try again") from None
    except OSError as problem:
        why = "is not on the PATH" if isinstance(problem, FileNotFoundError) else "cannot be started"
        raise GitError(f"git {why}", "install git: the files of another revision are read with it") from None
