"""Deliveries still pending according to past journals, for sinks that cannot say what they have."""

from __future__ import annotations

from collections.abc import Iterable

from reconciler.applying.past_runs import PastRun, applied, uncertain
from reconciler.applying.report import DeliveryStatus
from reconciler.planning.plan.plan import needs_delivery
from reconciler.secrets.values import SinkClient


class JournaledDeliveries:
    """The clients that past runs created or renamed, and the sinks that received them since.

    The program of a sink must be idempotent, so a delivery that is not in a journal counts as not done.
    """

    def __init__(self, runs: Iterable[PastRun], identity: str) -> None:
        """`runs` may be of several instances and in any order; only those of `identity` count."""
        self._by_id: dict[int, set[str]] = {}
        self._by_name: dict[str, set[str]] = {}
        """For creates that may have succeeded: their id is unknown."""
        for run in sorted(runs, key=lambda run: (run.heading.started_at, run.heading.run)):
            if run.identity == identity:
                self._learn(run)

    def __call__(self, label: str, client: SinkClient, client_id: int) -> bool:
        """Whether the delivery of this client to the sink with this label is pending."""
        given = [self._by_id.get(client_id), self._by_name.get(client.name)]
        return any(labels is not None and label not in labels for labels in given)

    def _learn(self, run: PastRun) -> None:
        self._by_id.update({client_id: set() for change, client_id in applied(run) if needs_delivery(change)})
        self._by_name.update({change.name: set() for change in uncertain(run) if needs_delivery(change)})
        for delivery in run.deliveries:
            if delivery.status in (DeliveryStatus.DELIVERED, DeliveryStatus.NO_SECRET):
                self._by_id.get(delivery.id, set()).add(delivery.sink)
                self._by_name.get(delivery.name, set()).add(delivery.sink)
