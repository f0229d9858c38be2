"""`reconciler rollback`."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Sequence
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
from reconciler.cli.flags.repeated import repeated_flags
from reconciler.cli.output.console import Console
from reconciler.cli.output.streams import is_interactive
from reconciler.cli.run.journals import find_runs
from reconciler.cli.run.rollbacks import (
    UndoneRun,
    declarations,
    exact_plan,
    undone_run,
    warn_of_losses,
    warn_of_the_uncertain,
)
from reconciler.model.errors import WrongUsage
from reconciler.support.text import printable, quoted
from reconciler.workflow.options import Options, ProjectFiles, WriteOptions

if TYPE_CHECKING:
    from reconciler.applying.past_runs import PastRun
    from reconciler.results import ApplyResult, PlanResult
    from reconciler.workflow.exact.apply_saved import ExactPlan
    from reconciler.workflow.run import Run

_MOST_COMMANDS = 5
"""Maximum number of commands named, one for each instance that was not tried."""


@click.command(
    epilog="""\b
Examples:
  reconciler rollback 20261123T134500Z-7f3a9c
  reconciler rollback 20261123T134500Z-7f3a9c --apply
  reconciler rollback 20261123T134500Z-7f3a9c --all --apply"""
)
@click.argument("run", shell_complete=completion.runs)
@config_option
@option("--instance", "-i", metavar="NAME", help="Instance to undo, if the run wrote to several.")
@option("--all", "all_instances", is_flag=True, help="Undo the run on all its instances.")
@click.option("--apply", "apply_it", is_flag=True, help="Apply it to the instance now. Update git as well.")
@limit_options
@writing_options
@yes_option
@plain_output_options
def rollback(
    run: str,
    config: Path,
    instance: str | None,
    all_instances: bool,
    apply_it: bool,
    options: Options,
    write_options: WriteOptions,
    yes: bool,
    console: Console,
) -> int:
    """Undo a run: print the declarations, or apply them.

    Put the output into clients/ in a revert pull request, in place of the entries that the run applied. Comments say
    where these entries are, and what is unknown. A deleted client gets a new id and secret.

    With --apply, nothing is written if a client has changed since the run. Limits and guards apply as usual. Update git
    as well, or the next apply repeats the run.

    A run on several instances is undone on one of them, or on all with --all. All are checked and shown before a single
    question, then written wave by wave.
    """
    if yes and not apply_it:
        raise WrongUsage("--yes is for --apply, and without that nothing is written", "add --apply, or leave out --yes")
    if instance is not None and all_instances:
        raise WrongUsage("--instance and --all exclude each other", "leave one of them out")
    found = find_runs(config, write_options.journal, run, console, whole=all_instances)
    undone = [undone_run(each) for each in (found if all_instances else [_one(found, instance)])]
    if apply_it and any(each.undo.changes for each in undone):
        return _apply(undone, ProjectFiles(config), options, write_options, yes, console)
    console.result(declarations(undone))
    warn_of_the_uncertain(undone, console)
    return 0


def _one(runs: list[PastRun], instance: str | None) -> PastRun:
    chosen = [run for run in runs if instance in (None, run.instance)]
    if len(chosen) == 1:
        return chosen[0]
    names = ", ".join(printable(run.instance) for run in runs)
    if instance is None:
        hint = "choose one of them: --instance NAME; or take all of them: --all"
        raise WrongUsage(f"the run wrote to several instances: {names}", hint)
    raise WrongUsage(f"the run did not write to {quoted(instance)}", f"it wrote to {names}")


def _apply(
    undone: Sequence[UndoneRun],
    files: ProjectFiles,
    options: Options,
    write_options: WriteOptions,
    yes: bool,
    console: Console,
) -> int:
    from reconciler.cli.output.exit_codes import of_applies
    from reconciler.cli.output.signals import stoppable
    from reconciler.cli.run.context import start_run
    from reconciler.cli.run.overwriting import RunFiles, refuse_misplaced_sinks
    from reconciler.workflow.validate import valid_settings

    if not (yes or is_interactive()):
        raise WrongUsage("there is no terminal to ask on", "add --yes, once you have read it without --apply")
    warn_of_the_uncertain(undone, console)
    settings = valid_settings(files.config)
    changed = [each for each in undone if each.undo.changes]
    requests = [exact_plan(each, settings, options, takes_time=not yes) for each in changed]
    requests.sort(key=lambda request: settings.instances.index(request.instance))
    refuse_misplaced_sinks(RunFiles(files, write_options.journal), settings, [request.instance for request in requests])
    with stoppable() as stop:
        run = start_run(files, write_options, console, stop)

        def approve(proposed: Sequence[PlanResult]) -> bool:
            warn_of_losses(undone, console)
            return approve_plans(proposed, yes, stop, console)

        results = _write(requests, approve, run, console)
    which = ["--all"] if len(undone) > 1 else ["--instance", undone[0].past.instance]
    command = ["reconciler", "rollback", undone[0].past.heading.run]
    journal = ["--journal", str(write_options.journal)] if write_options.journal is not None else []
    for chosen in _left(results, which):
        again = [*command, *chosen, "--apply", *repeated_flags(files, options), *journal]
        console.result(f"next: {printable(shlex.join(again))}\n")
    files_flags = repeated_flags(ProjectFiles(files.config), Options({}))
    _tell_that_git_must_follow(results, [*command, *which, *files_flags], console)
    return of_applies(results)


def _write(
    requests: Sequence[ExactPlan], approve: Callable[[Sequence[PlanResult]], bool], run: Run, console: Console
) -> Sequence[ApplyResult]:
    """Write and show what was written."""
    if len(requests) == 1:
        from reconciler.cli.output.results import show_result
        from reconciler.workflow.exact.apply_saved import apply_exact_plan

        result = apply_exact_plan(requests[0], lambda planned: approve([planned]), run)
        show_result(result, console, None)
        return [result]
    from reconciler.cli.output.results import reporting, show_reports
    from reconciler.workflow.exact.apply_several import apply_exact_plans

    results = apply_exact_plans(requests, approve, run)
    with reporting(results):
        show_reports(results, console, None)
    return results


def _left(results: Sequence[ApplyResult], which: Sequence[str]) -> list[Sequence[str]]:
    """The flags of the commands that go on: all once more, or if one is refused for good, each of those not tried."""
    from reconciler.applying.report import is_complete, was_login_refused
    from reconciler.cli.output.results import to_try_again
    from reconciler.results import Finished, Planned

    names = to_try_again(results)
    if any(isinstance(each, Planned) and each.refusals for each in results):
        return [["--instance", name] for name in names[:_MOST_COMMANDS]]
    reports = [each.report for each in results if isinstance(each, Finished)]
    is_left = bool(names) or any(not (is_complete(each) or was_login_refused(each)) for each in reports)
    return [which] if is_left else []


def _tell_that_git_must_follow(results: Sequence[ApplyResult], command: Sequence[str], console: Console) -> None:
    from reconciler.applying.report import wrote_anything
    from reconciler.results import Finished

    written = [each for each in results if isinstance(each, Finished) and wrote_anything(each.report)]
    if not written:
        return
    text = f"update git as well, or the next apply repeats the run; for clients/: {printable(shlex.join(command))}"
    console.problem(f"{text}\n")
