"""What happens during an apply, for whoever wants to show its progress."""

from __future__ import annotations

from collections.abc import Callable

from reconciler.applying.report import DeliveryResult, Outcome
from reconciler.planning.plan.plan import Change
from reconciler.support.frozen import frozen


@frozen
class ChangeStarted:
    """The change is being sent."""

    change: Change


@frozen
class ChangeAnswered:
    """The change is not under way any more. Its outcome follows: a failure at once, all else after the last look."""

    change: Change
    done: bool
    """Whether the instance answered that it is done."""


ProgressEvent = ChangeStarted | ChangeAnswered | Outcome | DeliveryResult
"""Every change has exactly one outcome, and before it, if it was sent, one Started and one Answered."""

Tell = Callable[[ProgressEvent], None]
"""Hears the events as they happen, always in the thread that applies, so never two of one instance at once."""
