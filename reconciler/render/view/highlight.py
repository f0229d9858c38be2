"""Mark the differences between two values in both of them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher

from reconciler.support.frozen import frozen

_PARTS = re.compile(r"\w+|\W", re.DOTALL)
"""The smallest parts that are marked: a label of a host name, a segment of a path, a word of a name."""

_MOST_PARTS = 80
"""With more parts than this, only the common start and end of two texts are looked for, to stay fast."""


@frozen
class Piece:
    """A part of a text, and whether it differs."""

    text: str
    differs: bool


Pieces = tuple[Piece, ...]


def marked(before: str, after: str) -> tuple[Pieces, Pieces]:
    """Split both texts into pieces. Joined, the pieces give the texts again."""
    old, new = _PARTS.findall(before), _PARTS.findall(after)
    same = list(_in_common(old, new))
    return tuple(_pieces(old, [range(i, i + n) for i, _, n in same])), tuple(
        _pieces(new, [range(j, j + n) for _, j, n in same])
    )


def pairs(removed: Sequence[str], added: Sequence[str]) -> list[tuple[str | None, str | None]]:
    """Pair each removed text with the most similar added one; a text without a partner is paired with None."""
    left = list(added)
    found: list[tuple[str | None, str | None]] = []
    for each in removed:
        nearest = left[0] if len(left) == 1 else max(left, key=lambda other: _likeness(each, other), default=None)
        if nearest is not None:
            left.remove(nearest)
        found.append((each, nearest))
    return [*found, *((None, each) for each in left)]


def _likeness(one: str, other: str) -> int:
    """Count the characters that two texts have in common at both ends."""
    begin = _common_start(one, other)
    return begin + _common_start(one[begin:][::-1], other[begin:][::-1])


def _in_common(old: Sequence[str], new: Sequence[str]) -> Iterator[tuple[int, int, int]]:
    """Find where both have the same parts: start in the old, start in the new, number of parts."""
    head = _common_start(old, new)
    tail = _common_start(old[head:][::-1], new[head:][::-1])
    yield 0, 0, head
    middle = old[head : len(old) - tail], new[head : len(new) - tail]
    if max(map(len, middle)) <= _MOST_PARTS and not set(middle[0]).isdisjoint(middle[1]):
        for match in SequenceMatcher(None, *middle, autojunk=False).get_matching_blocks():
            if any(part.isalnum() for part in middle[0][match.a : match.a + match.size]):
                yield match.a + head, match.b + head, match.size
    yield len(old) - tail, len(new) - tail, tail


def _common_start(one: Sequence[str], other: Sequence[str]) -> int:
    number = 0
    for a, b in zip(one, other, strict=False):
        if a != b:
            break
        number += 1
    return number


def _pieces(parts: Sequence[str], same: Sequence[range]) -> Iterator[Piece]:
    """As few as can be: a text in two pieces could spell what is defused only within one."""
    begin = end = 0  # of the shared piece that is being put together
    for each in [*filter(None, same), range(len(parts), len(parts))]:
        if each.start > end:
            if end > begin:
                yield Piece("".join(parts[begin:end]), False)
            yield Piece("".join(parts[end : each.start]), True)
            begin = each.start
        end = each.stop
    if end > begin:
        yield Piece("".join(parts[begin:end]), False)
