"""The parts that sections are made of."""

from __future__ import annotations

from collections.abc import Sequence

from reconciler.render.html.elements import Html, said, tag
from reconciler.render.view.counts import plural


def text_line(text: str, kind: str) -> Html:
    """A line of its own that stands out."""
    return tag("p", said(text), class_=kind)


def way_out(text: str | None) -> Html | None:
    """What to do about it, if there is something."""
    return tag("p", tag("b", "way out: "), said(text), class_="way-out") if text else None


def box(title: str, items: Sequence[Html], kind: str = "alarm", level: str = "h3") -> Html | None:
    """Something to read before everything else; nothing if there is nothing."""
    if not items:
        return None
    return tag("div", tag(level, title), tag("ul", *(tag("li", item) for item in items)), class_=f"box {kind}")


def details(noun: str, meaning: str, rows: Sequence[Html]) -> Html | None:
    """A list that can be opened, by its number; nothing if it is empty."""
    if not rows:
        return None
    clients = plural(len(rows), noun)
    summary = tag("summary", tag("b", clients), tag("span", f" {meaning}", class_="faint"))
    return tag("details", summary, tag("ul", *rows), class_="left-alone")
