"""`reconciler rollback`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from reconciler.cli.apply import consent
from reconciler.cli.console import Console, is_interactive
from reconciler.cli.history import find_runs, journal_directory
from reconciler.cli.options import (
    conduct_options,
    files_options,
    limit_options,
    option,
    plain_output_options,
    yes_option,
)
from reconciler.errors import Refused, WrongUsage
from reconciler.text import printable, quoted_url
from reconciler.workflow.choices import Conduct, Files, Options

if TYPE_CHECKING:
    from reconciler.applying.runs import Run
    from reconciler.cli.signals import Stop
    from reconciler.model import Listing
    from reconciler.planning.inverse import Undo
    from reconciler.planning.plan import Plan
    from reconciler.settings import Instance, Settings
    from reconciler.workflow.plan import Planned


@click.command(
    epilog="""\b
Examples:
  reconciler rollback 20261123T134500Z-7f3a9c > clients/restored.yaml
  reconciler rollback 20261123T134500Z-7f3a9c --apply"""
)
@click.argument("run")
@files_options
@option("--instance", "-i", metavar="NAME", help="Which instance, if the run wrote to several.")
@click.option("--apply", "apply_it", is_flag=True, help="Write it to the instance now; git must follow.")
@limit_options
@conduct_options
@yes_option
@plain_output_options
def rollback(
    run: str,
    files: Files,
    instance: str | None,
    apply_it: bool,
    options: Options,
    conduct: Conduct,
    yes: bool,
    console: Console,
) -> int:
    """Print the declarations that undo a run, or write them.

    What is printed belongs into clients/ in a revert pull request, in place of the entries of the same names. What
    cannot be restored is said: a deleted client gets a new id and secret.

    With --apply nothing is written if one of the clients was changed since the run.
    """
    from reconciler.render.declarations import render_changes

    past = _one(find_runs(journal_directory(files, conduct.journal), run), instance)
    undo = _undo(past)
    if apply_it:
        return _apply(past, undo, files, options, conduct, yes, console)
    console.result(f"# undoes run {printable(run)} on {printable(past.instance)}\n")
    console.result(render_changes(undo.changes, undo.losses))
    _warn_of_the_uncertain(past, console)
    return 0


def _one(runs: list[Run], instance: str | None) -> Run:
    chosen = [run for run in runs if instance in (None, run.instance)]
    if len(chosen) == 1:
        return chosen[0]
    names = ", ".join(run.instance for run in runs)
    raise WrongUsage(f"the run wrote to {names}", "choose one of them: --instance NAME")


def _undo(past: Run) -> Undo:
    from reconciler.applying.runs import applied
    from reconciler.model import Location
    from reconciler.planning.inverse import invert

    return invert(past.heading.run, applied(past), Location(str(past.path), 1, 1))


def _warn_of_the_uncertain(past: Run, console: Console) -> None:
    from reconciler.applying.runs import uncertain

    for change in uncertain(past):
        name = printable(change.name)
        console.problem(f"warning: {name}: the run may have written this, and nobody knows; look at the instance\n")


def _apply(past: Run, undo: Undo, files: Files, options: Options, conduct: Conduct, yes: bool, console: Console) -> int:
    from reconciler.cli.exit_codes import of_applies
    from reconciler.cli.results import show_result
    from reconciler.cli.runs import start_run
    from reconciler.cli.signals import stoppable
    from reconciler.workflow.apply import Finished
    from reconciler.workflow.check import sound_settings
    from reconciler.workflow.exactly import Exactly, apply_exactly

    if not (yes or is_interactive()):
        raise WrongUsage("there is no terminal to ask on", "add --yes, once you have read it without --apply")
    _warn_of_the_uncertain(past, console)
    settings = sound_settings(files.config)
    order = Exactly(settings, _target(past, settings), lambda live: _plan(past, undo, live), options)
    with stoppable() as stop:
        run = start_run(files, conduct, console, stop)
        result = apply_exactly(order, lambda planned: _approve(planned, undo, yes, stop, console), run)
    show_result(result, console)
    if isinstance(result, Finished):
        console.problem("git must follow: put what `rollback` prints without --apply into clients/\n")
    return of_applies([result])


def _target(past: Run, settings: Settings) -> Instance:
    for instance in settings.instances:
        if (instance.name, instance.identity) == (past.instance, past.identity):
            return instance
    text = f"the run wrote to {printable(past.instance)} at {quoted_url(past.identity)}"
    raise Refused(f"{text}, which reconciler.yaml does not name", "roll back with the settings of that time")


def _plan(past: Run, undo: Undo, live: Listing) -> Plan:
    from reconciler.planning.plan import Plan

    ids = sorted([client.id for client in live.clients] + [client.id for client in live.unsupported])
    return Plan(past.instance, past.identity, undo.changes, live=len(ids), live_ids=tuple(ids))


def _approve(planned: Planned, undo: Undo, yes: bool, stop: Stop, console: Console) -> bool:
    for loss in undo.losses:
        console.problem(f"warning: {printable(loss.text)}\n")
    return consent([planned], yes, stop, console)
