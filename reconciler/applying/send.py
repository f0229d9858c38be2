"""Send one change, at most once, and classify its answer."""

from __future__ import annotations

from typing import assert_never

from reconciler.applying.report import DeliveryResult, Failed, Skipped
from reconciler.live.gateway import Gateway
from reconciler.model.errors import GatewayError, LoginRefused, NotAuthenticated, NotPermitted, Rejected
from reconciler.planning.plan.plan import Change, Delete, Update
from reconciler.support.frozen import frozen


@frozen
class Sent:
    """A change that was answered as done. The next listing confirms it or not."""

    change: Change
    id: int
    deliveries: tuple[DeliveryResult, ...] | None = None
    """What became of its secret, for a create; None if its secret has not been delivered yet."""


@frozen
class Unanswered:
    """A change that was sent, or may have been, without an answer that shows the result."""

    change: Change
    error: GatewayError
    id: int | None = None
    """The client whose second step was not answered, for a create in two steps."""
    nonce: str | None = None
    """The nonce of its mark, for a create in two steps whose first step was not answered."""


SendResult = Sent | Unanswered | Failed
Attempt = SendResult | Skipped


def send(change: Update | Delete, gateway: Gateway) -> SendResult:
    """Send a change of a live client, once. Called from several threads at a time."""
    try:
        return Sent(change, _send(change, gateway))
    except GatewayError as error:
        return without_answer(change, error)


def without_answer(change: Change, error: GatewayError) -> Unanswered | Failed:
    """The result of a request that was not answered as done: refused, or perhaps done."""
    if isinstance(error, Rejected | NotPermitted | NotAuthenticated | LoginRefused):
        return Failed(change, error)
    return Unanswered(change, error)


def _send(change: Update | Delete, gateway: Gateway) -> int:
    match change:
        case Update():
            return gateway.update_client(change.id, change.after).id
        case Delete():
            gateway.delete_client(change.id)
            return change.id
        case _:
            assert_never(change)
