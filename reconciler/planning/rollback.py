"""What would undo a run: the changes that lead back, and what nothing brings back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import assert_never

from reconciler.model.clients import Location
from reconciler.planning.notes.risks import create_risks, delete_risks, update_risks
from reconciler.planning.plan.plan import Change, Create, Delete, Note, Replaced, Update, order_of_applying
from reconciler.support.frozen import frozen
from reconciler.support.text import quoted


@frozen
class Undo:
    """The way back from a run."""

    changes: tuple[Change, ...]
    """In the order of applying. They are stale as soon as somebody has changed one of the clients since."""
    losses: tuple[Note, ...]
    """What differs from before all the same."""


def invert(run: str, applied: Iterable[tuple[Change, int]], source: Location) -> Undo:
    """The changes that lead back from what a run applied; each comes with the id of its client.

    `source` is where the run is written down: it is what causes these changes.
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
            # Not a delete: the old client may be gone by now, and then nobody would have a secret that works.
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
