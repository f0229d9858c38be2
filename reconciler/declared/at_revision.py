"""Read the declarations and settings of another revision from git, and validate only their structure.

Rules apply only to the current declarations. Those of an earlier revision were checked then, and are only compared.
"""

from __future__ import annotations

import os
import posixpath
from collections.abc import Sequence
from pathlib import Path

from reconciler.declared.clients.entries import read_entries
from reconciler.declared.clients.resolve import InstanceDeclarations, instance_declarations, resolve
from reconciler.declared.config.settings import read_settings
from reconciler.declared.git.repository import (
    SUBMODULE,
    TreeEntry,
    contains,
    file_at,
    list_tree,
    read_blobs,
    read_file_at,
)
from reconciler.declared.schema.validate import valid_documents
from reconciler.declared.yaml.document import Document
from reconciler.declared.yaml.files import ENDINGS
from reconciler.declared.yaml.load import LoadResult, load_text
from reconciler.model.clients import Location
from reconciler.model.diagnostics import Diagnostic, error, has_errors, sorted_diagnostics
from reconciler.model.errors import InvalidDeclarations
from reconciler.model.revisions import path_at
from reconciler.model.settings import Settings

SYMLINK, FILES = "120000", ("100644", "100755")
"""The modes of what is loaded."""

_MOST_LINKS = 8


def settings_at(commit: str, config: Path, place: Path | None = None) -> tuple[Settings | None, list[Diagnostic]]:
    """The settings in a commit, and their problems. The settings are None if they have errors or the file is missing.

    `place` is where the commit has the file, if not where it is now. Locations are shown as `<commit>:<path>`. Relative
    paths in the settings start from where the file would be now. Raises `GitError`.
    """
    data = read_file_at(config.parent, commit, (place or config).absolute())
    if data is None:
        return None, []
    loaded = valid_documents(load_text(data, path_at(commit, place or config)), "reconciler")
    if not loaded.documents or has_errors(loaded.diagnostics):
        return None, list(loaded.diagnostics)
    settings, problems = read_settings(loaded.documents[0], config.parent)
    return settings, [*loaded.diagnostics, *problems]


def declared_at(
    commit: str, settings: Settings | None, clients: Path, folder: Path | None = None
) -> InstanceDeclarations:
    """The declarations of each instance in `settings` at a commit; empty if the commit has no such folder.

    `folder` is one that is in the repository now, if that of `clients` may not be. Raises `GitError`, and
    `InvalidDeclarations` if the files in the commit have errors.
    """
    loaded = documents_at(commit, clients, folder)
    if has_errors(loaded.diagnostics):
        raise InvalidDeclarations(loaded.diagnostics)
    return _resolved(loaded.documents, settings)


def documents_at(commit: str, clients: Path, folder: Path | None = None) -> LoadResult:
    """The files of declarations in a commit whose structure is valid, and all problems of the others.

    `folder` is as for `declared_at`. Raises `GitError`.
    """
    return valid_documents(_load_tree(commit, clients, folder or clients.parent), "auth-clients")


def _resolved(documents: Sequence[Document], settings: Settings | None) -> InstanceDeclarations:
    if settings is None:
        return InstanceDeclarations({})
    entries = tuple(entry for document in documents for entry in read_entries(document))
    contexts = [resolve(entries, instance, settings) for instance in settings.instances]
    return instance_declarations(contexts)


def _load_tree(commit: str, clients: Path, folder: Path) -> LoadResult:
    """Load every file that would be loaded if the commit were checked out, sorted by path."""
    entries = list_tree(folder, commit, clients.absolute())
    found = [entry for entry in entries if is_loaded(entry)]
    blobs = read_blobs(folder, [entry.object_id for entry in found])
    parts = [_load(commit, clients, folder, entry, blobs[entry.object_id]) for entry in found]
    parts += [_of_submodule(commit, clients, entry) for entry in entries if _may_declare(entry)]
    return LoadResult(
        tuple(document for part in parts for document in part.documents),
        tuple(sorted_diagnostics(diagnostic for part in parts for diagnostic in part.diagnostics)),
    )


def is_loaded(entry: TreeEntry) -> bool:
    """Whether a file of a commit would be loaded if the commit were checked out."""
    return not _is_hidden(entry) and entry.path.endswith(ENDINGS) and entry.mode in (*FILES, SYMLINK)


def _may_declare(entry: TreeEntry) -> bool:
    """Whether a submodule would be entered for files if it were checked out."""
    return entry.mode == SUBMODULE and not _is_hidden(entry)


def _is_hidden(entry: TreeEntry) -> bool:
    return any(part.startswith(".") for part in entry.path.split("/"))


def _of_submodule(commit: str, clients: Path, entry: TreeEntry) -> LoadResult:
    text = "this is a git submodule: which of its files were declared is not known, since it is another repository"
    hint = "put the files into this repository; or plan without a base"
    place = _start(path_at(commit, clients / entry.path))
    return LoadResult((), (error("file", text, place, hint),))


def _load(commit: str, clients: Path, folder: Path, entry: TreeEntry, data: bytes) -> LoadResult:
    shown = path_at(commit, f"{clients}/{entry.path}")
    if entry.mode == SYMLINK:
        target = linked_content(commit, folder, f"{clients.absolute().as_posix()}/{entry.path}", data)
        if target is None:
            hint = "name a base in which the file itself is in the repository"
            return LoadResult(
                (), (error("file", "the symlink leads to no file of the repository", _start(shown), hint),)
            )
        data = target
    return load_text(data, shown)


def linked_content(commit: str, folder: Path, place: str, target: bytes) -> bytes | None:
    """The content that a symlink at an absolute path leads to in a commit, following further symlinks.

    None if it is not in the commit, or for a cycle. `folder` is any folder in the repository.
    """
    for _ in range(_MOST_LINKS):
        place = posixpath.normpath(posixpath.join(posixpath.dirname(place), os.fsdecode(target)))
        found = _file_at(commit, folder, place)
        if found is None:
            return None
        target = read_blobs(folder, [found.object_id])[found.object_id]
        if found.mode != SYMLINK:
            return target
    return None


def content_at(commit: str, folder: Path, file: Path) -> bytes | None:
    """The content of a file in a commit, symlinks followed as the commit has them; None if it is not in the commit.

    Raises `GitError` if the file is outside of the repository.
    """
    found = file_at(folder, commit, file)
    if found is None:
        return None
    data = read_blobs(folder, [found.object_id])[found.object_id]
    return linked_content(commit, folder, file.as_posix(), data) if found.mode == SYMLINK else data


def _file_at(commit: str, folder: Path, place: str) -> TreeEntry | None:
    if not contains(folder, Path(place)):
        return None
    return file_at(folder, commit, place)


def _start(shown: str) -> Location:
    return Location(shown, 1, 1)
