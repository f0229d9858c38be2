"""Text in columns, and lines wrapped at the width of a terminal: between words, below where their text begins."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

_UNSEEN = r"\x1b\[[0-9;]*m|\x1b\]8;[^\x1b]*\x1b\\"
"""Escape sequences of colours and links, which take no room."""

_LEAST = 40
"""Columns. A narrower terminal breaks lines as it likes: there is no room for an indent."""
_FARTHEST = 44
"""Columns. A text that begins farther right is continued nearer to the left."""

_COMMAND = r"(?<=: )reconciler [^;]*"
_WORD = r" *(?:(?:\x1b\[[0-9;]*m)?[-+!·*] )?[^ ]+"
"""A word with the blanks before it, and with the mark that belongs to it."""
_NO_BREAK = "\0"
"""Stands for a blank inside a command, which is copied as one line. No printable text has this character."""


def column(cells: Sequence[str]) -> list[str]:
    """Pad the cells to the width of the widest. Cells are printable."""
    widest = max(map(width, cells), default=0)
    return [cell + " " * (widest - width(cell)) for cell in cells]


def aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """Join the rows into lines, each column as wide as its widest cell. Cells are printable."""
    columns = [column(cells) for cells in zip(*rows, strict=True)]
    return ["  ".join(cells).rstrip() for cells in zip(*columns, strict=True)]


def width(text: str) -> int:
    """Count the terminal columns that the text takes: wide characters two, combining marks none."""
    if text.isascii():
        return len(text)
    import unicodedata  # a separate shared library, which few texts need

    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def wrapped(text: str, columns: int) -> str:
    """Return the text with no line wider than `columns`, unless a single word or a command to copy is."""
    if columns < _LEAST:
        return text
    return "\n".join(_line(line, columns) for line in text.split("\n"))


def _line(line: str, columns: int) -> str:
    bare = re.sub(_UNSEEN, "", line)
    if width(bare) <= columns or bare.startswith("next: "):
        return line
    begin = _text_begins(bare)
    # Deeper than what stands below it: so no name can make a line that looks like one of the program's.
    indent = " " * (begin + 2 if begin <= _FARTHEST else 6)
    return f"\n{indent}".join(_pieces(line, columns, len(indent)))


def _text_begins(bare: str) -> int:
    """Return the column at which the last column of a line begins; columns are two blanks apart."""
    found = [match.end() for match in re.finditer(r"\S {2,}(?=\S)", bare[: _FARTHEST + 1])]
    return found[-1] if found else len(bare) - len(bare.lstrip())


def _pieces(line: str, columns: int, indent: int) -> Iterator[str]:
    glued = re.sub(_COMMAND, lambda command: command[0].replace(" ", _NO_BREAK), line)
    lead = glued[: len(glued) - len(glued.lstrip(" "))]
    piece, room = lead, columns
    # Blanks stay in front of their word, so that columns keep their distance.
    for word in re.findall(_WORD, glued[len(lead) :]):
        if piece.strip() and _seen(piece) + _seen(word) > room:
            yield piece.replace(_NO_BREAK, " ")
            piece, room = word.lstrip(" "), columns - indent
        else:
            piece += word
    yield piece.replace(_NO_BREAK, " ")


def _seen(text: str) -> int:
    return width(re.sub(_UNSEEN, "", text))
