"""Observations: written by `observe -o`, read by `plan --live`."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from reconciler import __version__
from reconciler.cli.flags.repeated import repeated_flags, selection_flags
from reconciler.cli.output.console import Console
from reconciler.cli.output.exit_codes import of_observations, of_plans, with_report_failure
from reconciler.cli.output.files import read_whole, write_atomically
from reconciler.cli.output.results import show_plans
from reconciler.cli.output.waiting import Waiting
from reconciler.cli.run.prepare import prepare
from reconciler.cli.run.reports import ReportFiles
from reconciler.live.observation import OBSERVE_AGAIN, Observation, as_if_on, dump_observations, load_observations
from reconciler.model.errors import WrongUsage
from reconciler.model.settings import Instance
from reconciler.render.terminal.fleet import render_stopped
from reconciler.render.terminal.next_step import Chosen
from reconciler.render.view.counts import plural
from reconciler.support.text import printable
from reconciler.workflow.observe import Observed, observe_instances, plan_observed
from reconciler.workflow.options import Options, ProjectFiles, Selection
from reconciler.workflow.unmatched_targets import refuse_unmatched

_MOST_NAMED = 12
"""Maximum number of instances named after saving."""


def refuse_to_observe(file: Path) -> None:
    """Raise `WrongUsage` unless an observation can be saved in this file."""
    if str(file) == "-":
        raise WrongUsage("-o wants a file, which is written whole or not at all", "name one: -o live.json")


def save_observations(
    instances: Sequence[Instance],
    file: Path,
    files: ProjectFiles,
    selection: Selection,
    options: Options,
    parallelism: int,
    console: Console,
) -> int:
    """Observe the instances, save those that answered, and return the exit code."""
    if not instances:
        console.progress("the shard contains none of the instances: nothing to do")
        return of_observations([])
    results = observe_instances(instances, options, parallelism, lambda: datetime.now(UTC), Waiting(console))
    found = [result for result in results if isinstance(result, Observed)]
    if found:
        text = dump_observations([each.observation for each in found], __version__)
        write_atomically(file, text, "observation", private=True)
        console.progress(_after_saving(found, file, files, Chosen(selection_flags(selection), len(instances))))
    console.problem(render_stopped(results))
    if not found:
        console.problem(f"nothing was observed, so {printable(str(file))} was not written\n")
    return of_observations(results)


def plan_against(
    live: Sequence[Path],
    files: ProjectFiles,
    selection: Selection,
    options: Options,
    output: Path | None,
    detailed: bool,
    report_files: ReportFiles,
    platform: str | None = None,
    journal: Path | None = None,
) -> int:
    """Show the plans against an observation, and return the exit code. No next command: they cannot be applied.

    With a `platform`, as if the observed instances were of that version.
    """
    if output is not None:
        raise WrongUsage(
            "--live and -o exclude each other: an observation may be old, so nothing is applied from it",
            "to save a plan for apply, leave --live out, where the credentials are",
        )
    with report_files.reporting_failures():
        newest = _newest(live)
        observations = tuple(as_if_on(each, platform) for each, _ in newest.values())
        request = prepare(
            files, selection, options, report_files.console, reaching=False, platform=platform, journal=journal
        )
        files_of = {name: str(file) for name, (_, file) in newest.items()}
        looked_in = ", ".join(map(str, live))
        results = list(plan_observed(request, observations, files_of, looked_in, datetime.now(UTC)))
        refuse_unmatched(request, results)
    try:
        show_plans(results, report_files.console)
    finally:
        told = report_files.show(results, request.warnings)
    return with_report_failure(of_plans(results, detailed=detailed), told)


def _newest(live: Sequence[Path]) -> Mapping[str, tuple[Observation, Path]]:
    """Return of each instance the newest observation, and its file."""
    found: dict[str, tuple[Observation, Path]] = {}
    for file in live:
        for each in load_observations(read_whole(file, "observation", OBSERVE_AGAIN), str(file)):
            known = found.get(each.instance)
            if known is None or known[0].observed_at < each.observed_at:
                found[each.instance] = (each, file)
    return found


def _after_saving(found: Sequence[Observed], file: Path, files: ProjectFiles, chosen: Chosen) -> str:
    saved = ", ".join(f"{each.instance.name} ({_clients(each)})" for each in found[:_MOST_NAMED])
    saved += f" and {len(found) - _MOST_NAMED} more" if len(found) > _MOST_NAMED else ""
    named = chosen.naming([each.instance.name for each in found])
    flags = repeated_flags(files, Options({}))
    plan = printable(shlex.join(["reconciler", "plan", "--live", str(file), *named, *flags]))
    return f"saved: {saved}; to plan with it, without credentials: {plan}"


def _clients(observed: Observed) -> str:
    listing = observed.observation.listing
    return plural(len(listing.clients) + len(listing.unsupported), "client")
