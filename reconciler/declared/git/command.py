"""Run git: its command line, its environment, and the meaning of its errors."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from reconciler.model.errors import GitError
from reconciler.support.subprocess_env import git_environment
from reconciler.support.text import printable, quoted

_SECONDS = 60.0
"""Timeout for a repository of any size: no command here walks more than one history or one tree."""

_SETTINGS = ("-c", f"core.hooksPath={os.devnull}", "-c", "core.warnAmbiguousRefs=true")


def run_git(folder: Path, *arguments: str, given: bytes | None = None) -> subprocess.CompletedProcess[bytes]:
    """Run git in a folder and return its result, whether it succeeds or not; `given` is its standard input.

    Raises `GitError` if git is missing or times out, or if there is no repository or git refuses to read it.
    """
    command = ["git", *_SETTINGS, "-C", str(folder), *arguments]
    # Paths are literal, whatever characters they contain.
    environ = {**git_environment(os.environ), "GIT_LITERAL_PATHSPECS": "1"}
    try:
        done = subprocess.run(  # noqa: S603  (no shell; callers make sure that nothing is read as an option)
            command,
            input=given or b"",
            capture_output=True,
            timeout=_SECONDS,
            check=False,
            env=environ,
        )
    except subprocess.TimeoutExpired:
        raise GitError(f"git did not answer within {_SECONDS:.0f} seconds", "try again") from None
    except OSError as problem:
        why = "is not on the PATH" if isinstance(problem, FileNotFoundError) else "cannot be started"
        raise GitError(f"git {why}", "install git: the files of another revision are read with it") from None
    _demand_a_repository(done, folder)
    return done


def last_error_line(done: subprocess.CompletedProcess[bytes]) -> str:
    """The last line of git's stderr, in a form that fits into a sentence."""
    lines = [line for line in _words(done).splitlines() if line.strip()]
    text = lines[-1].removeprefix("fatal: ").removeprefix("error: ") if lines else f"it ended with {done.returncode}"
    return printable(text[:300].strip().rstrip("."))


def _demand_a_repository(done: subprocess.CompletedProcess[bytes], folder: Path) -> None:
    if done.returncode == 0:
        return
    words = _words(done)
    place = quoted(str(folder.absolute()))
    if "dubious ownership" in words or "unsafe repository" in words:
        hint = f"if you trust it: {_trust(words) or 'git config --global --add safe.directory DIR'}"
        raise GitError(f"git does not read the repository of {place}, since it belongs to another user", hint)
    if "not a git repository" in words:
        raise GitError(f"{place} is not in a git repository", "run this in a clone of the repository, with its .git")
    if "cannot change to" in words:
        raise GitError(f"git cannot enter {place}", "does the folder exist? Name the configuration: --config FILE")


def _trust(words: str) -> str | None:
    """The command that git itself suggests: git knows which path it checks for permission."""
    suggested = (line.strip() for line in words.splitlines())
    return next((printable(line) for line in suggested if line.startswith("git config --global --add safe")), None)


def _words(done: subprocess.CompletedProcess[bytes]) -> str:
    return done.stderr.decode(errors="replace")
