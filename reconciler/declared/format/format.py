"""`fmt`: write a file of clients or settings in canonical form, without changing its meaning.

As with an edit at positions, the result is compared with the original file: it must load to the same values, with the
entries in the same order, and have every comment exactly once. Otherwise the file stays as it is.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from reconciler.declared.edit.block import UNSUPPORTED_LAYOUT
from reconciler.declared.edit.nodes import Node, NodeKind, parse_nodes
from reconciler.declared.edit.text_edits import LINE_BREAK, CannotEdit
from reconciler.declared.edit.verify import decode, values
from reconciler.declared.format.comments import Body, Comment, CommentLine, CommentReader, Part, read_comments
from reconciler.declared.format.scalars import key_text, one_line_text, scalar_lines
from reconciler.declared.schema.key_order import KeyOrder, key_order

_STEP = 2
_START = re.compile(r"^---(?=\s|$)", re.MULTILINE)
_DIRECTIVE = re.compile("^%", re.MULTILINE)
_LAYOUT = re.compile("[-\\s'\"]")
_MODELINE = re.compile(r"#\s*(?:yaml-language-server:|-\*-|vim?:)")


def format_text(data: bytes, held: object, schema: str) -> bytes:
    """A file in canonical form. `held` is what it was loaded as; `schema` names the schema with the order of its keys.

    Raises `CannotEdit` for a file that cannot be formatted as it is.
    """
    text = LINE_BREAK.sub("\n", decode(data)[1])
    root = parse_nodes(text)
    if _DIRECTIVE.search(text, 0, root.start):
        raise CannotEdit("it starts with a directive ('%'); remove it; no file here needs one")
    if root.kind is not NodeKind.MAPPING:
        raise CannotEdit("it is not a mapping")
    comments = read_comments(text, root)
    # An alias must come after its anchor, so keys cannot always be reordered.
    for order in (key_order(schema), KeyOrder({}, {})):
        result = _Writer(text, order).document(root, comments)
        if result == data or _means_the_same(result, held, comments):
            return result
    raise CannotEdit(UNSUPPORTED_LAYOUT)


def _means_the_same(result: bytes, held: object, comments: list[Comment]) -> bool:
    try:
        if not _equal(values(result), held):
            return False
    except CannotEdit:
        return False
    text = result.decode()
    kept = read_comments(text, parse_nodes(text)) if comments else []
    return Counter(remark.text for remark in kept) == Counter(remark.text for remark in comments)


def _equal(one: Any, other: Any) -> bool:
    """Whether two values are equal, with the same types (true is not 1) and keys in any order."""
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(_equal(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_equal, one, other))
    return type(one) is type(other) and bool(one == other)


class _Writer:
    """Writes the parts of one text."""

    __slots__ = ("_lines", "_order", "_text")

    def __init__(self, text: str, order: KeyOrder) -> None:
        self._text = text
        self._order = order
        self._lines: list[str] = []

    def document(self, root: Node, comments: list[Comment]) -> bytes:
        """The whole text."""
        marker = _START.search(self._text, 0, root.start)
        before = [remark for remark in comments if marker and remark.start < marker.start()]
        body = CommentReader(self._text, comments[len(before) :]).document(root)
        head = [remark.text for remark in before] + ["---"] if marker else []
        head += _header(body.parts[0])
        _sort_keys(body, self._order)
        self._body(body, 0, self._order)
        return ("\n".join([*head, *self._lines]).strip("\n") + "\n").encode()

    def _body(self, body: Body, indentation: int, order: KeyOrder) -> None:
        pad = " " * indentation
        first = True
        for part in body.parts:
            if not first and _stands_apart(part):
                self._lines.append("")
            if part.above:
                self._lines += _comments(part.above, pad)
                if part.apart:
                    self._lines.append("")
            self._part(part, indentation, order)
            first = False
        if body.below:
            self._lines += _comments(body.below, pad, after=True)

    def _part(self, part: Part, indentation: int, order: KeyOrder) -> None:
        """Write a part of a collection whose keys have this order."""
        pad = " " * indentation
        head = pad + (f"{key_text(part.key)}:" if part.key else "-")
        if part.body is None:
            self._leaf(part, head, pad, order)
            return
        if part.value.anchor is not None:
            head += f" &{part.value.anchor}"
        if part.key or part.value.anchor is not None:
            self._lines.append(_with_remark(head, part.beside_key, self._text))
            self._body(part.body, indentation + _STEP, order.below(_name(part)))
        else:
            start = len(self._lines)
            self._body(part.body, indentation + _STEP, order.below(_name(part)))
            self._lines[start] = f"{head} {self._lines[start].lstrip(' ')}"

    def _leaf(self, part: Part, head: str, pad: str, order: KeyOrder) -> None:
        value = part.value
        if value.kind is NodeKind.SCALAR:
            first, *more = scalar_lines(value, self._text)
            anchor = f" &{value.anchor}" if value.anchor is not None else ""
            lines = [f"{head}{anchor} {first}".rstrip(" "), *(f"{pad}  {line}" if line else "" for line in more)]
        else:
            lines = [f"{head} {one_line_text(value, self._text, order.below(_name(part)))}"]
        if part.beside_value is not None:
            behind = 0 if value.style in ("|", ">") else -1
            lines[behind] = _with_remark(lines[behind], part.beside_value, self._text)
        self._lines += lines


def _sort_keys(body: Body, order: KeyOrder) -> None:
    """Sort keys into their order. Comments of the first key after a dash move above the dash."""
    for part in body.parts:
        if part.body is not None:
            _sort_keys(part.body, order.below(_name(part)))
            if part.key is None:
                first = part.body.parts[0]
                part.above, first.above = part.above + first.above, []
    if body.node.kind is NodeKind.MAPPING:
        body.parts.sort(key=lambda part: order.rank(_name(part)))


def _name(part: Part) -> str:
    return part.key.text if part.key is not None else ""


def _stands_apart(part: Part) -> bool:
    return part.above[0].apart if part.above else part.apart


def _header(first: Part) -> list[str]:
    """Take the comments about the file from those above the first key: modelines, and all above a blank line."""
    apart = [number for number, line in enumerate(first.above) if number and line.apart]
    about_file = len(first.above) if first.apart else apart[-1] if apart else 0
    modelines = [number + 1 for number, line in enumerate(first.above) if _MODELINE.match(line.text)]
    about_file = max([about_file, *modelines])
    header, first.above = first.above[:about_file], first.above[about_file:]
    return [*_comments(header, ""), *([""] if header and _stands_apart(first) else [])]


def _comments(lines: list[CommentLine], pad: str, *, after: bool = False) -> Iterator[str]:
    for number, line in enumerate(lines):
        if line.apart and (number or after):
            yield ""
        yield pad + line.text


def _with_remark(line: str, remark: Comment | None, text: str) -> str:
    """The line with a comment, which stays in its column if there is room, since people align comments."""
    if remark is None:
        return line
    was = text[text.rfind("\n", 0, remark.start) + 1 : remark.start]
    column = len(was) if _without_layout(was) == _without_layout(line) else 0
    return f"{line:<{max(column, len(line) + 2)}}{remark.text}"


def _without_layout(line: str) -> str:
    return _LAYOUT.sub("", line)
