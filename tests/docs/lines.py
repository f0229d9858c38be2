"""The command lines of the documentation: what a reader would type, and what the page shows below it."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.docs.pages import Snippet, snippets

OURS = "reconciler"

_FILE = re.compile(r"(#[^\n]*\n)*?# (?P<path>[\w./-]+\.yaml)\n")
_EXIT = re.compile(r"#.*\bexit (?P<code>\d+)")


@dataclass(frozen=True, slots=True)
class Written:
    """A YAML example that begins with its file's name: the reader saves it there."""

    path: str
    text: str


@dataclass(frozen=True, slots=True)
class Line:
    """A command line, with what the page shows below it."""

    at: Snippet
    typed: str
    """As it stands on the page, without the `$ `, over several lines perhaps."""
    shown: str
    """What the page shows that it prints; empty for nothing."""

    def __str__(self) -> str:
        return f"{self.at}: {self.typed}"

    @property
    def command(self) -> str:
        """What a shell is given."""
        return re.sub(r"\n> ?", "\n", self.typed)

    @property
    def exit_code(self) -> int:
        """How it ends: with 0, unless a comment behind it says `# … exit 4`."""
        said = _EXIT.search(self.typed)
        return int(said["code"]) if said else 0

    @property
    def words(self) -> list[str] | None:
        """Its words, if it is a command of this program and nothing that needs a shell."""
        lexer = shlex.shlex(self.command, posix=True, punctuation_chars=True)
        lexer.wordchars += ":@%+,{}^\\"
        lexer.whitespace_split = True
        try:
            words = list(lexer)
        except ValueError:
            return None
        needs_shell = any(set(word) <= set("();<>|&") or "$" in word for word in words)
        return words[1:] if words[:1] == [OURS] and not needs_shell else None


def steps(page: Path) -> Iterator[Written | Line]:
    """What a reader of the page does, in order: files that are written, and lines that are typed."""
    for snippet in snippets(page):
        match snippet.language:
            case "yaml" if (found := _FILE.match(snippet.text)) is not None:
                yield Written(found["path"], snippet.text)
            case "console":
                yield from _of_session(snippet)
            case "sh" | "bash" | "shell":
                yield from _of_script(snippet)


def lines(page: Path) -> list[Line]:
    """The command lines of a page."""
    return [step for step in steps(page) if isinstance(step, Line)]


SESSION_LINE = re.compile(
    r"^\$ (?P<typed>(?:[^\n]*\\\n)*[^\n]*(?:\n>[^\n]*)*)\n(?P<shown>(?:(?!\$ )[^\n]*\n)*)", re.MULTILINE
)
"""A prompt with what is typed, `\\` or `>` carrying it over to the next line, and all up to the next prompt."""


def _of_session(snippet: Snippet) -> Iterator[Line]:
    for found in SESSION_LINE.finditer(snippet.text):
        yield Line(snippet, found["typed"], found["shown"])


def _of_script(snippet: Snippet) -> Iterator[Line]:
    joined = re.sub(r"\\\n\s*", "", snippet.text)
    for typed in joined.splitlines():
        if typed.strip() and not typed.startswith("#"):
            yield Line(snippet, typed, "")
