"""What came of an apply, for people at a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import assert_never

from reconciler.applying.report import Applied, Failed, Outcome, Report, Skipped
from reconciler.errors import ReconcilerError
from reconciler.render.paint import Paint, Style, plain
from reconciler.render.summary import action
from reconciler.text import printable

_PAST = {"create": "created", "update": "updated", "rename": "renamed", "delete": "deleted"}


def render_outcome(outcome: Outcome, paint: Paint = plain) -> str:
    """One line on one change, for a log or a terminal."""
    change = outcome.change
    word, name = action(change), printable(change.name)
    match outcome:
        case Applied(id=client_id):
            return f"  {paint(_PAST[word], Style.ADDED)}  {name} (id {client_id})"
        case Failed(error=error):
            return f"  {paint('failed', Style.REMOVED)} to {word} {name}: {render_error(error)}"
        case Skipped(reason=reason):
            return f"  {paint('not tried', Style.WARNED)}: {word} {name}: {printable(reason)}"
        case _:
            assert_never(outcome)


def render_report(instance: str, report: Report, paint: Paint = plain) -> str:
    """One instance's report, in plan order, ending in a line feed."""
    return "\n".join(_lines(instance, report, paint)) + "\n"


def render_error(error: ReconcilerError) -> str:
    """Message and way out on one line."""
    return printable(f"{error.message}; {error.hint}" if error.hint else error.message)


def _lines(instance: str, report: Report, paint: Paint) -> Iterator[str]:
    yield paint(instance, Style.STRONG)
    for outcome in report.outcomes:
        yield render_outcome(outcome, paint)
    applied = sum(isinstance(outcome, Applied) for outcome in report.outcomes)
    failed = sum(isinstance(outcome, Failed) for outcome in report.outcomes)
    skipped = sum(isinstance(outcome, Skipped) for outcome in report.outcomes)
    parts = [f"{applied} of {len(report.outcomes)} applied"]
    parts += [f"{failed} failed"] if failed else []
    parts += [f"{skipped} not tried"] if skipped else []
    yield paint(" · ".join(parts), Style.STRONG)
