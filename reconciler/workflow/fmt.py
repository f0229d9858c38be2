"""Format files: find them, and compute the canonical form of each."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from reconciler.declared.edit.text_edits import CannotEdit
from reconciler.declared.format.format import format_text
from reconciler.declared.yaml.files import MAX_BYTES, find_files, no_directory, read_file
from reconciler.declared.yaml.load import load_text
from reconciler.model.diagnostics import Diagnostic, has_errors
from reconciler.model.errors import WrongUsage
from reconciler.support.frozen import frozen
from reconciler.support.text import printable, quoted
from reconciler.workflow.options import ProjectFiles

_CLIENTS, _SETTINGS = "auth-clients", "reconciler"


@frozen
class FormattedFile:
    """A file before and after formatting."""

    shown_as: str
    before: bytes
    after: bytes

    @property
    def is_changed(self) -> bool:
        """Whether formatting changes the file."""
        return self.before != self.after


@frozen
class InvalidFile:
    """A file that cannot be read, or is not in the YAML subset that files use."""

    diagnostics: tuple[Diagnostic, ...]


@frozen
class UnformattableFile:
    """A file that cannot be formatted, and why."""

    shown_as: str
    why: str


Judged = FormattedFile | InvalidFile | UnformattableFile


@frozen
class FileToFormat:
    """A file to format; `obstacle` says why it cannot be read."""

    path: Path
    shown_as: str
    schema: str
    obstacle: Diagnostic | None = None


def sources(files: ProjectFiles, paths: Sequence[Path]) -> list[FileToFormat]:
    """The files of the settings and declarations; with `paths`, only those at or below them.

    Raises `WrongUsage` for a path without any such file.
    """
    settings = _settings(files.config)
    if settings.obstacle is not None and not paths:
        return [settings]  # the wrong folder: do not report that `clients/` is missing too
    everything = [*([settings] if settings.obstacle is None else []), *_declarations(files)]
    for path in paths:
        if not any(_leads_to(path, source) for source in everything):
            hint = "files are, if their names end in .yaml or .yml and start with no dot"
            raise WrongUsage(f"nothing would be read at {quoted(str(path))}", hint)
    return [source for source in everything if not paths or any(_leads_to(path, source) for path in paths)]


def _settings(config: Path) -> FileToFormat:
    shown_as = str(config)
    if os.path.lexists(config):
        return FileToFormat(config, printable(shown_as), _SETTINGS)
    from reconciler.declared.config.missing import missing_settings  # mostly, it is there

    return FileToFormat(config, shown_as, _SETTINGS, missing_settings(config))


def _declarations(files: ProjectFiles) -> Iterator[FileToFormat]:
    directory = files.clients_directory
    try:
        found = find_files(directory, str(directory))
    except OSError as reason:
        yield FileToFormat(directory, str(directory), _CLIENTS, no_directory(str(directory), reason))
        return
    for each in found:
        if each.obstacle is None or has_errors([each.obstacle]):
            yield FileToFormat(Path(each.path), each.shown_as, _CLIENTS, each.obstacle)


def _leads_to(path: Path, source: FileToFormat) -> bool:
    ways = ((os.path.abspath(source.path), os.path.abspath(path)), (_real(source.path), _real(path)))
    return any(Path(to).is_relative_to(start) for to, start in ways)


def _real(path: Path) -> str:
    return os.path.realpath(path)


def format_file(source: FileToFormat) -> Judged:
    """Format the content of a file."""
    if source.obstacle is not None:
        return InvalidFile((source.obstacle,))
    data = read_file(source.path, source.shown_as)
    return (
        InvalidFile((data,)) if isinstance(data, Diagnostic) else format_text_of(data, source.shown_as, source.schema)
    )


def format_text_of(data: bytes, shown_as: str, schema: str | None = None) -> Judged:
    """Format a text. Without a schema, it is one of clients if it has `clients:`, else one of settings."""
    loaded = load_text(data[: MAX_BYTES + 1], shown_as)
    if has_errors(loaded.diagnostics) or not loaded.documents:
        return InvalidFile(loaded.diagnostics)
    held = loaded.documents[0].root
    kind = schema or (_CLIENTS if isinstance(held, dict) and "clients" in held else _SETTINGS)
    try:
        return FormattedFile(shown_as, data, format_text(data, held, kind))
    except CannotEdit as reason:
        return UnformattableFile(shown_as, reason.message)
