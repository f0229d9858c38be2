"""A YAML file as plain values, with the place of every value and key beside them."""

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
"""Characters in a text that hardly has more than one client."""

_BREAK = re.compile("\r\n|\r|\n")


class YamlMapping(dict[str, object]):
    """A mapping. From `first` on, `Lines.places` holds the offsets of key, value, key, value, … in their order."""

    __slots__ = ("first",)
    first: int


class YamlSequence(list[object]):
    """A list. From `first` on, `Lines.places` holds the offsets of its items."""

    __slots__ = ("first",)
    first: int


class LineIndex:
    """Where the lines of a text start, to turn an offset in characters into line and column; and where its values do.

    Lines end as they do for editors: by LF, CR LF or CR.
    """

    __slots__ = ("_starts", "_text", "places")

    def __init__(self, text: str) -> None:
        # One array for all values of a text: a list for each would take more memory than the values. In a short text a
        # list is smaller, since Python has the small numbers already, and faster.
        self.places: list[int] | array[int] = [] if len(text) < SHORT else array("I")
        self._text = text
        self._starts: array[int] | None = None

    def keep(self, places: Sequence[int]) -> int:
        """Keep the places of a value's parts; where they begin among those of the whole text."""
        first = len(self.places)
        self.places.extend(places)
        return first

    def at(self, path: str, offset: int) -> Location:
        """The place of the character with this offset, counted from 0."""
        starts = self._starts = self._starts or _starts(self._text)
        line = bisect_right(starts, offset)
        return Location(path, line, offset - starts[line - 1] + 1)


def _starts(text: str) -> array[int]:
    """Worked out when somebody asks for the first line: most files are read and nothing is said about them."""
    if "\r" in text:
        return array("I", [0, *(found.end() for found in _BREAK.finditer(text))])
    starts = array("I", accumulate(chain((0,), (len(line) + 1 for line in text.split("\n")))))
    starts.pop()
    return starts


@frozen
class Document:
    """A loaded file: `root` is made of YamlMapping, YamlSequence, str, int, bool and None."""

    path: str
    """As shown to people."""
    root: object
    start: int
    """The offset of `root` in the text."""
    lines: LineIndex

    @property
    def at(self) -> Callable[[int], Location]:
        """What tells the place of an offset, and keeps no value of the file alive."""
        return partial(self.lines.at, self.path)

    def offset_in(self, mapping: Any, key: str) -> int:
        """The offset of the value that one of the document's mappings (a YamlMapping) has for a key.

        Two or three of these are wanted for every entry: walking down from the root each time would cost too much.
        """
        offset: int = self.lines.places[mapping.first + 2 * list(mapping).index(key) + 1]
        return offset

    def location(self, *keys: str | int, key: bool = False) -> Location:
        """The place of the value that the keys and indices lead to, or with `key` of its key.

        Where the way ends early (a key that is missing), the place of the last value on it. A value written by an
        alias stands at the alias, what is inside of it at the anchor.
        """
        return self.lines.at(self.path, self._offset(keys, key))

    def _offset(self, keys: Sequence[str | int], key: bool) -> int:
        offset, node = self.start, self.root
        for number, step in enumerate(keys, 1):
            if isinstance(node, YamlMapping) and step in node:
                which = 2 * list(node).index(str(step))
                offset = self.lines.places[node.first + (which if key and number == len(keys) else which + 1)]
                node = node[str(step)]
            elif isinstance(node, YamlSequence) and isinstance(step, int) and 0 <= step < len(node):
                offset, node = self.lines.places[node.first + step], node[step]
            else:
                break
        return offset
