"""`reconciler validate`."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from reconciler.cli.flags.options import files_options, offline_output_options
from reconciler.cli.flags.paths import real_path, refuse_unread_paths
from reconciler.cli.flags.platform import platform_option
from reconciler.cli.output.console import Console
from reconciler.cli.output.links import link_on
from reconciler.cli.run.reports import ReportFiles, report_option
from reconciler.model.diagnostics import Diagnostic, Severity, has_errors
from reconciler.model.errors import InvalidDeclarations, WrongUsage
from reconciler.render.terminal.errors import render_diagnostic_lines
from reconciler.workflow.options import ProjectFiles

if TYPE_CHECKING:
    from reconciler.model.settings import Settings
    from reconciler.workflow.validate import ValidatedFiles


@click.command(
    epilog="""\b
Examples:
  reconciler validate
  reconciler validate clients/portal.yaml
  reconciler validate --format json
  reconciler validate --platform 2026
  reconciler validate --report validate.sarif"""
)
@click.argument("paths", metavar="[PATH]...", nargs=-1, type=click.Path(path_type=Path))
@files_options
@platform_option
@report_option
@offline_output_options
def validate(
    paths: tuple[Path, ...], files: ProjectFiles, platform: str | None, reports: Sequence[Path], console: Console
) -> int:
    """Check the files for all instances.

    Reports all problems at once: structure, values, rules. Needs no network and no credentials.

    All files are always loaded. PATH (files or folders) limits what is reported and what counts for the exit code.
    Errors in the configuration always count.
    """
    from reconciler.workflow.validate import validate_files

    refuse_unread_paths(paths, files)
    if reports:
        from reconciler.cli.run.overwriting import RunFiles, refuse_overwriting

        refuse_overwriting(RunFiles(files), reports=reports)
    report_files = ReportFiles("validate", reports, files, console)
    with report_files.reporting_failures():
        checked = validate_files(files, platform=platform)
    reported = tuple(_within(paths, files, checked))
    try:
        _show(reported, console)
        console.progress(_summary(checked, reported))
        if checked.settings is not None:
            _note_missing_extra(checked.settings, console)
    finally:
        told = report_files.show(diagnostics=reported)
    code = InvalidDeclarations.exit_code if has_errors(reported) else 0
    return code if told else 1


def _within(paths: Sequence[Path], files: ProjectFiles, checked: ValidatedFiles) -> Iterator[Diagnostic]:
    scope = [real_path(path) for path in paths]
    if checked.settings is None and files.config_from is not None:
        scope = []  # the errors are in a revision, which no PATH can name
    scope += [real_path(files.config)] if scope and checked.settings is None else []
    for diagnostic in checked.diagnostics:
        real = real_path(Path(diagnostic.location.path))
        if not scope or any(real.is_relative_to(each) for each in scope):
            yield diagnostic


def _show(reported: Sequence[Diagnostic], console: Console) -> None:
    if console.wants_json:
        from reconciler.render.json.overview import render_diagnostics

        console.result(render_diagnostics(reported))
    else:
        console.text(render_diagnostic_lines(reported, link_on(sys.stdout, verbose=bool(console.verbose))))


def _note_missing_extra(settings: Settings, console: Console) -> None:
    """Say that embedded instances cannot be planned here. That makes no declaration invalid, so it is no error."""
    from reconciler.workflow.options import require_extras

    try:
        require_extras(settings.instances)
    except WrongUsage as missing:
        console.progress(f"note: {missing.message}; plan and apply will refuse it here\n  {missing.hint}")


def _summary(checked: ValidatedFiles, reported: Sequence[Diagnostic]) -> str:
    if has_errors(reported):
        return f"invalid: {_found(reported)}"
    if has_errors(checked.diagnostics):
        elsewhere = [diagnostic for diagnostic in checked.diagnostics if diagnostic not in reported]
        return f"no errors in these files; elsewhere {_found(elsewhere)}, see: reconciler validate"
    sound = f"valid: {_declared(checked)}"
    return f"{sound}; {_found(reported)}" if reported else sound


def _declared(checked: ValidatedFiles) -> str:
    """Count what is declared as `export` does: a client of each instance, and the entries if they are others."""
    clients, instances, entries = checked.clients, len(checked.declared.instances), checked.entries
    between = ", " if instances == 1 else " on "
    merged = f", in {entries} entr{'y' if entries == 1 else 'ies'}" if entries != clients else ""
    return f"{_plural(clients, 'client')}{between}{_plural(instances, 'instance')}{merged}"


def _found(diagnostics: Sequence[Diagnostic]) -> str:
    errors = sum(diagnostic.severity is Severity.ERROR for diagnostic in diagnostics)
    numbers = ((errors, "error"), (len(diagnostics) - errors, "warning"))
    return ", ".join(_plural(number, noun) for number, noun in numbers if number)


def _plural(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
