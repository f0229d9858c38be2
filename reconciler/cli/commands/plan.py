"""`reconciler plan`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

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
from reconciler.cli.flags.types import MultiPath
from reconciler.cli.output.console import Console
from reconciler.cli.run.reports import ReportFiles, report_option
from reconciler.model.errors import WrongUsage
from reconciler.workflow.options import Options, ProjectFiles, Selection


@click.command(
    epilog="""\b
Examples:
  reconciler plan
  reconciler plan --instance production --detailed-exitcode
  reconciler plan --instance production -o plan.json
  reconciler plan --live live.json --config-from origin/main --instance production
  reconciler plan --all --owner team-portal
  reconciler plan --all --format json
  reconciler plan --all --shard 2/4
  reconciler plan --all --report plan.md --report plan.html"""
)
@files_options
@instance_options
@planning_options
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), metavar="FILE", help="Save the plan of one instance, for apply."
)
@option(
    "--live",
    multiple=True,
    type=MultiPath(path_type=Path),
    metavar="FILE",
    help="Plan against what `observe` saved: no network, no credentials. Repeatable; the newest of an instance counts.",
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
    output: Path | None,
    live: Sequence[Path],
    platform: str | None,
    detailed_exitcode: bool,
    journal: Path | None,
    reports: Sequence[Path],
    parallelism: int,
    console: Console,
) -> int:
    """Show what `apply` would do. Only reads from the instances.

    Exits 0, or 4 when something is blocked or a guard would refuse the plan, after showing all of it.
    """
    if output is not None or reports:
        from reconciler.cli.run.overwriting import RunFiles, refuse_overwriting

        refuse_overwriting(RunFiles(files, live=tuple(live)), output, reports)
    report_files = ReportFiles("plan", reports, files, console)
    if live:
        from reconciler.cli.run.observation import plan_against

        return plan_against(live, files, selection, options, output, detailed_exitcode, report_files, platform, journal)
    if platform is not None:
        raise WrongUsage(
            "--platform asks what would be on another version, and a plan asks the instance itself",
            "observe it first: reconciler observe -o live.json; then plan with --live live.json --platform VERSION",
        )
    return _plan_now(files, selection, options, output, detailed_exitcode, parallelism, report_files, journal)


def _plan_now(
    files: ProjectFiles,
    selection: Selection,
    options: Options,
    output: Path | None,
    detailed: bool,
    parallelism: int,
    report_files: ReportFiles,
    journal: Path | None,
) -> int:
    from reconciler.cli.output.exit_codes import of_plans, with_report_failure
    from reconciler.cli.output.results import show_plans
    from reconciler.cli.run.prepare import prepare
    from reconciler.workflow.plan import plan_instances
    from reconciler.workflow.unmatched_targets import refuse_unmatched

    before = None
    with report_files.reporting_failures():
        if output is not None:
            from reconciler.cli.run.context import commit_before_loading

            before = commit_before_loading(files)
        request = prepare(files, selection, options, report_files.console, journal=journal)
        output = output if request.instances else None  # an empty shard has nothing to save
        if output is not None:
            from reconciler.cli.run.saved_plan import refuse_to_save

            refuse_to_save(output, request.instances)
        results = plan_instances(request, parallelism)
        refuse_unmatched(request, results)
    flags = repeated_flags(files, options) if output is None else None
    try:
        show_plans(results, report_files.console, flags, selection_flags(selection))
    finally:
        told = report_files.show(results, request.warnings)
    if output is not None:
        from reconciler.cli.run.saved_plan import save_plan

        save_plan(results[0], output, files, options, report_files.console, before)
    return with_report_failure(of_plans(results, detailed=detailed), told)
