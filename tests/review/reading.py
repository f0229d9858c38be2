"""Messages and pages to read with fresh eyes, drawn by a seed: all of them, in an order that new ones hardly change."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from hashlib import sha256

from tests.docs.pages import ROOT

SEED = "2026-11-28"

MESSAGES, OF_FILES, PAGES = 30, 10, 6
"""How many messages are drawn, how many of these are about files, and how many pages."""

SPEAKS = {
    "CannotEdit", "DoctorFinding", "GitError", "JournalError", "NotVerified", "Note", "ReconcilerError", "Refusal",
    "Refused", "RuleFinding", "SinkError", "StaleReason", "Unavailable", "UnexpectedResponse", "WrongUsage",
    "_blocked", "_ErrorMessage", "_refusal",
}  # fmt: skip
"""What is called with a message for a user, and often with a fix."""


def drawn() -> tuple[list[str], list[str]]:
    """The messages, and the pages by their paths."""
    messages = [*_first(_about_files(), OF_FILES), *_first(_in_code(), MESSAGES - OF_FILES)]
    return messages, _first(_pages(), PAGES)


def corpus() -> set[str]:
    """Everything that is drawn from."""
    return {*_about_files(), *_in_code(), *_pages()}


def _first(texts: Iterable[str], number: int) -> list[str]:
    return sorted(set(texts), key=lambda text: sha256((SEED + text).encode()).digest())[:number]


def _about_files() -> Iterator[str]:
    """As `validate` prints them for the invalid cases, without the place."""
    for file in (ROOT / "tests" / "cases" / "invalid").glob("*/expected.txt"):
        yield from re.findall(r"^\S+: ((?:error|warning): .*)$", file.read_text(encoding="utf-8"), re.MULTILINE)


def _in_code() -> Iterator[str]:
    """The message of a call, and its fix; values are …"""
    for module in (ROOT / "reconciler").rglob("*.py"):
        for node in ast.walk(ast.parse(module.read_bytes())):
            if isinstance(node, ast.Call) and _name(node.func) in SPEAKS:
                arguments = [*node.args, *(keyword.value for keyword in node.keywords)]
                texts = [text for each in arguments if len((text := _text(each)).split()) > 2]
                if len(texts) == 2:
                    yield "; fix: ".join(texts)


def _name(function: ast.expr) -> str:
    return function.id if isinstance(function, ast.Name) else getattr(function, "attr", "")


def _text(node: ast.expr) -> str:
    match node:
        case ast.Constant(value=str() as text):
            return text
        case ast.JoinedStr(values=parts):
            return "".join(_text(part) for part in parts)
        case ast.FormattedValue():
            return "…"
    return ""


def _pages() -> Iterator[str]:
    for page in (ROOT / "README.md", *(ROOT / "docs").rglob("*.md")):
        if page.parent.name != "decisions":
            yield str(page.relative_to(ROOT))


if __name__ == "__main__":
    print(*(each for group in drawn() for each in group), sep="\n")
