"""Every command line that the documentation shows is run, in the order of its page, and ends as the page says."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from reconciler.cli.main import cli
from tests.docs.lines import Line, lines
from tests.docs.pages import PAGES, ROOT, Snippet, prose, snippets
from tests.docs.preparations import BETWEEN, PREPARATIONS
from tests.docs.transcripts import NOT_RUN, Played, missing, named, pages, played

MENTION = re.compile(r"(?:^|[\s`(>$])reconciler ([a-z][^`\n#|>;)&]*)", re.MULTILINE)


@pytest.mark.parametrize("page", pages(), ids=named)
def test_the_command_lines_of_a_page_do_what_it_says(page: Path, tmp_path: Path) -> None:
    """One after the other, in one project. What is shown below a line is what it prints; `make docs` writes it."""
    if absent := missing(page):
        pytest.skip(f"the page uses {', '.join(absent)}")
    for each in played(page, tmp_path):
        assert each.code == each.line.exit_code, f"{each.line}\nended with {each.code}:\n{each.printed}"
        assert each.agrees, f"{each.line}\nprints (make docs writes it):\n{each.printed}"


def test_every_reason_not_to_run_a_line_is_needed() -> None:
    every = [line.command for page in pages() for line in lines(page)]
    assert [pattern for pattern in NOT_RUN if not any(re.match(pattern, command) for command in every)] == []


def test_everything_that_happens_between_lines_happens() -> None:
    """So that no page loses its preparation by being reworded."""
    for where, words in BETWEEN:
        assert any(words in f"{line.command}\n" for line in lines(ROOT / where)), (where, words)
    assert [page for page in PREPARATIONS if not lines(ROOT / page)] == []


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_command_and_flag_that_is_mentioned_exists(page: Path) -> None:
    """Also in pipelines, and in lines that cannot be run."""
    for mention in _mentions(page):
        assert _unknown(mention) == [], f"reconciler {mention}"


def _mentions(page: Path) -> Iterator[str]:
    """What stands behind the program's name in a page's blocks and its inline code."""
    for snippet in snippets(page):
        yield from MENTION.findall(re.sub(r"\\\n", " ", snippet.text))
    for code in re.findall(r"`([^`\n]+)`", prose(page)):
        yield from MENTION.findall(code)


def _unknown(mention: str) -> list[str]:
    try:
        words = shlex.split(mention)
    except ValueError:
        words = mention.split()
    command: click.Command = cli
    while isinstance(command, click.Group) and words and words[0] in command.commands:
        command = command.commands[words.pop(0)]
    if isinstance(command, click.Group) and words and re.fullmatch(r"[a-z]+", words[0]):
        return words[:1]
    known = {flag for parameter in command.params for flag in (*parameter.opts, *parameter.secondary_opts)}
    flags = [word.split("=")[0] for word in words if re.match(r"--?[a-z]", word)]
    return [flag for flag in flags if flag not in known | {"-h", "--help", "-vv"}]


def test_a_flag_that_does_not_exist_would_be_found() -> None:
    """So that the test above could fail."""
    assert _unknown("plan --instnace production") == ["--instnace"]
    assert _unknown("sandbox server") == ["server"]
    assert _unknown("refresh") == ["refresh"]
    assert _unknown("plan -i production --detailed-exitcode") == []


@pytest.mark.parametrize(
    ("shown", "printed", "agrees"),
    [
        ("", "anything\n", True),
        ("two\nlines\n", "\ntwo  \nlines\n", True),
        ("two\nlines\n", "two\nother lines\n", False),
        ("…\nnothing to do\n", "much\nmore\nnothing to do\n", True),
        ("first\n…\n", "second\nmore\n", False),
        ("[y/N]\n…\n", "[y/N]\nmore\n", True),
    ],
)
def test_what_a_page_shows_is_held_against_what_is_printed(shown: str, printed: str, agrees: bool) -> None:
    line = Line(Snippet(ROOT / "README.md", 1, "console", ""), "reconciler plan", shown)
    assert Played(line, 0, printed).agrees == agrees
