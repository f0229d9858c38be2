"""Conditions that stop further writes."""

from __future__ import annotations

from collections.abc import Callable

from reconciler.applying.report import Failed
from reconciler.applying.send import SendResult, Unanswered
from reconciler.model.errors import LoginRefused, NotAuthenticated, NotPermitted, Unavailable
from reconciler.planning.plan.plan import Change

MAX_UNANSWERED = 3
"""After this many writes in a row without an answer, the instance counts as gone."""


class StopConditions:
    """Decide whether a change may start, so that no request is sent whose answer is already known."""

    def __init__(self, stop: Callable[[], bool]) -> None:
        self._stop = stop
        self._tripped: str | None = None
        self._forbidden: dict[type[Change], str] = {}
        self._silent = 0
        self.login_refused = False

    def reason_to_skip(self, change: Change) -> str | None:
        """The reason not to start a change, continuing "not tried:", or None."""
        if self._stop():
            return "interrupted"
        return self._tripped or self._forbidden.get(type(change))

    def trip(self, reason: str) -> None:
        """Start no more changes; the first reason counts."""
        self._tripped = self._tripped or reason

    def block(self, kind: type[Change], reason: str) -> None:
        """Start no more changes of this kind; the first reason counts."""
        self._forbidden.setdefault(kind, reason)

    def record(self, attempt: SendResult) -> None:
        """Update the conditions from an answer, or from its absence."""
        silent = isinstance(attempt, Unanswered) and isinstance(attempt.error, Unavailable)
        self._silent = self._silent + 1 if silent else 0
        if self._silent >= MAX_UNANSWERED:
            self.trip(f"the instance gave no proper answer to {self._silent} writes in a row")
        if isinstance(attempt, Failed):
            self._record_refusal(attempt)

    def _record_refusal(self, failed: Failed) -> None:
        change, error = failed.change, failed.error
        if isinstance(error, NotPermitted):
            self.block(type(change), f"the account may not {type(change).__name__.lower()} auth clients")
        elif isinstance(error, LoginRefused):
            self.login_refused = True
            self.trip("the instance does not accept the account any more")
        elif isinstance(error, NotAuthenticated):
            self.trip("the session has ended")
