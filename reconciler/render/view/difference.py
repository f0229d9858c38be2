"""A change as the lines of a diff."""

from __future__ import annotations

from collections.abc import Iterator
from typing import assert_never

from reconciler.model.clients import ClientSpec
from reconciler.planning.plan.plan import Change, Create, Delete, Replaced, Update, grants_text
from reconciler.planning.plan.redirect_urls import redirect_urls
from reconciler.support.text import printable


def diff_of(change: Change) -> list[str]:
    """The fields before and after, each line marked `-`, `+` or by a blank. The lines are printable."""
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
    old, new = list(_fields(before)), list(_fields(after))
    if set(old) == set(new):  # the same URLs, in another order or number
        yield from (f"- {line}" for line in old[2:])
        yield from (f"+ {line}" for line in new[2:])
        return
    for field in ("name", "grants", "redirect_url"):
        was, will = ([line for line in lines if line.startswith(f"{field}: ")] for lines in (old, new))
        yield from (f"- {line}" for line in was if line not in will)
        yield from (f"+ {line}" for line in will if line not in was)
        yield from (f"  {line}" for line in will if line in was)


def _fields(spec: ClientSpec) -> Iterator[str]:
    yield f"name: {printable(spec.name)}"
    yield f"grants: {grants_text(spec.grants)}"
    yield from (f"redirect_url: {printable(url)}" for url in redirect_urls(spec))
