"""The timeline of past runs: a row per instance, a column per run, and a bar with the outcomes of its changes."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime

from reconciler.render.html.elements import Html, join, tag
from reconciler.render.view.names import natural
from reconciler.support.frozen import frozen
from reconciler.support.text import printable

_LANE, _HEIGHT, _TOP, _LETTER = 68, 44, 26, 7.2
_LEAST, _MOST, _ROOM, _GAP = 24, 48, 1100, 8
"""Pixels: minimum and maximum of a column, all of it on a wide screen, and the gap between two columns."""
_DAY = 78
"""Pixels of a date."""
_CROSSED = 8
"""Minimum height in pixels of a part with lines; a lower part is marked only by the sign above the bar."""
_SIGNS = {"failed": "×", "uncertain": "?"}

PARTS = ("applied", "failed", "uncertain", "not_tried")
"""The outcomes of a change, from the bottom of a bar upwards."""


@frozen
class Bar:
    """The outcomes of a run's changes on one instance: how many of each of `PARTS`."""

    instance: str
    run: str
    started_at: datetime
    numbers: Mapping[str, int]


@frozen
class Timeline:
    """The picture, how many runs it shows, and how wide it is."""

    picture: Html
    runs: int
    """The latest ones, as many as a wide screen has room for; the table below has all of them."""
    width: int
    """Pixels."""


def timeline(bars: Sequence[Bar]) -> Timeline:
    """Render the timeline. It shows nothing that the table does not, and its title says so."""
    left = _margin({bar.instance for bar in bars})
    every = {run: (at, run) for at, run in sorted({(bar.started_at, bar.run) for bar in bars})}
    runs = list(every.values())[-((_ROOM - left - _DAY) // _LEAST) :]
    places = {run: number for number, (_, run) in enumerate(runs)}
    instances = sorted({bar.instance for bar in bars if bar.run in places}, key=natural)
    step = max(_LEAST, min(_MOST, (_ROOM - left - _DAY) // (len(runs) or 1)))
    width, height = left + len(runs) * step + _DAY, _TOP + len(instances) * _LANE + 6
    most = max((sum(bar.numbers.values()) for bar in bars), default=1) or 1
    drawn = [
        _bar(bar, left + places[bar.run] * step, step - _GAP, _floor(instances.index(bar.instance)), most)
        for bar in bars
        if bar.run in places
    ]
    picture = tag(
        "svg",
        tag("title", "Applies over time; the table below says the same in words", id="lanes"),
        *_lines(instances, width),
        *_days(runs, left, step),
        *drawn,
        class_="lanes",
        role="img",
        aria_labelledby="lanes",
        width=width,
        height=height,
        viewBox=f"0 0 {width} {height}",
    )
    return Timeline(picture, len(runs), width)


def legend() -> Html:
    """Render what the parts of a bar mean."""
    return tag("ul", *(tag("li", _sample(part), part.replace("_", " ")) for part in PARTS), class_="key")


def _sample(part: str) -> Html:
    return tag("svg", *_part(part, 1, 1, 14, 14), width=16, height=16, aria_hidden="true")


def _margin(instances: Collection[str]) -> int:
    return 16 + round(max((min(len(_label(each)), 28) for each in instances), default=0) * _LETTER)


def _label(instance: str) -> str:
    shown = printable(instance)
    return shown if len(shown) <= 28 else f"{shown[:27]}…"


def _floor(lane: int) -> int:
    return _TOP + (lane + 1) * _LANE - 6


def _lines(instances: Sequence[str], width: int) -> Iterator[Html]:
    for number, instance in enumerate(instances):
        floor = _floor(number)
        yield tag("text", _label(instance), x=0, y=floor - 4)
        yield tag("line", x1=0, x2=width, y1=floor, y2=floor, class_="lane")


def _days(runs: Sequence[tuple[datetime, str]], left: int, step: int) -> Iterator[Html]:
    """Render the date above the first run of each day, if there is room for it."""
    day, free = None, -1
    for number, (at, _) in enumerate(runs):
        if at.date() != day and number > free:
            yield tag("text", f"{at:%Y-%m-%d}", x=left + number * step, y=14, class_="day")
            free = number + _DAY // step
        day = at.date()


def _bar(bar: Bar, x: int, width: int, floor: int, most: int) -> Html:
    top = floor
    parts: list[Html] = []
    for part in PARTS:
        if number := bar.numbers.get(part, 0):
            height = max(3, number * _HEIGHT // most)
            top -= height
            parts += _part(part, x, top, width, height)
    if not parts:
        parts = [tag("rect", x=x, y=floor - 2, width=width, height=2, class_="part")]
    sign = next((sign for part, sign in _SIGNS.items() if bar.numbers.get(part)), None)
    shown = tag("text", sign, x=x + width // 2, y=top - 3, class_="sign") if sign else None
    return join([*parts, shown])


def _part(part: str, x: int, y: int, width: int, height: int) -> list[Html]:
    """Render a part of a bar. Failed is crossed out, uncertain has a line, so that colours are not needed."""
    box = tag("rect", x=x, y=y, width=width, height=height, class_=f"part {part}")
    lines: tuple[tuple[int, int, int, int], ...] = ()
    if height < _CROSSED:
        return [box]
    if part == "failed":
        lines = ((x, y + height, x + width, y), (x, y, x + width, y + height))
    elif part == "uncertain":
        lines = ((x, y + height // 2, x + width, y + height // 2),)
    return [box, *(tag("line", x1=a, y1=b, x2=c, y2=d, class_="hatch") for a, b, c, d in lines)]
