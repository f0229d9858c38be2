"""Say which updates adopt a client: one that people made, and that an entry declares for the first time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from reconciler.model.fields import changed_fields
from reconciler.planning.plan.plan import Change, Note, Plan, Update
from reconciler.support.text import enumeration

ADOPTS = "adopts"
"""Risk code of an update that overwrites what a person has set, and nobody has declared before."""


def note_adoptions(plan: Plan, is_ours: Callable[[Update], bool], why: str) -> Plan:
    """The plan with a risk at each update of a client that nobody has declared before, as far as `is_ours` knows."""
    return replace(plan, changes=tuple(_noted(change, is_ours, why) for change in plan.changes))


def _noted(change: Change, is_ours: Callable[[Update], bool], why: str) -> Change:
    if not isinstance(change, Update) or is_ours(change):
        return change
    fields = enumeration(each.field for each in changed_fields(change.before, change.after))
    text = f"adopts client {change.id}, and overwrites {fields}; {why}"
    return change.with_risks((Note(ADOPTS, text), *change.risks))
