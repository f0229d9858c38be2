"""`rotate:` of an entry as values."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from reconciler.declared.clients.entries import Entry
from reconciler.model.clients import Rotation

_UNITS = {"m": "minutes", "h": "hours", "d": "days"}


def rotation_of(entry: Entry) -> Rotation | None:
    """The rotation that an entry asks for; None if there is none, or for a date that does not exist."""
    if (rotate := entry.fields.get("rotate")) is None:
        return None
    created_before = parse_time(rotate["created_before"])
    if created_before is None:
        return None
    return Rotation(created_before, _length(str(rotate["keep_old"])), entry.place("rotate", key=True))


def parse_time(text: str) -> datetime | None:
    """Parse a time in the schema's format, as UTC; None for a date that does not exist, like 30 February."""
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _length(text: str) -> timedelta:
    """Parse a duration: `30m`, `12h`, `7d` or `0`."""
    if text == "0":
        return timedelta()
    return timedelta(**{_UNITS[text[-1]]: int(text[:-1])})
