"""What came of an apply, change by change."""

from __future__ import annotations

from enum import StrEnum

from reconciler.model.errors import LoginRefused, NotVerified, ReconcilerError
from reconciler.planning.plan.plan import Change
from reconciler.secrets.values import DeliveryEvent
from reconciler.support.frozen import frozen


@frozen
class Applied:
    """A look at the instance after the writes shows the change."""

    change: Change
    id: int
    """The id of the client; of a created one, the id that the instance gave it."""
    adopted: bool = False
    """Whether the answer to the write was lost, and only that look tells that it was done."""


@frozen
class Failed:
    """The change was tried and is not there; with a `NotVerified` it may be, and nobody knows."""

    change: Change
    error: ReconcilerError


@frozen
class Skipped:
    """The change was not tried, so nothing was written. `reason` goes on from "not tried:"."""

    change: Change
    reason: str


Outcome = Applied | Failed | Skipped


class DeliveryStatus(StrEnum):
    """What became of a client at a sink."""

    DELIVERED = "delivered"
    REMOVED = "removed"
    """The client was deleted, and the sink has nothing of it any more."""
    FAILED = "failed"
    NO_SECRET = "no_secret"
    """The instance shows no secret of this client, so there is nothing to deliver."""


@frozen
class DeliveryResult:
    """One client and one sink: its id and secret were handed over, or should have been. Not a field for a secret."""

    name: str
    id: int
    event: DeliveryEvent
    sink: str
    """The sink's label."""
    status: DeliveryStatus
    error: ReconcilerError | None = None
    """Why it failed, and only then."""


@frozen
class Report:
    """One outcome for every change of the plan, in the plan's order, whichever was answered first."""

    outcomes: tuple[Outcome, ...] = ()
    interrupted: bool = False
    """Whether somebody asked it to stop, even if nothing was left to be tried."""
    journal_failure: str | None = None
    """Why the journal does not tell all of this, if so. No new write was started from then on."""
    handed: tuple[DeliveryResult, ...] = ()
    """What became of the secrets of clients, in the order of the changes, then of those that sinks lacked before."""


def is_complete(report: Report) -> bool:
    """Whether every change of the plan is shown to be there, and every secret is where it belongs: exit 0."""
    applied = all(isinstance(outcome, Applied) for outcome in report.outcomes)
    return not report.interrupted and applied and not undelivered(report)


def undelivered(report: Report) -> tuple[DeliveryResult, ...]:
    """What a sink did not do."""
    return tuple(handed for handed in report.handed if handed.status is DeliveryStatus.FAILED)


def wrote_anything(report: Report) -> bool:
    """Whether the instance or a sink was changed, or may have been: what tells exit 5 from exit 1."""
    delivered = any(handed.status in (DeliveryStatus.DELIVERED, DeliveryStatus.REMOVED) for handed in report.handed)
    return delivered or any(isinstance(o, Applied) or _may_be_written(o) for o in report.outcomes)


def was_login_refused(report: Report) -> bool:
    """Whether the account was refused on the way, so that nobody may try it again: exit 6 if nothing was written."""
    return any(isinstance(o, Failed) and isinstance(o.error, LoginRefused) for o in report.outcomes)


def _may_be_written(outcome: Outcome) -> bool:
    return isinstance(outcome, Failed) and isinstance(outcome.error, NotVerified)
