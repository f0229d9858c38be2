"""The fields of a change, one below the other: names in the first column, values in the second."""

from __future__ import annotations

from collections.abc import Sequence

from reconciler.model.clients import ClientSpec, Field
from reconciler.model.fields import FIELDS, FieldRow, changed_fields
from reconciler.render.terminal.color import Paint, Style
from reconciler.support.text import printable

INDENT = " " * 12
_WIDTH = 14
"""Width of the column of names: the longest is redirect_url."""

BULLET = "· "
"""Put before every value that may start a line: GitHub runs a line that starts with :: as a workflow command."""

MOST_KEPT = 5
"""Maximum number of unchanged redirect URLs shown; of more, only their number, so that the changes stand out."""

_SHOWN = tuple(row for row in FIELDS if row.field is not Field.NAME)
"""All fields but the name, which is in the title."""
_LABELS = {row.field: f"{INDENT}{row.field:<{_WIDTH}}" for row in _SHOWN}
"""What stands before the first value of a field."""
_BELOW = "\n" + INDENT + " " * _WIDTH
"""What stands before each of the others."""


def spec_lines(spec: ClientSpec, style: Style, paint: Paint) -> list[str]:
    """Return all fields of a created or deleted client, except its name: a text for each that has a value."""
    lines = []
    for row in _SHOWN:
        values = row.texts(spec) if row.one_per_line else filter(None, [row.text(spec)])
        if shown := _bulleted([*values], style, paint):
            lines.append(_LABELS[row.field] + _BELOW.join(shown))
    return lines


def difference_lines(before: ClientSpec, after: ClientSpec, paint: Paint) -> list[str]:
    """Return the fields that change, likewise: list values marked + or -, unchanged ones with a bullet."""
    rows = changed_fields(before, after)
    return [_LABELS[row.field] + _difference(row, before, after, paint) for row in rows if row.field in _LABELS]


def _difference(row: FieldRow, before: ClientSpec, after: ClientSpec, paint: Paint) -> str:
    if row.one_per_line:
        return _BELOW.join(_marked(row.texts(before), row.texts(after), paint))
    old, new = (printable(row.text(spec) or "none") for spec in (before, after))
    return f"{paint(old, Style.REMOVED)} → {paint(new, Style.ADDED)}"


def _bulleted(values: Sequence[str], style: Style, paint: Paint) -> list[str]:
    mark = BULLET if len(values) > 1 else ""
    return [paint(mark + printable(value), style) for value in values]


def _marked(old: tuple[str, ...], new: tuple[str, ...], paint: Paint) -> list[str]:
    removed = [paint(f"- {printable(url)}", Style.REMOVED) for url in old if url not in new]
    added = [paint(f"+ {printable(url)}", Style.ADDED) for url in new if url not in old]
    kept = [url for url in new if url in old]
    if not removed and not added:
        return ["the same URLs, in another order or number:", *(BULLET + printable(url) for url in kept)]
    if len(kept) > MOST_KEPT:
        return [*removed, *added, f"{BULLET}{len(kept)} others stay"]
    return [*removed, *added, *[BULLET + printable(url) for url in kept]]
