"""Edit lists and mappings in flow style (in brackets), including JSON."""

from __future__ import annotations

import re
from collections.abc import Sequence

from reconciler.declared.edit.dump import Flow, flow_text, json_lines
from reconciler.declared.edit.nodes import Node, NodeKind
from reconciler.declared.edit.text_edits import LINE_BREAK, Edit, EditableText
from reconciler.support.json_reader import JsonData

_COMMENT_OR_COMMA = re.compile(r"#[^\r\n]*|(?P<comma>,)")
DEFAULT_STEP = 2


Parts = Sequence[tuple[Node, Node]]
"""The first and the last node of each item: for a list, the item twice; for a mapping, key and value."""


def flow_items(page: EditableText, node: Node, values: Sequence[JsonData]) -> list[list[str]]:
    """The lines of each item; JSON over several lines if the last existing item is."""
    flow = detect_flow_style(page, node)
    last = node.children[-1] if node.children else None
    if last is not None and flow.json and last.children and LINE_BREAK.search(page.text, last.start, last.end):
        leading = page.leading(last.start)
        indentation = page.column(last.children[0].start) - len(leading) if leading is not None else DEFAULT_STEP
        return [json_lines(value, max(indentation, 1)) for value in values]
    return [[flow_text(value, flow)] for value in values]


def append_in_flow(page: EditableText, node: Node, parts: Parts, rendered: list[list[str]]) -> list[Edit]:
    """Append items, each given as its lines; they start on new lines if the last existing item does."""
    if not parts:
        return _fill_brackets(page, node, rendered)
    last_start, last_end = parts[-1][0].start, parts[-1][1].end
    indentation = page.leading(last_start)
    if indentation is None:
        separator = detect_flow_style(page, node).comma
        return [Edit(last_end, last_end, "".join(separator + " ".join(lines) for lines in rendered))]
    comma = _comma(page, last_end, node.end - 1)
    behind = last_end if comma is None else comma + 1
    place = page.line_end(behind)
    place = behind if place >= node.end - 1 else place
    start = page.newline + indentation
    written = ",".join("".join(start + line for line in lines) for lines in rendered)
    if comma is not None:
        return [Edit(place, place, written + ",")]
    return [Edit(last_end, last_end, ","), Edit(place, place, written)]


def _fill_brackets(page: EditableText, node: Node, rendered: list[list[str]]) -> list[Edit]:
    closing = node.end - 1
    leading = page.leading(closing)
    if leading is None or not LINE_BREAK.search(page.text, node.start, closing):
        return [Edit(node.start + 1, node.start + 1, ", ".join(" ".join(lines) for lines in rendered))]
    indented = [[f"{leading}  {line}" for line in lines] for lines in rendered]
    for lines in indented[:-1]:
        lines[-1] += ","
    return [page.insert_lines(page.line_start(closing), [line for lines in indented for line in lines])]


def remove_in_flow(page: EditableText, node: Node, parts: Parts, index: int) -> list[Edit]:
    """Remove an item and its comma; a comment after it stays."""
    start, end = parts[index][0].start, parts[index][1].end
    if index + 1 < len(parts):
        following = parts[index + 1][0].start
        if "#" not in page.text[end:following]:
            return [Edit(start, following, "")]
        return [Edit(start, end, ""), *_without_comma(page, end, following)]
    if index and "#" not in page.text[parts[index - 1][1].end : start]:
        return [Edit(parts[index - 1][1].end, end, "")]
    before = _without_comma(page, parts[index - 1][1].end, start) if index else []
    after = _without_comma(page, end, node.end - 1) if not index else []
    return [*before, Edit(start, end, ""), *after]


def _without_comma(page: EditableText, start: int, end: int) -> list[Edit]:
    comma = _comma(page, start, end)
    return [] if comma is None else [Edit(comma, comma + 1, "")]


def _comma(page: EditableText, start: int, end: int) -> int | None:
    """The offset of the comma between two items, ignoring commas in comments."""
    found = _COMMENT_OR_COMMA.finditer(page.text, start, end)
    return next((match.start() for match in found if match["comma"]), None)


def detect_flow_style(page: EditableText, node: Node) -> Flow:
    """The style of the existing content of a flow collection."""
    mapping = next((each for each in node.walk() if each.kind is NodeKind.MAPPING and each.children), None)
    if mapping is None:
        return Flow(json=page.is_json or any(each.style == '"' for each in node.children))
    key, value = mapping.pairs[0]
    spaced = page.text[key.end : value.start].strip("\r\n") != ":"
    return Flow(mapping.is_flow and key.style == '"', ": " if spaced else ":", ", " if spaced else ",")
