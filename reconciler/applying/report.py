"""What came of an apply, change by change."""

from __future__ import annotations

from dataclasses import dataclass

from reconciler.errors import LoginRefused, NotVerified, ReconcilerError
from reconciler.planning.plan import Change


@dataclass(frozen=True, slots=True)
class Applied:
    """A look at the instance after the writes shows the change."""

    change: Change
    id: int
    """The id of the client; of a created one, the id that the instance gave it."""
    adopted: bool = False
    """Whether the answer to the write was lost, and only that look tells that it was done."""


@dataclass(frozen=True, slots=True)
class Failed:
    """The change was tried and is not there; with a `NotVerified` it may be, and nobody knows."""

    change: Change
    error: ReconcilerError


@dataclass(frozen=True, slots=True)
class Skipped:
    """The change was not tried, so nothing was written. `reason` goes on from "not tried:"."""

    change: Change
    reason: str


Outcome = Applied | Failed | Skipped


@dataclass(frozen=True, slots=True)
class Report:
    """One outcome for every change of the plan, in the plan's order, whichever was answered first."""

    outcomes: tuple[Outcome, ...] = ()
    interrupted: bool = False
    """Whether somebody asked it to stop, even if nothing was left to be tried."""
    journal_failure: str | None = None
    """Why the journal does not tell all of this, if so. No new write was started from then on."""


def is_complete(report: Report) -> bool:
    """Whether every change of the plan is shown to be there: exit 0."""
    return not report.interrupted and all(isinstance(outcome, Applied) for outcome in report.outcomes)


def wrote_anything(report: Report) -> bool:
    """Whether the instance was changed, or may have been: what tells exit 5 from exit 1."""
    return any(isinstance(o, Applied) or _may_be_written(o) for o in report.outcomes)


def was_login_refused(report: Report) -> bool:
    """Whether the account was refused on the way, so that nobody may try it again: exit 6 if nothing was written."""
    return any(isinstance(o, Failed) and isinstance(o.error, LoginRefused) for o in report.outcomes)


def _may_be_written(outcome: Outcome) -> bool:
    return isinstance(outcome, Failed) and isinstance(outcome.error, NotVerified)
