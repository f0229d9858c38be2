"""Choosing among the changes of a finished plan: by the client's name, by its owner."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from reconciler.model.names import matches_any
from reconciler.planning.plan.plan import Change, Plan, Update


def limit_to_targets(plan: Plan, only: Sequence[str], owners: Sequence[str]) -> Plan:
    """The plan with the changes alone that one of the `only` and one of the `owners` match; no glob matches all.

    Nothing else changes: what counts as declared, blocked or unmanaged was settled before. A change without an owner,
    like every prune, is never chosen by an owner.
    """
    chosen = tuple(change for change in plan.changes if _is_named(change, only) and _is_owned(change, owners))
    return replace(plan, changes=chosen, left_out=plan.left_out + len(plan.changes) - len(chosen))


def names_of(change: Change) -> tuple[str, ...]:
    """What a client is called: of a rename, both names."""
    return (change.name, change.before.name) if isinstance(change, Update) else (change.name,)


def _is_named(change: Change, only: Sequence[str]) -> bool:
    return not only or any(matches_any(only, name) for name in names_of(change))


def _is_owned(change: Change, owners: Sequence[str]) -> bool:
    return not owners or (change.owner is not None and matches_any(owners, change.owner))
