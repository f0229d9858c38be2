"""Plans for people at a terminal: aligned, field by field, coloured where the caller says so."""

from __future__ import annotations

from collections.abc import Iterator
from typing import assert_never

from reconciler.model import Location
from reconciler.planning.guard import Refusal
from reconciler.planning.plan import (
    Blocked,
    Change,
    Create,
    Delete,
    Note,
    Plan,
    Unmanaged,
    Update,
    field_changes,
    grants_text,
)
from reconciler.render.paint import Paint, Style, plain
from reconciler.render.summary import Counts, action, count, pending_text, shortened
from reconciler.text import printable

INDENT = " " * 12
FIELD_WIDTH = 14
_ONE_LINE = 72
"""Characters of `before → after` up to which both stand on one line."""

_MARKS = {
    "create": ("+", Style.ADDED),
    "update": ("~", Style.CHANGED),
    "rename": ("~", Style.CHANGED),
    "delete": ("-", Style.REMOVED),
}


def render_plan(plan: Plan, refusals: tuple[Refusal, ...] = (), paint: Paint = plain) -> str:
    """One instance's plan, ending in a line feed."""
    lines = [paint(f"{plan.instance}", Style.STRONG) + f"  {printable(plan.identity)}", ""]
    for change in plan.changes:
        lines += [*_change(change, paint), ""]
    for blocked in plan.blocked:
        lines += [*_blocked(blocked, paint), ""]
    counts = count(plan)
    lines += _left_alone(plan, counts)
    lines += [f"  note: {printable(note.text)}" for note in plan.notes]
    lines += [line for refusal in refusals for line in _refusal(refusal, paint)]
    lines.append(_summary(counts, refusals, paint))
    return "\n".join(lines) + "\n"


def _change(change: Change, paint: Paint) -> Iterator[str]:
    word = action(change)
    mark, style = _MARKS[word]
    yield f"  {paint(f'{mark} {word}', style)}  {paint(_title(change), Style.STRONG)}"
    yield from _fields(change, paint)
    yield INDENT + paint(f"{printable(change.reason.text)}{_place(change.source)}", Style.FAINT)
    yield from (_risk(risk, paint) for risk in change.risks)


def _title(change: Change) -> str:
    match change:
        case Create():
            return printable(change.name)
        case Update() if change.is_rename:
            return f"{printable(change.before.name)} → {printable(change.name)} (id {change.id})"
        case Update() | Delete():
            return f"{printable(change.name)} (id {change.id})"
        case _:
            assert_never(change)


def _fields(change: Change, paint: Paint) -> Iterator[str]:
    match change:
        case Create(after=spec) | Delete(before=spec):
            style = Style.ADDED if isinstance(change, Create) else Style.REMOVED
            yield _field("grants", paint(grants_text(spec.grants), style))
            if spec.redirect_url is not None:
                yield _field("redirect_url", paint(printable(spec.redirect_url), style))
        case Update():
            for changed in field_changes(change.before, change.after):
                yield from _field_change(changed.field, changed.before, changed.after, paint)
        case _:
            assert_never(change)


def _field(name: str, value: str) -> str:
    return f"{INDENT}{name:<{FIELD_WIDTH}}{value}"


def _field_change(name: str, before: str | None, after: str | None, paint: Paint) -> Iterator[str]:
    old = "(none)" if before is None else printable(before)
    new = "(none)" if after is None else printable(after)
    old_painted, new_painted = paint(old, Style.REMOVED), paint(new, Style.ADDED)
    if len(old) + len(new) <= _ONE_LINE:
        yield _field(name, f"{old_painted} → {new_painted}")
    else:
        yield _field(name, f"  {old_painted}")
        yield _field("", f"→ {new_painted}")


def _risk(risk: Note, paint: Paint) -> str:
    return f"{INDENT}{paint('! ' + printable(risk.text), Style.WARNED)}"


def _place(location: Location | None) -> str:
    return "" if location is None else f" ({printable(location.path)}:{location.line})"


def _blocked(blocked: Blocked, paint: Paint) -> Iterator[str]:
    yield f"  {paint('? blocked', Style.WARNED)} {paint(printable(blocked.name), Style.STRONG)}"
    yield f"{INDENT}{printable(blocked.reason.text)}{_place(blocked.source)}"
    yield f"{INDENT}way out: {printable(blocked.way_out)}"


def _left_alone(plan: Plan, counts: Counts) -> Iterator[str]:
    strangers = [_unmanaged(client) for client in plan.unmanaged if not client.system]
    if strangers:
        yield f"  unmanaged: {shortened(strangers)}"
    if plan.ignored:
        yield f"  ignored: {shortened(printable(client.name) for client in plan.ignored)}"
    if plan.unsupported:
        yield f"  unsupported: {shortened(f'{printable(c.name)} ({printable(c.why)})' for c in plan.unsupported)}"
    if counts.system:
        yield f"  system clients, left alone: {counts.system}"


def _unmanaged(client: Unmanaged) -> str:
    return f"{printable(client.name)} ({printable(client.note.text)})" if client.note else printable(client.name)


def _refusal(refusal: Refusal, paint: Paint) -> Iterator[str]:
    yield f"  {paint('refused', Style.REMOVED)}: {printable(refusal.text)}"
    if refusal.way_out:
        yield f"           {printable(refusal.way_out)}"


def _summary(counts: Counts, refusals: tuple[Refusal, ...], paint: Paint) -> str:
    parts = [pending_text(counts)]
    parts += [f"{counts.blocked} blocked"] if counts.blocked else []
    parts += [f"{counts.in_sync} in sync"]
    parts += ["refused: nothing will be written"] if refusals else []
    return paint(" · ".join(parts), Style.STRONG)
