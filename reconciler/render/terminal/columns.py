"""Text in columns."""

from __future__ import annotations

from collections.abc import Sequence


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
