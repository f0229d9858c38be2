"""Mark the differences between two values in both of them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import accumulate

_PARTS = re.compile(r"\w+|\W", re.DOTALL)
"""The smallest parts that are marked: a label of a host name, a segment of a path, a word of a name."""
_WORD = re.compile(r"\w*")
_WITHIN_A_WORD = re.compile(r"(?<=\w)(?=\w)")

_MOST_PARTS = 80
"""With more parts than this, only the common start and end of two texts are looked for, to stay fast."""

Pieces = tuple[tuple[str, bool], ...]
"""A text in pieces, and whether each differs."""


def marked(before: str, after: str) -> tuple[Pieces, Pieces]:
    """Split both texts into pieces. Joined, the pieces give the texts again."""
    same = [found for found in _in_common(before, after) if found[2]]
    return _pieces(before, [(i, i + n) for i, _, n in same]), _pieces(after, [(j, j + n) for _, j, n in same])


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


def _in_common(before: str, after: str) -> Iterator[tuple[int, int, int]]:
    """Find where both have the same parts: start in the one, start in the other, number of characters."""
    head = _common_parts(before, after)
    tail = _common_parts(before[head:][::-1], after[head:][::-1])
    yield 0, 0, head
    yield from _in_common_within(before[head : len(before) - tail], after[head : len(after) - tail], head)
    yield len(before) - tail, len(after) - tail, tail


def _in_common_within(before: str, after: str, at: int) -> Iterator[tuple[int, int, int]]:
    """Find the same in the middle of both texts, which begins at the same place."""
    old, new = _PARTS.findall(before), _PARTS.findall(after)
    if max(len(old), len(new)) > _MOST_PARTS or set(old).isdisjoint(new):
        return
    from difflib import SequenceMatcher

    i, j = list(accumulate(map(len, old), initial=at)), list(accumulate(map(len, new), initial=at))
    for match in SequenceMatcher(None, old, new, autojunk=False).get_matching_blocks():
        if any(part.isalnum() for part in old[match.a : match.a + match.size]):
            yield i[match.a], j[match.b], i[match.a + match.size] - i[match.a]


def _common_parts(one: str, other: str) -> int:
    """Count the characters of the parts that two texts have in common at their start."""
    number = _common_start(one, other)
    if number and (_WITHIN_A_WORD.match(one, number) or _WITHIN_A_WORD.match(other, number)):
        word = _WORD.match(one[:number][::-1])
        number -= word.end() if word else 0
    return number


def _common_start(one: str, other: str) -> int:
    """Count the characters that two texts have in common at their start, by halving."""
    least, most = 0, min(len(one), len(other))
    while least < most:
        middle = (least + most + 1) // 2
        if one[least:middle] == other[least:middle]:
            least = middle
        else:
            most = middle - 1
    return least


def _pieces(text: str, same: Sequence[tuple[int, int]]) -> Pieces:
    """As few as can be: a text in two pieces could spell what is defused only within one."""
    found = []
    begin = end = 0  # of the shared piece that is being put together
    for start, stop in [*same, (len(text), len(text))]:
        if start > end:
            if end > begin:
                found.append((text[begin:end], False))
            found.append((text[end:start], True))
            begin = start
        end = stop
    if end > begin:
        found.append((text[begin:end], False))
    return tuple(found)
