"""`reconciler history`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from reconciler.cli.console import Console
from reconciler.cli.options import files_options, journal_option, plain_output_options
from reconciler.workflow.choices import Files

if TYPE_CHECKING:
    from reconciler.applying.runs import Run


@click.command(
    epilog="""\b
Examples:
  reconciler history
  reconciler history 20261123T134500Z-7f3a9c
  reconciler history --journal downloaded-artifacts/"""
)
@click.argument("run", required=False)
@files_options
@journal_option
@plain_output_options
def history(run: str | None, files: Files, journal: Path | None, console: Console) -> int:
    """List past applies, or show one.

    The newest first, from the journals beside the configuration or in DIR. With RUN: every change of that run, and
    what came of it.
    """
    from reconciler.applying.runs import list_runs
    from reconciler.render.history_text import render_run, render_runs

    directory = journal_directory(files, journal)
    if run is not None:
        console.result("\n".join(render_run(each, console.paint) for each in find_runs(directory, run)))
        return 0
    found = list_runs(directory)
    console.result(render_runs(found, console.paint))
    if not found:
        console.progress(f"no apply is written down in {directory}")
    return 0


def journal_directory(files: Files, chosen: Path | None) -> Path:
    """Where the journals are: as chosen, or beside reconciler.yaml."""
    return chosen if chosen is not None else files.config.parent / ".reconciler" / "journal"


def find_runs(directory: Path, name: str) -> list[Run]:
    """The journals of one run: one for each instance that it wrote to. Raises `ReconcilerError` if there is none."""
    from reconciler.applying.runs import Run, list_runs
    from reconciler.errors import ReconcilerError

    runs = [run for run in list_runs(directory) if isinstance(run, Run) and run.heading.run == name]
    if not runs:
        raise ReconcilerError(f"no run is called '{name}' in {directory}", "list them: reconciler history")
    return runs
