"""Say which updates adopt a client: one that people made, and that an entry declares for the first time."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

from reconciler.model.fields import FieldRow, changed_fields
from reconciler.planning.drift.base import Base
from reconciler.planning.plan.plan import Change, Note, Plan, Update
from reconciler.support.text import enumeration

ADOPTS = "adopts"
"""Risk code of an update that overwrites what a person has set, and nobody has declared before."""


def note_adoptions(plan: Plan, base: Base | None) -> Plan:
    """The plan with a risk at each update of a client that the base does not declare; without a base, at each one."""
    return replace(plan, changes=tuple(_noted(change, base) for change in plan.changes))


def _noted(change: Change, base: Base | None) -> Change:
    if not isinstance(change, Update) or (base is not None and base.declares(change.id, change.before, change.after)):
        return change
    fields = _in_words(changed_fields(change.before, change.after))
    why = "no apply to this instance is known here" if base is None else "the base does not declare it"
    text = f"adopts client {change.id}, and overwrites {fields}; {why}"
    return change.with_risks((Note(ADOPTS, text), *change.risks))


@cache  # there are few combinations of fields, and many updates
def _in_words(changed: tuple[FieldRow, ...]) -> str:
    return enumeration(row.field for row in changed)
