"""Check who owns a repository: its settings name programs, so another user's must not be read.

Git does this itself, but not if it is told where the repository is. The rules here are git's (safe.directory in
git-config).
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from reconciler.git.process import start_git
from reconciler.git.repository_paths import RepositoryPaths
from reconciler.model.errors import GitError
from reconciler.support.text import printable, quoted_path

_PROTECTED_SCOPES = ("system", "global", "command")
"""Settings that do not come from the repository itself."""

_OUTSIDE = {"GIT_DIR": os.devnull}
"""No repository: settings are read without those of any repository."""


def refuse_foreign(repository: RepositoryPaths, environ: Mapping[str, str]) -> None:
    """Raise `GitError` if another user owns a repository, unless `safe.directory` allows it."""
    foreign = _foreign(repository, environ)
    if foreign is None or _is_allowed(repository.work_tree, environ):
        return
    place = quoted_path(repository.work_tree)
    hint = f"if you trust it: git config --global --add safe.directory {printable(str(repository.work_tree))}"
    text = f"detected dubious ownership in repository at {place}: {quoted_path(foreign)} belongs to another user"
    raise GitError(text, hint)


def _foreign(repository: RepositoryPaths, environ: Mapping[str, str]) -> Path | None:
    """The first path of a repository that another user owns."""
    paths = (repository.work_tree, repository.link, repository.git_dir, repository.common_dir)
    if environ.get("GIT_TEST_ASSUME_DIFFERENT_OWNER", "0") not in {"", "0", "false"}:
        return repository.work_tree
    if os.name != "posix":  # owners are no numbers there
        return None
    ours = set(_our_ids(environ))
    try:
        return next((path for path in paths if path.lstat().st_uid not in ours), None)
    except OSError as problem:
        raise GitError(f"cannot tell who owns {quoted_path(repository.work_tree)}", problem.strerror) from None


def _our_ids(environ: Mapping[str, str]) -> Iterator[int]:
    """The users whose repositories are ours: for root under sudo, also those of the user who called sudo."""
    user = os.geteuid()
    yield user
    caller = environ.get("SUDO_UID", "")
    if user == 0 and caller.isascii() and caller.isdecimal():
        yield int(caller)


def _is_allowed(work_tree: Path, environ: Mapping[str, str]) -> bool:
    """Whether the last values of safe.directory allow a folder: an empty value takes back those before it."""
    allowed = False
    for value in _safe_directories(environ):
        allowed = bool(value) and (allowed or _means(value, work_tree))
    return allowed


def _means(value: str, work_tree: Path) -> bool:
    if value == "*":
        return True
    if value.endswith("/*"):
        return Path(os.path.realpath(value[:-1])) in work_tree.parents
    return os.path.isabs(value) and os.path.realpath(value) == str(work_tree)


def _safe_directories(environ: Mapping[str, str]) -> Iterator[str]:
    arguments = ("config", "--type=path", "--show-scope", "-z", "--get-all", "safe.directory")
    done = start_git(arguments, environ, _OUTSIDE, os.sep)
    # Scopes and values alternate, each with a NUL after it. Without a value, git ends with 1 and prints nothing.
    words = [os.fsdecode(word) for word in done.stdout.split(b"\0")[:-1]]
    for scope, value in zip(words[::2], words[1::2], strict=True):
        if scope in _PROTECTED_SCOPES:
            yield value
