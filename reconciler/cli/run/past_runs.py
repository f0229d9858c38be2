"""Where the journals of past applies are, and what stands in them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.cli.output.console import Console
from reconciler.model.errors import ReconcilerError

if TYPE_CHECKING:
    from reconciler.applying.past_runs import PastRun, UnreadableJournal


def journal_directory(config: Path, chosen: Path | None) -> Path:
    """Where the journals are: as chosen, or beside reconciler.yaml."""
    return chosen if chosen is not None else config.parent / ".reconciler" / "journal"


def find_runs(config: Path, journal: Path | None, name: str, console: Console) -> list[PastRun]:
    """The journals of one run: one for each instance that it wrote to. Those that are damaged are warned of.

    Raises `ReconcilerError` if there is none.
    """
    from reconciler.applying.past_runs import PastRun
    from reconciler.render.terminal.errors import render_error_lines

    found = journals_in(config, journal)
    for each in found:
        if not isinstance(each, PastRun) and each.path.stem == name:
            console.problem(render_error_lines(each.problem))
    runs = [each for each in found if isinstance(each, PastRun) and each.heading.run == name]
    if not runs:
        directory = journal_directory(config, journal)
        raise ReconcilerError(
            f"no run that can be read is called '{name}' in {directory}", "list them: reconciler history"
        )
    return runs


def journals_in(config: Path, chosen: Path | None) -> list[PastRun | UnreadableJournal]:
    """What is in the folder, each once. The default one need not be there: it comes with the first apply."""
    from reconciler.applying.past_runs import list_runs

    if chosen is not None and not chosen.is_dir():
        raise ReconcilerError(
            f"cannot read the journals in {chosen}: there is no such folder", "name it: --journal DIR"
        )
    return _each_once(list_runs(journal_directory(config, chosen)))


def _each_once(found: tuple[PastRun | UnreadableJournal, ...]) -> list[PastRun | UnreadableJournal]:
    """Without the copies that several artifacts of one pipeline have of a journal; the longest tells most."""
    from reconciler.applying.past_runs import PastRun

    longest: dict[object, PastRun | UnreadableJournal] = {}
    for each in found:
        key = (each.heading.run, each.instance, each.identity) if isinstance(each, PastRun) else each.path
        kept = longest.get(key)
        if kept is None or kept.path.stat().st_size < each.path.stat().st_size:
            longest[key] = each
    return list(longest.values())
