"""Where the files of a project were in another commit: moved with their folder, or not there at all."""

from __future__ import annotations

import os
from pathlib import Path

from reconciler.declared.git.repository import exists_at, old_place, work_tree_root
from reconciler.support.frozen import frozen
from reconciler.workflow.options import ProjectFiles


@frozen
class Places:
    """The settings and the folder of declarations in a commit."""

    config: Path
    clients: Path
    missing: Path | None = None
    """Which of the two the commit does not have, relative to the root of the repository; None if it has both."""


def places_at(commit: str, files: ProjectFiles) -> Places:
    """Where a commit has the files. If their folder was moved since, git's rename of the settings says from where.

    Only HEAD is compared: a move that is not committed is none. Raises `GitError`.
    """
    folder, config, clients = files.config.parent, files.config, files.clients_directory
    if not exists_at(folder, commit, config.absolute()):
        found = old_place(folder, commit, config.absolute())
        if found is None:
            return Places(config, clients, missing=_from_root(config, folder))
        config = Path(os.path.relpath(found))
        clients = _moved_along(clients, folder, config.parent)
    if not exists_at(folder, commit, clients.absolute()):
        return Places(config, clients, missing=_from_root(files.clients_directory, folder))
    return Places(config, clients)


def _moved_along(path: Path, folder: Path, old_folder: Path) -> Path:
    """A path below a folder, in the folder that this one was before; another path stays as it is."""
    inside, top = Path(os.path.abspath(path)), Path(os.path.abspath(folder))
    return old_folder / inside.relative_to(top) if inside.is_relative_to(top) else path


def _from_root(path: Path, folder: Path) -> Path:
    """A path relative to the root of the repository of a folder, if it is below."""
    place, root = Path(os.path.realpath(path.parent)) / path.name, work_tree_root(folder)
    return place.relative_to(root) if root is not None and place.is_relative_to(root) else path
