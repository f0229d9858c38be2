"""Edit a YAML text at positions: everything else stays as it is, byte for byte.

Every function takes one node of the tree (`nodes.parse_nodes`) and returns which characters to replace by what. The
edits of one parse may be applied together if they are for different nodes; then the text must be parsed again. Nothing
here knows what the values mean. Comments stay where they are, except those inside removed parts.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from reconciler.declared.edit.dump import block_lines, flow_pair, flow_text, scalar
from reconciler.declared.edit.flow import DEFAULT_STEP, append_in_flow, detect_flow_style, flow_items, remove_in_flow
from reconciler.declared.edit.nodes import Node, NodeKind
from reconciler.declared.edit.text_edits import CannotEdit, Edit, EditableText
from reconciler.support.frozen import frozen
from reconciler.support.json_reader import JsonData

_BLANK_LINE = re.compile("(?:\\r\\n|\\r|\\n)[ \\t]*(?:\\r\\n|\\r|\\n)")
_COMMENT_OR_DASH = re.compile(r"#[^\r\n]*|(?P<dash>-)")
_STRIPPING = re.compile(r"[|>]-[ \t]*(?=$|[\r\n#])", re.MULTILINE)

UNSUPPORTED_LAYOUT = "its layout cannot be edited by a program"
"""The reason given for a rare layout that YAML allows but the editor does not support."""


@frozen
class Addition:
    """A new list item, with comment lines above it (written in block style only)."""

    value: JsonData
    comments: tuple[str, ...] = ()
    """Each starts with `#`."""


# --- scalars


def replace_scalar(page: EditableText, node: Node, text: str, *, in_flow: bool = False) -> list[Edit]:
    """Replace a scalar's text, in its own quoting style if possible."""
    if node.style not in ("|", ">"):
        return [Edit(node.start, node.end, scalar(text, node.style, in_flow=in_flow))]
    if _STRIPPING.match(page.text, node.start) and text.isprintable() and text.strip(" \t") == text:
        content = page.next_line(node.start)
        content += len(page.text[content : node.end]) - len(page.text[content : node.end].lstrip())
        return [Edit(content, node.end, text)]
    return replace_by(page, node, scalar(text))


def replace_by(page: EditableText, node: Node, written: str) -> list[Edit]:
    """Replace a scalar by YAML that is already written on one line."""
    if node.style not in ("|", ">"):
        return [Edit(node.start, node.end, written)]
    header = re.compile("[|>][-+0-9]*").match(page.text, node.start)
    assert header is not None, "a block scalar starts with its indicator"  # noqa: S101
    end = node.start + len(page.text[node.start : node.end].rstrip())
    return [Edit(node.start, header.end(), written), Edit(page.line_end(node.start), end, "")]


# --- lists


def append_items(page: EditableText, node: Node, items: Sequence[Addition]) -> list[Edit]:
    """Append items to a list, in the style of the existing ones."""
    return insert_items(page, node, len(node.children), items)


def insert_items(page: EditableText, node: Node, index: int, items: Sequence[Addition]) -> list[Edit]:
    """Insert items before the one with this index. An empty list is always in brackets."""
    if node.is_flow:
        parts = [(child, child) for child in node.children]
        if index < len(parts):
            flow = detect_flow_style(page, node)
            rendered = "".join(flow_text(item.value, flow) + flow.comma for item in items)
            return [Edit(node.children[index].start, node.children[index].start, rendered)]
        return append_in_flow(page, node, parts, flow_items(page, node, [item.value for item in items]))
    lines = _block_items(page, node, items)
    column = page.column(node.start)
    if index == 0:
        return [page.insert_lines(page.line_start(node.start), lines)]
    previous = node.children[index - 1]
    if index == len(node.children) and _has_blank_lines(page, node) and not page.starts_line(previous.end):
        lines = ["", *lines]
    return [page.insert_lines(page.below(previous.end, column), lines)]


def new_items(items: Sequence[Addition], column: int) -> list[str]:
    """The lines of a list with dashes in this column, if there is no list whose style it could copy."""
    lines: list[str] = []
    for item in items:
        value = item.value
        first, *more = block_lines(value) if isinstance(value, Mapping) else [flow_text(value)]
        lines += [" " * column + comment for comment in item.comments]
        lines += [" " * column + "- " + first, *(" " * (column + 2) + line for line in more)]
    return lines


def remove_item(page: EditableText, node: Node, index: int) -> list[Edit]:
    """Remove an item from a list. Raises `CannotEdit`."""
    if node.is_flow:
        return remove_in_flow(page, node, [(child, child) for child in node.children], index)
    return _remove_lines(page, _dash(page, node, index), node.children[index].end)


def _block_items(page: EditableText, node: Node, items: Sequence[Addition]) -> list[str]:
    column, gap = page.column(node.start), _gap(page, node)
    last = node.children[-1]
    apart = _has_blank_lines(page, node)
    lines: list[str] = []
    for number, item in enumerate(items):
        first, *more = _item_lines(page, last, item.value, step(page, node))
        lines += [""] if apart and number else []
        lines += [" " * column + comment for comment in item.comments]
        lines += [" " * column + "-" + " " * (gap - 1) + first, *(" " * (column + gap) + line for line in more)]
    return lines


def _item_lines(page: EditableText, last: Node, value: JsonData, indentation: int) -> list[str]:
    if isinstance(value, str):
        return [scalar(value, last.style if last.kind is NodeKind.SCALAR else "")]
    if isinstance(value, Mapping) and not last.is_flow:
        return list(block_lines(value, indentation))
    return [flow_text(value, detect_flow_style(page, last))]


def _gap(page: EditableText, node: Node) -> int:
    """The number of columns from an item's dash to its content."""
    for index in reversed(range(len(node.children))):
        item = node.children[index]
        dash = _dash(page, node, index)
        if item.anchor is None and page.line_start(dash) == page.line_start(item.start):
            return item.start - dash
    return DEFAULT_STEP


def _dash(page: EditableText, node: Node, index: int) -> int:
    begin = node.children[index - 1].end if index else node.start
    found = _COMMENT_OR_DASH.finditer(page.text, begin, node.children[index].start)
    dash = next((match.start() for match in found if match["dash"]), None)
    if dash is None:
        raise CannotEdit(UNSUPPORTED_LAYOUT)
    return dash


def _has_blank_lines(page: EditableText, node: Node) -> bool:
    """Whether there is a blank line between the last two items of a list in block style."""
    if len(node.children) < 2:
        return False
    previous = node.children[-2]
    return _BLANK_LINE.search(page.text, previous.end, _dash(page, node, len(node.children) - 1)) is not None


def step(page: EditableText, node: Node) -> int:
    """The indentation of mappings inside a list's items; 2 if there are none."""
    for item in reversed(node.children):
        for key, value in item.pairs if item.kind is NodeKind.MAPPING and not item.is_flow else ():
            if (
                value.kind is NodeKind.MAPPING
                and not value.is_flow
                and page.column(value.start) > page.column(key.start)
            ):
                return page.column(value.start) - page.column(key.start)
    return DEFAULT_STEP


# --- mappings


def append_pair(
    page: EditableText, node: Node, key: str, value: JsonData, *, indentation: int = DEFAULT_STEP
) -> list[Edit]:
    """Append a key with its value to a mapping. In block style, `indentation` is for what is below the key."""
    if node.is_flow:
        return append_in_flow(page, node, node.pairs, [[flow_pair(key, value, detect_flow_style(page, node))]])
    column = page.column(node.start)
    lines = [" " * column + line for line in block_lines({key: value}, indentation)]
    return [page.insert_lines(page.below(node.end, column), lines)]


def remove_pair(page: EditableText, node: Node, key: str) -> list[Edit]:
    """Remove a key from a mapping. Raises `CannotEdit`."""
    pairs = node.pairs
    index = next(number for number, (name, _) in enumerate(pairs) if name.text == key)
    if node.is_flow:
        return remove_in_flow(page, node, pairs, index)
    return _remove_lines(page, pairs[index][0].start, pairs[index][1].end)


def _remove_lines(page: EditableText, start: int, end: int) -> list[Edit]:
    if page.leading(start) is None:
        raise CannotEdit(UNSUPPORTED_LAYOUT)
    return [Edit(page.line_start(start), end if page.starts_line(end) else page.next_line(end), "")]
