"""Send one change, at most once, and classify its answer."""

from __future__ import annotations

from typing import assert_never

from reconciler.applying.report import Failed, Skipped
from reconciler.live.gateway import Gateway
from reconciler.model.errors import GatewayError, LoginRefused, NotAuthenticated, NotPermitted, Rejected
from reconciler.planning.plan.plan import Change, Create, Delete, Update
from reconciler.support.frozen import frozen


@frozen
class Sent:
    """A change that was answered as done. The next listing confirms it or not."""

    change: Change
    id: int


@frozen
class Unanswered:
    """A change that was sent, or may have been, without an answer that shows the result."""

    change: Change
    error: GatewayError


SendResult = Sent | Unanswered | Failed
Attempt = SendResult | Skipped


def send(change: Change, gateway: Gateway) -> SendResult:
    """Send a change, once. Called from several threads at a time."""
    try:
        return Sent(change, _send(change, gateway))
    except (Rejected, NotPermitted, NotAuthenticated, LoginRefused) as error:
        return Failed(change, error)
    except GatewayError as error:
        return Unanswered(change, error)


def _send(change: Change, gateway: Gateway) -> int:
    match change:
        case Create(replaces=replaces):
            return gateway.create_client(change.after, beside=replaces.id if replaces else None).id
        case Update():
            return gateway.update_client(change.id, change.after).id
        case Delete():
            gateway.delete_client(change.id)
            return change.id
        case _:
            assert_never(change)
