"""The rules for `rotate:`: one function per rule."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.declared.clients.resolve import RuleContext
from reconciler.declared.clients.rotation import parse_time
from reconciler.declared.rules.finding import RuleFinding
from reconciler.support.text import quoted


def rotate_no_such_day(context: RuleContext) -> Iterator[RuleFinding]:
    """The date does not exist, like 30 February."""
    for entry in context.entries:
        if (rotate := entry.fields.get("rotate")) and parse_time(rotate["created_before"]) is None:
            message = f"there is no such day: {quoted(rotate['created_before'])}"
            place = entry.place("rotate", "created_before")
            yield RuleFinding(message, place, "write it like 2026-05-01T09:00Z, where Z is UTC", entry)


def rotate_without_sink(context: RuleContext) -> Iterator[RuleFinding]:
    """A new secret would be created and not delivered."""
    for entry in context.entries:
        if "rotate" in entry.fields and not context.instance.delivers(entry.name, entry.owner):
            message = f"{quoted(entry.name)} would get a new secret, and no sink delivers it to anybody"
            hint = "add a sink that covers it under `sinks:` in reconciler.yaml, or fetch it from the Auth Clients page"
            yield RuleFinding(message, entry.place("rotate", key=True), hint, entry)
