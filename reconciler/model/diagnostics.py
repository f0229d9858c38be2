"""User mistakes as data: each with its location, its rule and a fix."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from reconciler.model.clients import Location
from reconciler.support.frozen import frozen


class Severity(StrEnum):
    """How severe a diagnostic is: an error stops every command, a warning none."""

    ERROR = "error"
    WARNING = "warning"


@frozen
class Diagnostic:
    """One problem with the declarations or the settings.

    `message` says what is wrong, `hint` what to do about it; both start in lower case and end without a full stop.
    """

    severity: Severity
    rule: str
    message: str
    location: Location
    hint: str | None = None

    def __str__(self) -> str:
        way_out = f"; {self.hint}" if self.hint else ""
        return f"{self.location}: {self.severity}: {self.message}{way_out} [{self.rule}]"


def error(rule: str, message: str, location: Location, hint: str | None = None) -> Diagnostic:
    """A diagnostic that stops every command."""
    return Diagnostic(Severity.ERROR, rule, message, location, hint)


def warning(rule: str, message: str, location: Location, hint: str | None = None) -> Diagnostic:
    """A diagnostic that is shown but stops nothing."""
    return Diagnostic(Severity.WARNING, rule, message, location, hint)


def has_errors(diagnostics: Iterable[Diagnostic]) -> bool:
    """Whether any of them stops a command."""
    return any(d.severity is Severity.ERROR for d in diagnostics)


def sorted_diagnostics(diagnostics: Iterable[Diagnostic]) -> list[Diagnostic]:
    """Each diagnostic once, sorted by location, rule and message, so that equal inputs give equal output."""
    return sorted(set(diagnostics), key=lambda d: (d.location, d.rule, d.message, d.severity, d.hint or ""))
