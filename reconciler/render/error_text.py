"""A reason why a command cannot go on, for people: message, then the way out on a line of its own."""

from __future__ import annotations

from reconciler.errors import ReconcilerError
from reconciler.text import printable


def render_error_lines(error: ReconcilerError, where: str | None = None) -> str:
    """The error as it stands on stderr, ending in a line feed; `where` names the instance."""
    place = f"{where}: " if where else ""
    lines = [f"error: {place}{printable(error.message)}"]
    lines += [f"  {printable(error.hint)}"] if error.hint else []
    return "\n".join(lines) + "\n"
