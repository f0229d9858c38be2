"""`reconciler plan`."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from reconciler.cli.flags.options import (
    files_options,
    instance_options,
    journal_option,
    option,
    output_options,
    parallelism_option,
    planning_options,
)
from reconciler.cli.flags.platform import platform_option
from reconciler.cli.flags.repeated import repeated_flags, selection_flags
from reconciler.cli.flags.types import MultiPath, SavedFile
from reconciler.cli.output.console import Console
from reconciler.cli.run.reports import ReportFiles, report_option
from reconciler.model.errors import WrongUsage
from reconciler.support.frozen import frozen
from reconciler.workflow.options import Options, ProjectFiles, Selection

if TYPE_CHECKING:
    from reconciler.model.settings import Instance
    from reconciler.results import PlanResult

INDEX = "index.json"
"""The name of the index in a folder of plans."""


_SEPARATORS = tuple(filter(None, (os.sep, os.altsep)))


@frozen
class SavedAs:
    """Where plans are saved: one in a file, or several in a folder."""

    path: Path
    is_folder: bool

    @property
    def first_file(self) -> Path:
        """The file whose place can be judged before the instances are known."""
        return self.path / INDEX if self.is_folder else self.path

    def refuse(self, files: ProjectFiles, instances: Sequence[Instance]) -> None:
        """Raise `WrongUsage` unless the plans of these instances can be saved there."""
        if self.is_folder:
            from reconciler.cli.run.saved_plans import refuse_to_save_in

            refuse_to_save_in(self.path, files, instances)
        else:
            from reconciler.cli.run.saved_plan import refuse_to_save

            refuse_to_save(self.path, instances)

    def save(
        self, results: Sequence[PlanResult], files: ProjectFiles, options: Options, console: Console, before: str | None
    ) -> None:
        """Write the plans. `before` is the commit that had exactly the declarations before they were loaded."""
        if self.is_folder:
            from reconciler.cli.run.saved_plans import save_plans

            save_plans(results, self.path, files, options, console, before)
        else:
            from reconciler.cli.run.saved_plan import save_plan

            save_plan(results[0], self.path, files, options, console, before)


def _saved_as(output: str) -> SavedAs:
    """What -o means: a folder if it ends like one, or if plans were saved in it before."""
    return SavedAs(Path(output), output.endswith(_SEPARATORS) or os.path.isfile(os.path.join(output, INDEX)))


@click.command(
    epilog="""\b
Examples:
  reconciler plan
  reconciler plan --instance production --detailed-exitcode
  reconciler plan --instance production -o plan.json
  reconciler plan --all -o plans/
  reconciler plan --live live.json --config-from origin/main --instance production
  reconciler plan --all --report plan.md --report plan.html"""
)
@files_options
@instance_options
@planning_options
@click.option(
    "-o",
    "--output",
    type=SavedFile(),
    metavar="FILE",
    help="Save the plan for apply. For several instances, name a folder with a / at the end.",
)
@option(
    "--live",
    multiple=True,
    type=MultiPath(path_type=Path),
    metavar="FILE",
    help="Plan against a file from `observe`, without network or credentials. Repeatable; the newest state wins.",
)
@platform_option
@option("--detailed-exitcode", is_flag=True, help="Exit 2 when changes are pending.")
@journal_option
@report_option
@parallelism_option
@output_options
def plan(
    files: ProjectFiles,
    selection: Selection,
    options: Options,
    output: str | None,
    live: Sequence[Path],
    platform: str | None,
    detailed_exitcode: bool,
    journal: Path | None,
    reports: Sequence[Path],
    parallelism: int,
    console: Console,
) -> int:
    """Show what `apply` would do. Only reads from the instances.

    Exits 0, or 4 if a client is blocked or a guard would refuse the plan. The whole plan is shown in both cases.
    """
    saved = _saved_as(output) if output is not None else None
    if saved is not None or reports:
        from reconciler.cli.run.overwriting import RunFiles, refuse_overwriting

        refuse_overwriting(RunFiles(files, live=tuple(live)), saved.first_file if saved else None, reports)
    report_files = ReportFiles("plan", reports, files, console, platform)
    if live:
        from reconciler.cli.run.observation import plan_against

        path = saved.path if saved else None
        return plan_against(live, files, selection, options, path, detailed_exitcode, report_files, platform, journal)
    if platform is not None:
        raise WrongUsage(
            "--platform needs --live: otherwise a plan uses the version of the instance",
            "observe it first: reconciler observe -o live.json; then plan with --live live.json --platform VERSION",
        )
    return _plan_now(files, selection, options, saved, detailed_exitcode, parallelism, report_files, journal)


def _plan_now(
    files: ProjectFiles,
    selection: Selection,
    options: Options,
    saved: SavedAs | None,
    detailed: bool,
    parallelism: int,
    report_files: ReportFiles,
    journal: Path | None,
) -> int:
    from reconciler.cli.output.exit_codes import of_plans, with_report_failure
    from reconciler.cli.output.results import show_plans
    from reconciler.cli.output.waiting import Waiting
    from reconciler.cli.run.prepare import prepare
    from reconciler.workflow.plan import plan_instances
    from reconciler.workflow.unmatched_targets import refuse_unmatched

    before = None
    with report_files.reporting_failures():
        if saved is not None:
            from reconciler.cli.run.context import commit_before_loading

            before = commit_before_loading(files)
        request = prepare(files, selection, options, report_files.console, journal=journal)
        saved = saved if request.instances else None  # an empty shard has nothing to save
        if saved is not None:
            saved.refuse(files, request.instances)
        results = plan_instances(request, parallelism, Waiting(report_files.console))
        refuse_unmatched(request, results)
    flags = repeated_flags(files, options) if saved is None else None
    try:
        show_plans(results, report_files.console, flags, selection_flags(selection))
    finally:
        told = report_files.show(results, request.warnings)
    if saved is not None:
        saved.save(results, files, options, report_files.console, before)
    return with_report_failure(of_plans(results, detailed=detailed), told)
