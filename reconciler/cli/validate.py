"""`reconciler validate`."""

from __future__ import annotations

from pathlib import Path

import click

from reconciler.cli.console import Console
from reconciler.cli.options import files_options, output_options
from reconciler.diagnostics import Diagnostic, Severity
from reconciler.workflow.choices import Files


@click.command(
    epilog="""\b
Examples:
  reconciler validate
  reconciler validate clients/portal.yaml
  reconciler validate --format json"""
)
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@files_options
@output_options
def validate(paths: tuple[Path, ...], files: Files, console: Console) -> int:
    """Check the files, for all instances.

    Every problem at once: structure, values, rules. No network, no credentials.

    Everything is always loaded; PATH (files or folders) only limits what is reported.
    """
    from reconciler.workflow.check import check

    checked = check(files)
    reported = tuple(d for d in checked.diagnostics if _is_within(d, paths))
    _show(reported, console)
    if any(d.severity is Severity.ERROR for d in reported):
        return 3
    if not console.wants_json:
        names = {client.name for declared in checked.declared.values() for client in declared.present}
        console.progress(f"valid: {_plural(len(names), 'client')}, {_plural(len(checked.declared), 'instance')}")
    return 0


def _show(reported: tuple[Diagnostic, ...], console: Console) -> None:
    if console.wants_json:
        from reconciler.render.json import render_diagnostics

        console.result(render_diagnostics(reported))
    else:
        console.result("".join(f"{diagnostic}\n" for diagnostic in reported))


def _is_within(diagnostic: Diagnostic, paths: tuple[Path, ...]) -> bool:
    if not paths:
        return True
    found = Path(diagnostic.location.path).absolute()
    return any(found.is_relative_to(path.absolute()) for path in paths)


def _plural(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
