"""`reconciler history`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from reconciler.cli import completion
from reconciler.cli.console import Console
from reconciler.cli.options import config_option, journal_option, option, plain_output_options
from reconciler.model.errors import ReconcilerError
from reconciler.support.text import quoted

if TYPE_CHECKING:
    from reconciler.applying.past_runs import Run, Unreadable


def _html_alone(context: click.Context, parameter: click.Parameter, value: Path | None) -> Path | None:
    """The file, if its name has the one suffix that there is a format for. Raises `BadParameter`."""
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
    help="Write it to an HTML file as well: applies over time as a picture and a table.",
)
@plain_output_options
def history(run: str | None, config: Path, journal: Path | None, report: Path | None, console: Console) -> int:
    """List past applies, or show one.

    The newest first, from the journals beside the configuration or in DIR, however deep they lie in it. With RUN:
    every change of that run, and what came of it.
    """
    from reconciler.render.terminal.history import render_run, render_runs

    if run is not None:
        runs = find_runs(config, journal, run, console)
        _write(report, runs)
        console.result("\n".join(render_run(each, console.paint) for each in runs))
        return 0
    found = _journals(config, journal)
    _write(report, found)
    console.result(render_runs(found, console.paint))
    if not found:
        console.progress(f"no apply is written down in {journal_directory(config, journal)}")
    return 0


def _write(report: Path | None, found: Sequence[Run | Unreadable]) -> None:
    """The picture and the table, where they are asked for."""
    if report is not None:
        from reconciler.cli.files import put_whole
        from reconciler.render.html.history import render_history_html

        put_whole(report, render_history_html(found, datetime.now(UTC)), "report")


def journal_directory(config: Path, chosen: Path | None) -> Path:
    """Where the journals are: as chosen, or beside reconciler.yaml."""
    return chosen if chosen is not None else config.parent / ".reconciler" / "journal"


def find_runs(config: Path, journal: Path | None, name: str, console: Console) -> list[Run]:
    """The journals of one run: one for each instance that it wrote to. Those that are damaged are warned of.

    Raises `ReconcilerError` if there is none.
    """
    from reconciler.applying.past_runs import Run
    from reconciler.render.terminal.errors import render_error_lines

    found = _journals(config, journal)
    for each in found:
        if not isinstance(each, Run) and each.path.stem == name:
            console.problem(render_error_lines(each.problem))
    runs = [each for each in found if isinstance(each, Run) and each.heading.run == name]
    if not runs:
        directory = journal_directory(config, journal)
        raise ReconcilerError(
            f"no run that can be read is called '{name}' in {directory}", "list them: reconciler history"
        )
    return runs


def _journals(config: Path, chosen: Path | None) -> list[Run | Unreadable]:
    """What is in the folder, each once. The default one need not be there: it comes with the first apply."""
    from reconciler.applying.past_runs import list_runs

    if chosen is not None and not chosen.is_dir():
        raise ReconcilerError(
            f"cannot read the journals in {chosen}: there is no such folder", "name it: --journal DIR"
        )
    return _each_once(list_runs(journal_directory(config, chosen)))


def _each_once(found: tuple[Run | Unreadable, ...]) -> list[Run | Unreadable]:
    """Without the copies that several artifacts of one pipeline have of a journal; the longest tells most."""
    from reconciler.applying.past_runs import Run

    longest: dict[object, Run | Unreadable] = {}
    for each in found:
        key = (each.heading.run, each.instance, each.identity) if isinstance(each, Run) else each.path
        kept = longest.get(key)
        if kept is None or kept.path.stat().st_size < each.path.stat().st_size:
            longest[key] = each
    return list(longest.values())
