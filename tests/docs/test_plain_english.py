"""What users read is plain English: the usual terms, and sentences that one reading is enough for."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import click
import pytest

from reconciler.cli.main import cli
from tests.docs.pages import ROOT, prose

USUAL_TERMS = {
    r"\bmend(s|ed|ing)?\b": "fix",
    r"\banew\b": "again",
    r"\bfor ever\b": "never ends; exponentially slow",
    r"\bway out\b": "fix",
    r"\bleft alone\b": "unchanged; skipped; not managed by this plan",
    r"\bleaves? (it|them|\w+ clients?|its client|a \w+ file) alone\b": "does not change",
    r"\brobbed of\b": "has a grant removed",
    r"\bstands? in (?!for\b)": "is in; contains",
    r"\bstand-ins?\b": "local emulator",
    r"\bequal to declared\b": "apply the declared state",
    r"\bcan become any": "can impersonate any user",
    r"\b(bear being told|told twice)\b": "be idempotent",
    r"\bgrave(r|st)?\b": "severe",
    r"\bin silence\b": "silently",
    r"\bnow says what is live\b": "updated entry … from the instance",
    r"\ba variable would do\b": "could be one entry with a variable",
    r"\bmust have nothing to do\b": "should report no changes",
    r"\b(two|several|live) clients of one name\b": "with the same name",
    r"\bno file can say\b": "cannot be expressed in YAML",
    r"\bworth an administrator's\b": "equivalent to administrator credentials",
    r"\b\d+ to know\b": "notes",
    r"\ba crew of nobody\b": "size must be at least 1",
    r"\bsince it parted from\b": "compare with",
    r"\bOf (those, the \S+-th|the finished changes|the results)\b": "limit … to; process only …",
    r"\bthe way to an instance\b": "connectivity",
    r"\bchain of supply\b": "supply chain",
    r"\blittle power\b": "least privilege",
    r"\bnight fix\b": "manual change",
    r"\bbefore the (push|commit)\b": "pre-commit hooks",
    r"\b[Hh]and (ids|secrets)\b": "deliver",
}
"""A phrase that a second reading is needed for, and what a native engineer would say."""

MOST_WORDS = 28
"""Of a sentence in README, docs/, --help and messages."""

MOST_PAGES, MOST_WORDS_IN_ALL, MOST_LINES = 27, 30_000, 110
"""Of docs/ without the decisions; lines of the README."""

EXCUSED = {
    "\b\nExamples:": "command lines",
    "\b\n    Exit codes:": "a table in one line each",
    "CREATE TABLE": "SQL",
    "INSERT INTO": "SQL",
    "aaa aaas": "names of URL schemes",
}
"""The beginning of what may be longer, and what it is."""

Texts = Callable[[], Iterator[tuple[str, str]]]
"""Texts, each with where it is."""

_FOLDERS = ("guides", "reference", "learn", "explanation")
_PAGES = [
    ROOT / "README.md",
    ROOT / "docs/README.md",
    *(each for folder in _FOLDERS for each in sorted((ROOT / "docs").glob(f"{folder}/*.md"))),
]


def _pages() -> Iterator[tuple[str, str]]:
    for page in _PAGES:
        yield str(page.relative_to(ROOT)), page.read_text(encoding="utf-8")


def _help() -> Iterator[tuple[str, str]]:
    return _helps(cli, "reconciler")


def _helps(command: click.Command, path: str) -> Iterator[tuple[str, str]]:
    """The paragraphs of a command's help, and what it says of each option."""
    for paragraph in (command.help or "").split("\n\n"):
        yield f"{path} --help", paragraph
    for parameter in command.params:
        if isinstance(parameter, click.Option) and parameter.help:
            yield f"{path} {parameter.opts[-1]}", parameter.help.split("  [")[0]
    if isinstance(command, click.Group):
        for name, child in command.commands.items():
            yield from _helps(child, f"{path} {name}")


def _messages() -> Iterator[tuple[str, str]]:
    """The string literals of the program that have a blank in them; values are `{}`, and docstrings are none."""
    for module in sorted((ROOT / "reconciler").rglob("*.py")):
        for line, text in _literals(ast.parse(module.read_bytes())):
            yield f"{module.relative_to(ROOT)}:{line}", text


def _literals(tree: ast.AST) -> Iterator[tuple[int, str]]:
    for child in ast.iter_child_nodes(tree):
        match child:
            case ast.Expr(value=ast.Constant()):
                continue
            case ast.Constant(value=str() as text) if " " in text:
                yield child.lineno, text
            case ast.JoinedStr(values=parts):
                yield child.lineno, "".join(str(p.value) if isinstance(p, ast.Constant) else "{}" for p in parts)
                for part in parts:
                    yield from _literals(part) if isinstance(part, ast.FormattedValue) else ()
            case _:
                yield from _literals(child)


def _schemas() -> Iterator[tuple[str, str]]:
    for schema in sorted((ROOT / "schemas").glob("*.json")):
        yield from ((schema.name, text) for text in _strings(json.loads(schema.read_bytes())))


def _strings(value: Any) -> Iterator[str]:
    match value:
        case str():
            yield value
        case dict():
            for each in value.values():
                yield from _strings(each)
        case list():
            for each in value:
                yield from _strings(each)


def _sentences(text: str) -> list[str]:
    return [each.strip() for each in re.split(r"(?<=[.!?])\s+|\n\s*\n|\n\s*(?:[-*|#]|\d+\.)\s", text)]


def _words(sentence: str) -> int:
    """A word, or a piece of code, is one; a link counts as its text."""
    plain = re.sub(r"`[^`]*`|<[^>]*>|\{\}", "code", re.sub(r"\]\([^)]*\)", "]", sentence))
    return len(re.findall(r"[A-Za-z0-9][\w'’./:-]*", plain))


@pytest.mark.parametrize("texts", [_pages, _messages, _schemas, _help])
def test_no_text_has_a_phrase_that_a_usual_term_says_better(texts: Texts) -> None:
    assert [
        f"{where}: {found[0]!r}: say {better!r}"
        for where, text in texts()
        for phrase, better in USUAL_TERMS.items()
        if (found := re.search(phrase, text, re.IGNORECASE))
    ] == []


def _paragraphs() -> Iterator[tuple[str, str]]:
    """Without tables and examples."""
    for page in _PAGES:
        yield str(page.relative_to(ROOT)), re.sub(r"^\|.*$", "", prose(page), flags=re.MULTILINE)


@pytest.mark.parametrize("texts", [_paragraphs, _messages, _help])
def test_no_sentence_is_too_long_to_be_read_once(texts: Texts) -> None:
    assert [
        f"{where}: {_words(sentence)} words: {sentence}"
        for where, text in texts()
        for sentence in _sentences(text)
        if _words(sentence) > MOST_WORDS and not sentence.startswith(tuple(EXCUSED))
    ] == []


def test_the_documentation_stays_short_enough_to_be_read() -> None:
    """All of docs/ but the decisions, words of examples and tables included."""
    pages = [page for page in (ROOT / "docs").rglob("*.md") if page.parent.name != "decisions"]
    assert len(pages) <= MOST_PAGES
    assert sum(len(page.read_text(encoding="utf-8").split()) for page in pages) <= MOST_WORDS_IN_ALL
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) < MOST_LINES


def test_the_searches_find_what_they_are_for() -> None:
    tree = ast.parse('"""Mended anew."""\nraise ValueError(f"{name} is mended: {say(it)}" "; try anew", "left alone")')
    assert [text for _, text in _literals(tree)] == ["{} is mended: {}; try anew", "left alone"]
    assert re.search(next(iter(USUAL_TERMS)), "it is mended")
    assert [_words(each) for each in _sentences("Use `a b c`. See [the page](a/b.md) now.\n\n- One item")] == [2, 4, 2]
