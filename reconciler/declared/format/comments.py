"""The comments of a YAML text, and what each of them belongs to, so that both move together.

A comment above a key or item belongs to it, one after a value belongs to that line, and one below the last key or item
of a block, with the same indentation, belongs to the end of the block.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field  # noqa: TID251  (parts are filled in step by step)
from itertools import pairwise
from typing import NamedTuple

from reconciler.declared.edit.nodes import Node, NodeKind

_COMMENT = re.compile("#[^\n\x85\u2028\u2029]*")
_HEADER = re.compile("[|>][-+0-9]*")
_NOTHING_BETWEEN = re.compile("[ \t,]*")
_COMMENT_OR_DASH = re.compile("#[^\n\x85\u2028\u2029]*|(?P<dash>-)")

_OPENED = {"clients": 2, "instances": 2}
"""By root key, how many levels below it always get lines of their own: the collection, and its items."""


class Comment(NamedTuple):
    """A comment: the offset of its `#`, and its text from there on."""

    start: int
    text: str


class CommentLine(NamedTuple):
    """A comment on a line of its own."""

    text: str
    apart: bool
    """Whether there is a blank line above it."""


@dataclass(slots=True)
class Part:
    """A key with its value, or a list item, and its comments."""

    key: Node | None
    value: Node
    above: list[CommentLine]
    apart: bool
    """Whether there is a blank line above it, below its comments."""
    beside_key: Comment | None = None
    beside_value: Comment | None = None
    body: Body | None = None
    """The parts of the value, if they get lines of their own; None if the value is written in one piece."""


@dataclass(slots=True)
class Body:
    """A mapping or list whose parts are each written on their own lines."""

    node: Node
    parts: list[Part] = field(default_factory=list)
    below: list[CommentLine] = field(default_factory=list)


def read_comments(text: str, root: Node) -> list[Comment]:
    """All comments of a text with this tree, in order: everything that starts with `#` between its scalars."""
    if "#" not in text:
        return []
    gaps = _gaps(text, root)
    return [Comment(found.start(), found[0].rstrip()) for gap in gaps for found in _COMMENT.finditer(text, *gap)]


def _gaps(text: str, root: Node) -> Iterator[tuple[int, int]]:
    position = 0
    for node in root.walk():
        if node.kind is NodeKind.SCALAR:
            yield position, node.start
            if node.style in ("|", ">"):
                yield node.start, _line_end(text, node.start)
            position = node.end
    yield position, len(text)


def _line_end(text: str, offset: int) -> int:
    end = text.find("\n", offset)
    return len(text) if end < 0 else end


class CommentReader:
    """Assigns the comments of a text to its parts, in one pass in line order: every comment is read once."""

    __slots__ = ("_next_at", "_remarks", "_text")

    def __init__(self, text: str, comments: list[Comment]) -> None:
        self._text = text
        self._remarks = comments[::-1]
        self._next_at = comments[0].start if comments else len(text)
        """Where the next comment starts; at the end of the text if there is none. Most parts have none: asked often."""

    def document(self, root: Node) -> Body:
        """The root's parts. Comments at the end of the text go below the last part."""
        body = self._body(root, -1, len(self._text), None)
        body.below += self._lines(len(self._text))
        return body

    def _body(self, node: Node, outer: int, limit: int, opened: int | None) -> Body:
        """The parts of a collection. `opened` levels of them get lines of their own; None at the root."""
        body = Body(node)
        column = self._column(node.start)
        pairs = node.pairs if node.kind is NodeKind.MAPPING else [(None, item) for item in node.children]
        ends = [*self._starts(node), node.end if node.is_flow else limit]
        for (key, value), end in zip(pairs, ends, strict=True):
            levels = opened if opened is not None else _OPENED.get(key.text, 0) if key is not None else 0
            body.parts.append(self._part(key, value, column, end, levels))
        if node.is_flow:
            body.below += self._lines(node.end)
        else:
            self._take_below(body, column, outer, limit)
        return body

    def _starts(self, node: Node) -> Iterator[int]:
        """Where the second and later parts of a collection start: a key, a dash, or a value in brackets."""
        if node.kind is NodeKind.MAPPING or node.is_flow:
            yield from (
                each.start for each in (node.children[2::2] if node.kind is NodeKind.MAPPING else node.children[1:])
            )
            return
        for before, item in pairwise(node.children):
            found = _COMMENT_OR_DASH.finditer(self._text, before.end, item.start)
            yield next((match.start() for match in found if match["dash"]), item.start)

    def _part(self, key: Node | None, value: Node, column: int, limit: int, opened: int) -> Part:
        start = (key or value).start
        above = self._lines(start) if self._next_at < start else []
        part = Part(key, value, above, self._is_apart(start))
        if value.children and (opened or not value.is_flow or "\n" in self._text[value.start : value.end]):
            if key is not None and self._next_at < value.children[0].start and self._is_beside(key.end):
                part.beside_key = self._take()
            part.body = self._body(value, column, limit, max(opened - 1, 0))
            if value.is_flow and self._is_just_behind(value.end):
                self._take_behind_bracket(part)
        elif self._next_at < limit:
            self._take_around(value, part)
        return part

    def _take_around(self, value: Node, part: Part) -> None:
        """Keep the comments before, in and behind a value that is written in one piece."""
        part.above += self._lines(value.start)
        if value.style in ("|", ">"):
            part.beside_value = self._take() if self._next_at < value.end else None
        else:
            part.above += self._lines(value.end)
            part.beside_value = self._take() if self._is_just_behind(value.end) else None

    def _take_behind_bracket(self, part: Part) -> None:
        """Keep the comment after a bracket that is removed: it belongs to everything inside the brackets."""
        if part.key is not None and part.beside_key is None:
            part.beside_key = self._take()
        else:
            part.above.append(CommentLine(self._take().text, apart=False))

    def _take_below(self, body: Body, column: int, outer: int, limit: int) -> None:
        while self._next_at < limit:
            indentation = self._indentation(self._next_at)
            if indentation < column or indentation <= outer:
                return
            body.below += self._lines(self._next_at + 1)

    def _lines(self, end: int) -> list[CommentLine]:
        lines = []
        while self._next_at < end:
            remark = self._take()
            lines.append(CommentLine(remark.text, self._is_apart(remark.start)))
        return lines

    def _take(self) -> Comment:
        taken = self._remarks.pop()
        self._next_at = self._remarks[-1].start if self._remarks else len(self._text)
        return taken

    def _is_beside(self, end: int) -> bool:
        """Whether the next comment is on the line of this offset."""
        return bool(self._remarks) and "\n" not in self._text[end : self._next_at]

    def _is_just_behind(self, end: int) -> bool:
        return bool(self._remarks) and _NOTHING_BETWEEN.fullmatch(self._text, end, self._next_at) is not None

    def _is_apart(self, offset: int) -> bool:
        line = self._text.rfind("\n", 0, offset)
        if line > 0 and not self._text[line - 1].isspace():  # nearly always
            return False
        return line >= 0 and not self._text[self._text.rfind("\n", 0, line) + 1 : line].strip()

    def _column(self, offset: int) -> int:
        return offset - self._text.rfind("\n", 0, offset) - 1

    def _indentation(self, offset: int) -> int:
        line = self._text[self._text.rfind("\n", 0, offset) + 1 : offset + 1]
        return len(line) - len(line.lstrip(" \t"))
