"""Errors that end a command, and diagnostics of the files, for people."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Sequence

from reconciler.model.diagnostics import Diagnostic, Severity
from reconciler.model.errors import ReconcilerError
from reconciler.render.terminal.links import Link, unlinked
from reconciler.support.text import printable


def render_error_lines(error: ReconcilerError, where: str | None = None) -> str:
    """Render the error for stderr, with the hint on a separate line, each ending in a line feed.

    `where` names the instance.
    """
    place = f"{where}: " if where else ""
    lines = [f"error: {place}{printable(error.message)}"]
    lines += [f"  {printable(error.hint)}"] if error.hint else []
    return "\n".join(lines) + "\n"


def render_diagnostic_lines(diagnostics: Iterable[Diagnostic], link: Link = unlinked) -> str:
    """Render each diagnostic on one line, whatever the name of its file contains. `link` writes the rule at its end."""
    return "".join(
        f"{printable(str(each)).removesuffix(unlinked(each.rule))}{link(each.rule)}\n" for each in diagnostics
    )


def render_warning_count(diagnostics: Iterable[Diagnostic], flags: Sequence[str] = ()) -> str:
    """Render the number of warnings and the command that shows them: one line, or empty if there are none.

    A command that is not about the files must not bury its own output under them. `flags` name the files.
    """
    number = sum(diagnostic.severity is Severity.WARNING for diagnostic in diagnostics)
    what = f"{number} warning{'' if number == 1 else 's'} in the files"
    return f"{what}: {printable(shlex.join(['reconciler', 'validate', *flags]))}\n" if number else ""
