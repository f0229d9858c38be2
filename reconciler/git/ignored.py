"""Ask git whether it ignores a file."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from reconciler.git.command import last_error_line, open_repository, run_git
from reconciler.git.repository_paths import find_repository
from reconciler.model.errors import GitError


def is_ignored(path: Path, environ: Mapping[str, str]) -> bool:
    """Whether git ignores a file, and has not got it either; also true outside a repository. Raises `GitError`.

    The repository is that of the file: the nearest `.git` above it, whatever ceilings `environ` sets.
    """
    real = Path(os.path.realpath(path))
    environ = {name: value for name, value in environ.items() if name != "GIT_CEILING_DIRECTORIES"}
    folder = next(each for each in real.parents if each.is_dir())  # its own may be created later
    if find_repository(folder, environ) is None:
        return True
    repository = open_repository(folder, environ)
    done = run_git(repository, "check-ignore", "--quiet", "--", str(real))
    if done.returncode > 1:
        raise GitError(
            f"git does not work here: {last_error_line(done)}",
            "run `git status` in this folder, and fix what it reports",
        )
    return done.returncode == 0
