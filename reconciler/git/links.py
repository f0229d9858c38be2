"""Find symlinks on the way to a file that a commit may have put there."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from reconciler.git.command import open_repository, run_git
from reconciler.git.repository_paths import RepositoryPaths, find_repository
from reconciler.model.errors import GitError
from reconciler.support.text import quoted_path

_MOST_LINKS = 40

_GIT = ".git"


def planted_link(path: Path, environ: Mapping[str, str], project: Path | None = None) -> str | None:
    """Why a path may lead where somebody who only commits files wants it to; None if it does not.

    That is a symlink in a work tree which git tracks, or which leads out of that work tree. Where there is no
    repository, `project` is the folder that no symlink in it may lead out of. Symlinks elsewhere are the user's own.
    """
    environ = _without_ceilings(environ)
    for link in _links(path):
        why = _planted(link, environ, project)
        if why is not None:
            return f"{quoted_path(link)} is a symlink that {why}"
    return None


def git_folder_of(path: Path, environ: Mapping[str, str], project: Path | None = None) -> Path | None:
    """The folder with git's own files that a path leads into; None if it leads into none.

    Every `.git` is such a folder, and so are those of the repositories of the file and of `project`, under any name.
    """
    real = Path(os.path.realpath(path))
    for place in (real, *real.parents):
        if place.name.casefold() == _GIT:
            return place
    places = [real.parent] if project is None else [real.parent, Path(os.path.realpath(project))]
    repositories = [_repository(place, _without_ceilings(environ)) for place in places]
    folders = [folder for found in repositories if found is not None for folder in (found.git_dir, found.common_dir)]
    return next((folder for folder in folders if real.is_relative_to(folder)), None)


def _links(path: Path) -> Iterator[Path]:
    """Each symlink on the way, in the order in which the system follows them. Their folders have no symlinks."""
    place = Path(path.anchor) if path.is_absolute() else Path.cwd()
    pending = [part for part in reversed(path.parts) if part != path.anchor]
    followed = 0
    while pending and followed < _MOST_LINKS:
        part = pending.pop()
        place = place.parent if part == os.pardir else place / part
        if part == os.pardir or not os.path.islink(place):
            continue
        yield place
        followed += 1
        target = Path(os.readlink(place))
        pending.extend(part for part in reversed(target.parts) if part != target.anchor)
        place = Path(target.anchor) if target.is_absolute() else place.parent


def _planted(link: Path, environ: Mapping[str, str], project: Path | None) -> str | None:
    found = _repository(link.parent, environ)
    if found is None:
        root, what = project, "the project's folder"
    else:
        root, what = found.work_tree, "the work tree"
        try:
            if _is_tracked(link, found.work_tree, environ):
                return f"git tracks: it leads to {quoted_path(Path(os.readlink(link)))}"
        except GitError as problem:
            return f"git may track, which cannot be told: {problem.message}"
    if root is None:
        return None
    inside = Path(os.path.realpath(root))
    target = link.parent / os.readlink(link)
    if _is_device(target) or not link.is_relative_to(inside) or Path(os.path.realpath(link)).is_relative_to(inside):
        return None
    return f"leads out of {what}, to {quoted_path(target)}"


def _is_device(target: Path) -> bool:
    """Whether nothing replaces it: a device, a pipe, or a descriptor of this process."""
    return target.is_relative_to("/dev") or target.is_relative_to("/proc/self/fd")


def _is_tracked(link: Path, work_tree: Path, environ: Mapping[str, str]) -> bool:
    name = link.relative_to(work_tree).as_posix()
    # Any case, since on many disks the path need not be spelled as git has it.
    done = run_git(open_repository(link.parent, environ), "ls-files", "--", f":(top,literal,icase){name}")
    if done.returncode != 0:
        raise GitError("git cannot read its index", "run `git status` in this folder, and fix what it reports")
    return bool(done.stdout)


def _repository(folder: Path, environ: Mapping[str, str]) -> RepositoryPaths | None:
    nearest = next((each for each in (folder, *folder.parents) if os.path.isdir(each)), None)
    try:
        return find_repository(nearest, environ) if nearest is not None else None
    except GitError:
        return None


def _without_ceilings(environ: Mapping[str, str]) -> Mapping[str, str]:
    """A ceiling says where a user wants no repository to be looked for; it must not hide that a file is in one."""
    return {name: value for name, value in environ.items() if name != "GIT_CEILING_DIRECTORIES"}
