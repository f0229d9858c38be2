"""A YAML file as plain values, with the location of every key and value."""

from __future__ import annotations

import re
from array import array
from bisect import bisect_right
from collections.abc import Callable, Sequence
from functools import partial
from itertools import accumulate, chain
from typing import Any

from reconciler.model.clients import Location
from reconciler.support.frozen import frozen

SHORT = 1_000
"""A text with fewer characters rarely has more than one client."""

_LARGE = 100
"""Keys of a mapping that is worth an index: most have fewer than ten."""

_BREAK = re.compile("\r\n|\r|\n")


class YamlMapping(dict[str, object]):
    """A mapping. From index `first`, `LineIndex.places` has the offsets of key, value, key, value, … in order."""

    __slots__ = ("first",)
    first: int


class YamlSequence(list[object]):
    """A list. From index `first`, `LineIndex.places` has the offsets of its items."""

    __slots__ = ("first",)
    first: int


class LineIndex:
    """Where the lines and values of a text start; converts an offset (in characters) to line and column.

    As in editors, a line ends with LF, CR LF or CR.
    """

    __slots__ = ("_numbers", "_starts", "_text", "places")

    def __init__(self, text: str) -> None:
        # One array for all values of a text: one list per value would take more memory than the values. For a short
        # text, a list is faster and smaller, since Python caches small integers.
        self.places: list[int] | array[int] = [] if len(text) < SHORT else array("I")
        self._text = text
        self._starts: array[int] | None = None
        self._numbers: dict[int, dict[str, int]] = {}

    def keep(self, places: Sequence[int]) -> int:
        """Store the offsets of a value's parts; return the index of the first one in `places`."""
        first = len(self.places)
        self.places.extend(places)
        return first

    def number_of(self, node: YamlMapping, key: str) -> int:
        """How many keys of a mapping of this text are before a key; in linear time for all keys of a large one."""
        if len(node) < _LARGE:
            return list(node).index(key)
        if id(node) not in self._numbers:
            self._numbers[id(node)] = {each: number for number, each in enumerate(node)}
        return self._numbers[id(node)][key]

    def at(self, path: str, offset: int) -> Location:
        """The location of the character at this offset, counted from 0."""
        starts = self._starts = self._starts or _starts(self._text)
        line = bisect_right(starts, offset)
        return Location(path, line, offset - starts[line - 1] + 1)


def _starts(text: str) -> array[int]:
    """The offsets of the lines. Computed on first use: for most files, nothing is reported."""
    if "\r" in text:
        return array("I", [0, *(found.end() for found in _BREAK.finditer(text))])
    starts = array("I", accumulate(chain((0,), (len(line) + 1 for line in text.split("\n")))))
    starts.pop()
    return starts


@frozen
class Document:
    """A loaded file: `root` is made of YamlMapping, YamlSequence, str, int, bool and None."""

    path: str
    """As shown to users."""
    root: object
    start: int
    """The offset of `root` in the text."""
    lines: LineIndex
    broken: frozenset[int] = frozenset()
    """Of a file of declarations, the entries that do not match the schema, by index: nothing can be read of them."""

    @property
    def at(self) -> Callable[[int], Location]:
        """A function from an offset to its location. It keeps no value of the file in memory."""
        return partial(self.lines.at, self.path)

    def offset_in(self, mapping: Any, key: str) -> int:
        """The offset of a key's value in one of the document's mappings (a YamlMapping).

        Called two or three times per entry: walking down from the root each time would be too slow.
        """
        offset: int = self.lines.places[mapping.first + 2 * list(mapping).index(key) + 1]
        return offset

    def location(self, *keys: str | int, key: bool = False) -> Location:
        """The location of the value at a path of keys and indices, or with `key` of its key.

        If the path ends early (a key is missing), the location of the last value found. A value written as an alias
        is located at the alias, values inside it at the anchor.
        """
        return self.lines.at(self.path, self._offset(keys, key))

    def _offset(self, keys: Sequence[str | int], key: bool) -> int:
        offset, node = self.start, self.root
        for number, step in enumerate(keys, 1):
            if isinstance(node, YamlMapping) and step in node:
                which = 2 * self.lines.number_of(node, str(step))
                offset = self.lines.places[node.first + (which if key and number == len(keys) else which + 1)]
                node = node[str(step)]
            elif isinstance(node, YamlSequence) and isinstance(step, int) and 0 <= step < len(node):
                offset, node = self.lines.places[node.first + step], node[step]
            else:
                break
        return offset
