"""Counts, and words for changes, that all formats share."""

from __future__ import annotations

from collections.abc import Iterable
from typing import assert_never

from reconciler.planning.drift.origins import has_drift
from reconciler.planning.plan.plan import REMOVED, Change, Create, Delete, Note, Plan, Unmanaged, Update
from reconciler.support.frozen import frozen

ACTIONS = ("create", "replace", "update", "rename", "deliver", "delete")


@frozen
class Counts:
    """How many clients the plan changes, by action, and how many it does not change, by reason."""

    create: int
    replace: int
    """Clients that get a successor with the same name; they are not counted as created."""
    update: int
    rename: int
    """Renames, whatever else they change; they are not counted as updates."""
    deliver: int
    """Clients whose secret gets a new recipient."""
    delete: int
    left_out: int
    """Changes that `--only` and `--owner` do not choose; they are not counted above."""
    in_sync: int
    blocked: int
    unmanaged: int
    system: int
    """Unmanaged clients that the platform needs; they are not counted as unmanaged."""
    ignored: int
    unsupported: int
    drift: int
    """Changes that would undo manual changes on the instance; they are counted above as well."""
    kept: int
    """Manual changes on the instance that are kept."""
    taken_out: int
    """Unmanaged clients whose entries were taken out of git since the base; they are counted as unmanaged as well,
    unless the platform needs them."""


def action(change: Change) -> str:
    """The word for a change: create, replace, update, rename or delete."""
    match change:
        case Update():
            return "rename" if change.is_rename else "update"
        case Create(replaces=replaces):
            return "create" if replaces is None else "replace"
        case Delete():
            return "delete"
        case _:
            assert_never(change)


def count(plan: Plan) -> Counts:
    """Return the counts of one plan."""
    actions = [action(change) for change in plan.changes]
    return Counts(
        create=actions.count("create"),
        replace=actions.count("replace"),
        update=actions.count("update"),
        rename=actions.count("rename"),
        deliver=len({each.id for each in plan.deliveries}),
        delete=actions.count("delete"),
        left_out=plan.left_out,
        in_sync=plan.in_sync,
        blocked=len(plan.blocked),
        unmanaged=sum(not client.system for client in plan.unmanaged),
        system=sum(client.system for client in plan.unmanaged),
        ignored=len(plan.ignored),
        unsupported=len(plan.unsupported),
        drift=sum(map(has_drift, plan.changes)),
        kept=len(plan.kept),
        taken_out=len(removed_from_git(plan)),
    )


def removed_from_git(plan: Plan) -> list[tuple[Unmanaged, Note]]:
    """Return the clients that stay live though their entries are gone, with their notes."""
    return [(each, each.note) for each in plan.unmanaged if each.note is not None and each.note.code == REMOVED]


def summary_text(counts: Counts, *, refused: bool) -> str:
    """The plan in one line: `1 to create, 2 to delete · 4 in sync`, or `nothing to do · 4 in sync`."""
    pending = [f"{number} to {word}" for word in ACTIONS if (number := getattr(counts, word))]
    # If a client is blocked, there is something to do, but not for this program.
    open_ends = counts.blocked or counts.kept or counts.left_out or counts.taken_out
    nothing = "no changes" if open_ends else "nothing to do"
    parts = [", ".join(pending) or nothing]
    parts += [f"{counts.drift} undoing drift"] if counts.drift else []
    parts += [f"{counts.kept} kept as changed on the instance"] if counts.kept else []
    parts += [f"{counts.taken_out} taken out of git, still live"] if counts.taken_out else []
    parts += [f"{counts.blocked} blocked"] if counts.blocked else []
    parts += [f"{plural(counts.left_out, 'change')} left out by --only/--owner"] if counts.left_out else []
    parts += [f"{counts.in_sync} in sync"]
    parts += ["refused: nothing will be written"] if refused else []
    return " · ".join(parts)


def pending_text(plans: Iterable[Plan]) -> str:
    """What several plans change in all: `14 to create, 1 to delete`; empty if that is nothing."""
    found = [count(plan) for plan in plans]
    numbers = ((sum(getattr(each, word) for each in found), word) for word in ACTIONS)
    return ", ".join(f"{number} to {word}" for number, word in numbers if number)


def plural(number: int, noun: str) -> str:
    """`1 client`, `2 clients`."""
    return f"{number} {noun}{'' if number == 1 else 's'}"
