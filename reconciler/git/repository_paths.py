"""Find the repository of a folder: the nearest `.git` in it or above, and nothing else.

Git itself also takes any folder with `HEAD`, `objects` and `refs` for a (bare) repository. Those are plain files that a
pull request can add. It cannot add a `.git`: git refuses that name in a commit.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Collection, Mapping
from pathlib import Path

from reconciler.model.errors import GitError
from reconciler.support.frozen import frozen
from reconciler.support.text import quoted_path

_LONGEST_LINK = 64 * 1024
"""Bytes of a `.git` or `commondir` file that are read: they contain one path."""

_MOST_LINKS = 40
"""On the way to one file, as many as the system follows."""

_GITFILE = b"gitdir: "


@frozen
class RepositoryPaths:
    """Where a repository is, without any symlinks in the paths."""

    work_tree: Path
    """The folder with the `.git`."""
    git_dir: Path
    """The `.git` folder; of a worktree or a submodule, the folder that the `.git` file names."""
    common_dir: Path
    """Where objects and branches are: for a worktree the git_dir of the main one, else the same as `git_dir`."""

    @property
    def link(self) -> Path:
        """The `.git` itself: a folder, or a file that names the git_dir."""
        return self.work_tree / ".git"


def find_repository(folder: Path, environ: Mapping[str, str]) -> RepositoryPaths | None:
    """The repository that contains a folder; None if neither it nor a parent has a `.git`.

    A folder that is reached through a symlink in a work tree counts as being in that work tree, wherever it leads: the
    symlink may be a pull request's. `GIT_DIR` is ignored, `GIT_CEILING_DIRECTORIES` is not. Raises `GitError` if the
    folder or its `.git` is not usable.
    """
    start = _entered(folder)
    if not folder.is_dir():
        hint = "does the folder exist? Name the configuration: --config FILE"
        raise GitError(f"git cannot enter {quoted_path(folder.absolute())}", hint)
    ceilings = _ceilings(environ)
    for place in (start, *start.parents):
        if place != start and place in ceilings:
            return None
        if os.path.lexists(place / ".git"):
            return _at(place)
    return None


def within(work_tree: Path, path: Path) -> Path | None:
    """A path relative to the root of a work tree (whose own path has no symlinks); None if it is not in it.

    Symlinks are followed on the way there, and not in it: what they are in a commit is for the commit to say.
    """
    place = _walked(path, lambda link: link.is_relative_to(work_tree))[0]
    return place.relative_to(work_tree) if place.is_relative_to(work_tree) else None


def _entered(folder: Path) -> Path:
    """A folder with symlinks followed, up to the first one in a work tree: then it is the folder of that one."""
    place, stopped = _walked(folder, lambda link: any(os.path.lexists(each / ".git") for each in link.parents))
    return stopped.parent if stopped is not None else place


def _walked(path: Path, is_kept: Callable[[Path], bool]) -> tuple[Path, Path | None]:
    """An absolute path in which only the symlinks are left that are kept, and the first of those."""
    path = Path.cwd() / path
    place, first, followed = Path(path.anchor), None, 0
    pending = list(reversed(path.parts[1:]))
    while pending:
        part = pending.pop()
        place = place.parent if part == os.pardir else place / part
        if part == os.pardir or followed == _MOST_LINKS or not os.path.islink(place):
            continue
        if is_kept(place):
            first = first or place
            continue
        followed += 1
        target = Path(os.readlink(place))
        pending.extend(reversed(target.parts[1:] if target.is_absolute() else target.parts))
        place = Path(target.anchor) if target.is_absolute() else place.parent
    return place, first


def _ceilings(environ: Mapping[str, str]) -> Collection[Path]:
    named = environ.get("GIT_CEILING_DIRECTORIES", "").split(os.pathsep)
    return {Path(os.path.realpath(each)) for each in named if os.path.isabs(each)}


def _at(work_tree: Path) -> RepositoryPaths:
    git_dir = _git_dir(work_tree)
    common_dir = _path_in(git_dir / "commondir", b"") or git_dir
    return RepositoryPaths(work_tree, git_dir, Path(os.path.realpath(common_dir)))


def _git_dir(work_tree: Path) -> Path:
    link = work_tree / ".git"
    try:
        is_folder = stat.S_ISDIR(link.stat().st_mode)
    except OSError as problem:
        raise _unusable(link, problem.strerror or "it cannot be read") from None
    found = link if is_folder else _path_in(link, _GITFILE)
    if found is None:
        raise _unusable(link, "it is neither a folder nor a file that starts with `gitdir: `")
    if not found.is_dir():
        raise _unusable(link, f"the folder {quoted_path(found)} that it names is not there")
    return Path(os.path.realpath(found))


def _path_in(file: Path, prefix: bytes) -> Path | None:
    """The path that a file contains, relative to its folder; None if it is no such file."""
    if not file.is_file():
        return None
    try:
        with file.open("rb") as stream:
            data = stream.read(_LONGEST_LINK)
    except OSError as problem:
        raise _unusable(file, problem.strerror or "it cannot be read") from None
    path = data.removeprefix(prefix).rstrip(b"\r\n")
    if not data.startswith(prefix) or not path or b"\0" in path:
        return None
    return file.parent / os.fsdecode(path)


def _unusable(file: Path, why: str) -> GitError:
    hint = "a worktree needs the repository that it was made from; otherwise make a new clone: git clone"
    return GitError(f"{quoted_path(file)} does not lead to a git repository: {why[:1].lower()}{why[1:]}", hint)
