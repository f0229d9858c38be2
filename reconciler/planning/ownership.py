"""Clients that the account cannot change, because they belong to another one: leave them out, or say so."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Set
from dataclasses import replace

from reconciler.planning.plan.plan import Blocked, Change, Create, Delete, Note, Plan, Unmanaged
from reconciler.planning.refusal import Refusal

NOT_YOURS_WAY_OUT = (
    "apply as the account that created it; or have the platform updated: later versions of 2026 let every account with "
    "the permission change it; or change it in the database"
)

_UNCHECKED = Note(
    "ownership-unchecked",
    "this version lets only the account that created the client change it; apply checks that before its first write",
)


def touched_id(change: Change) -> int | None:
    """The id of the live client that a change writes to, or that it replaces; None if there is none."""
    if isinstance(change, Create):
        return change.replaces.id if change.replaces else None
    return change.id


def touched_ids(plan: Plan) -> tuple[int, ...]:
    """The ids of the live clients that the plan changes, deletes or replaces, ascending."""
    return tuple(sorted({found for change in plan.changes if (found := touched_id(change)) is not None}))


def note_unchecked(plan: Plan, ids: Set[int]) -> Plan:
    """The plan with a note at each change of one of these clients: this account cannot tell whether it will work."""
    return replace(plan, changes=tuple(_with_note(each) if touched_id(each) in ids else each for each in plan.changes))


def leave_out_foreign(plan: Plan, ids: Set[int]) -> Plan:
    """The plan without the changes of these clients: their entries are blocked, and no prune touches them."""
    foreign = [change for change in plan.changes if touched_id(change) in ids]
    blocked = {each.name: each for each in (*plan.blocked, *_blocked(foreign))}
    pruned = [change for change in foreign if isinstance(change, Delete) and change.source is None]
    unmanaged = (*plan.unmanaged, *(Unmanaged(each.id, each.name, note=_note(each.id)) for each in pruned))
    return replace(
        plan,
        changes=tuple(change for change in plan.changes if touched_id(change) not in ids),
        blocked=tuple(sorted(blocked.values(), key=lambda each: (each.name, each.source, each.reason.code))),
        unmanaged=tuple(sorted(unmanaged, key=lambda each: (each.name, each.id))),
    )


def foreign_refusals(plan: Plan, ids: Set[int]) -> tuple[Refusal, ...]:
    """Why a plan that must be applied exactly is refused: its changes of these clients cannot be made."""
    return tuple(
        Refusal("not-yours", f"{change.name}: {foreign_text(found)}", NOT_YOURS_WAY_OUT, change.source)
        for change in plan.changes
        if (found := touched_id(change)) is not None and found in ids
    )


def _with_note(change: Change) -> Change:
    return replace(change, risks=(*change.risks, _UNCHECKED))


def _blocked(foreign: Iterable[Change]) -> Iterator[Blocked]:
    for change in foreign:
        found = touched_id(change)
        if found is not None and change.source is not None:
            yield Blocked(change.name, _note(found), change.source, NOT_YOURS_WAY_OUT)


def _note(client_id: int) -> Note:
    return Note("not-yours", foreign_text(client_id))


def foreign_text(client_id: int) -> str:
    """Why an account cannot change a client that is listed."""
    return (
        f"client {client_id} belongs to another account or to none, and this version lets only the account that "
        "created a client change or delete it"
    )
