"""Run git in a repository that we have found and checked, and read its errors."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from dataclasses import field
from pathlib import Path

from reconciler.git.owners import refuse_foreign
from reconciler.git.process import start_git
from reconciler.git.repository_paths import RepositoryPaths, find_repository
from reconciler.model.errors import GitError
from reconciler.support.frozen import frozen
from reconciler.support.text import printable, quoted_path


@frozen
class Repository:
    """A repository that is ours. `open_repository` makes it."""

    paths: RepositoryPaths
    environ: Mapping[str, str] = field(repr=False)


def open_repository(folder: Path, environ: Mapping[str, str]) -> Repository:
    """The repository that contains a folder.

    Raises `GitError` if there is none, if it belongs to another user, or if git is missing or too old.
    """
    paths = find_repository(folder, environ)
    if paths is None:
        raise _no_repository(folder, environ)
    refuse_foreign(paths, environ)
    return Repository(paths, environ)


def run_git(repository: Repository, *arguments: str, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    """Run git in a repository and return its result, whether it succeeds or not; `given` is its standard input.

    Git does not look for a repository: it gets the one that was found. Raises `GitError` if git is missing or times
    out, or does not accept the repository.
    """
    paths = repository.paths
    pinned = {"GIT_DIR": str(paths.git_dir), "GIT_WORK_TREE": str(paths.work_tree)}
    if paths.common_dir != paths.git_dir:
        pinned["GIT_COMMON_DIR"] = str(paths.common_dir)
    done = start_git(arguments, repository.environ, pinned, str(paths.work_tree), given)
    if done.returncode != 0 and b"not a git repository" in done.stderr:
        hint = "repair the clone, or make a new one: git clone"
        raise GitError(f"git does not take {quoted_path(paths.link)} for a git repository", hint)
    return done


def last_error_line(done: subprocess.CompletedProcess[bytes]) -> str:
    """The last line of git's stderr, in a form that fits into a sentence."""
    lines = [line for line in done.stderr.decode(errors="replace").splitlines() if line.strip()]
    text = lines[-1].removeprefix("fatal: ").removeprefix("error: ") if lines else f"it ended with {done.returncode}"
    return printable(text[:300].strip().rstrip("."))


def _no_repository(folder: Path, environ: Mapping[str, str]) -> GitError:
    text = f"{quoted_path(folder.absolute())} is not in a git repository"
    hint = "run this in a clone of the repository, with its .git"
    if environ.get("GIT_DIR"):
        text += ": neither it nor a folder above has a .git, and GIT_DIR is ignored"
    return GitError(text, hint)
