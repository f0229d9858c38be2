"""Keep the old client of a rotation until its successor's secret is known to be delivered.

Where the instance shows a secret only once, a secret that did not arrive cannot be delivered again: then the old one is
the last that works.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from reconciler.planning.plan.plan import Blocked, Delete, Note, Plan
from reconciler.planning.refusal import Refusal

IsDelivered = Callable[[Delete], bool]
"""Whether every sink that covers the old client of a rotation is known to have its successor's secret."""


def hold_back(plan: Plan, is_delivered: IsDelivered) -> Plan:
    """The plan without the deletes of old clients whose successor's delivery nobody can prove."""
    unproven = _unproven(plan, is_delivered)
    if not unproven:
        return plan
    blocked = [
        Blocked(delete.name, Note("successor-not-delivered", _text(delete)), delete.source, _fix(delete))
        for delete in unproven
        if delete.source is not None
    ]
    return replace(
        plan,
        changes=tuple(change for change in plan.changes if change not in unproven),
        blocked=tuple(sorted((*plan.blocked, *blocked), key=lambda each: (each.name, each.source, each.reason.code))),
    )


def retirement_refusals(plan: Plan, is_delivered: IsDelivered) -> tuple[Refusal, ...]:
    """Why a plan that must be applied exactly is refused: it would delete the last client whose secret is known."""
    return tuple(
        Refusal("successor-not-delivered", f"{delete.name}: {_text(delete)}", _fix(delete), delete.source)
        for delete in _unproven(plan, is_delivered)
    )


def _unproven(plan: Plan, is_delivered: IsDelivered) -> list[Delete]:
    return [
        change
        for change in plan.changes
        if isinstance(change, Delete) and change.successor is not None and not is_delivered(change)
    ]


def _text(delete: Delete) -> str:
    return (
        f"client {delete.id} is kept: nothing here shows that every sink has the secret of its successor, "
        f"client {delete.successor}, and this version does not show it again"
    )


def _fix(delete: Delete) -> str:
    return (
        "plan where the sinks and the journal of the rotation are; a file that git has proves nothing. "
        f"If the new secret works, remove client {delete.id} on the Auth Clients page. "
        f"If it is lost, remove client {delete.successor} on the Auth Clients page, and apply again"
    )
