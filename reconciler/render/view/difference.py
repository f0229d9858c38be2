"""A change as the lines of a diff."""

from __future__ import annotations

from collections.abc import Iterator
from typing import assert_never

from reconciler.model.clients import ClientSpec
from reconciler.model.fields import FIELDS, FieldRow
from reconciler.planning.plan.plan import Change, Create, Delete, Replaced, Update
from reconciler.support.text import printable


def diff_of(change: Change) -> list[str]:
    """Return the fields before and after, each line marked `-`, `+` or blank. The lines are printable."""
    match change:
        case Create(after=after, replaces=Replaced(before=before)):
            return [f"  {line}" for line in _fields(after)] if after == before else list(_differences(before, after))
        case Create(after=after):
            return [f"+ {line}" for line in _fields(after)]
        case Delete(before=before):
            return [f"- {line}" for line in _fields(before)]
        case Update(before=before, after=after):
            return list(_differences(before, after))
        case _:
            assert_never(change)


def _differences(before: ClientSpec, after: ClientSpec) -> Iterator[str]:
    reordered = set(_fields(before)) == set(_fields(after))  # the same values, in another order or number
    for row in FIELDS:
        was, will = list(_lines(row, before)), list(_lines(row, after))
        if reordered:
            yield from (*(f"- {line}" for line in was), *(f"+ {line}" for line in will)) if was != will else ()
            continue
        yield from (f"- {line}" for line in was if line not in will)
        yield from (f"+ {line}" for line in will if line not in was)
        yield from (f"  {line}" for line in will if line in was)


def _fields(spec: ClientSpec) -> Iterator[str]:
    return (line for row in FIELDS for line in _lines(row, spec))


def _lines(row: FieldRow, spec: ClientSpec) -> Iterator[str]:
    values = row.texts(spec) if row.one_per_line else filter(None, [row.text(spec)])
    return (f"{row.field}: {printable(value)}" for value in values)
