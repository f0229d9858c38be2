"""Characters at the ends of a text that nobody sees, in words: what copying, editors and secret stores leave behind."""

from __future__ import annotations

from collections.abc import Iterator

_NAMES = {
    "\n": "a line feed",
    "\r": "a carriage return",
    "\r\n": "a carriage return and a line feed",
    "\t": "a tab",
    " ": "a blank",
    "\xa0": "a no-break space",
    "\ufeff": "a byte order mark (U+FEFF), as editors on Windows write it",
}

_QUOTES = ('""', "''", "``", "“”", "‘’", "«»", "»«", "„“", "„”", "‚‘", "””", "’’")


def without_odd_ends(text: str) -> str:
    """The text without blanks and invisible characters at its ends."""
    return text.strip("".join({each for each in text if each.isspace() or not each.isprintable()}))


def odd_ends(text: str) -> Iterator[str]:
    """What is odd about the ends of a text, as words that follow its name: "ends in a line feed"."""
    core = without_odd_ends(text)
    if not core:
        yield "holds nothing but blanks"
        return
    head, _, tail = text.partition(core)
    if head:
        yield f"begins with {named_character(head[0])}"
    if tail:
        last = "\r\n" if tail.endswith("\r\n") else tail[-1]
        yield f"ends in {named_character(last)}"


def named_character(character: str) -> str:
    """What to call a character that nobody sees."""
    return _NAMES.get(character) or f"the invisible character U+{ord(character):04X}"


def is_quoted(text: str) -> bool:
    """Whether a text begins and ends with quotes that belong together."""
    text = text.replace("\\", "") if text.startswith("\\") else text  # escaped, as in JSON
    return len(text) > 1 and text[0] + text[-1] in _QUOTES
