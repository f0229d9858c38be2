"""The fields of a change, one below the other: names in one column, values in the next."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from reconciler.model.clients import ClientSpec
from reconciler.planning.plan.plan import grants_text
from reconciler.planning.plan.redirect_urls import redirect_urls
from reconciler.render.terminal.color import Paint, Style
from reconciler.support.text import printable

INDENT = " " * 12
_WIDTH = 14
"""Of the column of names: the longest is redirect_url."""

BULLET = "· "
"""Before every value that may stand first on a line: GitHub takes a line that starts with :: for a command to it."""

MOST_KEPT = 5
"""Redirect URLs that stay and are shown: beyond it only their number is, so that the others stand out."""


def spec_lines(spec: ClientSpec, style: Style, paint: Paint) -> Iterator[str]:
    """All fields of a client that comes or goes, but for its name."""
    yield _line("grants", paint(grants_text(spec.grants), style))
    urls = redirect_urls(spec)
    mark = BULLET if len(urls) > 1 else ""
    yield from _column("redirect_url", [paint(mark + printable(url), style) for url in urls])


def difference_lines(before: ClientSpec, after: ClientSpec, paint: Paint) -> Iterator[str]:
    """The fields that change, but for the name: redirect URLs marked + and -, those that stay by a bullet."""
    if before.grants != after.grants:
        old, new = grants_text(before.grants), grants_text(after.grants)
        yield _line("grants", f"{paint(old, Style.REMOVED)} → {paint(new, Style.ADDED)}")
    if before.redirect_url != after.redirect_url:
        yield from _column("redirect_url", _marked(redirect_urls(before), redirect_urls(after), paint))


def _marked(old: tuple[str, ...], new: tuple[str, ...], paint: Paint) -> Iterator[str]:
    removed = [url for url in old if url not in new]
    added = [url for url in new if url not in old]
    kept = [url for url in new if url in old]
    if not removed and not added:
        yield "the same URLs, in another order or number:"
    yield from (paint(f"- {printable(url)}", Style.REMOVED) for url in removed)
    yield from (paint(f"+ {printable(url)}", Style.ADDED) for url in added)
    if (removed or added) and len(kept) > MOST_KEPT:
        yield f"{BULLET}{len(kept)} others stay"
    else:
        yield from (BULLET + printable(url) for url in kept)


def _column(name: str, values: Iterable[str]) -> Iterator[str]:
    for number, value in enumerate(values):
        yield _line("" if number else name, value)


def _line(name: str, value: str) -> str:
    return f"{INDENT}{name:<{_WIDTH}}{value}"
