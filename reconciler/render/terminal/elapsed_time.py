"""The age of something, in words."""

from __future__ import annotations

import os.path
from datetime import UTC, timedelta
from typing import TYPE_CHECKING

from reconciler.render.terminal.color import Paint, Style
from reconciler.render.view.counts import plural

if TYPE_CHECKING:
    from reconciler.live.observation import ObservationAge

_OLD = timedelta(days=1)
_MOMENT = timedelta(minutes=1)
"""Accepted difference between the clocks of two machines."""


def as_of_text(as_of: ObservationAge, paint: Paint, *, short: bool = False) -> str:
    """Return `as of 2026-03-01 09:00 UTC, 3 hours ago, from live.json`, highlighted if old or in the future.

    A `short` text names the file without its folder, which readers of a report do not have.
    """
    when = as_of.observed_at.astimezone(UTC).strftime("%Y-%m-%d %H:%M")
    file = os.path.basename(as_of.file) if short else as_of.file
    style = Style.FAINT if -_MOMENT <= as_of.age <= _OLD else Style.WARNED
    return paint(f"as of {when} UTC, {age_text(as_of.age)}, from {file}", style)


def age_text(age: timedelta) -> str:
    """Return an age in its largest whole unit: `3 hours ago`."""
    if age < -_MOMENT:
        return f"{_duration(-age)} in the future: one of two clocks is wrong"
    return f"{_duration(age)} ago" if age >= _MOMENT else "just now"


def _duration(duration: timedelta) -> str:
    hours, minutes = duration // timedelta(hours=1), duration // timedelta(minutes=1)
    if hours >= 48:
        return plural(duration.days, "day")
    return plural(hours, "hour") if hours else plural(minutes, "minute")
