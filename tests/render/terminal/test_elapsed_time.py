"""How old an observation is, in words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from reconciler.live.observation import ObservationAge
from reconciler.render.json.overview import plan_entry
from reconciler.render.terminal.color import coloured, plain
from reconciler.render.terminal.elapsed_time import age_text, as_of_text
from reconciler.render.terminal.plan import render_plan
from tests.builders import declare, listing, plan_of

SEEN = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)


def seen(**age: float) -> ObservationAge:
    return ObservationAge(SEEN, timedelta(**age), "live.json")


@pytest.mark.parametrize(
    ("age", "words"),
    [
        (timedelta(), "just now"),
        (timedelta(seconds=59), "just now"),
        (timedelta(seconds=60), "1 minute ago"),
        (timedelta(minutes=59, seconds=59), "59 minutes ago"),
        (timedelta(hours=1), "1 hour ago"),
        (timedelta(hours=47, minutes=59), "47 hours ago"),
        (timedelta(hours=48), "2 days ago"),
        (timedelta(days=400), "400 days ago"),
        (timedelta(seconds=-60), "just now"),
        (timedelta(minutes=-5), "5 minutes in the future: one of two clocks is wrong"),
    ],
)
def test_an_age_is_said_in_its_largest_unit(age: timedelta, words: str) -> None:
    assert age_text(age) == words


def test_the_second_line_of_a_plan_says_as_of_when_it_is() -> None:
    lines = render_plan(plan_of(declare(), listing()), as_of=seen(hours=3)).splitlines()
    assert lines[1] == "  as of 2026-03-01 09:00 UTC, 3 hours ago, from live.json"
    assert "as of" not in render_plan(plan_of(declare(), listing()))


def test_what_is_old_or_cannot_be_stands_out() -> None:
    fresh, old, future = (as_of_text(seen(hours=hours), coloured) for hours in (3, 25, -1))
    assert fresh.startswith("\x1b[2m")
    assert old.startswith("\x1b[35m")
    assert future.startswith("\x1b[35m")
    assert as_of_text(seen(hours=3), plain) in fresh


def test_json_has_the_time_and_the_age_or_null() -> None:
    plan = plan_of(declare(), listing())
    entry = plan_entry(plan, (), seen(hours=1.5))
    assert (entry["observed_at"], entry["age_seconds"]) == ("2026-03-01T09:00:00Z", 5400)
    live = plan_entry(plan, ())
    assert (live["observed_at"], live["age_seconds"]) == (None, None)
