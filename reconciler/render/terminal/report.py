"""The report of an apply, for a terminal."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import assert_never

from reconciler.applying.report import Applied, DeliveryStatus, Failed, Outcome, Report, Skipped, undelivered
from reconciler.model.errors import NotVerified
from reconciler.planning.plan.plan import Change, Create, Delete, Plan
from reconciler.render.terminal.color import Paint, Style, plain
from reconciler.render.terminal.deliveries import delivery_lines
from reconciler.render.terminal.plan import heading, title
from reconciler.render.view.counts import action, plural
from reconciler.render.view.rotation import old_secret_text
from reconciler.secrets.values import DeliveryEvent
from reconciler.support.text import printable

PAST = {"create": "created", "replace": "replaced", "update": "updated", "rename": "renamed", "delete": "deleted"}
MARKS = {"create": "+", "replace": "±", "update": "~", "rename": "~", "delete": "-"}
_WIDTH = 11
_MOST_ALIKE = 8
_SHOWN_ALIKE = 3
_INDENT = " " * (4 + _WIDTH)


def render_outcome(outcome: Outcome) -> str:
    """Render the outcome of one change as one line for a log."""
    change = outcome.change
    match outcome:
        case Applied(id=client_id, adopted=adopted):
            found = f"; {_adopted(change)}" if adopted else ""
            return f"{PAST[action(change)]} {_made(change, client_id)}{found}"
        case Failed(error=error):
            way_out = f"; {error.hint}" if error.hint else ""
            return f"{_failed(outcome)}: {_request(change)}: {printable(error.message + way_out)}"
        case Skipped(reason=reason):
            return f"not tried: {_request(change)}: {printable(reason)}"
        case _:
            assert_never(outcome)


def render_report(plan: Plan, report: Report, paint: Paint = plain, already_live: Sequence[Change] = ()) -> str:
    """Render the report of one instance, ending in a line feed. Changes that were already done come first."""
    lines = [heading(plan, paint), ""]
    lines += [_line("=", "was done", Style.FAINT, _request(change), paint) for change in already_live]
    lines += [line for _, alike in groupby(report.outcomes, _reason) for line in _grouped(list(alike), paint)]
    lines += delivery_lines(report.deliveries, plan.instance, paint)
    if report.journal_failure is not None:
        lines += [_line("x", "journal", Style.REMOVED, f"is incomplete: {printable(report.journal_failure)}", paint)]
    if _needs_manual_delivery(report):
        text = (
            "no sink got the secret of a created client: add a sink and apply again, or look on the Auth Clients page. "
            "Where that shows none, replace the client"
        )
        lines += ["", f"  {paint(text, Style.FAINT)}"]
    lines += ["", paint(_summary(plan, report, len(already_live)), Style.STRONG)]
    return "\n".join(lines) + "\n"


def _needs_manual_delivery(report: Report) -> bool:
    """Whether a client was created, and no secret was delivered to a sink."""
    created = any(isinstance(o, Applied) and isinstance(o.change, Create) for o in report.outcomes)
    return created and not any(each.status is DeliveryStatus.DELIVERED for each in report.deliveries)


def _reason(outcome: Outcome) -> tuple[type[Outcome], str | None]:
    """Return the key by which outcomes with the same reason are grouped; without a reason, it has None."""
    match outcome:
        case Applied():
            return Applied, None
        case Failed(error=error):
            return Failed, f"{_in_common(error.message)}\n{error.hint}"
        case Skipped(reason=reason):
            return Skipped, reason
        case _:
            assert_never(outcome)


def _grouped(outcomes: Sequence[Outcome], paint: Paint) -> Iterator[str]:
    """Render consecutive outcomes with the same reason, which is told once; of many, only the first few are named."""
    many = len(outcomes) > _MOST_ALIKE and not isinstance(outcomes[0], Applied)
    shown = outcomes[:_SHOWN_ALIKE] if many else outcomes
    is_shared = len(outcomes) > 1
    for outcome in shown:
        yield from _outcome(outcome, paint, is_shared=is_shared)
    if many:
        word = _failed(outcomes[0]) if isinstance(outcomes[0], Failed) else "not tried"
        yield f"{_INDENT}and {len(outcomes) - len(shown)} more {word}, for the same reason"
    if is_shared:
        which = "both: " if len(outcomes) == 2 else f"all {len(outcomes)}: "
        yield from _why(outcomes[0], which)


def _outcome(outcome: Outcome, paint: Paint, *, is_shared: bool = False) -> Iterator[str]:
    """Render one outcome, without the reason if that is told once for several."""
    change = outcome.change
    match outcome:
        case Applied(id=client_id, adopted=adopted):
            what = _made(change, client_id) if isinstance(change, Create) else title(change)
            yield _line(MARKS[action(change)], PAST[action(change)], Style.ADDED, what, paint)
            if adopted:
                yield _INDENT + _adopted(change)
            if isinstance(change, Create) and change.replaces is not None and change.replaces.keep_old:
                yield _INDENT + old_secret_text(change.replaces)
        case Failed(error=error):
            mark = "?" if isinstance(error, NotVerified) else "x"
            yield _line(mark, _failed(outcome), Style.REMOVED, _request(change), paint)
            if not is_shared:
                yield from _why(outcome)
        case Skipped(reason=reason):
            why = "" if is_shared else f": {printable(reason)}"
            yield _line(".", "not tried", Style.WARNED, _request(change) + why, paint)
        case _:
            assert_never(outcome)


def _in_common(message: str) -> str:
    """Return a message without what differs from client to client: the id, and how long it was tried."""
    return re.sub(
        r"; tried \d+ times in \d+ s", "; tried several times", re.sub(r"auth client \d+", "auth clients", message)
    )


def _why(outcome: Outcome, which: str = "") -> Iterator[str]:
    """Render the reason why a change was not applied, of `which` changes."""
    match outcome:
        case Applied():
            pass
        case Failed(error=error):
            yield _INDENT + which + printable(_in_common(error.message) if which else error.message)
            if error.hint:
                yield f"{_INDENT}fix: {printable(error.hint)}"
        case Skipped(reason=reason):
            yield _INDENT + which + printable(reason)
        case _:
            assert_never(outcome)


def _made(change: Change, client_id: int) -> str:
    """Return the client with its id; in a rotation, with both ids."""
    if isinstance(change, Create) and change.replaces is not None:
        return f"{printable(change.name)} (id {change.replaces.id} → {client_id})"
    return f"{printable(change.name)} (id {client_id})"


def _line(mark: str, word: str, style: Style, what: str, paint: Paint) -> str:
    blanks = " " * (_WIDTH - len(word))
    return f"  {paint(f'{mark} {word}', style)}{blanks}{what}"


def _request(change: Change) -> str:
    return f"{action(change)} {title(change)}"


def _failed(failed: Failed) -> str:
    """Return "failed", or "uncertain" for an unverified change: nobody knows whether that happened."""
    return "uncertain" if isinstance(failed.error, NotVerified) else "failed"


def _adopted(change: Change) -> str:
    where = "gone from the listing" if isinstance(change, Delete) else "found in the listing"
    return f"the answer was lost; {where}"


def _summary(plan: Plan, report: Report, already_live: int) -> str:
    applied = sum(isinstance(outcome, Applied) for outcome in report.outcomes)
    delivered = sum(each.status is DeliveryStatus.DELIVERED for each in report.deliveries)
    unserved = sum(each.event is not DeliveryEvent.DELETED for each in undelivered(report))
    failures = [outcome.error for outcome in report.outcomes if isinstance(outcome, Failed)]
    uncertain = sum(isinstance(error, NotVerified) for error in failures)
    numbers = {
        "failed": len(failures) - uncertain,
        "uncertain": uncertain,
        "done before": already_live,
        "not tried": sum(isinstance(outcome, Skipped) for outcome in report.outcomes),
        "delivery" if delivered == 1 else "deliveries": delivered,
        "not delivered": unserved,
        "blocked": len(plan.blocked),
        "left out by --only/--owner": plan.left_out,
    }
    nothing = "no changes" if report.deliveries else "nothing to do"
    parts = ["interrupted"] if report.interrupted else []
    parts += [f"{applied} of {plural(len(report.outcomes), 'change')} applied" if report.outcomes else nothing]
    parts += [f"{number} {word}" for word, number in numbers.items() if number]
    return " · ".join(parts)
