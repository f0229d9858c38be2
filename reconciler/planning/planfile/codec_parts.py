"""Read the parts of changes in a plan file from plain JSON values."""

from __future__ import annotations

from reconciler.model.clients import Location
from reconciler.planning.plan.plan import Note
from reconciler.support.json_reader import JsonValue


def read_note(node: JsonValue) -> Note:
    """Read a note from its values."""
    values = node.record(("code", "text"))
    return Note(values["code"].text(), values["text"].text())


def read_location(node: JsonValue) -> Location:
    """Read a location from its values."""
    values = node.record(("path", "line", "column"))
    return Location(values["path"].text(), values["line"].number(1), values["column"].number(1))
