"""The fields of a change, one below the other: names in the first column, values in the second."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from reconciler.model.clients import ClientSpec, Field
from reconciler.model.fields import FIELDS, changed_fields
from reconciler.render.terminal.color import Paint, Style
from reconciler.support.text import printable

INDENT = " " * 12
_WIDTH = 14
"""Width of the column of names: the longest is redirect_url."""

BULLET = "· "
"""Put before every value that may start a line: GitHub runs a line that starts with :: as a workflow command."""

_SHOWN = tuple(row for row in FIELDS if row.field is not Field.NAME)
"""All fields but the name, which is in the title."""

MOST_KEPT = 5
"""Maximum number of unchanged redirect URLs shown; of more, only their number, so that the changes stand out."""


def spec_lines(spec: ClientSpec, style: Style, paint: Paint) -> Iterator[str]:
    """Yield all fields of a created or deleted client, except its name."""
    for row in _SHOWN:
        values = row.texts(spec) if row.one_per_line else filter(None, [row.text(spec)])
        yield from _column(row.field, _bulleted([printable(value) for value in values], style, paint))


def difference_lines(before: ClientSpec, after: ClientSpec, paint: Paint) -> Iterator[str]:
    """Yield the fields that change, except the name: list values marked + or -, unchanged ones with a bullet."""
    for row in changed_fields(before, after):
        if row.field is Field.NAME:
            continue
        if row.one_per_line:
            yield from _column(row.field, _marked(row.texts(before), row.texts(after), paint))
        else:
            old, new = (printable(row.text(spec) or "none") for spec in (before, after))
            yield _line(row.field, f"{paint(old, Style.REMOVED)} → {paint(new, Style.ADDED)}")


def _bulleted(values: Sequence[str], style: Style, paint: Paint) -> Iterator[str]:
    mark = BULLET if len(values) > 1 else ""
    yield from (paint(mark + value, style) for value in values)


def _marked(old: tuple[str, ...], new: tuple[str, ...], paint: Paint) -> list[str]:
    removed = [paint(f"- {printable(url)}", Style.REMOVED) for url in old if url not in new]
    added = [paint(f"+ {printable(url)}", Style.ADDED) for url in new if url not in old]
    kept = [url for url in new if url in old]
    if not removed and not added:
        return ["the same URLs, in another order or number:", *(BULLET + printable(url) for url in kept)]
    if len(kept) > MOST_KEPT:
        return [*removed, *added, f"{BULLET}{len(kept)} others stay"]
    return [*removed, *added, *[BULLET + printable(url) for url in kept]]


def _column(name: str, values: Iterable[str]) -> Iterator[str]:
    for number, value in enumerate(values):
        yield _line("" if number else name, value)


def _line(name: str, value: str) -> str:
    return f"{INDENT}{name:<{_WIDTH}}{value}"
