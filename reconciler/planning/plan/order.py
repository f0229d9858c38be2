"""The order in which the changes of a plan are applied."""

from __future__ import annotations

from typing import assert_never

from reconciler.planning.plan.plan import Change, Create, Delete, Update


def order_of_applying(change: Change) -> tuple[int, str, int]:
    """The sort key of changes: updates and renames, creates, deletes; each by name, then id."""
    match change:
        case Update():
            return 0, change.name, change.id
        case Create():
            return 1, change.name, 0
        case Delete():
            return 2, change.name, change.id
        case _:
            assert_never(change)
