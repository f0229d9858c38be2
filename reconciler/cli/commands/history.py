"""`reconciler history`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from reconciler.cli.flags import completion
from reconciler.cli.flags.options import config_option, journal_option, option, plain_output_options
from reconciler.cli.output.console import Console
from reconciler.cli.run.journals import find_runs, journal_directory, journals_in
from reconciler.support.text import quoted
from reconciler.workflow.options import ProjectFiles

if TYPE_CHECKING:
    from reconciler.applying.past_runs import PastRun, UnreadableJournal


def _html_alone(context: click.Context, parameter: click.Parameter, value: Path | None) -> Path | None:
    """Return the file. Raises `BadParameter` unless its name ends in .html, the only format."""
    if value is not None and value.suffix.lower() != ".html":
        text = f"{quoted(str(value))} has no format: the name of a report of past applies ends in .html"
        raise click.BadParameter(text, context, parameter)
    return value


@click.command(
    epilog="""\b
Examples:
  reconciler history
  reconciler history 20261123T134500Z-7f3a9c
  reconciler history --journal downloaded-artifacts/
  reconciler history --report history.html"""
)
@click.argument("run", required=False, shell_complete=completion.runs)
@config_option
@journal_option
@option(
    "--report",
    type=click.Path(path_type=Path, dir_okay=False),
    callback=_html_alone,
    metavar="FILE",
    help="Also write an HTML report with a timeline and a table.",
)
@plain_output_options
def history(run: str | None, config: Path, journal: Path | None, report: Path | None, console: Console) -> int:
    """List past applies, or show one.

    Newest first. Reads the journals beside the configuration, or those in --journal DIR and its subfolders. With RUN,
    shows every change of that run and its outcome.
    """
    from reconciler.render.terminal.history import render_run, render_runs

    if report is not None:
        from reconciler.cli.run.overwriting import RunFiles, refuse_overwriting

        refuse_overwriting(RunFiles(ProjectFiles(config), journal), reports=[report])
    if run is not None:
        runs = find_runs(config, journal, run, console)
        _write(report, runs)
        console.text("\n".join(render_run(each, console.paint) for each in runs))
        return 0
    found = journals_in(config, journal)
    _write(report, found)
    console.text(render_runs(found, console.paint))
    if not found:
        console.progress(f"no apply is recorded in {journal_directory(config, journal)}")
    return 0


def _write(report: Path | None, found: Sequence[PastRun | UnreadableJournal]) -> None:
    """Write the timeline and the table, if requested."""
    if report is not None:
        from reconciler.cli.output.files import write_with_folder
        from reconciler.render.html.history import render_history_html

        write_with_folder(report, render_history_html(found, datetime.now(UTC)), "report")
