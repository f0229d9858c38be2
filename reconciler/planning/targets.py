"""Limit a finished plan to some of its changes: by the client's name, by its owner."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from reconciler.model.names import matches_any
from reconciler.planning.plan.plan import Change, Plan, Update


def limit_to_targets(plan: Plan, only: Sequence[str], owners: Sequence[str]) -> Plan:
    """Limit the plan to changes that match a glob of `only` and one of `owners`; without globs, all match.

    Nothing else changes: what counts as declared, blocked or unmanaged is already decided. A change without an owner,
    such as the prune of a client that was never declared, matches no glob of `owners`.
    """
    chosen = tuple(change for change in plan.changes if _is_named(change, only) and _is_owned(change, owners))
    return replace(plan, changes=chosen, left_out=plan.left_out + len(plan.changes) - len(chosen))


def names_of(change: Change) -> tuple[str, ...]:
    """The names of the changed client: for a rename, both."""
    return (change.name, change.before.name) if isinstance(change, Update) else (change.name,)


def _is_named(change: Change, only: Sequence[str]) -> bool:
    return not only or any(matches_any(only, name) for name in names_of(change))


def _is_owned(change: Change, owners: Sequence[str]) -> bool:
    return not owners or (change.owner is not None and matches_any(owners, change.owner))
