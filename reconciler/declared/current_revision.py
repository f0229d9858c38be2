"""The commit that is checked out, and whether the files that are loaded are exactly as it has them.

Each loaded file is compared by its hash. `git status` is not asked: it runs filters, looks at files that are not
loaded, and enters submodules.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from reconciler.declared.at_revision import FILES, SYMLINK, is_loaded, linked_content
from reconciler.declared.git.objects import hashed
from reconciler.declared.git.repository import (
    TreeEntry,
    contains,
    file_at,
    has_repository,
    head_commit,
    list_tree,
    resolve_commit,
)
from reconciler.declared.yaml.files import find_files, read_file
from reconciler.support.frozen import frozen


@frozen
class Revision:
    """A commit, and whether the declared files are the same as in the commit."""

    commit: str
    clean: bool


def current_revision(config: Path, clients: Path, config_from: str | None = None) -> Revision | None:
    """The revision of the settings and the declared clients; None outside a repository, before a commit, without git.

    `config_from` is the revision that the settings are taken from, in place of the work tree's.

    It is clean if every file that is loaded is as the commit has it, and the commit has no others to load. CR LF counts
    as LF where the commit has no CR. Other files (a saved plan, a journal) do not matter. Raises `GitError`.
    """
    if not has_repository(config.parent):
        return None
    commit = head_commit(config.parent)
    if commit is None:
        return None
    folder = config.parent
    there = {"": config} if os.path.lexists(config) else {}
    as_trusted = config_from is None or _has_settings_of(config_from, commit, config)
    clean = as_trusted and all(
        contains(folder, top) and _is_as_committed(commit, folder, top, loaded)
        for top, loaded in ((config, there), (clients, _loaded(clients)))
    )
    return Revision(commit, clean)


def _has_settings_of(ref: str, commit: str, config: Path) -> bool:
    """Whether a commit has the same settings as a revision."""
    there, here = (
        file_at(config.parent, each, config.absolute()) for each in (resolve_commit(config.parent, ref), commit)
    )
    return there == here


def _loaded(clients: Path) -> Mapping[str, Path]:
    """The files that are loaded from a folder, by their paths in it."""
    try:
        found = find_files(clients, str(clients))
    except OSError:
        return {}
    return {Path(os.path.relpath(each.path, clients)).as_posix(): Path(each.path) for each in found if each.is_yaml}


def _is_as_committed(commit: str, folder: Path, top: Path, loaded: Mapping[str, Path]) -> bool:
    """Whether a commit has exactly these files, at or below a path."""
    committed = {entry.path: entry for entry in list_tree(folder, commit, top.absolute()) if _is_declared(entry)}
    return committed.keys() == loaded.keys() and all(
        _is_same(commit, folder, committed[path], file) for path, file in loaded.items()
    )


def _is_declared(entry: TreeEntry) -> bool:
    return not entry.path or is_loaded(entry)


def _is_same(commit: str, folder: Path, entry: TreeEntry, file: Path) -> bool:
    if not file.is_symlink():
        return entry.mode in FILES and _has_id(file, entry.object_id)
    target = os.fsencode(os.readlink(file))
    if entry.mode != SYMLINK or hashed("blob", target, entry.object_id) != entry.object_id:
        return False
    content = linked_content(commit, folder, file.absolute().as_posix(), target)
    return content is not None and _has_id(file, hashed("blob", content, entry.object_id))


def _has_id(file: Path, object_id: str) -> bool:
    """Whether a blob has the content of a file, or the same with LF for CR LF and no other CR."""
    data = read_file(file, str(file))
    if not isinstance(data, bytes):
        return False
    lines = data.replace(b"\r\n", b"\n")
    wanted = [data] if b"\r" in lines else [data, lines]
    return any(hashed("blob", each, object_id) == object_id for each in wanted)
