"""A folder of saved plans: written by `plan -o FOLDER/`, applied by `apply FOLDER/`."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from reconciler import __version__
from reconciler.cli.flags.repeated import flags_for, repeated_flags
from reconciler.cli.output.console import Console
from reconciler.cli.output.exit_codes import of_applies, of_unprinted_applies
from reconciler.cli.output.files import read_whole, write_atomically
from reconciler.cli.output.results import reporting, show_proposals, show_reports
from reconciler.cli.output.signals import stoppable
from reconciler.cli.run.context import declared_from, record_applied_revision, start_run
from reconciler.cli.run.overwriting import RunFiles, refuse_misplaced_sinks, refuse_overwriting
from reconciler.cli.run.reports import ReportFiles
from reconciler.cli.run.saved_plan import command_for, write_plan
from reconciler.model.errors import ReconcilerError, Refused, WrongUsage
from reconciler.model.settings import Instance, Settings
from reconciler.planning.planfile.index import NAME, Index, check_indexed, dump_index, file_of, load_index
from reconciler.planning.planfile.planfile import SavedPlan, load_plan, target_of
from reconciler.render.view.counts import plural
from reconciler.results import ApplyResult, Planned, PlanResult, Stopped
from reconciler.support.text import enumeration, first_few, printable, quoted_path
from reconciler.workflow.exact.apply_saved import ExactPlan, declarations_for
from reconciler.workflow.exact.apply_several import apply_exact_plans
from reconciler.workflow.options import Options, ProjectFiles, WriteOptions, require_extras
from reconciler.workflow.validate import valid_settings

_MOST_NAMED = 5
_SAVE_SEVERAL = "save plans in it: reconciler plan --all -o FOLDER/"


def refuse_to_save_in(folder: Path, files: ProjectFiles, instances: Sequence[Instance]) -> None:
    """Raise `WrongUsage` unless the plans of these instances can be saved in this folder."""
    if folder.exists() and not folder.is_dir():
        raise WrongUsage(f"-o {printable(str(folder))}/ is no folder: it is a file", "name another folder")
    for file in (NAME, *(file_of(instance.name) for instance in instances)):
        refuse_overwriting(RunFiles(files), folder / file)


def save_plans(
    results: Sequence[PlanResult],
    folder: Path,
    files: ProjectFiles,
    options: Options,
    console: Console,
    before: str | None,
) -> None:
    """Write each plan to a file of its own in a folder, and last the index with their digests.

    `before` is the commit that had exactly the declarations before they were loaded.
    """
    planned = [result for result in results if isinstance(result, Planned)]
    if not planned:
        return
    at, now = declared_from(files, console), datetime.now(UTC)
    commit = at.commit if at and at.clean and at.commit == before else None
    _make(folder)
    saved = []
    for each in planned:
        file = folder / file_of(each.instance.name)
        saved.append(load_plan(write_plan(each, file, options, now, commit), str(file)))
    unplanned = [each.instance.name for each in results if not isinstance(each, Planned)]
    index = dump_index(saved, unplanned, created_at=now, program_version=__version__)
    write_atomically(folder / NAME, index, "index of the plans", private=True)
    console.progress(_after_saving(results, folder, files, options))


def _make(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as problem:
        reason = (problem.strerror or "it cannot be made").lower()
        raise ReconcilerError(f"cannot make the folder {printable(str(folder))}: {reason}", "name another") from None


def _after_saving(results: Sequence[PlanResult], folder: Path, files: ProjectFiles, options: Options) -> str:
    planned = [result for result in results if isinstance(result, Planned)]
    saved = f"saved {plural(len(planned), 'plan')}"
    without = [each.instance.name for each in results if not isinstance(each, Planned)]
    if without:
        saved += f", none of {first_few(without, _MOST_NAMED, 'or')}"
    refused = [each.instance.name for each in planned if each.refusals]
    if refused:
        names = first_few(refused, _MOST_NAMED, "or")
        saved += f"; as long as the above refuses it, {names} cannot be applied, nor any later wave"
    if not any((each.plan.has_changes or each.plan.again) and not each.refusals for each in planned):
        return saved if refused else f"{saved}; they change nothing"
    return f"{saved}; to apply exactly these: {command_for(planned, f'{folder}/', files, options)}"


def apply_plan_folder(
    folder: Path, files: ProjectFiles, options: Options, write_options: WriteOptions, report_files: ReportFiles
) -> int:
    """Apply the plans that the index of the folder lists, each exactly or not at all, and return the exit code."""
    console = report_files.console
    with report_files.reporting_failures():
        index = _index(folder)
        saved = list(_listed(folder, index))
        _tell_of_others(folder, saved, console)
        settings = valid_settings(files.config, files.config_from)
        requests = [_request(each, folder, files, settings, options, write_options) for each in saved]
        results: list[ApplyResult] = []
        if requests:
            with stoppable() as stop:

                def approve(proposed: Sequence[PlanResult]) -> bool:
                    show_proposals(proposed, console, asked=False)
                    stop.arm()
                    return True

                run = start_run(files, write_options, console, stop)
                results = apply_exact_plans(requests, approve, run, _without_plan(index, settings, folder))
    tell_recorded = _record(results, saved, files, console)
    try:
        with reporting(results):
            show_reports(results, console, repeated_flags(files, options), flags_for(results, settings))
        for tell in tell_recorded:
            tell()
    finally:
        told = report_files.show(results)
    return of_applies(results) if told else of_unprinted_applies(results)


def _index(folder: Path) -> Index:
    file = folder / NAME
    return load_index(read_whole(file, "index of the saved plans", _SAVE_SEVERAL), str(file))


def _without_plan(index: Index, settings: Settings, folder: Path) -> list[Stopped]:
    """The instances that could not be planned when the others were: a wave after theirs must not start."""
    problem = Refused(
        "no plan was saved for it, since it could not be planned",
        f"plan again: reconciler plan --all -o {printable(shlex.quote(f'{folder}/'))}",
    )
    return [Stopped(each, problem) for each in settings.instances if each.name in index.unplanned]


def _listed(folder: Path, index: Index) -> Iterator[SavedPlan]:
    """Read the plans that the index lists. Raises `Refused` if one of them is another than the index says."""
    for each in index.plans:
        file = folder / each.file
        saved = load_plan(read_whole(file, "saved plan", "get the whole folder from one run of plan"), str(file))
        check_indexed(saved, each, str(file))
        yield saved


def _tell_of_others(folder: Path, saved: Sequence[SavedPlan], console: Console) -> None:
    """Warn of plan files that the index does not list: from an earlier run, or brought by somebody."""
    listed = {file_of(each.plan.instance) for each in saved}
    others = sorted(path.name for path in folder.glob("*.json") if path.name not in {NAME, *listed} and _is_plan(path))
    if others:
        named = enumeration([quoted_path(name) for name in others[:_MOST_NAMED]])
        more = f" (and {len(others) - _MOST_NAMED} more)" if len(others) > _MOST_NAMED else ""
        console.problem(f"warning: {NAME} does not list {named}{more}: skipped\n")


def _is_plan(file: Path) -> bool:
    """Whether a file looks like a saved plan: also a damaged one, and one with another name."""
    try:
        with file.open("rb") as stream:
            return file.match(file_of("*")) or b'"saved-plan"' in stream.read(_HEAD)
    except OSError:
        return False


_HEAD = 400
"""Bytes in which a document says what it is."""


def _request(
    saved: SavedPlan,
    folder: Path,
    files: ProjectFiles,
    settings: Settings,
    options: Options,
    write_options: WriteOptions,
) -> ExactPlan:
    instance = target_of(saved, settings.instances)
    require_extras([instance])
    for name in (NAME, file_of(instance.name)):
        refuse_misplaced_sinks(RunFiles(files, write_options.journal, saved=folder / name), settings, [instance])
    declared = declarations_for(saved.plan, files, settings, instance)
    return ExactPlan(settings, instance, lambda _: saved.plan, options, saved.digest, declared=declared)


def _record(
    results: Sequence[ApplyResult], saved: Sequence[SavedPlan], files: ProjectFiles, console: Console
) -> list[Callable[[], None]]:
    """Record what is applied now, for `--base applied`: each plan may have been made from a commit of its own.

    What to say about it is said by the functions that are returned.
    """
    commits = {each.plan.instance: each.commit for each in saved}
    results = [result for result in results if result.instance.name in commits]
    of_commits = {
        commit: [result for result in results if commits[result.instance.name] == commit] for commit in commits.values()
    }
    return [record_applied_revision(some, files, commit, console) for commit, some in of_commits.items()]
