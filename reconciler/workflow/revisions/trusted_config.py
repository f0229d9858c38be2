"""Compare the settings with those of a git revision: the trusted one, or the base."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path

from reconciler.declared.at_revision import content_at, settings_at
from reconciler.declared.git.repository import resolve_commit
from reconciler.model.errors import GitError, ReconcilerError
from reconciler.model.settings import Instance, Settings
from reconciler.planning.drift.base import Base
from reconciler.planning.plan.plan import Note
from reconciler.planning.settings_diff import settings_changes
from reconciler.support.text import printable, quoted
from reconciler.workflow.options import ProjectFiles
from reconciler.workflow.revisions.places import places_at
from reconciler.workflow.validate import settings_of


def untrusted_changes(
    files: ProjectFiles, trusted: Settings, instances: Sequence[Instance]
) -> Mapping[str, tuple[Note, ...]]:
    """What the work tree's reconciler.yaml would change, by instance; it is not in force. Raises `GitError`.

    Empty if the work tree's file is in force.
    """
    if files.config_from is None:
        return {}
    here, _ = settings_of(ProjectFiles(files.config))
    replaced = _replaced_files(files.config_from, files.config, instances)
    return {
        instance.name: (*replaced.get(instance.name, ()), *_changes(files, trusted, here, instance))
        for instance in instances
    }


def changes_since(
    files: ProjectFiles, in_force: Settings, bases: Mapping[str, Base | ReconcilerError]
) -> Mapping[str, tuple[Note, ...]]:
    """What the settings in force change since an instance's base, by instance. Raises `GitError`.

    Empty if the settings come from a revision (`--config-from`).
    """
    if files.config_from is not None:
        return {}
    at = lru_cache(maxsize=None)(lambda commit: settings_at(commit, files.config, places_at(commit, files).config)[0])
    known = {instance: base.commit for instance, base in bases.items() if isinstance(base, Base)}
    return {name: _since(at(commit), in_force, name, files.config) for name, commit in known.items()}


def _since(base: Settings | None, in_force: Settings, instance: str, config: Path) -> tuple[Note, ...]:
    # A base without settings, or with invalid ones, guarded nothing.
    found = settings_changes(base, in_force, instance) if base is not None else ()
    return tuple(Note(note.code, f"{printable(config.name)} {note.text} since the base") for note in found)


def _changes(files: ProjectFiles, trusted: Settings, here: Settings | None, instance: Instance) -> tuple[Note, ...]:
    name = printable(files.config.name)
    if here is None:
        text = f"{name} here is missing or invalid, so nobody knows what it changes; not in force: reconciler validate"
        return (Note("configuration-invalid", text),)
    found = settings_changes(trusted, here, instance.name)
    return tuple(Note(note.code, f"{name} here {note.text}; not in force") for note in found)


def _replaced_files(ref: str, config: Path, instances: Sequence[Instance]) -> Mapping[str, tuple[Note, ...]]:
    """Find files of certificates that differ from the trusted ones: they are read from the work tree in any case."""
    commit = resolve_commit(config.parent, ref)
    difference = lru_cache(maxsize=None)(lambda path: _difference(config.parent, commit, path))
    return {
        instance.name: tuple(
            Note(f"configuration-{key}", f"{what} in {quoted(str(path))} here {why} {printable(ref)}, and are in force")
            for key, what, path in _certificates_of(instance)
            if path.is_file() and (why := difference(path)) is not None
            # Keys belong in no repository, and with them no certificate has to be there.
            if key == "ca_bundle" or why != _NOT_IN
        )
        for instance in instances
    }


def _certificates_of(instance: Instance) -> Iterator[tuple[str, str, Path]]:
    """The files of certificates that an instance names: the key of the setting, what they hold, and where they are."""
    if instance.ca_bundle is not None:
        yield "ca_bundle", "the certificates", instance.ca_bundle
    if instance.client_certificate is not None:
        yield "client_certificate", "the contents of the client certificate", instance.client_certificate.certificate
        yield "client_certificate", "the contents of the client key", instance.client_certificate.key


_NOT_IN = "are not in"


def _difference(folder: Path, commit: str, path: Path) -> str | None:
    """How a file in the work tree differs from a commit, as words before the name of the revision."""
    try:
        trusted = content_at(commit, folder, path.absolute())
    except GitError:  # outside of the repository, so that no pull request can change it
        return None
    if trusted is None:
        return _NOT_IN
    return "are not those of" if trusted != path.read_bytes() else None
