"""What is live as a file writes it, with the variables that still hold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from difflib import SequenceMatcher

from reconciler.declared.clients.variables import References, substitute

_ENDS = frozenset("/:?#")
"""What may follow a variable's value in a URL although something else did before."""


def urls_with_variables(written: Sequence[str], live: Sequence[str], variables: Mapping[str, str]) -> tuple[str, ...]:
    """The live redirect URLs as an entry writes them, whose URLs were written so.

    A URL that did not change stays as written. Of one that did, a variable stays where its value still stands.
    """
    filled = [substitute(url, variables).text for url in written]
    urls: list[str] = []
    for kind, first, last, start, stop in SequenceMatcher(None, filled, live, autojunk=False).get_opcodes():
        if kind == "equal":
            urls += written[first:last]
            continue
        for offset, url in enumerate(live[start:stop]):
            was = written[first + offset] if first + offset < last else ""
            urls.append(with_variables(url, was, variables))
    return tuple(urls)


def with_variables(live: str, written: str, variables: Mapping[str, str]) -> str:
    """A live URL with the variables of what was written; it stands for exactly this URL. `${` in it is escaped."""
    references = References(written, variables)
    parts: list[str] = []
    position = 0
    for start, end, name in _kept(references, live):
        if start >= position:
            parts += [_literal(live[position:start]), f"${{{name}}}"]
            position = end
    text = "".join([*parts, _literal(live[position:])])
    return text if substitute(text, variables).text == live else _literal(live)


def _kept(references: References, live: str) -> Iterator[tuple[int, int, str]]:
    """Where in the live URL the value of a variable stands as it did before, between what was around it."""
    was = references.text
    blocks = SequenceMatcher(None, was, live, autojunk=False).get_matching_blocks()
    for start, end, name in references.places:
        for block in blocks:
            if block.a <= start < end <= block.a + block.size:
                at = block.b + start - block.a
                if _is_bounded(was, start, end, live, at):
                    yield at, at + end - start, name


def _is_bounded(was: str, start: int, end: int, live: str, at: int) -> bool:
    stop = at + end - start
    before = was[start - 1 : start] == live[at - 1 : at] if start and at else start == at
    return before and (live[stop : stop + 1] == was[end : end + 1] or stop == len(live) or live[stop] in _ENDS)


def _literal(text: str) -> str:
    return text.replace("${", "$${")
