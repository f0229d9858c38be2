"""Parse a YAML text into nodes with offsets, so that one value can be changed without touching any other byte.

The tree has the structure of the text, not of the data: aliases are not expanded, and keys are nodes too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import Enum, auto
from typing import cast

from yaml.events import (
    AliasEvent,
    CollectionEndEvent,
    CollectionStartEvent,
    Event,
    MappingStartEvent,
    ScalarEvent,
)

from reconciler.declared.yaml.parse import HAS_LIBYAML, NextEvent, parser_events
from reconciler.support.frozen import frozen

_PROPERTIES = re.compile(r"&[^\s]+(?:\s+|#[^\r\n]*)*")


class NodeKind(Enum):
    """What a node is."""

    SCALAR = auto()
    MAPPING = auto()
    SEQUENCE = auto()
    ALIAS = auto()


@frozen
class Node:
    """One value or key as written in the text. Offsets are in characters, from 0."""

    kind: NodeKind
    start: int
    """Where its content starts, after an anchor: the quote, the bracket, the first key, the first dash."""
    end: int
    """After its last character. For a block collection or block scalar, after the text of its last line; but for a
    block scalar that keeps trailing line breaks (`|+`), after those."""
    style: str = ""
    """Of a scalar: empty if plain, else one of `'"|>`. Of a collection: `{` or `[` in flow style, else empty."""
    anchor: str | None = None
    """The name of its anchor; of an alias, the name that it refers to."""
    text: str = ""
    """The value of a scalar."""
    children: tuple[Node, ...] = ()
    """The items of a list; key, value, key, value, … of a mapping."""

    @property
    def is_flow(self) -> bool:
        """Whether it is a list or mapping in brackets."""
        return self.style in ("{", "[")

    @property
    def pairs(self) -> list[tuple[Node, Node]]:
        """The keys of a mapping, each with its value."""
        return list(zip(self.children[::2], self.children[1::2], strict=True))

    def get(self, key: str) -> Node | None:
        """The value of a key; None if there is no such key, or this is not a mapping."""
        if self.kind is not NodeKind.MAPPING:
            return None
        return next((value for name, value in self.pairs if name.text == key), None)

    def walk(self) -> Iterator[Node]:
        """This node and everything below it."""
        yield self
        for child in self.children:
            yield from child.walk()


def parse_nodes(text: str, *, libyaml: bool = HAS_LIBYAML) -> Node:
    """The tree of a valid text: the value of its only document."""
    next_event = parser_events(text, libyaml)
    next_event()
    next_event()
    return _node(next_event(), next_event, text)


def _node(event: Event, next_event: NextEvent, text: str) -> Node:
    start, end = event.start_mark.index, event.end_mark.index  # type: ignore[union-attr]  # parsed events have marks
    if isinstance(event, ScalarEvent):  # three of four
        return _scalar(event, start, end, text)
    if isinstance(event, CollectionStartEvent):
        return _collection(event, start, next_event, text)
    return Node(NodeKind.ALIAS, start, end, anchor=cast(AliasEvent, event).anchor)


def _scalar(event: ScalarEvent, start: int, end: int, text: str) -> Node:
    if event.anchor is not None:
        start = _content(start, end, text)
    style = event.style or ""
    if style in ("|", ">") and not _keeps_breaks(text, start):
        end = start + len(text[start:end].rstrip())
    return Node(NodeKind.SCALAR, start, end, style, event.anchor, event.value)


def _collection(event: CollectionStartEvent, start: int, next_event: NextEvent, text: str) -> Node:
    children = []
    while not isinstance(following := next_event(), CollectionEndEvent):
        children.append(_node(following, next_event, text))
    kind = NodeKind.MAPPING if isinstance(event, MappingStartEvent) else NodeKind.SEQUENCE
    style = "" if not event.flow_style else "{" if kind is NodeKind.MAPPING else "["
    # The parser notices the end of a block at the next token, after comments.
    end = following.end_mark.index if style else children[-1].end  # type: ignore[union-attr]
    if event.anchor is not None:
        start = _content(start, end, text)
    return Node(kind, start, end, style, event.anchor, children=tuple(children))


def _content(start: int, end: int, text: str) -> int:
    """Where the content of a node with an anchor starts: parsers include the anchor."""
    found = _PROPERTIES.match(text, start, max(start, end))
    return found.end() if found else start


def _keeps_breaks(text: str, start: int) -> bool:
    return "+" in text[start + 1 : start + 3]
