"""Load and validate all settings and declarations: no network, no credentials."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.declared.clients.resolve import InstanceDeclarations
from reconciler.declared.config.settings import read_settings
from reconciler.declared.declare import declare
from reconciler.declared.schema.validate import valid_documents
from reconciler.declared.yaml.load import LoadResult, load_directory, load_file
from reconciler.model.clients import Location
from reconciler.model.diagnostics import Diagnostic, Severity, error, has_errors, sorted_diagnostics
from reconciler.model.errors import GitError, InvalidDeclarations
from reconciler.model.settings import Instance, Settings
from reconciler.support.frozen import frozen
from reconciler.support.text import printable, quoted
from reconciler.workflow.options import ProjectFiles

if TYPE_CHECKING:
    from reconciler.declared.config.in_force import SettingInForce


_EMPTY = "`reconciler init --url URL` prints what belongs in it"


@frozen
class ValidatedFiles:
    """The result: the settings if they are valid, the declarations of each instance, all problems in order."""

    settings: Settings | None
    declared: InstanceDeclarations
    diagnostics: tuple[Diagnostic, ...]
    clients: int = 0
    """Number of clients that should exist, of all instances together."""
    entries: int = 0
    """Number of entries that declare them."""


def declares_nothing_yet(files: ProjectFiles, checked: ValidatedFiles) -> bool:
    """Whether the only problem is that there is no file of declarations: a new project.

    A missing directory that was named explicitly is a typing error instead.
    """
    directory = files.clients_directory
    is_new = directory.is_dir() or (files.clients is None and not os.path.lexists(directory))
    errors = [each for each in checked.diagnostics if each.severity is Severity.ERROR]
    places = {(each.rule, each.location.path) for each in errors}
    return checked.settings is not None and is_new and places == {("no-files", str(directory))}


def every_instance(settings: Settings) -> Sequence[Instance]:
    """Choose all instances, as `validate` does: the declarations must be valid for each."""
    return settings.instances


def validate_files(
    files: ProjectFiles,
    choose: Callable[[Settings], Sequence[Instance]] = every_instance,
    platform: str | None = None,
) -> ValidatedFiles:
    """Return all problems of the files at once, and what they declare for each chosen instance.

    `choose` is called once the settings are valid; what it raises (`WrongUsage`) is passed on. `platform` is a version
    to judge by in place of what the settings say.
    """
    settings, problems = settings_of(files)
    settings = settings and as_if(settings, platform)
    if files.clients is None and not os.path.isfile(files.config) and settings is None and files.config_from is None:
        return ValidatedFiles(
            None, InstanceDeclarations({}), tuple(problems)
        )  # the wrong folder: do not report that `clients/` is missing too
    instances = choose(settings) if settings else ()
    if settings is None:
        problems += (each for each in _load(files).diagnostics if not _is_no_folder_yet(each, files))
        return ValidatedFiles(None, InstanceDeclarations({}), tuple(sorted_diagnostics(problems)))
    return validate_declarations(files, settings, instances, problems)


def validate_declarations(
    files: ProjectFiles, settings: Settings, instances: Sequence[Instance], problems: Sequence[Diagnostic] = ()
) -> ValidatedFiles:
    """Like `validate_files`, with settings that are loaded already; `problems` are those found so far."""
    loaded = _load(files)
    complete = not has_errors(loaded.diagnostics)
    declared = declare(loaded.documents, settings, instances, complete=complete)
    diagnostics = tuple(sorted_diagnostics([*problems, *loaded.diagnostics, *declared.diagnostics]))
    return ValidatedFiles(settings, declared.by_instance, diagnostics, declared.clients, declared.entries)


def as_if(settings: Settings, platform: str | None) -> Settings:
    """The settings, as if every instance were of this version; as they are without one."""
    if platform is None:
        return settings
    return replace(settings, instances=tuple(replace(each, platform=platform) for each in settings.instances))


def _load(files: ProjectFiles) -> LoadResult:
    loaded = load_directory(files.clients_directory, str(files.clients_directory))
    valid = valid_documents(loaded, "auth-clients")
    if len(valid.documents) == len(loaded.documents):
        return valid
    from reconciler.declared.schema.valid_entries import with_valid_entries  # only where an entry is wrong

    return with_valid_entries(loaded, valid)


def valid_settings(config: Path, config_from: str | None = None) -> Settings:
    """Load the settings alone, optionally of a git revision. Raises `InvalidDeclarations` and `GitError`."""
    settings, problems = settings_of(ProjectFiles(config, config_from=config_from))
    if settings is None:
        raise InvalidDeclarations(problems)
    return settings


def in_force(config: Path) -> Mapping[str, Sequence[SettingInForce]]:
    """Each setting of each instance, and where it comes from, in a file that `valid_settings` accepts."""
    from reconciler.declared.config.in_force import settings_in_force
    from reconciler.declared.schema.key_order import key_order

    order = key_order("reconciler").below("instances").below("")
    return settings_in_force(load_file(config, str(config)).documents[0], order.rank)


def settings_of(files: ProjectFiles) -> tuple[Settings | None, list[Diagnostic]]:
    """Return the settings if valid, and all problems with them. Raises `GitError` for a revision without them.

    Relative paths in them always start from the folder that holds the file in the work tree, or would hold it.
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
    if not os.path.lexists(config):  # unlike Path.exists, it accepts a name of any length
        from reconciler.declared.config.missing import missing_settings  # mostly, it is there

        return None, [missing_settings(config)]
    if os.path.isdir(config):
        from reconciler.declared.config.missing import SETTINGS

        inside = f"name the file: --config {printable(str(config / SETTINGS))}"
        hint = "move it away, and start again: reconciler init" if config.name == SETTINGS else inside
        return None, [error("file", "this is a directory", Location(str(config), 1, 1), hint)]
    loaded = valid_documents(load_file(config, str(config), empty_hint=_EMPTY), "reconciler")
    if not loaded.documents or has_errors(loaded.diagnostics):
        return None, list(loaded.diagnostics)
    settings, problems = read_settings(loaded.documents[0], config.parent)
    return settings, [*loaded.diagnostics, *problems]


def _is_no_folder_yet(problem: Diagnostic, files: ProjectFiles) -> bool:
    """Whether the only problem of the declarations is that there are none: settings with errors come first."""
    return problem.rule == "no-files" and files.clients is None
