"""The entries of changes: updates share forms, which nobody can tell by what is written."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace

from hypothesis import given

from reconciler.model.clients import Field, Grant, Location
from reconciler.planning.plan.plan import Change, FieldOrigin, Note, Origin, Plan, Update
from reconciler.render.json.changes import change_entries, change_entry
from reconciler.support.json_writer import indented_json
from tests.render.strategies import wild_plans


@given(wild_plans)
def test_an_update_in_a_form_is_written_as_its_entry_is(plan: Plan) -> None:
    """Next to one of its form with other texts and numbers, and to such as differ in one thing that the form has."""
    changes = [each for change in plan.changes for each in (change, *_similar(change))]
    meant = json.dumps([change_entry(change) for change in changes], indent=2)
    assert indented_json([*change_entries(changes)]) == meant


def _similar(change: Change) -> Iterator[Update]:
    if isinstance(change, Update):
        before, after, reason = change.before, change.after, change.reason
        yield replace(
            change,
            id=change.id + 1,
            before=replace(before, name=f"{before.name}, too"),
            after=replace(after, name=f"{after.name}, too"),
            reason=Note(reason.code, "about another"),
            source=Location("another.yaml", 2, 3),
            owner="another" if change.owner is None else None,
        )
        yield replace(change, before=replace(before, name="Before"), after=replace(after, name="After"))
        yield replace(change, after=replace(after, name=before.name))
        yield replace(change, before=replace(before, redirect_urls=("https://before.example",)))
        yield replace(change, before=replace(before, grants=frozenset(Grant) - before.grants))
        yield replace(change, after=replace(after, grants=frozenset(Grant) - after.grants))
        yield replace(change, reason=Note("another-code", reason.text))
        yield replace(change, risks=(*change.risks, reason))
        yield replace(change, origins=(FieldOrigin(Field.GRANTS, Origin.BOTH),))
