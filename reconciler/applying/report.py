"""The result of an apply, change by change."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from reconciler.model.errors import LoginRefused, NotVerified, ReconcilerError
from reconciler.planning.plan.plan import Change
from reconciler.secrets.values import DeliveryEvent
from reconciler.support.frozen import frozen

if TYPE_CHECKING:
    from reconciler.model.recipients import Recipient


@frozen
class Applied:
    """A listing after the writes shows the change."""

    change: Change
    id: int
    """The id of the client; for a created one, the id that the instance gave it."""
    adopted: bool = False
    """Whether the answer to the write was lost, and only that listing shows that it was done."""


@frozen
class Failed:
    """The change was tried and did not succeed; with a `NotVerified`, it may have."""

    change: Change
    error: ReconcilerError


@frozen
class Skipped:
    """The change was not tried, so nothing was written. `reason` continues "not tried:"."""

    change: Change
    reason: str


Outcome = Applied | Failed | Skipped


class DeliveryStatus(StrEnum):
    """The result of a delivery to a sink."""

    DELIVERED = "delivered"
    REMOVED = "removed"
    """The client was deleted, and the sink has removed what it had for it."""
    FAILED = "failed"
    NO_SECRET = "no_secret"
    """The instance shows no secret of this client, so there is nothing to deliver."""


@frozen
class DeliveryResult:
    """The delivery of one client's id and secret to one sink, done or failed. It has no field for the secret."""

    name: str
    id: int
    event: DeliveryEvent
    sink: str
    """The sink's label."""
    status: DeliveryStatus
    error: ReconcilerError | None = None
    """Why it failed; None if it did not."""
    recipient: Recipient | None = None
    """Who got it, or would have."""


@frozen
class Report:
    """One outcome for every change of the plan, in the plan's order, not the order of the answers."""

    outcomes: tuple[Outcome, ...] = ()
    interrupted: bool = False
    """Whether a stop was requested, even if nothing was left to try."""
    journal_failure: str | None = None
    """Why the journal is incomplete; None if it is not. No new write was started after the failure."""
    deliveries: tuple[DeliveryResult, ...] = ()
    """The results of the deliveries, in the order of the changes, then those missing before."""


def is_complete(report: Report) -> bool:
    """Whether every change is verified, every secret is delivered, and nothing was interrupted: exit 0."""
    applied = all(isinstance(outcome, Applied) for outcome in report.outcomes)
    return not report.interrupted and applied and not undelivered(report)


def undelivered(report: Report) -> tuple[DeliveryResult, ...]:
    """The deliveries that failed."""
    return tuple(delivery for delivery in report.deliveries if delivery.status is DeliveryStatus.FAILED)


def wrote_anything(report: Report) -> bool:
    """Whether the instance or a sink was changed, or may have been: decides between exit 5 and exit 1."""
    delivered = any(
        delivery.status in (DeliveryStatus.DELIVERED, DeliveryStatus.REMOVED) for delivery in report.deliveries
    )
    return delivered or any(isinstance(o, Applied) or _may_be_written(o) for o in report.outcomes)


def was_login_refused(report: Report) -> bool:
    """Whether the account was refused, so that it must not be tried again: exit 6 if nothing was written."""
    return any(isinstance(o, Failed) and isinstance(o.error, LoginRefused) for o in report.outcomes)


def _may_be_written(outcome: Outcome) -> bool:
    return isinstance(outcome, Failed) and isinstance(outcome.error, NotVerified)
