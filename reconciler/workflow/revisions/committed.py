"""Which files of the work tree a pull request cannot have written: those that the commit does not have."""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import cache
from pathlib import Path

from reconciler.declared.git.repository import contains, head_commit, list_tree, work_tree_root
from reconciler.model.errors import GitError

IsTrusted = Callable[[Path], bool]


def not_in_commit(folder: Path, top: Path) -> IsTrusted:
    """Whether a file at or below `top` is not in the commit that is checked out in the repository of a folder.

    What is proves nothing: a pull request that adds a journal must neither hide nor prove anything. Outside a
    repository nothing is in a commit. Where git does not answer, everything may be.
    """

    @cache
    def committed() -> Collection[Path] | None:
        place = top.absolute()
        try:
            if work_tree_root(folder) is None or not contains(folder, place):
                return ()
            head = head_commit(folder)
            return {place / each.path for each in list_tree(folder, head, place)} if head is not None else ()
        except GitError:
            return None

    def is_trusted(path: Path) -> bool:
        found, place = committed(), path.absolute()
        # A symlink or a submodule in the commit stands for all that is behind it.
        return found is not None and not any(each in found for each in (place, *place.parents))

    return is_trusted


def never_committed(folder: Path) -> IsTrusted:
    """Whether a file is not in the commit that is checked out in the repository of a folder. See `not_in_commit`."""
    return lambda path: not_in_commit(folder, path)(path)
