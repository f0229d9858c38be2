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
from reconciler.cli.flags.repeated import repeated_flags, selection_flags
from reconciler.cli.groups import CommandGroup
from reconciler.cli.output.console import Console
from reconciler.model.errors import WrongUsage
from reconciler.workflow.options import Options, ProjectFiles, Selection, WriteOptions

if TYPE_CHECKING:
    from reconciler.workflow.delivery.trials import TrialRequest


@click.group(
    cls=CommandGroup,
    epilog="""\b
Examples:
  reconciler secrets deliver --check
  reconciler secrets deliver""",
)
def secrets() -> None:
    """Deliver client IDs and secrets to configured destinations."""


@secrets.command(
    epilog="""\b
Examples:
  reconciler secrets deliver
  reconciler secrets deliver "Customer portal" --instance production
  reconciler secrets deliver --all --check
  reconciler secrets deliver --check --try --identity ~/.ssh/id_ed25519"""
)
@click.argument("names", metavar="[NAME]...", nargs=-1)
@click.option("--check", is_flag=True, help="Only report the state of each sink; exit 1 if something is missing.")
@click.option("--try", "try_out", is_flag=True, help="With --check: test the stored secrets at the instance.")
@click.option(
    "--identity",
    "identities",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="With --try: private key to decrypt age files; repeatable.",
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
    """Deliver IDs and secrets that sinks do not have yet.

    Covers all declared live clients, or those that match NAME (a glob). Up-to-date values are skipped; a `command` sink
    cannot be read, so it runs for every client. Only reads from the instance, and never shows a secret.

    With --check, nothing is delivered: each sink is compared with the instance. Exits 0, or 1 if something is missing,
    stale or unreadable, or if a sink cannot work (for example, its program is missing).

    With --check --try, each secret in a `dotenv`, `json` or (with --identity) `age` sink is tested at the token
    endpoint, one every 2 seconds. No token is issued. Also exits 1 if a secret is refused or belongs to a
    deleted client, or if the test stopped early, for example at the limit of requests.
    """
    from reconciler.cli.output.exit_codes import of_secrets
    from reconciler.cli.output.signals import StopRequest
    from reconciler.cli.run.context import start_run
    from reconciler.cli.run.prepare import prepare
    from reconciler.render.json.secrets import render_secrets
    from reconciler.render.terminal.fleet import render_stopped
    from reconciler.render.terminal.next_step import Chosen, next_after_check
    from reconciler.render.terminal.secrets import render_all_sink_contents
    from reconciler.results import SinkContents, is_login_refused
    from reconciler.workflow.secrets import DeliveryRequest, deliver_secrets

    trials = _trials(check, try_out, identities, console)
    request = prepare(files, selection, Options(os.environ, timeout=timeout), console, journal=write_options.journal)
    run = start_run(files, write_options, console, StopRequest())  # never armed: a signal ends it at once
    results = deliver_secrets(request, DeliveryRequest(names, check, trials), run)
    if console.wants_json:
        console.result(render_secrets(results, check=check, tried=try_out))
    else:
        supplied = [each for each in results if isinstance(each, SinkContents)]
        console.text(render_all_sink_contents(supplied, console.paint))
        if check:
            is_refused = any(map(is_login_refused, results))  # then no command may try that account again
            chosen = Chosen(() if is_refused else selection_flags(selection), len(results))
            flags = repeated_flags(files, Options({}))
            console.result(next_after_check(supplied, names, flags, console.paint, chosen))
    console.problem(render_stopped(results))
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
