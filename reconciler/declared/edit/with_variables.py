"""Write live redirect URLs with the variables that still apply."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from difflib import SequenceMatcher

from reconciler.declared.clients.variables import References, substitute

_ENDS = frozenset("/:?#")
"""Characters that may follow a variable's value in a URL even if another text followed it before."""


def urls_with_variables(written: Sequence[str], live: Sequence[str], variables: Mapping[str, str]) -> tuple[str, ...]:
    """The live redirect URLs as the entry would write them; `written` are its present ones.

    A URL that did not change stays as written. A changed one keeps a variable where its value still occurs.
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
    """A live URL with the variables of `written`; it expands to exactly this URL. A literal `${` is escaped."""
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
    """Where a variable's value still occurs in the live URL with the same text around it: start, end, name."""
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
