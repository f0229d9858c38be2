"""The YAML that nearly everybody writes, read line by line without a YAML parser.

Files of declarations are block mappings and lists of plain words, now and then a quoted text or a pair of brackets that
closes on its line. Where a text is all that and nothing else, a regular expression takes its lines apart in less than
half of the time that libyaml and PyYAML take together, and PyYAML need not be imported at all. Whatever is not surely
understood (an anchor, a tag, a text over several lines, a tab, a key without a value, a key twice, any mistake) is left
to the parser: this reader says None, never what is wrong. What it gives, the tests hold to what the parser gives.
"""

from __future__ import annotations

import re
from typing import Any

from reconciler.declared.brackets import COMMENT, FIRST, KEY, Unusual, plain, read_alone
from reconciler.declared.document import Lines, YamlMapping, YamlSequence
from reconciler.declared.scalars import FIRST_CHARACTERS

MAX_OPEN = 40
"""How many collections may stand inside of each other here; the parser judges what is deeper."""

# Possessive throughout: a line that does not fit must not be tried in another way, letter by letter.
_LINE = re.compile(
    rf"""
    (\ *+)(-\ ++)?+                             # how far it is indented, and whether an item begins
    (?:({KEY}):(?:\ ++|(?=\n)|\Z))?+            # its key
    (?:
        ({FIRST}[^\x00-\x1f\x7f:\#]*+(?:(?::(?=[^ \n])|(?<!\ )\#)[^\x00-\x1f\x7f:\#]*+)*+)  # a value in plain letters
        |(["'\[{{][^\n]*+)                      # or one in quotes or brackets
    )?+
    {COMMENT}(?:\n|\Z)
    |([^\n]++\n?+)                              # anything else
    """,
    re.VERBOSE,
)
# The first three are blanks or line breaks for YAML, and the others may not be there at all.
_ODD = re.compile("[\x80-\x9f\u2028\u2029\ufeff\ufffe\uffff]")
_NOWHERE = -2
"""A column in which no key stands."""


def read_everyday(text: str, lines: Lines) -> tuple[int, object] | None:
    """The offset and the value of a text's only document, as the parser would give them; None if it has to look.

    The places of keys and values are added to `lines`, which stay as they were if the answer is None.
    """
    if not text.isascii() and _ODD.search(text):
        return None
    kept = len(lines.places)
    try:
        return _Reader(text, lines).document()
    except Unusual:
        del lines.places[kept:]
        return None


class _Open:
    """A block collection whose end has not come yet."""

    __slots__ = ("column", "places", "values")

    def __init__(self, column: int, values: Any) -> None:
        self.column = column
        """Of its keys, or of the dashes of its items; counted from 0."""
        self.values = values
        """A YamlMapping or a YamlSequence."""
        self.places: list[int] = []


class _Reader:
    """One walk over the lines of one text."""

    __slots__ = ("_begun", "_key", "_key_place", "_lines", "_open", "_text")

    def __init__(self, text: str, lines: Lines) -> None:
        self._text = text
        self._lines = lines
        self._begun = False
        # The document is the value of a key of nothing, further left than all others.
        self._open = [_Open(-1, YamlMapping())]
        self._key: str | None = ""
        """The key whose value begins on a line to come."""
        self._key_place = 0

    def document(self) -> tuple[int, object]:
        """The offset and the value of the text's only document."""
        self._walk()
        if self._key is not None:
            raise Unusual
        while len(self._open) > 1:
            self._close()
        whole = self._open[0]
        return whole.places[1], whole.values[""]

    def _walk(self) -> None:
        known: dict[str, str] = {}  # equal keys become one object
        here, column = self._open[0], _NOWHERE
        for line in _LINE.finditer(self._text):
            indent, dash, key, word, special, other = line.groups()
            if key is None:
                if dash or word or special or other:
                    self._without_key(line)
                    column = _NOWHERE
                continue
            if dash:
                here = self._mapping_of_item(line)
                column = here.column
            elif len(indent) != column:
                here = self._mapping_at(len(indent), line.start(3))
                column = here.column
            key = known.setdefault(key, key)
            if word:
                # Almost always the text itself: that is not worth a call.
                value: object = plain(word) if word[0] in FIRST_CHARACTERS or word[-1] == " " else word
                place = line.start(4)
            elif special:
                place = line.start(5)
                value = read_alone(self._text, place, self._lines)
            else:
                self._key, self._key_place = key, line.start(3)
                column = _NOWHERE
                continue
            if key in here.values:
                raise Unusual
            here.values[key] = value
            here.places += (line.start(3), place)

    def _without_key(self, line: re.Match[str]) -> None:
        """An item that is no block mapping, or the mark at which the document begins."""
        indent, dash, _, word, special, other = line.groups()
        if dash and (word or special):
            place = line.start(4 if word else 5)
            here = self._sequence_at(len(indent), line.start(2))
            here.values.append(plain(word) if word else read_alone(self._text, place, self._lines))
            here.places.append(place)
        elif other and other.rstrip(" \n") == "---" and not self._begun:
            self._begun = True
        else:
            raise Unusual

    def _mapping_of_item(self, line: re.Match[str]) -> _Open:
        """The new mapping that begins with a line's dash."""
        start = line.start()
        sequence = self._sequence_at(line.end(1) - start, line.start(2))
        opened = _Open(line.end(2) - start, YamlMapping())
        sequence.values.append(opened.values)
        sequence.places.append(line.start(3))
        self._open.append(opened)
        return opened

    def _mapping_at(self, column: int, place: int) -> _Open:
        """The mapping that has its keys in this column: the one that a key awaits, or one that is open."""
        here = self._open[-1]
        if self._key is not None:
            if column <= here.column:
                raise Unusual  # the key has no value
            return self._begin(_Open(column, YamlMapping()), place)
        while column < here.column or (column == here.column and isinstance(here.values, YamlSequence)):
            here = self._close()
        if column != here.column:
            raise Unusual
        return here

    def _sequence_at(self, column: int, place: int) -> _Open:
        """The list that has its dashes in this column, which may be that of the key above it."""
        here = self._open[-1]
        if self._key is not None:
            if column < here.column:
                raise Unusual
            return self._begin(_Open(column, YamlSequence()), place)
        while column < here.column:
            here = self._close()
        if column != here.column or not isinstance(here.values, YamlSequence):
            raise Unusual
        return here

    def _begin(self, opened: _Open, place: int) -> _Open:
        """Open the collection that a key awaits."""
        parent = self._open[-1]
        if len(self._open) > MAX_OPEN or self._key in parent.values:
            raise Unusual
        parent.values[self._key] = opened.values
        parent.places += (self._key_place, place)
        self._key = None
        self._begun = True
        self._open.append(opened)
        return opened

    def _close(self) -> _Open:
        """Close the innermost collection, and give the one around it."""
        closed = self._open.pop()
        closed.values.first = self._lines.keep(closed.places)
        return self._open[-1]
