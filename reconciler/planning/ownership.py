"""Clients that the account cannot change, because they belong to another one: leave them out, or say so."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Set
from dataclasses import replace

from reconciler.planning.plan.plan import Blocked, Change, Create, Delete, Note, Plan, Unmanaged
from reconciler.planning.refusal import Refusal

NOT_YOURS_WAY_OUT = (
    "apply as the account that created it; or update the platform: later versions of 2026 let every account with the "
    "permission change it; or edit the database"
)

_UNCHECKED = Note(
    "ownership-unchecked",
    "this version lets only the account that created the client change it; apply checks that before its first write",
)


def touched_by(change: Change) -> tuple[int, ...]:
    """The ids of the clients that a change writes to: one to be changed or deleted, replaced, or left unfinished."""
    if not isinstance(change, Create):
        return (change.id,)
    unfinished = (change.resume.id, *change.resume.others) if change.resume else ()
    return (change.replaces.id, *unfinished) if change.replaces else unfinished


def touched_ids(plan: Plan) -> tuple[int, ...]:
    """The ids of the clients that the plan changes, deletes, replaces or goes on with, ascending."""
    return tuple(sorted({found for change in plan.changes for found in touched_by(change)}))


def _first_of(change: Change, ids: Set[int]) -> int | None:
    """The first of these clients that a change writes to; None if it writes to none of them."""
    return next((found for found in touched_by(change) if found in ids), None)


def note_unchecked(plan: Plan, ids: Set[int]) -> Plan:
    """The plan with a note at each change of one of these clients: this account cannot tell whether it will work."""
    return replace(plan, changes=tuple(_with_note(each) if _first_of(each, ids) else each for each in plan.changes))


def leave_out_foreign(plan: Plan, ids: Set[int]) -> Plan:
    """The plan without the changes of these clients: their entries are blocked, and no prune touches them."""
    foreign = [change for change in plan.changes if _first_of(change, ids)]
    blocked = {each.name: each for each in (*plan.blocked, *_blocked(foreign, ids))}
    pruned = [change for change in foreign if isinstance(change, Delete) and change.source is None]
    unmanaged = (*plan.unmanaged, *(Unmanaged(each.id, each.name, note=_note(each.id)) for each in pruned))
    return replace(
        plan,
        changes=tuple(change for change in plan.changes if not _first_of(change, ids)),
        blocked=tuple(sorted(blocked.values(), key=lambda each: (each.name, each.source, each.reason.code))),
        unmanaged=tuple(sorted(unmanaged, key=lambda each: (each.name, each.id))),
    )


def foreign_refusals(plan: Plan, ids: Set[int]) -> tuple[Refusal, ...]:
    """Why a plan that must be applied exactly is refused: its changes of these clients cannot be made."""
    return tuple(
        Refusal("not-yours", f"{change.name}: {foreign_text(found)}", NOT_YOURS_WAY_OUT, change.source)
        for change in plan.changes
        if (found := _first_of(change, ids)) is not None
    )


def _with_note(change: Change) -> Change:
    return replace(change, risks=(*change.risks, _UNCHECKED))


def _blocked(foreign: Iterable[Change], ids: Set[int]) -> Iterator[Blocked]:
    for change in foreign:
        found = _first_of(change, ids)
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
