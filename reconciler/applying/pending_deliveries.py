"""Deliveries that past journals know of, done and still pending, for sinks that cannot say what they have."""

from __future__ import annotations

from collections.abc import Iterable

from reconciler.applying.past_runs import PastRun, applied, uncertain
from reconciler.applying.report import DeliveryStatus
from reconciler.model.recipients import Recipient, Recorded
from reconciler.planning.plan.plan import Create, needs_delivery
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
        self._given: dict[tuple[int, str], dict[str, Recipient | None]] = {}
        """Who got the last delivery of a client to a sink, by place: sinks of several programs may share a label."""
        self._failed: set[tuple[int, str]] = set()
        self._created: set[int] = set()
        self._perhaps_created: set[str] = set()
        for run in sorted(runs, key=lambda run: (run.heading.started_at, run.heading.run)):
            if run.identity == identity:
                self._learn(run)

    def __call__(self, label: str, client: SinkClient, client_id: int) -> Recorded | None:
        """What is known of this client at the sink with this label; None if that is nothing."""
        given = [self._by_id.get(client_id), self._by_name.get(client.name)]
        pending = any(labels is not None and label not in labels for labels in given)
        last = self._given.get((client_id, label), {})
        if not (pending or last):
            return None
        return Recorded(
            pending,
            failed=(client_id, label) in self._failed,
            recipients=tuple(filter(None, last.values())),
            created=client_id in self._created or client.name in self._perhaps_created,
            unnamed=None in last.values(),
        )

    def _learn(self, run: PastRun) -> None:
        self._by_id.update({client_id: set() for change, client_id in applied(run) if needs_delivery(change)})
        self._by_name.update({change.name: set() for change in uncertain(run) if needs_delivery(change)})
        self._created.update(client_id for change, client_id in applied(run) if isinstance(change, Create))
        self._perhaps_created.update(change.name for change in uncertain(run) if isinstance(change, Create))
        for delivery in run.deliveries:
            if delivery.status is DeliveryStatus.FAILED:
                self._failed.add((delivery.id, delivery.sink))
            if delivery.status in (DeliveryStatus.DELIVERED, DeliveryStatus.NO_SECRET):
                self._by_id.get(delivery.id, set()).add(delivery.sink)
                self._by_name.get(delivery.name, set()).add(delivery.sink)
                to = delivery.recipient
                self._given.setdefault((delivery.id, delivery.sink), {})[to.place if to else ""] = to
