"""`reconciler secrets`."""

from __future__ import annotations

import os

import click

from reconciler.cli.flags.options import (
    files_options,
    instance_options,
    output_options,
    timeout_option,
    writing_options,
)
from reconciler.cli.groups import CommandGroup
from reconciler.cli.output.console import Console
from reconciler.workflow.options import Options, ProjectFiles, Selection, WriteOptions


@click.group(cls=CommandGroup)
def secrets() -> None:
    """Hand ids and secrets of clients to where they are needed."""


@secrets.command(
    epilog="""\b
Examples:
  reconciler secrets deliver
  reconciler secrets deliver "Customer portal" --instance production
  reconciler secrets deliver --all --check"""
)
@click.argument("names", metavar="[NAME]...", nargs=-1)
@click.option("--check", is_flag=True, help="Only say what each sink has; exit 1 if it lacks something.")
@files_options
@instance_options
@timeout_option
@writing_options
@output_options
def deliver(
    names: tuple[str, ...],
    check: bool,
    files: ProjectFiles,
    selection: Selection,
    timeout: float | None,
    write_options: WriteOptions,
    console: Console,
) -> int:
    """Hand over ids and secrets that sinks lack.

    Of every declared client that is live, or of those that NAME, a glob, matches. What is up to date is left alone; a
    `command`, which cannot be asked, is run for each. The instance is only read, and no secret is ever shown.

    With --check nothing is delivered: each sink is compared with the instance. Exits 0, or 1 if something is
    missing, stale, or cannot be looked into, or if a sink could take nothing: its program is missing, say.
    """
    from reconciler.cli.output.exit_codes import of_secrets
    from reconciler.cli.output.signals import stoppable
    from reconciler.cli.run.context import start_run
    from reconciler.cli.run.prepare import prepare
    from reconciler.render.json.secrets import render_secrets
    from reconciler.render.terminal.errors import render_error_lines
    from reconciler.render.terminal.secrets import render_sink_contents
    from reconciler.results import SinkContents, Stopped
    from reconciler.workflow.secrets import DeliveryRequest, deliver_secrets

    request = prepare(files, selection, Options(os.environ, timeout=timeout), console, journal=write_options.journal)
    with stoppable() as stop:
        results = deliver_secrets(
            request, DeliveryRequest(names, check), start_run(files, write_options, console, stop)
        )
    if console.wants_json:
        console.result(render_secrets(results, check=check))
    else:
        supplied = [render_sink_contents(each, console.paint) for each in results if isinstance(each, SinkContents)]
        console.result("\n".join(supplied))
    for result in results:
        if isinstance(result, Stopped):
            console.problem(render_error_lines(result.error, result.instance.name))
    return of_secrets(results, check=check)
