"""Undo a run: the changes that revert it, and what cannot be restored."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import assert_never

from reconciler.model.clients import Location
from reconciler.planning.notes.risks import create_risks, delete_risks, update_risks
from reconciler.planning.plan.order import order_of_applying
from reconciler.planning.plan.plan import Change, Create, Delete, Note, Replaced, Update
from reconciler.support.frozen import frozen
from reconciler.support.text import quoted


@frozen
class Undo:
    """What undoes a run."""

    changes: tuple[Change, ...]
    """In the order of applying. They are stale if one of the clients has changed since the run."""
    losses: tuple[Note, ...]
    """What will still differ from before the run."""


def invert(run: str, applied: Iterable[tuple[Change, int]], source: Location) -> Undo:
    """The changes that revert what a run applied; each comes with the id of its client.

    `source` is the journal of the run, given as the source of the new changes.
    """
    pairs = list(applied)
    changes = (_inverse(run, change, client_id, source) for change, client_id in pairs)
    return Undo(
        changes=tuple(sorted((change for change in changes if change is not None), key=order_of_applying)),
        losses=tuple(note for change, client_id in pairs for note in _losses(change, client_id)),
    )


def _inverse(run: str, change: Change, client_id: int, source: Location) -> Change | None:
    reason = Note("rollback", f"undoes what run {run} did")
    match change:
        case Create(after=after, replaces=Replaced(before=before)):
            # Not a delete: the old client may be gone by now, and then no secret would work.
            if after == before:
                return None
            return Update(client_id, after, before, reason, source, change.owner, update_risks(after, before, (), ()))
        case Delete(is_rotation=True):
            return None
        case Create(after=after):
            return Delete(client_id, after, reason, source, change.owner, delete_risks())
        case Update(before=before, after=after):
            risks = update_risks(after, before, (), ())
            return Update(client_id, after, before, reason, source, change.owner, risks)
        case Delete(before=before):
            return Create(before, reason, source, change.owner, create_risks(before))
        case _:
            assert_never(change)


def _losses(change: Change, client_id: int) -> Iterator[Note]:
    if isinstance(change, Create) and change.replaces is not None:
        text = f"{quoted(change.name)}: a rotation is not undone: client {client_id} stays, with its new secret"
        keep = f"keep `rotate:` in the entry until client {change.replaces.id} is gone"
        yield Note("rotation-stays", f"{text}; {keep}")
    elif isinstance(change, Delete) and change.is_rotation:
        text = f"{quoted(change.name)}: the old secret, that of client {client_id}, does not come back"
        yield Note("rotation-stays", text)
    elif isinstance(change, Delete):
        text = f"{quoted(change.name)} gets a new id and secret, and the tokens that it had stay revoked"
        yield Note("new-id-and-secret", text)
