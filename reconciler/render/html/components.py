"""Components that several sections use."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from reconciler.render.html.elements import Html, Template, join, sentence, tag, template, words
from reconciler.render.view.counts import plural

_ITEM = template("<li>%s</li>")


def kind_for(width: int) -> str:
    """Return the kind of the hint that something scrolls, for something of so many pixels; empty for none."""
    kinds = (("", 330), ("sideways", 550), ("sideways at-56", 800))
    return next((kind for kind, most in kinds if width <= most), "sideways at-78")


def text_line(text: str, kind: str) -> Html:
    """Render a separate, highlighted line."""
    return _line(kind)(words(text))


@cache
def _line(kind: str) -> Template:
    return template(f'<p class="{kind}"><bdi dir="ltr">%s</bdi></p>')


def fix_line(text: str | None) -> Html | None:
    """Render the fix, if there is one."""
    return tag("p", tag("b", "fix: "), sentence(text), class_="way-out") if text else None


def box(title: str, items: Sequence[Html], kind: str = "alarm", level: str = "h3") -> Html | None:
    """Render a highlighted box; nothing if there are no items."""
    if not items:
        return None
    return tag("div", tag(level, title), tag("ul", *map(_ITEM, items)), class_=f"box {kind}")


def scrolling(wide: Html, label: str, *, kind: str = "sideways") -> Html:
    """Render what may be wider than the page: it scrolls by itself, and narrow pages say so, as `kind` knows."""
    said = tag("p", "Scroll sideways to see all of it.", class_=f"faint {kind}") if kind else None
    return join([said, tag("div", wide, class_="scrolls", role="region", aria_label=label, tabindex=0)])


def details(noun: str, meaning: str, rows: Sequence[Html]) -> Html | None:
    """Render a collapsed list with its count; nothing if it is empty."""
    if not rows:
        return None
    clients = plural(len(rows), noun)
    summary = tag("summary", tag("b", clients), tag("span", f" {meaning}", class_="faint"))
    return tag("details", summary, tag("ul", *rows), class_="left-alone")
