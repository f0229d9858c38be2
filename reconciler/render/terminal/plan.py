"""Plans for a terminal: aligned, field by field, in colour if the caller wants it.

All text from files and instances goes through `printable`, so that a name can neither break lines nor change colours.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, assert_never

from reconciler.model.clients import ClientSpec, Location
from reconciler.planning.drift.origins import has_drift, kept_text, origin_text
from reconciler.planning.guard import Refusal
from reconciler.planning.plan.plan import (
    REMOVED,
    Blocked,
    Change,
    Create,
    Delete,
    Kept,
    Note,
    OnDrift,
    Plan,
    Replaced,
    Unmanaged,
    Update,
    Waived,
)
from reconciler.render.terminal.color import Paint, Style, plain
from reconciler.render.terminal.fields import BULLET, INDENT, difference_lines, spec_lines
from reconciler.render.view.counts import action, count, plural, summary_text
from reconciler.render.view.rotation import old_secret_text
from reconciler.support.text import printable, quoted

if TYPE_CHECKING:
    from reconciler.live.observation import ObservationAge
    from reconciler.secrets.delivery import MissingSecret

MOST_LISTED = 10
"""Maximum number of unchanged clients listed per kind; JSON has all of them."""

_MARKS = {
    "create": ("+", Style.ADDED),
    "replace": ("±", Style.CHANGED),
    "update": ("~", Style.CHANGED),
    "rename": ("~", Style.CHANGED),
    "delete": ("-", Style.REMOVED),
}


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
    blocks = [
        [heading(plan, paint), *_basis(plan, as_of, paint)],
        *(list(_change(change, paint)) for change in plan.changes),
        *_deliveries(plan, paint),
        *(list(_kept(kept, paint)) for kept in plan.kept),
        *(list(_blocked(blocked, paint)) for blocked in plan.blocked),
        list(_notes(plan.notes)),
        list(_waived(plan.waived)),
        list(unchanged_clients(plan)),
        _missing_secrets(missing_secrets, paint),
        *(list(_refusal(refusal, paint)) for refusal in refusals),
        [paint(_summary(plan, refusals, missing_secrets), Style.STRONG)],
    ]
    return "\n\n".join("\n".join(lines) for lines in blocks if lines) + "\n"


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
        case Create(replaces=Replaced(id=old)):
            return f"{printable(change.name)} (id {old} → a new one)"
        case Create():
            return printable(change.name)
        case Update() if change.is_rename:
            return f"{printable(change.before.name)} → {printable(change.name)} (id {change.id})"
        case Update() | Delete():
            return f"{printable(change.name)} (id {change.id})"
        case _:
            assert_never(change)


def _basis(plan: Plan, as_of: ObservationAge | None, paint: Paint) -> Iterator[str]:
    """Yield what the plan is based on, starting with differences from the trusted configuration."""
    yield from (f"  {paint(f'! {printable(note.text)}', Style.WARNED)}" for note in plan.configuration)
    if as_of is not None:
        from reconciler.render.terminal.elapsed_time import as_of_text

        yield f"  {as_of_text(as_of, paint)}"
    if plan.base is not None and plan.on_drift is not None:
        yield f"  base {printable(plan.base[:12])}; {_ON_DRIFT[plan.on_drift]}"


def _change(change: Change, paint: Paint) -> Iterator[str]:
    word = action(change)
    mark, style = _MARKS[word]
    yield f"  {paint(f'{mark} {word}', style)}  {paint(title(change), Style.STRONG)}"
    yield from _fields(change, paint)
    if isinstance(change, Create) and change.recipients:
        from reconciler.render.terminal.deliveries import recipient_lines

        yield from recipient_lines("secret to", change.recipients, paint)
    if origin := origin_text(change):
        yield INDENT + paint(origin, Style.WARNED if has_drift(change) else Style.FAINT)
    yield INDENT + paint(_why(change.reason, change.source, change.owner), Style.FAINT)
    risks = [printable(risk.text) for risk in change.risks]
    if isinstance(change, Create) and change.replaces is not None:
        risks.insert(0, old_secret_text(change.replaces))
    yield from (f"{INDENT}{paint(f'! {risk}', Style.WARNED)}" for risk in risks)


def _fields(change: Change, paint: Paint) -> Iterator[str]:
    match change:
        case Create(replaces=Replaced() as replaced):
            yield from _successor(replaced, change.after, paint)
        case Create():
            yield from spec_lines(change.after, Style.ADDED, paint)
        case Update():
            yield from difference_lines(change.before, change.after, paint)
        case Delete():
            yield from spec_lines(change.before, Style.REMOVED, paint)
        case _:
            assert_never(change)


def _successor(replaced: Replaced, after: ClientSpec, paint: Paint) -> Iterator[str]:
    if after == replaced.before:
        yield from spec_lines(after, Style.FAINT, paint)
    else:
        yield from difference_lines(replaced.before, after, paint)


def _why(reason: Note, source: Location | None, owner: str | None = None) -> str:
    details = [place_of(source)] if source else []
    details += [f"owner {printable(owner)}"] if owner else []
    return printable(reason.text) + (f" ({', '.join(details)})" if details else "")


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
    yield f"{INDENT}way out: {printable(blocked.way_out)}"


def _refusal(refusal: Refusal, paint: Paint) -> Iterator[str]:
    yield f"  {paint('x refused', Style.REMOVED)} {printable(refusal.text)}"
    if refusal.way_out:
        yield f"{INDENT}way out: {printable(refusal.way_out)}"


def _notes(notes: Sequence[Note]) -> Iterator[str]:
    yield from (f"  * note    {text}" for text in _first([printable(note.text) for note in notes]))


def _waived(waived: Sequence[Waived]) -> Iterator[str]:
    for text in _first([f"{printable(each.name)}: {_waivers(each)}" for each in waived]):
        yield f"  * waived  {text}"


def _waivers(waived: Waived) -> str:
    return f"{printable('; '.join(note.text for note in waived.notes))} ({place_of(waived.source)})"


def unchanged_clients(plan: Plan) -> Iterator[str]:
    """Yield the clients that the plan does not change, under a heading."""
    # Surprising clients come first, so that a long list never hides them.
    unmatched = sorted((c for c in plan.unmanaged if c.note or not c.system), key=_least_expected)
    needed = sum(client.system and client.note is None for client in plan.unmanaged)
    columns = {
        "unmanaged": list(dict.fromkeys(map(_unmanaged, unmatched))),  # one line for clients that share a name
        "ignored": [_named(client.id, client.name) for client in plan.ignored],
        "unsupported": [f"{_named(c.id, c.name)}: {printable(c.why)}" for c in plan.unsupported],
        "system": [f"{plural(needed, 'client')} of the platform's own"] if needed else [],
    }
    if any(columns.values()):
        yield "  left alone"
    footers = _what_to_do(plan)
    for name, values in columns.items():
        shown = [*_first(values), *footers.get(name, ())] if values else []
        for number, value in enumerate(shown):
            yield f"    {'' if number else name:<13}{value}"


def _least_expected(client: Unmanaged) -> int:
    """The order of unmanaged clients: first those that were taken out of git, last those without a note."""
    return 2 if client.note is None else 0 if client.note.code == REMOVED else 1


def _what_to_do(plan: Plan) -> dict[str, Sequence[str]]:
    """Return, by column, what the unchanged clients are and how to change that."""
    codes = [client.note.code if client.note else None for client in plan.unmanaged if not client.system]
    here = [code for code in codes if code not in ("declared-elsewhere", "ambiguous", "not-declarable")]
    export = printable(shlex.join(["reconciler", "export", "--instance", plan.instance, "--update"]))
    declare = f"{len(here)} live, and not declared; to declare {'it' if len(here) == 1 else 'them'}: {export}"
    return {
        "unmanaged": [
            *([_SHARE_A_NAME] if "ambiguous" in codes else []),  # an export cannot declare those as they are
            *([declare] if here else []),
        ],
        "ignored": ["set aside by `ignore:` in reconciler.yaml"],
        "unsupported": ["never changed or pruned; to declare one, set its grants on the Auth Clients page first"],
    }


_SHARE_A_NAME = "of clients that share a name, pin one with `ids:`, or remove the others on the Auth Clients page"


def _unmanaged(client: Unmanaged) -> str:
    if client.note and client.note.code == "ambiguous":  # the note has the ids of all clients with the name
        return f"{BULLET}{quoted(client.name, len(client.name))}: {printable(client.note.text)}"
    shown = _named(client.id, client.name)
    return f"{shown}: {printable(client.note.text)}" if client.note else shown


def _named(client_id: int, name: str) -> str:
    # A blank at the start or end would be invisible, and is why no entry has this name.
    shown = printable(name)
    return f"{BULLET}{shown if shown == shown.strip() else quoted(name, len(name))} (id {client_id})"


def _first(texts: Sequence[str]) -> Iterable[str]:
    if len(texts) <= MOST_LISTED:
        return texts
    return (*texts[:MOST_LISTED], f"and {len(texts) - MOST_LISTED} more: --format json has all of them")
