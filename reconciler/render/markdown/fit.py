"""Fit the pieces of a comment into its limit: what does not fit is left out whole, and counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence

from reconciler.render.view.counts import plural
from reconciler.support.frozen import frozen
from reconciler.support.text import enumeration

_RESERVE = 600
"""Bytes reserved for the notices of what was left out."""
_MOST_MISSES = 100
"""Blocks of one kind in a row that did not fit: no more of them are rendered."""


@frozen
class Block:
    """A piece that is shown whole or not at all."""

    text: str | Callable[[], str]
    """The text, or what renders it if there is room for it."""
    what: str = ""
    """What the notice counts if it is left out, in the singular; empty for a heading, which needs a block below it."""
    most: int | None = None
    """Maximum bytes of it and all blocks before it; None for the limit of the whole comment."""
    decides: bool = False
    """Whether somebody who approves has to have seen it."""
    above: str = ""
    """The line above it and the blocks beside it that have the same, shown once, with the first of them that fits."""

    def render(self) -> str:
        """Return the text."""
        return self.text if isinstance(self.text, str) else self.text()


def fitted(first: str, blocks: Iterable[Block], most_bytes: int) -> str:
    """Join `first` and the blocks that fit. What a reviewer misses is said at the top, all else at the end."""
    room, heading, shown, missing = most_bytes - _RESERVE, "", list[str](), list[Block]()
    taken, misses, kind, above = len(first.encode()), 0, "", ""
    for block in blocks:
        if not block.what:
            heading, above = block.render(), ""
            continue
        misses, kind = misses if block.what == kind else 0, block.what
        if misses >= _MOST_MISSES:
            missing.append(block)
            continue
        text = block.render()
        opening = heading + (block.above if block.above != above else "")
        size = len(opening.encode()) + len(text.encode())
        if taken + size <= (room if block.most is None else min(room, block.most)):
            taken += size
            shown += [opening, text]
            heading, misses, above = "", 0, block.above
        else:
            missing.append(block)
            misses += 1
    return "".join([first, _warning(missing), *shown, _notice(missing)])


def _warning(missing: Sequence[Block]) -> str:
    unseen = _counted([block for block in missing if block.decides])
    if not unseen:
        return ""
    text = f"**Do not approve by this comment alone: {unseen} did not fit into it.**"
    return f"\n> [!CAUTION]\n> {text} The log of the job and every other report have all of it.\n"


def _notice(missing: Sequence[Block]) -> str:
    unseen = _counted([block for block in missing if not block.decides])
    if not unseen:
        return ""
    return f"\nLeft out for its length: {unseen}. The log of the job and every other report have all of it.\n"


def _counted(blocks: Sequence[Block]) -> str:
    numbers = Counter(block.what for block in blocks)
    return enumeration(plural(number, what) for what, number in numbers.items()) if numbers else ""
