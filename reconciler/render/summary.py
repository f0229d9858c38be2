"""What every format counts and calls the same way."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import assert_never

from reconciler.planning.plan import Change, Create, Delete, Plan, Update

ACTIONS = ("create", "update", "rename", "delete")


@dataclass(frozen=True, slots=True)
class Counts:
    """How many clients the plan changes, by action, and how many it leaves alone, by reason."""

    create: int
    update: int
    rename: int
    delete: int
    in_sync: int
    blocked: int
    unmanaged: int
    system: int
    ignored: int
    unsupported: int


def action(change: Change) -> str:
    """The word for a change: create, update, rename or delete."""
    match change:
        case Create():
            return "create"
        case Update():
            return "rename" if change.is_rename else "update"
        case Delete():
            return "delete"
        case _:
            assert_never(change)


def count(plan: Plan) -> Counts:
    """The numbers of one plan."""
    actions = [action(change) for change in plan.changes]
    return Counts(
        create=actions.count("create"),
        update=actions.count("update"),
        rename=actions.count("rename"),
        delete=actions.count("delete"),
        in_sync=plan.in_sync,
        blocked=len(plan.blocked),
        unmanaged=sum(not client.system for client in plan.unmanaged),
        system=sum(client.system for client in plan.unmanaged),
        ignored=len(plan.ignored),
        unsupported=len(plan.unsupported),
    )


def pending_text(counts: Counts) -> str:
    """`2 to create, 1 to delete`, or `nothing to do`."""
    parts = [f"{number} to {word}" for word in ACTIONS if (number := getattr(counts, word))]
    return ", ".join(parts) or "nothing to do"


def shortened(names: Iterable[str], limit: int = 10) -> str:
    """The first names, and how many more there are."""
    listed = list(names)
    more = f" and {len(listed) - limit} more" if len(listed) > limit else ""
    return ", ".join(listed[:limit]) + more
