"""`reconciler apply`."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from reconciler.cli.console import Console, is_interactive
from reconciler.cli.options import files_options, instance_options, output_options, planning_options, repeated_flags
from reconciler.errors import WrongUsage
from reconciler.planning.plan import Prune
from reconciler.workflow.choices import Files, Options, Selection

if TYPE_CHECKING:
    from reconciler.applying.report import Outcome
    from reconciler.settings import Instance
    from reconciler.workflow.apply import Approval
    from reconciler.workflow.plan import PlanResult


@click.command(
    epilog="""\b
Examples:
  reconciler apply
  reconciler apply --instance production --yes
  reconciler apply --instance production --max-deletes 5"""
)
@files_options
@instance_options
@planning_options
# No environment variable: a pipeline that writes says so where everybody reads it.
@click.option("--yes", is_flag=True, help="Do not ask. Needed where there is no terminal.")
@output_options
def apply(files: Files, selection: Selection, options: Options, yes: bool, console: Console) -> int:
    """Make live equal to declared.

    Plan, show, ask, observe again, write, verify.

    Updates and renames come first, then creates; deletes start only after all of those succeeded.
    A change counts as applied when a last look at the instance shows it.
    """
    from reconciler.cli.exit_codes import of_applies
    from reconciler.cli.orders import place_order
    from reconciler.cli.results import show_reports
    from reconciler.workflow.apply import apply_instances

    _refuse_to_guess(selection, options, yes)
    order = place_order(files, selection, options, console)
    results = list(apply_instances(order, _approval(yes, console), _log))
    show_reports(results, console, repeated_flags(files, options))
    return of_applies(results)


def _log(instance: Instance, outcome: Outcome) -> None:
    from reconciler.render.report_text import render_outcome

    logging.getLogger("reconciler.apply").info("%s: %s", instance.name, render_outcome(outcome))


def _refuse_to_guess(selection: Selection, options: Options, yes: bool) -> None:
    if yes and options.prune is not Prune.NONE:
        raise WrongUsage("--prune all deletes what nobody named, so a person must look: leave out --yes")
    if is_interactive() or (yes and selection.is_explicit):
        return
    if not yes:
        raise WrongUsage("there is no terminal to ask on", "add --yes, once you have read: reconciler plan")
    raise WrongUsage("which instance? Without a terminal none is assumed", "add --instance NAME, or --all")


def _approval(yes: bool, console: Console) -> Approval:
    from reconciler.cli.results import show_plans
    from reconciler.workflow.apply import Approval, is_pending

    def ask(results: Sequence[PlanResult]) -> bool:
        if not (yes and console.wants_json):
            show_plans(results, console)
        pending = [result for result in results if is_pending(result)]
        if yes or not pending:
            return True
        names = ", ".join(result.instance.name for result in pending)
        return click.confirm(f"Write this to {names}?", default=False, err=True)

    return Approval(ask, takes_time=not yes)
