"""Plans for a terminal: aligned, field by field, in colour if the caller wants it.

All text from files and instances goes through `printable`, so that a name can neither break lines nor change colours.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import TYPE_CHECKING, assert_never

from reconciler.model.clients import Location
from reconciler.planning.drift.origins import has_drift, kept_text, origin_text
from reconciler.planning.guard import Refusal
from reconciler.planning.plan.plan import (
    Blocked,
    Change,
    Create,
    Delete,
    Kept,
    Note,
    OnDrift,
    Plan,
    Replaced,
    Update,
    Waived,
)
from reconciler.render.terminal.color import Paint, Style, plain
from reconciler.render.terminal.fields import INDENT, difference_lines, spec_lines
from reconciler.render.terminal.unchanged import first_of, unchanged_clients
from reconciler.render.view.counts import action, count, summary_text
from reconciler.render.view.rotation import old_secret_text
from reconciler.support.text import printable

if TYPE_CHECKING:
    from reconciler.live.observation import ObservationAge
    from reconciler.secrets.delivery import MissingSecret

_MARKS = {
    "create": ("+", Style.ADDED),
    "replace": ("±", Style.CHANGED),
    "update": ("~", Style.CHANGED),
    "rename": ("~", Style.CHANGED),
    "delete": ("-", Style.REMOVED),
}


_DIFFERS = Note("differs", "differs from what is declared")
_WITH_ID = ("differs", "pinned-by-id")
"""The codes of reasons that name a client by its id, which is another one on each instance."""

_ON_DRIFT = {
    OnDrift.REFUSE: "what was changed on the instance since is not overwritten",
    OnDrift.KEEP: "what was changed on the instance since is kept",
    OnDrift.REVERT: "what was changed on the instance since is reverted",
}


def render_plan(
    plan: Plan,
    refusals: Sequence[Refusal] = (),
    paint: Paint = plain,
    as_of: ObservationAge | None = None,
    *,
    missing_secrets: Sequence[MissingSecret] = (),
) -> str:
    """Render one instance's plan, ending in a line feed: changes, blocked and unchanged clients, refusals, the summary.

    `as_of` is the age of the observation that the plan was made from, None if it was the instance itself.
    `missing_secrets` are the secrets that would be delivered again to those who had them.
    """
    blocks = plan_blocks(plan, refusals, paint, as_of, missing_secrets=missing_secrets)
    return f"{blocks}\n\n{summary_line(plan, refusals, paint, missing_secrets)}"


def plan_blocks(
    plan: Plan,
    refusals: Sequence[Refusal],
    paint: Paint,
    as_of: ObservationAge | None = None,
    *,
    missing_secrets: Sequence[MissingSecret] = (),
) -> str:
    """Render all of a plan but its last line, which has the numbers."""
    # Of thousands of changes, only their texts are kept, not their lines.
    blocks = chain(
        [[heading(plan, paint), *_basis(plan, as_of, paint)]],
        (change_lines(change, paint) for change in plan.changes),
        _deliveries(plan, paint),
        (_kept(kept, paint) for kept in plan.kept),
        (_blocked(blocked, paint) for blocked in plan.blocked),
        [note_lines(plan.notes), _waived(plan.waived), unchanged_clients(plan)],
        [_missing_secrets(missing_secrets, paint)],
        (refusal_lines(refusal, paint) for refusal in refusals),
    )
    return "\n\n".join(filter(None, map("\n".join, blocks)))


def summary_line(
    plan: Plan, refusals: Sequence[Refusal], paint: Paint, missing_secrets: Sequence[MissingSecret] = ()
) -> str:
    """Render the last line of a plan, ending in a line feed."""
    return paint(_summary(plan, refusals, missing_secrets), Style.STRONG) + "\n"


def _deliveries(plan: Plan, paint: Paint) -> Iterator[list[str]]:
    if plan.deliveries:
        from reconciler.render.terminal.deliveries import new_recipient_blocks

        yield from new_recipient_blocks(plan, paint)


def _missing_secrets(missing_secrets: Sequence[MissingSecret], paint: Paint) -> list[str]:
    if not missing_secrets:
        return []
    from reconciler.render.terminal.deliveries import missing_lines

    return list(missing_lines(missing_secrets, paint))


def _summary(plan: Plan, refusals: Sequence[Refusal], missing_secrets: Sequence[MissingSecret]) -> str:
    text = summary_text(count(plan), refused=bool(refusals))
    if not missing_secrets:
        return text
    number = len({each.id for each in missing_secrets})
    return f"{text.replace('nothing to do', 'no changes', 1)} · {number} to deliver again"


def heading(plan: Plan, paint: Paint) -> str:
    """Return the name of the instance and its unique identity."""
    return f"{paint(printable(plan.instance), Style.STRONG)}  {printable(plan.identity)}"


def title(change: Change) -> str:
    """Return the client that a change is about: both names for a rename, and the id if it has one already."""
    match change:
        case Update() if change.is_rename:
            return f"{printable(change.before.name)} → {printable(change.name)} (id {change.id})"
        case Update() | Delete():
            return f"{printable(change.name)} (id {change.id})"
        case Create(replaces=Replaced(id=old)):
            return f"{printable(change.name)} (id {old} → a new one)"
        case Create():
            return printable(change.name)
        case _:
            assert_never(change)


def _basis(plan: Plan, as_of: ObservationAge | None, paint: Paint) -> Iterator[str]:
    """Yield what the plan is based on, starting with differences from the trusted configuration."""
    yield from (configuration_line(note, paint) for note in plan.configuration)
    if as_of is not None:
        from reconciler.render.terminal.elapsed_time import as_of_text

        yield f"  {as_of_text(as_of, paint)}"
    yield from base_lines(plan)


def configuration_line(note: Note, paint: Paint) -> str:
    """Return the line of a difference from the trusted configuration."""
    return f"  {paint(f'! {printable(note.text)}', Style.WARNED)}"


def base_lines(plan: Plan) -> Iterator[str]:
    """Yield the base that a plan was made with, if there is one."""
    if plan.base is not None and plan.on_drift is not None:
        yield f"  base {printable(plan.base[:12])}; {_ON_DRIFT[plan.on_drift]}"


def change_lines(change: Change, paint: Paint, *, shared: bool = False) -> Iterator[str]:
    """Yield the lines of a change. If it is `shared` by instances, an id of 0 and a reason with ids are left out."""
    word = action(change)
    mark, style = _MARKS[word]
    shown = title(change).removesuffix(" (id 0)") if shared else title(change)
    yield f"  {paint(f'{mark} {word}', style)}  {paint(shown, Style.STRONG)}"
    yield from _fields(change, paint)
    if isinstance(change, Create) and change.recipients:
        from reconciler.render.terminal.deliveries import recipient_lines

        yield from recipient_lines("secret to", change.recipients, paint)
    if origin := origin_text(change):
        yield INDENT + paint(origin, Style.WARNED if has_drift(change) else Style.FAINT)
    reason = _DIFFERS if shared and change.reason.code in _WITH_ID else change.reason
    yield INDENT + paint(_why(reason, change.source, change.owner), Style.FAINT)
    risks = [printable(risk.text) for risk in change.risks]
    if isinstance(change, Create) and change.replaces is not None:
        risks.insert(0, old_secret_text(change.replaces))
    yield from (f"{INDENT}{paint(f'! {risk}', Style.WARNED)}" for risk in risks)


def _fields(change: Change, paint: Paint) -> list[str]:
    match change:
        case Update():
            return difference_lines(change.before, change.after, paint)
        case Create(replaces=Replaced(before=before), after=after) if after != before:
            return difference_lines(before, after, paint)
        case Create():
            return spec_lines(change.after, Style.ADDED if change.replaces is None else Style.FAINT, paint)
        case Delete():
            return spec_lines(change.before, Style.REMOVED, paint)
        case _:
            assert_never(change)


def _why(reason: Note, source: Location | None, owner: str | None = None) -> str:
    details = [f"{source.path}:{source.line}"] if source else []
    details += [f"owner {owner}"] if owner else []
    return printable(f"{reason.text} ({', '.join(details)})" if details else reason.text)


def place_of(location: Location) -> str:
    """Return a place in a file, without its column, for use in a sentence."""
    return f"{printable(location.path)}:{location.line}"


def _kept(kept: Kept, paint: Paint) -> Iterator[str]:
    client_id = "" if kept.id is None else f" (id {kept.id})"
    yield f"  {paint('= keep', Style.WARNED)}    {paint(printable(kept.name), Style.STRONG)}{client_id}"
    for field in kept.fields:
        live, declared = (printable(value) if value else "nothing" for value in (field.live, field.declared))
        yield f"{INDENT}{field.field}: {live} is live, {declared} is declared"
    yield INDENT + paint(kept_text(kept), Style.WARNED)
    if kept.source:
        yield INDENT + paint(f"left as it is live ({place_of(kept.source)})", Style.FAINT)


def _blocked(blocked: Blocked, paint: Paint) -> Iterator[str]:
    yield f"  {paint('? blocked', Style.WARNED)} {paint(printable(blocked.name), Style.STRONG)}"
    yield INDENT + _why(blocked.reason, blocked.source)
    yield f"{INDENT}fix: {printable(blocked.way_out)}"


def refusal_lines(refusal: Refusal, paint: Paint) -> Iterator[str]:
    """Yield the lines of a reason not to apply a plan."""
    yield f"  {paint('x refused', Style.REMOVED)} {printable(refusal.text)}"
    if refusal.way_out:
        yield f"{INDENT}fix: {printable(refusal.way_out)}"


def note_lines(notes: Sequence[Note]) -> Iterator[str]:
    """Yield the notes of a plan, the first ones of many."""
    yield from (f"  * note    {text}" for text in first_of([printable(note.text) for note in notes]))


def _waived(waived: Sequence[Waived]) -> Iterator[str]:
    for text in first_of([f"{printable(each.name)}: {_waivers(each)}" for each in waived]):
        yield f"  * waived  {text}"


def _waivers(waived: Waived) -> str:
    return f"{printable('; '.join(note.text for note in waived.notes))} ({place_of(waived.source)})"
