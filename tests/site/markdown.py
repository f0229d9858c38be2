"""Pages as GitHub reads them, written so that the site's Markdown, which is another, reads the same."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import pairwise

from markdown_it import MarkdownIt

GITHUB = MarkdownIt("commonmark").enable(["table", "strikethrough"])
"""Markdown as GitHub reads it."""
_FENCE = re.compile(r" *(`{3,})")
_ITEM = re.compile(r" *([-*+]|\d+[.)]) +")
_COMMENT = re.compile(r"^ *<!--.*?-->\n", re.MULTILINE | re.DOTALL)
_CODE_OR_LINK = re.compile(r"(?<!\[)`[^`\n]*`|(\[(?:[^\]\[`]|`[^`]*`)*\])\(([^)\s]+)\)")
_CELL_BAR = re.compile(r"`[^`\n]*\\\|[^`\n]*`")

STEP = 4
"""Python-Markdown wants as many blanks for each level of a list, whatever its marker takes."""


def parts(text: str) -> list[tuple[bool, str]]:
    """The text cut into prose (False) and fenced blocks (True)."""
    found: list[tuple[bool, list[str]]] = [(False, [])]
    fence = ""
    for line in text.splitlines(keepends=True):
        opened = _FENCE.match(line)
        if not fence and opened:
            fence = opened[1]
            found.append((True, [line]))
            continue
        found[-1][1].append(line)
        if fence and opened and line.strip() == fence:
            fence = ""
            found.append((False, []))
    return [(fenced, "".join(lines)) for fenced, lines in found]


def linked(prose: str, target: Callable[[str], str | None]) -> str:
    """With each link led to its place on the site. One that leads to nowhere is only its words."""

    def write(found: re.Match[str]) -> str:
        if found[2] is None:
            return found[0]
        to = target(found[2])
        return found[1][1:-1] if to is None else f"{found[1]}({to})"

    return _CODE_OR_LINK.sub(write, prose)


def indented(text: str) -> str:
    """With the lists indented as Python-Markdown wants them, and an empty line before each."""
    lines = text.splitlines()
    around: list[list[int]] = [[] for _ in lines]  # where the words of each item around a line begin, outermost first
    marked: set[int] = set()
    apart: set[int] = set()  # lines that need an empty one before them
    tokens = GITHUB.parse(text)
    for token, after in pairwise(tokens):
        if token.map is None:
            continue
        first = token.map[0]
        if token.type == "list_item_open" and (found := _ITEM.match(lines[first])):
            marked.add(first)
            if after.type == "paragraph_open" and not after.hidden:
                apart.add(first)
            for number in range(*token.map):
                around[number].append(found.end())
        if token.type in {"bullet_list_open", "ordered_list_open"} and not around[first]:
            apart.add(first)
    written: list[str] = []
    for number, (line, columns) in enumerate(zip(lines, around, strict=True)):
        if number in apart and number and lines[number - 1].strip():
            written.append("")
        written.append(_shifted(line, columns, marked=number in marked))
    return "\n".join(written) + "\n"


def _shifted(line: str, columns: list[int], *, marked: bool) -> str:
    """A line that stands in items whose words begin at these columns."""
    if not columns or not line.strip():
        return line
    if marked:
        marker = line[: columns[-1]].strip()
        return " " * STEP * (len(columns) - 1) + marker.ljust(STEP) + line[columns[-1] :]
    width = len(line) - len(line.lstrip(" "))
    return " " * STEP * len(columns) + line[min(width, columns[-1]) :]


def page(text: str, target: Callable[[str], str | None]) -> str:
    """A page of the repository as a page of the site."""
    return indented("".join(piece if fenced else _prose(piece, target) for fenced, piece in parts(text)))


def _prose(text: str, target: Callable[[str], str | None]) -> str:
    plain = linked(_COMMENT.sub("", text), target)
    return _CELL_BAR.sub(lambda found: found[0].replace("\\|", "|"), plain)
