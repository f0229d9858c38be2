"""`reconciler apply`."""

from __future__ import annotations

import os
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from reconciler.cli.flags.options import (
    files_options,
    instance_options,
    output_options,
    planning_options,
    typed_flags,
    writing_options,
    yes_option,
)
from reconciler.cli.flags.repeated import repeated_flags, selection_flags
from reconciler.cli.output.console import Console
from reconciler.cli.output.streams import is_interactive
from reconciler.cli.run.reports import ReportFiles, report_option
from reconciler.model.errors import WrongUsage
from reconciler.planning.plan.plan import Prune
from reconciler.support.text import printable, quoted
from reconciler.workflow.options import Options, ProjectFiles, Selection, WriteOptions

if TYPE_CHECKING:
    from reconciler.cli.output.signals import StopRequest
    from reconciler.planning.plan.plan import Plan
    from reconciler.results import PlanResult
    from reconciler.workflow.apply import Approval

_NOT_BESIDE_A_PLAN = ("instances", "all_instances", "shard", "clients", "prune", "base", "on_drift", "only", "owners")


@click.command(
    epilog="""\b
Examples:
  reconciler apply
  reconciler apply --instance production --yes
  reconciler apply --instance production --only "Customer *"
  reconciler apply plan.json
  reconciler apply plans/
  reconciler apply --instance production --yes --report apply.md"""
)
@click.argument("saved", metavar="[PLAN]", required=False, type=click.Path(path_type=Path))
@files_options
@instance_options
@planning_options
@writing_options
@yes_option
@report_option
@output_options
def apply(
    saved: Path | None,
    files: ProjectFiles,
    selection: Selection,
    options: Options,
    write_options: WriteOptions,
    yes: bool,
    reports: Sequence[Path],
    console: Console,
) -> int:
    """Apply the declared state to the instance.

    Makes a plan, shows it, asks for confirmation, checks that the instance has not changed, writes, and verifies.

    With a PLAN saved by `plan -o`, applies exactly that plan or nothing, without a question. With a folder, applies the
    plans that its index.json lists. All are checked before the first write. A stale plan is refused for its
    instance, and later waves do not start.

    Updates and renames run first, then creates. Deletes run last, and only if everything before them succeeded.
    A change counts as applied once it is seen on the instance. Ctrl-C waits for writes in progress.
    """
    if reports:
        from reconciler.cli.run.overwriting import RunFiles, refuse_overwriting

        refuse_overwriting(RunFiles(files, write_options.journal, saved=saved), reports=reports)
    report_files = ReportFiles("apply", reports, files, console)
    if saved is not None:
        _refuse_an_instance(saved, files)
        _refuse_beside_a_plan(typed_flags(_NOT_BESIDE_A_PLAN), saved, selection)
        return _apply_saved(saved, files, options, write_options, report_files)
    _refuse_to_guess(files, selection, options, yes)
    return _apply_declared(files, selection, options, write_options, yes, report_files)


def _apply_saved(
    saved: Path, files: ProjectFiles, options: Options, write_options: WriteOptions, report_files: ReportFiles
) -> int:
    if os.path.isdir(saved):  # unlike Path.is_dir, it takes a name of any length
        from reconciler.cli.run.saved_plans import apply_plan_folder

        return apply_plan_folder(saved, files, options, write_options, report_files)
    from reconciler.cli.run.saved_plan import apply_plan_file

    return apply_plan_file(saved, files, options, write_options, report_files)


def _apply_declared(
    files: ProjectFiles,
    selection: Selection,
    options: Options,
    write_options: WriteOptions,
    yes: bool,
    report_files: ReportFiles,
) -> int:
    from reconciler.cli.output.exit_codes import of_applies, of_unprinted_applies
    from reconciler.cli.output.results import reporting, show_reports
    from reconciler.cli.output.signals import stoppable
    from reconciler.cli.run.context import commit_before_loading, record_applied_revision, start_run
    from reconciler.cli.run.prepare import prepare
    from reconciler.workflow.apply import apply_instances

    console = report_files.console
    with report_files.reporting_failures(), stoppable() as stop:
        before = commit_before_loading(files)
        request = prepare(files, selection, options, console, journal=write_options.journal)
        run = start_run(files, write_options, console, stop)
        results = apply_instances(request, _approval(yes, console, stop), run)
    loaded = before if before == run.origin.exactly else None
    tell_recorded = record_applied_revision(results, files, loaded, console)
    try:
        with reporting(results):
            show_reports(results, console, repeated_flags(files, options), selection_flags(selection))
        tell_recorded()
    finally:
        told = report_files.show(results, request.warnings)
    return of_applies(results) if told else of_unprinted_applies(results)


def _refuse_an_instance(saved: Path, files: ProjectFiles) -> None:
    """Raise `WrongUsage` if an instance, or files of declarations, are named instead of a saved plan."""
    from reconciler.workflow.validate import settings_of

    if os.path.lexists(saved):
        _refuse_declarations(saved, files)
        return
    settings, _ = settings_of(files)
    if settings is not None and str(saved) in [instance.name for instance in settings.instances]:
        raise WrongUsage(
            f"there is no saved plan {quoted(str(saved))}", f"to name an instance, write --instance {saved}"
        )


def _refuse_declarations(saved: Path, files: ProjectFiles) -> None:
    folders = [os.path.realpath(each) for each in (files.clients_directory, files.config.parent)]
    is_project = os.path.realpath(saved) in folders and not os.path.lexists(saved / "index.json")
    if is_project or saved.suffix in (".yaml", ".yml"):
        hint = "everything in clients/ is applied without naming it: reconciler apply; --only GLOB limits it"
        raise WrongUsage(f"{quoted(str(saved))} is not a saved plan", hint)


def _refuse_beside_a_plan(typed: Sequence[str], saved: Path, selection: Selection) -> None:
    if not typed:
        return
    flags = ", ".join(typed)
    if selection.names and os.path.isdir(saved):
        from reconciler.planning.planfile.index import file_of

        one = shlex.join(["reconciler", "apply", str(saved / file_of(selection.names[0]))])
        raise WrongUsage(f"{flags}: a folder of plans is applied as a whole", f"to apply one of them: {printable(one)}")
    raise WrongUsage(f"{flags}: a saved plan is applied unchanged", f"leave {flags} out, or save another plan")


def _refuse_to_guess(files: ProjectFiles, selection: Selection, options: Options, yes: bool) -> None:
    if yes and options.prune is Prune.ALL:
        raise WrongUsage(
            "--prune all deletes clients that no file names, so a person must read the plan first",
            "leave out --yes; or save the plan (plan --prune all -o plan.json), read it, and apply that",
        )
    if is_interactive():
        return
    from reconciler.workflow.validate import settings_of

    settings, _ = settings_of(files)
    is_certain = selection.is_explicit or (settings is not None and len(settings.instances) == 1)
    if settings is None or (yes and is_certain):  # settings with errors are reported later on, and nothing is applied
        return
    if not yes:
        chosen = selection_flags(selection) or ([] if is_certain or settings.default_instance else ["--all"])
        look = shlex.join(["reconciler", "plan", *chosen, *repeated_flags(files, options)])
        which = "--yes" if is_certain else "--yes, and --instance NAME or --all"
        raise WrongUsage("there is no terminal to ask on", f"add {which}, once you have read: {look}")
    raise WrongUsage("which instance? Without a terminal, none is asked for", "add --instance NAME, or --all")


def _approval(yes: bool, console: Console, stop: StopRequest) -> Approval:
    from reconciler.workflow.apply import Approval

    return Approval(lambda results: approve_plans(results, yes, stop, console), takes_time=not yes)


def approve_plans(results: Sequence[PlanResult], yes: bool, stop: StopRequest, console: Console) -> bool:
    """Show the plans, and return whether to write what can be written.

    After a yes, a signal only requests a stop.
    """
    from reconciler.cli.output.prompt import ask
    from reconciler.cli.output.results import show_proposals
    from reconciler.results import is_pending, startable

    pending = [result.plan for result in startable(results) if is_pending(result)]
    show_proposals(results, console, asked=bool(pending) and not yes)
    agreed = yes or not pending or ask(_question(pending, console))
    if agreed:
        stop.arm()
    return agreed


def _question(pending: Sequence[Plan], console: Console) -> str:
    from reconciler.render.terminal.question import question_text

    *before, question = question_text(pending).split("\n")
    console.problem("".join(f"{line}\n" for line in before))
    return question
