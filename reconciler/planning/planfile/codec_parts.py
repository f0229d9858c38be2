"""What the changes of a plan file are made of, as plain JSON values and back."""

from __future__ import annotations

from typing import Any

from reconciler.model.clients import ClientSpec, Grant, Location
from reconciler.planning.plan.plan import Note
from reconciler.support.json_reader import JsonValue, WrongShape


def spec_values(spec: ClientSpec) -> dict[str, Any]:
    """What the platform stores of a client."""
    grants = [grant.value for grant in Grant if grant in spec.grants]
    return {"name": spec.name, "grants": grants, "redirect_url": spec.redirect_url}


def read_spec(node: JsonValue) -> ClientSpec:
    """The same back. Raises `WrongShape` for what no client can be."""
    values = node.record(("name", "grants", "redirect_url"))
    grants = frozenset(values["grants"].each(lambda grant: grant.one_of(Grant)))
    spec = ClientSpec(values["name"].whole_text(), grants, values["redirect_url"].unless_null(JsonValue.whole_text))
    if not grants:
        raise WrongShape(f"`{values['grants'].place}` is empty")
    if (Grant.AUTHORIZATION_CODE in grants) != bool(spec.redirect_url):
        raise WrongShape(f"`{values['redirect_url'].place}` does not fit the grants: it goes with authorization_code")
    return spec


def read_note(node: JsonValue) -> Note:
    """A remark back from its values."""
    values = node.record(("code", "text"))
    return Note(values["code"].text(), values["text"].text())


def read_location(node: JsonValue) -> Location:
    """A place back from its values."""
    values = node.record(("path", "line", "column"))
    return Location(values["path"].text(), values["line"].number(1), values["column"].number(1))
