"""Create clients, and hand over each secret from the answer that created the client, before anything else."""

from __future__ import annotations

from reconciler.applying.deliver import Deliveries
from reconciler.applying.send import SendResult, Sent, without_answer
from reconciler.live.gateway import Gateway
from reconciler.model.errors import GatewayError
from reconciler.planning.plan.plan import Create


class Creator:
    """Create the clients of one plan. Called from several threads at a time."""

    def __init__(self, gateway: Gateway, deliveries: Deliveries) -> None:
        self._gateway = gateway
        self._deliveries = deliveries

    def create(self, change: Create) -> SendResult:
        """Create a client, at most once, and deliver its secret to the sinks that cover it."""
        try:
            made = self._gateway.create_client(change.after, beside=change.replaces.id if change.replaces else None)
        except GatewayError as error:
            return without_answer(change, error)
        return Sent(change, made.id, self._deliveries.hand_over(change, made))
