"""Error messages for YAML syntax errors. The YAML library's own messages are written for parser developers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from reconciler.support.frozen import frozen
from reconciler.support.text import printable, quoted

_FORBIDDEN = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters not allowed in a YAML file (YAML 1.1 section 5.1, c-printable)."""

_OTHER_BREAKS = re.compile("\r(?!\n)|[\x85\u2028\u2029]")
"""Characters that end a line for this reader of YAML, and for others or for the person who looks do not."""

_CONFLICT_STARTS = re.compile("^[ \t]*(<{7,})(?= |\r?$)", re.MULTILINE)
# Of git, of diff3, and of Jujutsu; what is below a heading in an indented text may look like one of the others.
_CONFLICT_MARKERS = re.compile(
    "^(?:[ \t]*(?P<end>>{7,})|={7,}|[|]{7,}|%{7,}|[+]{7,}|-{7,}(?= [A-Z]))(?= |\r?$)", re.MULTILINE
)

_SURROGATE = re.compile("[\ud800-\udfff]")
_ESCAPE = re.compile(
    r"\\(?:(u[dD][89a-fA-F][0-9a-fA-F]{2}|U(?!0010|000[0-9a-fA-F])[0-9a-fA-F]{8}|U0000[dD][89a-fA-F][0-9a-fA-F]{2})|.)"
)
_WITH_VARIABLES = re.compile(r"(?:\$?\{[^{}\s]*\}|[^\s,\[\]{}])+")
"""A value as the user meant it: text with `${name}` or `{name}`, up to the character that ends it inside brackets."""
_PLACEHOLDER = re.compile(r"(?<![\s,\[{])\{[A-Za-z]+\}")

_NAMES = {"\x00": " (NUL)", "\x1b": " (escape)", "\x7f": " (delete)", "\x08": " (backspace)"}
_BREAKS = {
    "\r": ("a carriage return without a line feed", "\\r"),
    "\x85": ("the character U+0085 (next line)", "\\N"),
    "\u2028": ("the character U+2028 (line separator)", "\\L"),
    "\u2029": ("the character U+2029 (paragraph separator)", "\\P"),
}
"""What to call each of `_OTHER_BREAKS`, and its escape in double quotes."""


class Problem(NamedTuple):
    """A mistake at an offset (in characters, from 0) of a text."""

    offset: int
    rule: str
    message: str
    hint: str | None = None


class FatalProblem(Exception):
    """A mistake after which the rest of the text cannot be parsed."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


@frozen
class ParserError:
    """An error of the YAML library. Offsets: `began` is the start of what it was reading, `stopped` where it failed."""

    context: str = ""
    problem: str = ""
    began: int | None = None
    stopped: int = 0


@frozen
class _ErrorMessage:
    """Our message for a library error whose context or problem contains `words`."""

    words: str
    message: str
    hint: str | None = None
    at_beginning: bool = False
    """Whether the mistake is at `began`, not at `stopped`."""
    rule: str = "yaml"


# The first match wins. libyaml and the Python parser word most errors differently: both wordings are here.
_ERROR_MESSAGES = (
    _ErrorMessage("tag", "the tag that starts with '!' is not supported", "put the value in quotes", True, "tag"),
    _ErrorMessage(
        "escape character", "unknown escape after '\\' in double quotes", "write '\\\\', or use single quotes"
    ),
    _ErrorMessage("hexadecimal", "an escape like \\x41 or \\u0041 lacks digits", "write '\\\\', or use single quotes"),
    _ErrorMessage("hexdecimal", "an escape like \\x41 or \\u0041 lacks digits", "write '\\\\', or use single quotes"),
    _ErrorMessage(
        "scanning a quoted scalar", "the quote that opens here is never closed", "close it on the same line", True
    ),
    _ErrorMessage(
        "scanning an alias", "a value cannot start with '*' without quotes", 'quote it, as in "*-staging"', True
    ),
    _ErrorMessage("scanning an anchor", "a value cannot start with '&' without quotes", "quote it", True),
    _ErrorMessage("directive", "a line cannot start with '%'", "quote the value that starts with it", True),
    _ErrorMessage(
        "block scalar", "only the text's lines may follow '|' or '>'", "start the text on the next line", True
    ),
    _ErrorMessage(
        "mapping values are not allowed",
        "a ':' is not expected here",
        "quote the value if it contains ': ', else look for a missing ':' or wrong indentation on the line before",
    ),
    _ErrorMessage(
        "expected ':'", "there is no ':' after this key", "write `key: value`, with a blank after the ':'", True
    ),
    _ErrorMessage("',' or ']'", "the list that '[' opens here lacks a ',' or its ']'", None, True),
    _ErrorMessage("',' or '}'", "the mapping that '{' opens here lacks a ',' or its '}'", None, True),
    _ErrorMessage("sequence entries are not allowed", "a '- ' is not expected here", "start the list on a new line"),
    _ErrorMessage("mapping keys are not allowed", "a '? ' is not expected here", "quote the value that starts with it"),
    _ErrorMessage("block sequence", "this is not part of the list before it", "start it with '- ', or align it"),
    _ErrorMessage("block collection", "this is not part of the list before it", "start it with '- ', or align it"),
    _ErrorMessage(
        "block mapping", "this does not fit the keys above it", "align it with them, or quote the value before it"
    ),
    _ErrorMessage("node content", "a value is missing here, or must be quoted"),
    _ErrorMessage(
        "document start", "there is more after the end of the document", "remove it, or align it with the rest"
    ),
)


def explain_error(complaint: ParserError, text: str) -> Problem:
    """Convert a library error to a problem with a clear message at the right offset."""
    said = f"{complaint.context} {complaint.problem}"
    return _known_by_text(complaint, said, text) or _known_by_words(complaint, said, len(text))


def _known_by_text(complaint: ParserError, said: str, text: str) -> Problem | None:
    """The problem, if the text around the error shows it better than the library's message."""
    stopped = complaint.stopped
    if "invalid Unicode character escape" in said:
        return bad_escape(text, complaint.began or 0)
    if _is_about_a_tab(complaint, text):
        return Problem(_tab_before(text, stopped), "yaml", "a tab cannot indent", "use blanks")
    if "',' or '" in said and (opening := _opening_of_a_name(text, stopped)):
        return _name_between_brackets(text, stopped - len(opening) + 1, opening)
    if "cannot start any token" in said:
        message = f"a value cannot start with {quoted(text[stopped : stopped + 1])} without quotes"
        return Problem(stopped, "yaml", message, "quote it")
    if "node content" in said and not text[stopped:].strip():
        hint = "close the '[' or '{' that is still open"
        return Problem(stopped, "yaml", "the file ends where a value should come", hint)
    return _left_over(stopped, text) if "parsing a block" in said else None


def _known_by_words(complaint: ParserError, said: str, end: int) -> Problem:
    stopped = min(complaint.stopped, end)
    for meaning in _ERROR_MESSAGES:
        if meaning.words in said.replace("<document start>", "document start"):
            began = stopped if complaint.began is None else complaint.began
            return Problem(began if meaning.at_beginning else stopped, meaning.rule, meaning.message, meaning.hint)
    return Problem(stopped, "yaml", f"this is not YAML ({complaint.problem or 'unreadable'})")


def _opening_of_a_name(text: str, brace: int) -> str:
    """`${` or `{`, if that brace was meant for the name of a variable or placeholder."""
    if text[brace - 1 : brace + 1] == "${":
        return "${"
    return "{" if _PLACEHOLDER.match(text, brace) else ""


def _name_between_brackets(text: str, position: int, opening: str) -> Problem:
    """A `${name}` or `{name}` without quotes inside a flow collection."""
    begins = next(start for start in range(position, -1, -1) if start == 0 or text[start - 1] in " ,[{\t\n")
    found = _WITH_VARIABLES.match(text, begins)
    hint = f"write {quoted(found[0])}" if found and opening in found[0] else "put the whole value in quotes"
    message = f"inside of {{ }} or [ ], a '{opening}' needs quotes: YAML takes its '{{' for a mapping"
    return Problem(begins, "yaml", message, hint)


def _left_over(offset: int, text: str) -> Problem | None:
    """Extra text on a value's line: after a closing quote or bracket, or a ':' without a key."""
    before = text[text.rfind("\n", 0, offset) + 1 : offset]
    if text[offset : offset + 1] == ":" and not before.strip(" -"):
        return Problem(offset, "yaml", "there is no key before this ':'")
    if before.rstrip()[-1:] in ("'", '"', "]", "}"):
        hint = "quote the whole value; between single quotes a ' is written ''"
        return Problem(offset, "yaml", "there is more after the end of the value", hint)
    return None


def _is_about_a_tab(complaint: ParserError, text: str) -> bool:
    line_start = text.rfind("\n", 0, complaint.stopped) + 1
    indentation = re.compile("[ \t]*").match(text, line_start)
    if indentation is not None and "\t" in indentation[0]:
        return complaint.stopped <= indentation.end() or "mapping values" in complaint.problem
    return text[complaint.stopped : complaint.stopped + 1] == "\t"


def _tab_before(text: str, offset: int) -> int:
    """The offset of the first tab on the line up to `offset`; `offset` if there is none."""
    found = text.find("\t", text.rfind("\n", 0, offset) + 1, offset + 1)
    return offset if found < 0 else found


def forbidden_character(text: str) -> Problem | None:
    """The first character of the text that YAML forbids, if there is one."""
    found = _FORBIDDEN.search(text)
    if found is None:
        return None
    name = f"U+{ord(found[0]):04X}{_NAMES.get(found[0], '')}"
    return Problem(found.start(), "character", f"the character {name} is not allowed in YAML", "remove it")


def other_breaks(text: str) -> Iterator[Problem]:
    """Characters that end a line, and with it a comment, for some readers of YAML only.

    What one reader takes for the end of a comment, another takes for live configuration.
    """
    for character, place in _first_of_each(_OTHER_BREAKS, text).items():
        name, escape = _BREAKS[character]
        message = f"{name} ends a line for some programs only, so a comment could hide what another reads"
        hint = f'end lines with LF or CR LF; within a value write "{escape}" in double quotes'
        yield Problem(place, "character", message, hint)


def _first_of_each(pattern: re.Pattern[str], text: str) -> dict[str, int]:
    """Where each of the texts that a pattern finds is first: a file with old line ends has one on every line."""
    found: dict[str, int] = {}
    for each in pattern.finditer(text):
        found.setdefault(each[0], each.start())
    return found


def unresolved_conflicts(text: str) -> Iterator[Problem]:
    """Where a merge left both sides of a conflict; without its beginning, the first of its other marks."""
    starts = [found.start(1) for found in _CONFLICT_STARTS.finditer(text)]
    other = None if starts else _CONFLICT_MARKERS.search(text)
    hint = "keep what is right of both sides, and delete the lines that begin with <<<<<<<, ======= and >>>>>>>"
    if marks := sorted({found[0].strip()[:7] for found in _CONFLICT_MARKERS.finditer(text)} - {"=" * 7, ">" * 7}):
        hint += f", and with {', '.join(marks)}"
    for start in starts:
        yield Problem(start, "merge-conflict", "a merge conflict starts here, and nobody has resolved it", hint)
    if other is not None:
        verb = "ends" if other["end"] else "has left a mark"
        message = f"a merge conflict {verb} here, and nobody has resolved it"
        yield Problem(text.index(other[0].strip(), other.start()), "merge-conflict", message, hint)


def has_lone_surrogate(text: str) -> bool:
    """Whether the text contains half of a UTF-16 surrogate pair, which UTF-8 cannot encode."""
    return not text.isascii() and _SURROGATE.search(text) is not None


def bad_escape(text: str, start: int) -> Problem:
    """The first escape from `start` on that is not a valid character."""
    for found in _ESCAPE.finditer(text, start):
        if found[1]:
            message = f"the escape \\{found[1]} is not a character"
            return Problem(found.start(), "character", message, "write the character itself, or its \\U escape")
    return Problem(start, "character", "an escape in this text is not a character", "write the character itself")


def second_document(offset: int) -> Problem:
    """More than one document in a file."""
    hint = "make it a separate file, or remove the '---' line"
    return Problem(offset, "several-documents", "a second document starts here", hint)


def nesting_too_deep(offset: int, limit: int) -> Problem:
    """Values nested too deep."""
    return Problem(offset, "nesting", f"this is nested deeper than {limit} levels")


def alias_bomb(offset: int, limit: int) -> Problem:
    """Aliases that expand to too many values."""
    message = f"the aliases of this file stand for more than {limit:,} values"
    return Problem(offset, "alias", message, "write fewer values out, or split the file")


def invalid_alias(name: str, offset: int, *, known: bool) -> Problem:
    """An alias without an anchor, or to a value that contains it."""
    name = printable(name)
    if known:
        return Problem(offset, "alias", f"the alias *{name} refers to a value that contains it")
    hint = f'quote it if it is text or a glob: "*{name}"'
    return Problem(offset, "alias", f"the alias *{name} has no anchor &{name} before it", hint)
