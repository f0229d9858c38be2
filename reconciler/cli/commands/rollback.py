"""`reconciler rollback`."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from reconciler.cli.commands.apply import approve_plans
from reconciler.cli.flags import completion
from reconciler.cli.flags.options import (
    config_option,
    limit_options,
    option,
    plain_output_options,
    writing_options,
    yes_option,
)
from reconciler.cli.output.console import Console
from reconciler.cli.output.streams import is_interactive
from reconciler.cli.run.journals import find_runs
from reconciler.model.errors import Refused, WrongUsage
from reconciler.support.text import enumeration, printable, quoted, quoted_url
from reconciler.workflow.options import Options, ProjectFiles, WriteOptions

if TYPE_CHECKING:
    from reconciler.applying.past_runs import PastRun
    from reconciler.cli.output.signals import StopRequest
    from reconciler.model.clients import Listing
    from reconciler.model.settings import Instance, Settings
    from reconciler.planning.plan.plan import Plan
    from reconciler.planning.rollback import Undo
    from reconciler.results import Planned


_MOST_NAMED = 5
"""Maximum number of clients named in a warning."""


@click.command(
    epilog="""\b
Examples:
  reconciler rollback 20261123T134500Z-7f3a9c
  reconciler rollback 20261123T134500Z-7f3a9c --apply"""
)
@click.argument("run", shell_complete=completion.runs)
@config_option
@option("--instance", "-i", metavar="NAME", help="Which instance, if the run wrote to several.")
@click.option("--apply", "apply_it", is_flag=True, help="Write it to the instance now; git must follow.")
@limit_options
@writing_options
@yes_option
@plain_output_options
def rollback(
    run: str,
    config: Path,
    instance: str | None,
    apply_it: bool,
    options: Options,
    write_options: WriteOptions,
    yes: bool,
    console: Console,
) -> int:
    """Print the declarations that undo a run, or write them.

    What is printed belongs into clients/ in a revert pull request, in place of the entries that the run applied; it
    says where they stand, and what it does not know. A deleted client gets a new id and secret.

    With --apply nothing is written if one of the clients was changed since the run; the limits and the other guards
    hold as for every apply. Git must follow, or the next apply does it all again.
    """
    if yes and not apply_it:
        raise WrongUsage("--yes is for --apply, and without that nothing is written", "add --apply, or leave out --yes")
    past = _one(find_runs(config, write_options.journal, run, console), instance)
    undo = _undo(past)
    if apply_it and undo.changes:
        return _apply(past, undo, ProjectFiles(config), options, write_options, yes, console)
    console.result(_declarations(past, undo))
    _warn_of_the_uncertain(past, console)
    return 0


def _declarations(past: PastRun, undo: Undo) -> str:
    from reconciler.exporting.yaml_text import render_changes

    name = printable(past.instance)
    heading = f"# undoes run {printable(past.heading.run)} on {name}"
    if not undo.changes:
        what = "nothing leads back" if undo.losses else "it changed nothing that is known"
        return f"{heading}: {what}\n{render_changes((), undo.losses, past.instance)}"
    lines = [
        f"{heading}; the values are those that {name} had",
        *(f"# in place of what stands at {place}" for place in _places(past)),
        "# not known here: description, justification, allow, variables, and which other instances an entry was for;",
        f"# take that from {f'commit {past.heading.commit}' if past.heading.commit else 'the entries as they were'}",
    ]
    return "\n".join(lines) + "\n" + render_changes(undo.changes, undo.losses, past.instance)


def _places(past: PastRun) -> Sequence[str]:
    """Return the places of the entries that the run applied."""
    from reconciler.applying.past_runs import applied

    sources = sorted({change.source for change, _ in applied(past) if change.source is not None})
    return [f"{printable(source.path)}:{source.line}" for source in sources]


def _one(runs: list[PastRun], instance: str | None) -> PastRun:
    chosen = [run for run in runs if instance in (None, run.instance)]
    if len(chosen) == 1:
        return chosen[0]
    names = ", ".join(printable(run.instance) for run in runs)
    if instance is None:
        raise WrongUsage(f"the run wrote to several instances: {names}", "choose one of them: --instance NAME")
    raise WrongUsage(f"the run did not write to {quoted(instance)}", f"it wrote to {names}")


def _undo(past: PastRun) -> Undo:
    from reconciler.applying.past_runs import applied
    from reconciler.model.clients import Location
    from reconciler.planning.rollback import invert

    return invert(past.heading.run, applied(past), Location(str(past.path), 1, 1))


def _warn_of_the_uncertain(past: PastRun, console: Console) -> None:
    from reconciler.applying.past_runs import uncertain

    names = [quoted(change.name) for change in uncertain(past)]
    if names:
        more = [f"{len(names) - _MOST_NAMED} more"] if len(names) > _MOST_NAMED else []
        which = enumeration([*names[:_MOST_NAMED], *more])
        text = f"whether the run wrote {which} is not known: look at the instance"
        console.problem(f"warning: {printable(past.instance)}: {text}; reconciler history {past.heading.run}\n")


def _apply(
    past: PastRun,
    undo: Undo,
    files: ProjectFiles,
    options: Options,
    write_options: WriteOptions,
    yes: bool,
    console: Console,
) -> int:
    from reconciler.applying.report import wrote_anything
    from reconciler.cli.output.exit_codes import of_applies
    from reconciler.cli.output.results import show_result
    from reconciler.cli.output.signals import stoppable
    from reconciler.cli.run.context import start_run
    from reconciler.cli.run.overwriting import RunFiles, refuse_misplaced_sinks
    from reconciler.results import Finished
    from reconciler.workflow.apply_saved import ExactPlan, apply_exact_plan
    from reconciler.workflow.validate import valid_settings

    if not (yes or is_interactive()):
        raise WrongUsage("there is no terminal to ask on", "add --yes, once you have read it without --apply")
    _warn_of_the_uncertain(past, console)
    settings = valid_settings(files.config)
    target = _target(past, settings)
    refuse_misplaced_sinks(RunFiles(files, write_options.journal), settings, [target])
    request = ExactPlan(
        settings,
        target,
        lambda live: _plan(past, undo, live),
        options,
        takes_time=not yes,
        when_stale="only what is as the run left it is undone: declare in clients/ what it should be, and apply that",
    )
    with stoppable() as stop:
        run = start_run(files, write_options, console, stop)
        result = apply_exact_plan(request, lambda planned: _approve(planned, undo, yes, stop, console), run)
    show_result(result, console)
    if isinstance(result, Finished) and wrote_anything(result.report):
        console.problem(_git_must_follow(past))
    return of_applies([result])


def _git_must_follow(past: PastRun) -> str:
    command = shlex.join(["reconciler", "rollback", past.heading.run, "--instance", past.instance])
    return f"git must follow, or the next apply does it all again; for clients/: {printable(command)}\n"


def _target(past: PastRun, settings: Settings) -> Instance:
    for instance in settings.instances:
        if (instance.name, instance.identity) == (past.instance, past.identity):
            return instance
    text = f"the run wrote to {printable(past.instance)} at {quoted_url(past.identity)}"
    raise Refused(f"{text}, which reconciler.yaml does not name", "roll back with the settings of that time")


def _plan(past: PastRun, undo: Undo, live: Listing) -> Plan:
    from reconciler.planning.plan.plan import Create, Plan

    # A client that equals one to be created again was created already, perhaps by an earlier rollback.
    again = [change.after for change in undo.changes if isinstance(change, Create)]
    ids = [client.id for client in live.clients if client.spec not in again]
    ids = sorted(ids + [client.id for client in live.unsupported])
    return Plan(past.instance, past.identity, undo.changes, live=len(ids), live_ids=tuple(ids))


def _approve(planned: Planned, undo: Undo, yes: bool, stop: StopRequest, console: Console) -> bool:
    for loss in undo.losses:
        console.problem(f"warning: {printable(loss.text)}\n")
    return approve_plans([planned], yes, stop, console)
