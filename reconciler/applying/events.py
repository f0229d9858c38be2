"""Progress events of an apply."""

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
    """The change is no longer under way. Its outcome follows: a failure at once, all else after the final listing."""

    change: Change
    done: bool
    """Whether the instance answered that it is done."""


ProgressEvent = ChangeStarted | ChangeAnswered | Outcome | DeliveryResult
"""Every change has exactly one outcome; if it was sent, ChangeStarted and ChangeAnswered come before it."""

OnProgress = Callable[[ProgressEvent], None]
"""Callback for events as they happen, always in the thread that applies: one at a time for each instance."""
