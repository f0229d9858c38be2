"""`reconciler secrets`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

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
from reconciler.model.errors import WrongUsage
from reconciler.workflow.options import Options, ProjectFiles, Selection, WriteOptions

if TYPE_CHECKING:
    from reconciler.workflow.delivery.trials import TrialRequest


@click.group(cls=CommandGroup)
def secrets() -> None:
    """Hand ids and secrets of clients to where they are needed."""


@secrets.command(
    epilog="""\b
Examples:
  reconciler secrets deliver
  reconciler secrets deliver "Customer portal" --instance production
  reconciler secrets deliver --all --check
  reconciler secrets deliver --check --try --identity ~/.ssh/id_ed25519"""
)
@click.argument("names", metavar="[NAME]...", nargs=-1)
@click.option("--check", is_flag=True, help="Only say what each sink has; exit 1 if it lacks something.")
@click.option(
    "--try", "try_out", is_flag=True, help="With --check: ask the instance whether it accepts what is stored."
)
@click.option(
    "--identity",
    "identities",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="With --try: a private key that opens age files; repeatable.",
)
@files_options
@instance_options
@timeout_option
@writing_options
@output_options
def deliver(
    names: tuple[str, ...],
    check: bool,
    try_out: bool,
    identities: tuple[Path, ...],
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

    With --check --try the token endpoint of the instance is asked about each secret in a `dotenv`, `json` or (with
    --identity) `age` sink, one every 2 seconds. No token is issued. Exits 1 also if a secret is refused, is for an id
    that is not live any more, or was not tried because an answer ended the trials.
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

    trials = _trials(check, try_out, identities, console)
    request = prepare(files, selection, Options(os.environ, timeout=timeout), console, journal=write_options.journal)
    with stoppable() as stop:
        results = deliver_secrets(
            request, DeliveryRequest(names, check, trials), start_run(files, write_options, console, stop)
        )
    if console.wants_json:
        console.result(render_secrets(results, check=check, tried=try_out))
    else:
        supplied = [render_sink_contents(each, console.paint) for each in results if isinstance(each, SinkContents)]
        console.text("\n".join(supplied))
    for result in results:
        if isinstance(result, Stopped):
            console.problem(render_error_lines(result.error, result.instance.name))
    return of_secrets(results, check=check)


def _trials(check: bool, try_out: bool, identities: tuple[Path, ...], console: Console) -> TrialRequest | None:
    """How to try what is stored; None if that is not requested. Raises `WrongUsage`."""
    if try_out and not check:
        hint = "reconciler secrets deliver --check --try"
        raise WrongUsage("--try needs --check: secrets are tried where nothing is delivered", hint)
    if identities and not try_out:
        raise WrongUsage("--identity is for --try", "reconciler secrets deliver --check --try --identity FILE")
    if not try_out:
        return None
    from reconciler.live.http.retry import RetryClock
    from reconciler.model.extras import require
    from reconciler.secrets.age_identities import open_identities
    from reconciler.workflow.delivery.trials import TrialRequest

    if identities:
        require("age", "--identity")
    return TrialRequest(open_identities(identities) if identities else None, RetryClock(), console.progress)
