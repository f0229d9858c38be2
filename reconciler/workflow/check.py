"""Load everything that is declared and configured, and judge it: no network, no credentials."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from reconciler.declared.clients.resolve import InstanceDeclarations
from reconciler.declared.config.settings import read_settings
from reconciler.declared.declare import declare
from reconciler.declared.schema.validate import valid_documents
from reconciler.declared.yaml.load import load_directory, load_file
from reconciler.model.clients import Location
from reconciler.model.diagnostics import Diagnostic, Severity, error, has_errors, sorted_diagnostics
from reconciler.model.errors import GitError, InvalidDeclarations
from reconciler.model.settings import Instance, Settings
from reconciler.support.frozen import frozen
from reconciler.support.text import printable, quoted
from reconciler.workflow.options import ProjectFiles


@frozen
class Checked:
    """What was found: the settings when they are sound, the declarations of each instance, every problem in order."""

    settings: Settings | None
    declared: InstanceDeclarations
    diagnostics: tuple[Diagnostic, ...]
    clients: int = 0
    """How many names of clients are declared, whatever the instance."""


def declares_nothing_yet(files: ProjectFiles, checked: Checked) -> bool:
    """Whether all that is wrong is that there is no file of declarations: the first day of a project.

    A directory that somebody named and that is missing is a typing error instead.
    """
    directory = files.clients_directory
    is_new = directory.is_dir() or (files.clients is None and not os.path.lexists(directory))
    errors = [each for each in checked.diagnostics if each.severity is Severity.ERROR]
    places = {(each.rule, each.location.path) for each in errors}
    return checked.settings is not None and is_new and places == {("no-files", str(directory))}


def every_instance(settings: Settings) -> Sequence[Instance]:
    """The choice of `validate`: what is declared must be right for all of them."""
    return settings.instances


def check(files: ProjectFiles, choose: Callable[[Settings], Sequence[Instance]] = every_instance) -> Checked:
    """Every problem of the files at once, and what they declare for each chosen instance.

    `choose` is asked as soon as the settings are sound; what it raises (`WrongUsage`) goes through.
    """
    settings, problems = settings_of(files)
    if files.clients is None and not os.path.isfile(files.config) and settings is None and files.config_from is None:
        return Checked(
            None, InstanceDeclarations({}), tuple(problems)
        )  # the wrong folder: that `clients/` is missing too helps nobody
    instances = choose(settings) if settings else ()
    loaded = valid_documents(load_directory(files.clients_directory, str(files.clients_directory)), "auth-clients")
    problems += loaded.diagnostics
    if settings is None:
        return Checked(None, InstanceDeclarations({}), tuple(sorted_diagnostics(problems)))
    complete = not has_errors(loaded.diagnostics)
    declared = declare(loaded.documents, settings, instances, complete=complete)
    diagnostics = tuple(sorted_diagnostics([*problems, *declared.diagnostics]))
    return Checked(settings, declared.by_instance, diagnostics, declared.clients)


def sound_settings(config: Path, config_from: str | None = None) -> Settings:
    """The settings alone, of a git revision perhaps. Raises `InvalidDeclarations`, and `GitError`."""
    settings, problems = settings_of(ProjectFiles(config, config_from=config_from))
    if settings is None:
        raise InvalidDeclarations(problems)
    return settings


def settings_of(files: ProjectFiles) -> tuple[Settings | None, list[Diagnostic]]:
    """The settings if they are sound, and every problem with them. Raises `GitError` for a revision without them.

    Wherever they come from, relative paths in them start from the folder in which the file is now, or would be.
    """
    if files.config_from is None:
        return _settings(files.config)
    from reconciler.declared.at_revision import settings_at
    from reconciler.declared.git.repository import resolve_commit

    settings, problems = settings_at(resolve_commit(files.config.parent, files.config_from), files.config)
    if settings is None and not problems:
        ref = printable(files.config_from)
        hint = f"name a revision that has it; or, to trust the one here, leave out --config-from {ref}"
        raise GitError(f"there is no {quoted(str(files.config))} in the revision {quoted(ref)}", hint)
    return settings and replace(settings, path=files.config), problems


def _settings(config: Path) -> tuple[Settings | None, list[Diagnostic]]:
    if not os.path.lexists(config):  # unlike Path.exists, it takes a name of any length
        return None, [_missing(config)]
    if os.path.isdir(config):
        hint = f"name the file: --config {printable(str(config / 'reconciler.yaml'))}"
        return None, [error("file", "this is a directory", Location(str(config), 1, 1), hint)]
    loaded = valid_documents(load_file(config, str(config)), "reconciler")
    if not loaded.documents or has_errors(loaded.diagnostics):
        return None, list(loaded.diagnostics)
    settings, problems = read_settings(loaded.documents[0], config.parent)
    return settings, [*loaded.diagnostics, *problems]


def _missing(config: Path) -> Diagnostic:
    hint = "run this in the folder that holds reconciler.yaml, or name the file: --config FILE"
    if config == Path(config.name) and (above := _above(config.name)) is not None:
        folder = printable(str(above))
        hint = f"it is in {folder}: run there, or --config {folder}/{config.name}"
    return error("file", "there is no such file", Location(str(config), 1, 1), hint)


def _above(name: str) -> Path | None:
    """The nearest folder above this one that holds the file, as seen from here."""
    depth = len(Path.cwd().parents)
    ups = (Path(*[".."] * number) for number in range(1, depth + 1))
    return next((up for up in ups if os.path.isfile(up / name)), None)
