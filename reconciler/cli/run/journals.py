"""Find and read the journals of past applies."""

from __future__ import annotations

import os
import shlex
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.cli.flags.repeated import repeated_flags
from reconciler.cli.output.console import Console
from reconciler.model.errors import GitError, InvalidDeclarations, ReconcilerError
from reconciler.support.planted import planted
from reconciler.support.state_dir import exposure
from reconciler.support.text import did_you_mean, enumeration, printable
from reconciler.workflow.options import Options, ProjectFiles

if TYPE_CHECKING:
    from reconciler.applying.past_runs import PastRun, UnreadableJournal
    from reconciler.model.settings import Instance
    from reconciler.planning.plan.plan import Update


_YOURS = "name a folder that only you can write to: --journal DIR"


def journal_directory(config: Path, chosen: Path | None) -> Path:
    """Return the folder of the journals: the chosen one, or the default beside reconciler.yaml."""
    return chosen if chosen is not None else config.parent / ".reconciler" / "journal"


def was_applied(config: Path, journal: Path | None, instance: Instance) -> bool:
    """Whether an apply to an instance is known here: from its journals, or from the ref in git that records it."""
    if any((journal_directory(config, journal) / instance.name).glob("*.jsonl")):
        return True
    return _recorded(config, instance)


def _recorded(config: Path, instance: Instance) -> bool:
    from reconciler.declared.git.repository import get_ref
    from reconciler.workflow.revisions.base import applied_ref

    try:
        return get_ref(config.parent, applied_ref(instance)) is not None
    except GitError:  # not in a repository, mostly
        return False


def known_clients(files: ProjectFiles, journal: Path | None, instance: Instance) -> Callable[[Update], bool]:
    """Return whether a known apply was of a client: of a complete one by what it declared, else by what it wrote."""
    from reconciler.applying.written_ids import written_ids
    from reconciler.planning.drift.base import Base
    from reconciler.workflow.revisions.base import APPLIED, bases

    written = written_ids(journal_directory(files.config, journal) / instance.name)
    base = bases(files, APPLIED, [instance])[instance.name]
    if isinstance(base, Base):
        return lambda update: update.id in written or base.declares(update)
    is_recorded = _recorded(files.config, instance)  # in a commit that is not here, so nobody knows more
    return lambda update: is_recorded or update.id in written


def journal_to_write(config: Path, chosen: Path | None) -> Path:
    """Return the folder for the journals of an apply. Raises `ReconcilerError` if others could change a chosen one."""
    if chosen is not None and chosen.is_dir():
        if why := planted(chosen):
            raise ReconcilerError(f"cannot write a journal there: {why}", _YOURS)
        if problem := exposure(Path(os.path.realpath(chosen)), readable=True):
            raise ReconcilerError(f"cannot write a journal in {chosen}: {problem[0]}", f"{problem[1]}; or {_YOURS}")
    return journal_directory(config, chosen)


def find_runs(config: Path, journal: Path | None, name: str, console: Console, *, whole: bool = False) -> list[PastRun]:
    """Return the journals of one run: one for each instance that it wrote to. Damaged ones are reported on stderr.

    Raises `ReconcilerError` if there is none, or, for the `whole` run, if one of several is damaged.
    """
    from reconciler.applying.past_runs import PastRun
    from reconciler.render.terminal.errors import render_error_lines

    found = journals_in(config, journal)
    runs = [each for each in found if isinstance(each, PastRun) and each.heading.run == name]
    damaged = [each for each in found if not isinstance(each, PastRun) and each.path.stem == name]
    if runs and damaged and whole:
        readable = enumeration(sorted(printable(run.instance) for run in runs), "or")
        raise ReconcilerError(
            f"the run cannot be undone as a whole: {damaged[0].problem.message}",
            f"undo it one by one, with --instance {readable}; for the rest, compare: reconciler plan",
        )
    for each in damaged:
        console.problem(render_error_lines(each.problem))
    if not runs:
        directory = journal_directory(config, journal)
        raise ReconcilerError(
            f"no run that can be read is called '{name}' in {directory}", _which_run(name, found, config, journal)
        )
    return runs


def _which_run(name: str, found: Sequence[PastRun | UnreadableJournal], config: Path, journal: Path | None) -> str:
    """Return the hint for a run that is not there: one with a name like it, or the newest."""
    from reconciler.applying.past_runs import PastRun

    flags = repeated_flags(ProjectFiles(config), Options({})) + (["--journal", str(journal)] if journal else [])
    listed = f"list them: {printable(shlex.join(['reconciler', 'history', *flags]))}"
    runs = sorted({each.heading.run for each in found if isinstance(each, PastRun)})
    meant = did_you_mean(name, runs) or (f"the newest is {runs[-1]}" if runs else None)
    return listed if meant is None else f"{meant}; {listed}"


def journals_in(config: Path, chosen: Path | None) -> list[PastRun | UnreadableJournal]:
    """Return the journals in the folder, each once. The default folder may be missing: the first apply creates it.

    Raises `ReconcilerError` where there is neither that folder nor a project.
    """
    from reconciler.applying.past_runs import list_runs

    if chosen is not None and not chosen.is_dir():
        raise ReconcilerError(
            f"cannot read the journals in {chosen}: there is no such folder", "name it: --journal DIR"
        )
    if chosen is None and not any(map(os.path.lexists, (config, journal_directory(config, None)))):
        from reconciler.declared.config.missing import missing_settings

        raise InvalidDeclarations([missing_settings(config)])
    return _each_once(list_runs(journal_directory(config, chosen)))


def _each_once(found: tuple[PastRun | UnreadableJournal, ...]) -> list[PastRun | UnreadableJournal]:
    """Drop copies of a journal, from several artifacts of one pipeline; the longest, which has the most, is kept."""
    from reconciler.applying.past_runs import PastRun

    longest: dict[object, PastRun | UnreadableJournal] = {}
    for each in found:
        key = (each.heading.run, each.instance, each.identity) if isinstance(each, PastRun) else each.path
        kept = longest.get(key)
        if kept is None or kept.path.stat().st_size < each.path.stat().st_size:
            longest[key] = each
    return list(longest.values())
