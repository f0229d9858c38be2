"""Build values and their offsets from the YAML parser's events.

Only the events of the YAML library are used: its constructors keep the last of two equal keys, read `no` and dates as
other types, follow `<<`, and lose positions. libyaml's parser is used if it is installed, else the Python one, which is
slower and gives the same result (but rejects a few tabs that libyaml reads as blanks).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass  # noqa: TID251  (it is filled in step by step)
from typing import Any, NamedTuple, cast

import yaml
from yaml.error import MarkedYAMLError
from yaml.events import (
    AliasEvent,
    CollectionStartEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
    SequenceEndEvent,
)

from reconciler.declared.yaml.document import Document, LineIndex, YamlMapping, YamlSequence
from reconciler.declared.yaml.foreign import misplaced
from reconciler.declared.yaml.messages import (
    FatalProblem,
    ParserError,
    Problem,
    alias_bomb,
    bad_escape,
    explain_error,
    forbidden_character,
    has_lone_surrogate,
    invalid_alias,
    nesting_too_deep,
    other_breaks,
    second_document,
    unresolved_conflicts,
)
from reconciler.declared.yaml.scalars import FIRST_CHARACTERS, Scalar, plain_scalar
from reconciler.support.text import quoted

MAX_DEPTH = 64
"""Maximum nesting of values, with aliases expanded."""
MAX_ALIASED = 1_000_000
"""Maximum number of values that the aliases of one file may expand to."""

HAS_LIBYAML: bool = yaml.__with_libyaml__

NextEvent = Callable[[], Event]


class Parsed(NamedTuple):
    """A parsed text. `document` is None if the text is empty, or has a mistake other than a duplicate key."""

    document: Document | None
    problems: list[Problem]


def parse(text: str, path: str, lines: LineIndex, *, libyaml: bool = HAS_LIBYAML) -> Parsed:
    """The only document of a text, with every mistake up to the first fatal one.

    A document is returned despite duplicate keys (the first of them counts), but not with any other mistake.
    """
    problems = [*other_breaks(text), *unresolved_conflicts(text)]
    if problems:  # positions and values differ from reader to reader
        return Parsed(None, problems)
    try:
        start, root = _Builder(parser_events(text, libyaml), text, lines, problems).document()
    except FatalProblem as stop:
        return Parsed(None, [*problems, stop.problem])
    except yaml.YAMLError as error:
        if libyaml and "maximum nesting depth" in str(error):
            # libyaml reads ahead and, since 0.2.6, fails before we get to the value that is nested too deep.
            return parse(text, path, lines, libyaml=False)
        problem = forbidden_character(text) or explain_error(_parser_error(error), text)
        return Parsed(None, [*problems, misplaced(text, problem.offset) or problem])
    except (ValueError, OverflowError):  # the Python parser, on an escape above U+10FFFF
        return Parsed(None, [*problems, bad_escape(text, 0)])
    problems = [_template(problem, text) if problem.rule == "complex-key" else problem for problem in problems]
    usable = all(problem.rule == "duplicate-key" for problem in problems)
    return Parsed(Document(path, root, start, lines) if usable else None, problems)


def _template(problem: Problem, text: str) -> Problem:
    """What is wrong with {{ name }}, which YAML reads as a mapping that is the key of a mapping."""
    is_one = text[problem.offset - 1 : problem.offset + 1] == "{{"
    return (misplaced(text, problem.offset) if is_one else None) or problem


def parser_events(text: str, libyaml: bool = HAS_LIBYAML) -> NextEvent:
    """A function that returns the parser's next event of a text. Offsets in the marks count characters."""
    parser = yaml.CSafeLoader(text.encode()) if libyaml else yaml.SafeLoader(text)
    return cast(NextEvent, parser.get_event)  # it returns None only after the last event, where no caller reads


def _parser_error(error: yaml.YAMLError) -> ParserError:
    if not isinstance(error, MarkedYAMLError):
        return ParserError()
    began, stopped = error.context_mark, error.problem_mark
    return ParserError(
        context=error.context or "",
        problem=error.problem or "",
        began=None if began is None else began.index,
        stopped=0 if stopped is None else stopped.index,
    )


@dataclass(slots=True, eq=False)
class _Anchor:
    """A value that aliases may repeat. While it is still being built, `size` is 0."""

    value: object = None
    size: int = 0
    height: int = 0


class _Builder:
    """One pass over the events of one text. Methods that build a value return it and store its offsets."""

    __slots__ = ("_aliased", "_anchors", "_deepest", "_keys", "_lines", "_next", "_nodes", "_problems", "_text")

    def __init__(self, next_event: NextEvent, text: str, lines: LineIndex, problems: list[Problem]) -> None:
        self._next = next_event
        self._text = text
        self._lines = lines
        self._problems = problems
        self._anchors: dict[str, _Anchor] = {}
        self._keys: dict[str, str] = {}
        """The valid plain keys so far, so that equal keys share one object and are checked once."""
        self._nodes = 0
        self._aliased = 0
        self._deepest = 0

    def document(self) -> tuple[int, object]:
        """The offset and the value of the text's only document."""
        self._next()
        if not isinstance(self._next(), DocumentStartEvent):
            raise FatalProblem(Problem(0, "empty-file", "the file is empty"))
        first = self._next()
        root = self._node(first, 0)
        self._next()
        if isinstance(another := self._next(), DocumentStartEvent):
            raise FatalProblem(second_document(_offset(another)))
        if root is None:
            raise FatalProblem(Problem(0, "empty-file", "the file is empty"))
        return _offset(first), root

    def _node(self, event: Event, depth: int) -> object:
        if isinstance(event, ScalarEvent) and event.anchor is None and event.tag is None:
            return self._scalar(event)
        if isinstance(event, AliasEvent):
            return self._alias(event, depth)
        self._refuse_tag(event)
        anchor = event.anchor if isinstance(event, NodeEvent) else None
        return self._content(event, depth) if anchor is None else self._anchored(anchor, event, depth)

    def _content(self, event: Event, depth: int) -> object:
        if isinstance(event, ScalarEvent):
            return self._scalar(event)
        if depth >= MAX_DEPTH:
            raise FatalProblem(nesting_too_deep(_offset(event), MAX_DEPTH))
        self._deepest = max(self._deepest, depth + 1)
        if isinstance(event, MappingStartEvent):
            return self._mapping(depth + 1)
        return self._sequence(depth + 1)

    def _scalar(self, event: ScalarEvent) -> Scalar:
        text: str = event.value
        if not event.style:
            return plain_scalar(text) if text[:1] in FIRST_CHARACTERS else text
        if has_lone_surrogate(text):
            raise FatalProblem(bad_escape(self._text, _offset(event)))
        return text

    def _sequence(self, depth: int) -> YamlSequence:
        result = YamlSequence()
        places: list[int] = []
        while not isinstance(event := self._next(), SequenceEndEvent):
            result.append(self._node(event, depth))
            places.append(_offset(event))
        self._nodes += len(result) + 1
        result.first = self._lines.keep(places)
        return result

    def _mapping(self, depth: int) -> YamlMapping:
        result = YamlMapping()
        places: list[int] = []
        first: dict[str, int] | None = None  # where each key is, once one of them is there twice
        keys = self._keys
        next_event: Callable[[], Any] = self._next
        while not isinstance(key_event := next_event(), MappingEndEvent):
            # Most keys were seen before, and most values are plain text: avoid a function call for those.
            known = isinstance(key_event, ScalarEvent) and not (key_event.style or key_event.anchor or key_event.tag)
            key = (keys.get(key_event.value) if known else None) or self._key(key_event, depth)
            event = next_event()
            if isinstance(event, ScalarEvent) and not (event.style or event.anchor or event.tag):
                text = event.value
                value: object = plain_scalar(text) if text[:1] in FIRST_CHARACTERS else text
            else:
                value = self._node(event, depth)
            if key is None:
                continue
            if key in result:
                first = first if first is not None else dict(zip(result, places[::2], strict=True))
                self._refuse_duplicate(key, key_event, first=first[key])
                continue
            result[key] = value
            if first is not None:
                first[key] = _offset(key_event)
            places.append(key_event.start_mark.index)
            places.append(event.start_mark.index)
        self._nodes += 2 * len(result) + 1
        result.first = self._lines.keep(places)
        return result

    def _key(self, event: Event, depth: int) -> str | None:
        """The text of a key; None for an invalid key, which is recorded as a problem."""
        if not isinstance(event, ScalarEvent):
            if not isinstance(event, AliasEvent):
                self._node(event, depth)
            self._note(event, "complex-key", "a key must be text, not a list, a mapping or an alias")
            return None
        if event.anchor is not None or event.tag is not None:
            self._node(event, depth)
        self._scalar(event)
        key: str = event.value
        if key == "<<":
            hint = "write the keys out, or let the whole value be an alias: `grants: *shared`"
            self._note(event, "merge-key", "`<<` (merge) is not supported", hint)
            return None
        if not key and not event.style:
            self._note(event, "yaml", "there is no key before this ':'")
            return None
        if not (event.style or event.anchor or event.tag):
            self._keys[key] = key
        return key

    def _anchored(self, name: str, event: Event, depth: int) -> object:
        anchor = self._anchors[name] = _Anchor()
        before, deepest = self._nodes, self._deepest
        self._deepest = depth
        anchor.value = self._content(event, depth)
        anchor.size = self._nodes - before + 1
        anchor.height = self._deepest - depth
        self._deepest = max(deepest, self._deepest)
        return anchor.value

    def _alias(self, event: AliasEvent, depth: int) -> object:
        anchor = self._anchors.get(event.anchor or "")
        if anchor is None or not anchor.size:
            self._problems.append(invalid_alias(event.anchor or "", _offset(event), known=anchor is not None))
            return None
        if depth + anchor.height > MAX_DEPTH:
            raise FatalProblem(nesting_too_deep(_offset(event), MAX_DEPTH))
        self._deepest = max(self._deepest, depth + anchor.height)
        self._nodes += anchor.size
        self._aliased += anchor.size
        if self._aliased > MAX_ALIASED:
            raise FatalProblem(alias_bomb(_offset(event), MAX_ALIASED))
        return anchor.value

    def _refuse_tag(self, event: Event) -> None:
        if isinstance(event, ScalarEvent | CollectionStartEvent) and event.tag is not None:
            shown = event.tag.replace("tag:yaml.org,2002:", "!!")
            hint = 'remove it; quotes make any value text: "5"' if shown == "!!str" else "remove it"
            self._note(event, "tag", f"the tag {quoted(shown)} is not supported", hint)

    def _refuse_duplicate(self, key: str, event: Event, *, first: int) -> None:
        message = f"the key {quoted(key)} is already there, on line {self._lines.at('', first).line}"
        self._note(event, "duplicate-key", message, "keep one of the two")

    def _note(self, event: Event, rule: str, message: str, hint: str | None = None) -> None:
        self._problems.append(Problem(_offset(event), rule, message, hint))


def _offset(event: Event) -> int:
    return event.start_mark.index  # type: ignore[union-attr]  # every parsed event has marks
