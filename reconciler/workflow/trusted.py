"""Settings from a trusted git revision, and what the work tree would change of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from reconciler.declared.git import read_file, resolve_commit
from reconciler.errors import GitError
from reconciler.planning.configuration import settings_changes
from reconciler.planning.plan import Note
from reconciler.settings import Instance, Settings
from reconciler.text import printable, quoted
from reconciler.workflow.check import settings_of
from reconciler.workflow.choices import Files


def untrusted_changes(files: Files, trusted: Settings, instances: Sequence[Instance]) -> Mapping[str, tuple[Note, ...]]:
    """What the work tree's reconciler.yaml would change, by instance: none of it is in force. Raises `GitError`.

    Empty where the work tree's is the one in force.
    """
    if files.config_from is None:
        return {}
    here, _ = settings_of(Files(files.config))
    return {
        instance.name: (
            *_replaced_files(files.config_from, files.config, instance),
            *_changes(files, trusted, here, instance),
        )
        for instance in instances
    }


def _changes(files: Files, trusted: Settings, here: Settings | None, instance: Instance) -> tuple[Note, ...]:
    name = printable(files.config.name)
    if here is None:
        text = f"{name} here is missing or invalid, so nobody knows what it changes; not in force: reconciler validate"
        return (Note("configuration-invalid", text),)
    found = settings_changes(trusted, here, instance.name)
    return tuple(Note(note.code, f"{name} here {note.text}; not in force") for note in found)


def _replaced_files(ref: str, config: Path, instance: Instance) -> Iterator[Note]:
    """Certificates that the settings name are read from the work tree, wherever the settings come from."""
    bundle = instance.ca_bundle
    if bundle is None or not bundle.is_file():
        return
    try:
        trusted = read_file(config.parent, resolve_commit(config.parent, ref), bundle.absolute())
    except GitError:  # it lies outside of the repository, so that no pull request can change it
        return
    if trusted is not None and trusted != bundle.read_bytes():
        text = f"the certificates in {quoted(str(bundle))} here are not those of {printable(ref)}, and are in force"
        yield Note("configuration-ca_bundle", text)
