"""Saved plans: written by `plan -o`, applied by `apply PLAN`."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from reconciler import __version__
from reconciler.cli.flags.repeated import repeated_flags
from reconciler.cli.output.console import Console
from reconciler.cli.output.exit_codes import of_applies, of_unprinted_applies
from reconciler.cli.output.files import read_whole, write_atomically
from reconciler.cli.output.results import show_proposals, show_result
from reconciler.cli.output.signals import stoppable
from reconciler.cli.run.context import declared_from, record_applied_revision, start_run
from reconciler.cli.run.overwriting import RunFiles, refuse_misplaced_sinks
from reconciler.cli.run.reports import ReportFiles
from reconciler.model.errors import WrongUsage
from reconciler.model.settings import Instance
from reconciler.planning.plan.plan import OnDrift, Prune
from reconciler.planning.planfile.planfile import dump_plan, load_plan, target_of
from reconciler.results import Planned, PlanResult
from reconciler.workflow.exact.apply_saved import ExactPlan, apply_exact_plan, declarations_for, makes_claims
from reconciler.workflow.options import Options, ProjectFiles, WriteOptions, require_extras
from reconciler.workflow.validate import valid_settings

_SAVE_ONE = "save one: reconciler plan -o FILE"


def refuse_to_save(file: Path, instances: Sequence[Instance]) -> None:
    """Raise `WrongUsage` unless a plan for these instances can be saved in this file."""
    if str(file) == "-":
        raise WrongUsage("-o wants a file: stdout shows the plan to people", "name one: -o plan.json")
    if len(instances) != 1:
        names = ", ".join(instance.name for instance in instances)
        why = f"the file of a saved plan is for one instance, and here are several: {names}"
        raise WrongUsage(why, f"save them in a folder, with a / at its end: -o {file.with_suffix('')}/")


def save_plan(
    result: PlanResult, file: Path, files: ProjectFiles, options: Options, console: Console, before: str | None
) -> None:
    """Write the plan to a file, completely or not at all. For an instance without a plan, no file is written.

    `before` is the commit that had exactly the declarations before they were loaded.
    """
    if not isinstance(result, Planned):
        return
    at = declared_from(files, console)
    commit = at.commit if at and at.clean and at.commit == before else None
    write_plan(result, file, options, datetime.now(UTC), commit)
    console.progress(_after_saving(result, file, files, options))


def write_plan(planned: Planned, file: Path, options: Options, now: datetime, commit: str | None) -> bytes:
    """Write a plan to a file, and return what was written."""
    text = dump_plan(planned.plan, prune=options.prune, created_at=now, program_version=__version__, commit=commit)
    write_atomically(file, text, "plan", private=True)
    return text.encode()


def _after_saving(planned: Planned, file: Path, files: ProjectFiles, options: Options) -> str:
    if planned.refusals:
        return "saved; as long as the above refuses it, it cannot be applied"
    if not (planned.plan.has_changes or planned.plan.again):
        return "saved; it changes nothing"
    return f"saved; to apply exactly this: {command_for([planned], file, files, options)}"


def command_for(planned: Sequence[Planned], saved: Path | str, files: ProjectFiles, options: Options) -> str:
    """The command that applies saved plans."""
    flags = repeated_flags(
        replace(files, clients=None), replace(options, prune=Prune.NONE, base=None, on_drift=OnDrift.REFUSE)
    )
    command = shlex.join(["reconciler", "apply", str(saved), *flags])
    if files.clients is not None and any(makes_claims(each.plan, each.instance) for each in planned):
        command = f"RECONCILER_CLIENTS={shlex.quote(str(files.clients))} {command}"
    return command


def apply_plan_file(
    file: Path, files: ProjectFiles, options: Options, write_options: WriteOptions, report_files: ReportFiles
) -> int:
    """Apply exactly the saved plan or nothing, and return the exit code."""
    console = report_files.console
    with report_files.reporting_failures():
        saved = load_plan(read_whole(file, "saved plan", _SAVE_ONE), str(file))
        settings = valid_settings(files.config, files.config_from)
        instance = target_of(saved, settings.instances)
        require_extras([instance])
        refuse_misplaced_sinks(RunFiles(files, write_options.journal, saved=file), settings, [instance])
        declared = declarations_for(saved.plan, files, settings, instance)
        request = ExactPlan(settings, instance, lambda _: saved.plan, options, saved.digest, declared=declared)
        with stoppable() as stop:

            def approve(planned: Planned) -> bool:
                show_proposals([planned], console, asked=False)
                stop.arm()
                return True

            result = apply_exact_plan(request, approve, start_run(files, write_options, console, stop))
    tell_recorded = record_applied_revision([result], files, saved.commit, console)
    try:
        show_result(result, console, repeated_flags(files, options))
        tell_recorded()
    finally:
        told = report_files.show([result])
    return of_applies([result]) if told else of_unprinted_applies([result])
