"""A text as an editor sees it, and edits at offsets."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from reconciler.model.errors import ReconcilerError
from reconciler.support.frozen import frozen

LINE_BREAK = re.compile("\\r\\n|\\r|\\n")
_LAST_BREAK = re.compile("(?:\\r\\n|\\r|\\n)\\Z")
_JSON = re.compile(r'\s*\{\s*"')


class CannotEdit(ReconcilerError):
    """A text cannot be changed as wanted without also changing something else. The message is a part of a sentence
    that says why: "`grants` is the alias *web, which other entries share"."""


@frozen
class Edit:
    """Replace the characters from `start` up to `end` (possibly none) by a text."""

    start: int
    end: int
    text: str


def apply_edits(text: str, edits: Iterable[Edit]) -> str:
    """Apply all edits to the text. They must not overlap; edits at the same offset keep their order."""
    parts, position = [], 0
    for edit in sorted(edits, key=lambda edit: (edit.start, edit.end)):
        parts += [text[position : edit.start], edit.text]
        position = edit.end
    return "".join([*parts, text[position:]])


class EditableText:
    """A text as an editor sees it: lines, columns (from 0), and how lines end."""

    __slots__ = ("is_json", "newline", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        found = LINE_BREAK.search(text)
        self.newline = found[0] if found else "\n"
        self.is_json = _JSON.match(text) is not None

    def line_start(self, offset: int) -> int:
        """Where the line of an offset starts."""
        return max(self.text.rfind("\n", 0, offset), self.text.rfind("\r", 0, offset)) + 1

    def line_end(self, offset: int) -> int:
        """Where the text of the line ends, before its line break."""
        found = LINE_BREAK.search(self.text, offset)
        return found.start() if found else len(self.text)

    def next_line(self, offset: int) -> int:
        """Where the next line starts; the end of the text if there is none."""
        found = LINE_BREAK.search(self.text, offset)
        return found.end() if found else len(self.text)

    def column(self, offset: int) -> int:
        """The column of an offset, from 0."""
        return offset - self.line_start(offset)

    def leading(self, offset: int) -> str | None:
        """The text before an offset on its line if it is only blanks, else None."""
        before = self.text[self.line_start(offset) : offset]
        return before if not before.strip(" \t") else None

    def starts_line(self, offset: int) -> bool:
        """Whether an offset is the start of a line other than the first."""
        return offset > 0 and self.text[offset - 1] in "\r\n"

    def below(self, end: int, column: int) -> int:
        """Where the next line starts after a block with this end and column, and after the comments that belong to it.

        Those comments follow without a blank line, and are indented deeper than the block.
        """
        position = end if self.starts_line(end) else self.next_line(end)
        while self._is_comment(position, column):
            position = self.next_line(position)
        return position

    def _is_comment(self, position: int, column: int) -> bool:
        line = self.text[position : self.line_end(position)]
        content = line.lstrip(" \t")
        return content.startswith("#") and len(line) - len(content) > column and self.starts_line(position)

    def insert_lines(self, position: int, lines: Sequence[str]) -> Edit:
        """Insert lines at the start of a line, or at the end of a text that ends without a line break."""
        before = _LAST_BREAK.search(self.text, max(0, position - 2), position)
        newline = before[0] if before else self.newline
        joined = newline.join(lines)
        if position == 0 or self.starts_line(position):
            return Edit(position, position, joined + newline)
        return Edit(position, position, newline + joined)
