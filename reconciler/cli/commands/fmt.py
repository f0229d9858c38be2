"""`reconciler fmt`."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING

import click

from reconciler.cli.flags.options import plain_offline_output_options, work_tree_options
from reconciler.cli.flags.paths import refuse_unread_paths
from reconciler.cli.output.console import Console
from reconciler.cli.output.files import replace_atomically
from reconciler.cli.output.streams import print_result, say
from reconciler.model.errors import ReconcilerError, WrongUsage
from reconciler.render.terminal.errors import render_diagnostic_lines, render_error_lines
from reconciler.support.text import printable, printable_line
from reconciler.workflow.options import ProjectFiles

if TYPE_CHECKING:
    from reconciler.workflow.fmt import FileToFormat, Judged

_STDIN = Path("-")
_MOST_LINES = 20_000
"""Maximum number of lines of both texts together. Comparing takes quadratic time: minutes beyond this."""


@click.command(
    epilog="""\b
Examples:
  reconciler fmt
  reconciler fmt --check
  reconciler fmt --diff clients/portal.yaml
  reconciler fmt - < clients/portal.yaml"""
)
@click.argument("paths", metavar="[PATH]...", nargs=-1, type=click.Path(path_type=Path))
@click.option("--check", is_flag=True, help="Write nothing; exit 1 if a file would change.")
@click.option("--diff", is_flag=True, help="Like --check, and print the diff.")
@work_tree_options
@plain_offline_output_options
def fmt(paths: tuple[Path, ...], check: bool, diff: bool, files: ProjectFiles, console: Console) -> int:
    """Format the files in the canonical style.

    Keys in schema order, consistent indentation and quotes. Content, order of entries and comments are kept. Prints
    the names of changed files. Needs no network and no credentials.

    PATH (files or folders) limits what is formatted; `-` formats standard input to standard output. A file with errors
    is reported and not changed; the others are formatted.
    """
    from reconciler.workflow.fmt import sources

    how = _Mode.DIFF if diff else _Mode.CHECK if check else _Mode.WRITE
    if _STDIN in paths:
        if len(paths) > 1:
            raise WrongUsage("'-' stands for standard input alone", "give either '-' or files")
        return _format_stdin(how)
    refuse_unread_paths(paths, files)
    outcomes = Counter(_format(source, how) for source in sources(files, paths))
    console.progress(_summary(outcomes))
    return next(outcome.code for outcome in _Outcome if outcomes[outcome])


class _Mode(Enum):
    WRITE = "write"
    CHECK = "check"
    DIFF = "diff"


class _Outcome(Enum):
    """The outcome for a file. Of several files, the first of these gives the exit code."""

    NOT_WRITTEN = 1, "could not be written"
    WOULD_CHANGE = 1, "would change"
    LEFT_ALONE = 4, "skipped"
    INVALID = 3, "invalid"
    CHANGED = 0, "formatted"
    SAME = 0, "unchanged"

    def __init__(self, code: int, words: str) -> None:
        self.code = code
        self.words = words


def _format(source: FileToFormat, how: _Mode) -> _Outcome:
    from reconciler.workflow.fmt import format_file

    judged = format_file(source)
    outcome = _outcome(judged, how)
    if how is _Mode.DIFF:
        print_result("".join(_difference(judged)))
    elif outcome is _Outcome.CHANGED and not _replace(source.path, judged):
        return _Outcome.NOT_WRITTEN
    elif outcome in (_Outcome.CHANGED, _Outcome.WOULD_CHANGE):
        print_result(f"{printable_line(source.shown_as)}\n")
    return outcome


def _format_stdin(how: _Mode) -> int:
    from reconciler.workflow.fmt import FormattedFile, format_text_of

    judged = format_text_of(sys.stdin.buffer.read(), "<stdin>")
    if how is _Mode.DIFF:
        print_result("".join(_difference(judged)))
    elif how is _Mode.WRITE and isinstance(judged, FormattedFile):
        print_result(judged.after.decode())
    return _outcome(judged, how).code


def _outcome(judged: Judged, how: _Mode) -> _Outcome:
    """Return the outcome for a file, and print what is wrong with it."""
    from reconciler.workflow.fmt import InvalidFile, UnformattableFile

    match judged:
        case InvalidFile(diagnostics=diagnostics):
            say(render_diagnostic_lines(diagnostics))
            return _Outcome.INVALID
        case UnformattableFile(shown_as=name, why=why):
            say(f"error: {printable(name)} was not changed: {printable(why)}\n")
            return _Outcome.LEFT_ALONE
    if not judged.is_changed:
        return _Outcome.SAME
    return _Outcome.CHANGED if how is _Mode.WRITE else _Outcome.WOULD_CHANGE


def _replace(path: Path, judged: Judged) -> bool:
    from reconciler.workflow.fmt import FormattedFile

    try:
        if isinstance(judged, FormattedFile):
            replace_atomically(path, judged.after, "canonical form")
    except ReconcilerError as problem:
        say(render_error_lines(problem))
        return False
    return True


def _difference(judged: Judged) -> Iterator[str]:
    """Yield the lines of a unified diff, with invisible characters made visible, even the CR at the end of a line."""
    from reconciler.workflow.fmt import FormattedFile

    if isinstance(judged, FormattedFile) and judged.is_changed:
        before, after = _lines(judged.before), _lines(judged.after)
        if len(before) + len(after) > _MOST_LINES:
            yield f"{printable_line(judged.shown_as)}: too long for a diff; format it, then run: git diff\n"
            return
        from difflib import unified_diff

        for line in unified_diff(before, after, judged.shown_as, judged.shown_as, lineterm=""):
            yield f"{printable_line(line)}\n"


def _lines(data: bytes) -> list[str]:
    *lines, rest = data.decode().split("\n")
    return [*lines, rest, "(no line feed at the end)"] if rest else lines


def _summary(outcomes: Counter[_Outcome]) -> str:
    parts = [f"{outcomes[outcome]} {outcome.words}" for outcome in _Outcome if outcomes[outcome]]
    hint = "; to write them: reconciler fmt" if outcomes[_Outcome.WOULD_CHANGE] else ""
    return f"files: {', '.join(parts)}{hint}"
