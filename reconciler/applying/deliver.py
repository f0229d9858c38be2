"""Deliver client ids and secrets to the sinks of an instance, in parallel, each with a line in the journal."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import field, replace

from reconciler.applying.events import OnProgress
from reconciler.applying.journal import Journal
from reconciler.applying.report import Applied, DeliveryResult, DeliveryStatus, Outcome
from reconciler.applying.send import Attempt, Sent, Unanswered
from reconciler.live.gateway import ClientSecret, CreatedClient
from reconciler.model.errors import SinkError
from reconciler.planning.plan.plan import Change, Create, Delete, Plan, Update, needs_delivery
from reconciler.secrets.delivery import Deliverer, Delivery, MissingSecret
from reconciler.secrets.values import DeliveryEvent, SecretDelivery, SinkClient
from reconciler.support.frozen import frozen
from reconciler.support.workers import WorkerPool


@frozen
class DeliveryTargets:
    """Where an apply delivers: the sinks of the instance, and the secrets missing before. Nowhere without sinks."""

    deliverer: Deliverer = field(default_factory=lambda: Deliverer(()))
    missing_secrets: tuple[MissingSecret, ...] = ()


NO_TARGETS = DeliveryTargets()


@frozen
class PendingDelivery:
    """A client whose secret must be delivered to sinks; the secret has not been read yet."""

    client: SinkClient
    id: int | None
    """None for a create whose answer was lost: only a listing shows it."""
    event: DeliveryEvent
    numbers: tuple[int, ...]
    """The numbers of the sinks in the deliverer."""
    change: Change | None = None
    """The change that requires it; None if it was due before."""


class Deliveries:
    """The deliveries of one apply: each gets a line in the journal and a progress event."""

    def __init__(
        self, plan: Plan, targets: DeliveryTargets, journal: Journal, on_progress: OnProgress, parallelism: int
    ) -> None:
        self._plan = plan
        self._deliverer = targets.deliverer
        self._missing_secrets = targets.missing_secrets
        self._journal = journal
        self._on_progress = on_progress
        self._parallelism = parallelism

    def due(self, attempts: Iterable[Attempt]) -> list[PendingDelivery]:
        """The deliveries that need a listing: renamed clients, creates without an answer, and those missing before.

        Clients whose create was answered have been delivered. Also the successor of a rotation again, before the old
        client is deleted: a killed run may not have delivered it, and deliveries are idempotent.
        """
        made = [item for attempt in attempts for item in self._of_attempt(attempt)]
        succeeding = list(self._successors())
        due = {change.id for change in self._plan.changes if isinstance(change, Update) and change.is_rename}
        due |= {item.id for item in succeeding if item.id is not None}
        # If a name gets a new client, the old one's secret must not be delivered after the new one's.
        new = {item.client.name for item in (*made, *succeeding)}
        before = [
            each for each in _grouped(self._missing_secrets) if each.id not in due and each.client.name not in new
        ]
        return [*sorted(made, key=_place), *succeeding, *before]

    def deliver(
        self, items: Sequence[PendingDelivery], outcomes: Iterable[Outcome], issued: Iterable[ClientSecret]
    ) -> tuple[DeliveryResult, ...]:
        """Deliver what is verified. `outcomes` are those of the changes, `issued` the secrets of the same listing.

        Nothing is delivered for a change that is not verified: its outcome says why, and another apply finds it.
        """
        seen = {outcome.change: outcome for outcome in outcomes if isinstance(outcome, Applied)}
        ready = [found for item in items if (found := _found(item, seen)) is not None]
        secrets = {each.id: each for each in issued}
        live = [item for item in ready if item.id in secrets]
        work = {number: self._delivery(item, secrets[item.id or 0]) for number, item in enumerate(live)}
        gone = [item for item in ready if item.id not in secrets and item.event is DeliveryEvent.ROTATED]
        error = SinkError("it is not live any more: somebody has deleted the new client of a rotation", "plan again")
        return (*self._all(work), *self._noted(self._undelivered(gone, error)))

    def hand_over(self, change: Create, made: CreatedClient) -> tuple[DeliveryResult, ...]:
        """Deliver the secret of a client that was created just now. Called from several threads at a time."""
        client = self._client(change)
        item = PendingDelivery(client, made.id, _event_of(change), self._deliverer.numbers(client), change)
        if not item.numbers:
            return ()
        results = self._delivery(item, ClientSecret(made.id, made.secret, made.client.created_at))()
        self._journal.delivered(results)
        return tuple(results)

    def without_secrets(self, items: Sequence[PendingDelivery], why: str) -> tuple[DeliveryResult, ...]:
        """The results if the secrets cannot be read, for this reason."""
        error = SinkError(f"its secret could not be read: {why}", "deliver it later: reconciler secrets deliver")
        return self._noted(self._undelivered([item for item in items if item.id is not None], error))

    def _undelivered(self, items: Iterable[PendingDelivery], error: SinkError) -> list[DeliveryResult]:
        return [self._result(item, item.id, self._unable(number, error)) for item in items for number in item.numbers]

    def _unable(self, number: int, error: SinkError | None) -> Delivery:
        return Delivery(self._deliverer.labels[number], error, number)

    def forget(self, outcomes: Iterable[Outcome]) -> tuple[DeliveryResult, ...]:
        """Remove verified deletions from the sinks, unless a successor has the client's place by now."""
        deleted = [each.change for each in outcomes if isinstance(each, Applied) and isinstance(each.change, Delete)]
        gone = [change for change in deleted if not change.is_rotation]
        return self._all({number: self._removal(change) for number, change in enumerate(gone)})

    def _of_attempt(self, attempt: Attempt) -> Iterator[PendingDelivery]:
        if not isinstance(attempt, Sent | Unanswered) or not needs_delivery(attempt.change):
            return
        if isinstance(attempt, Sent) and isinstance(attempt.change, Create):
            return
        client = self._client(attempt.change)
        numbers = self._deliverer.numbers(client)
        if numbers:
            event = _event_of(attempt.change)
            known = attempt.id if isinstance(attempt, Sent) else None
            yield PendingDelivery(client, known, event, numbers, attempt.change)

    def _successors(self) -> Iterator[PendingDelivery]:
        for change in self._plan.changes:
            if isinstance(change, Delete) and change.successor is not None:
                client = self._client(change)
                if numbers := self._deliverer.numbers(client):
                    yield PendingDelivery(client, change.successor, DeliveryEvent.ROTATED, numbers)

    def _client(self, change: Change) -> SinkClient:
        return SinkClient(self._plan.instance, self._plan.identity, change.name, change.owner)

    def _removal(self, change: Delete) -> Callable[[], list[DeliveryResult]]:
        def forget() -> list[DeliveryResult]:
            client = self._client(change)
            item = PendingDelivery(client, change.id, DeliveryEvent.DELETED, ())
            done = self._deliverer.forget(client, change.id)
            return [self._result(item, change.id, each, DeliveryStatus.REMOVED) for each in done]

        return forget

    def _delivery(self, item: PendingDelivery, issued: ClientSecret) -> Callable[[], list[DeliveryResult]]:
        def deliver() -> list[DeliveryResult]:
            if issued.secret is None:
                # An old client must not be deleted for a successor that nobody can use.
                error = SinkError("the instance shows no secret of it") if item.event is DeliveryEvent.ROTATED else None
                unable = [self._unable(number, error) for number in item.numbers]
                return [self._result(item, issued.id, each, DeliveryStatus.NO_SECRET) for each in unable]
            before = item.change.before.name if isinstance(item.change, Update) else None
            handover = SecretDelivery(item.event, item.client, issued.id, issued.secret, before, issued.created_at)
            done = self._deliverer.deliver(handover, item.numbers)
            return [self._result(item, issued.id, each) for each in done]

        return deliver

    def _result(
        self,
        item: PendingDelivery,
        client_id: int | None,
        delivery: Delivery,
        done: DeliveryStatus = DeliveryStatus.DELIVERED,
    ) -> DeliveryResult:
        status = done if delivery.error is None else DeliveryStatus.FAILED
        number = delivery.number
        recipient = self._deliverer.recipient(item.client, number) if number is not None else None
        return DeliveryResult(
            item.client.name, client_id or 0, item.event, delivery.sink, status, delivery.error, recipient
        )

    def _all(self, work: Mapping[int, Callable[[], list[DeliveryResult]]]) -> tuple[DeliveryResult, ...]:
        """Do all work in parallel; the results are in the order of the numbers."""
        if not work:
            return ()
        done: dict[int, list[DeliveryResult]] = {}
        waiting = deque(work)

        def numbered(number: int) -> tuple[int, list[DeliveryResult]]:
            return number, work[number]()

        with WorkerPool(min(self._parallelism, len(work)), numbered) as pool:
            while waiting or pool.busy:
                while waiting and pool.free:
                    pool.start(waiting.popleft())
                for number, results in pool.wait():
                    done[number] = results
                    self._noted(results)
        return tuple(result for number in sorted(done) for result in done[number])

    def _noted(self, results: Sequence[DeliveryResult]) -> tuple[DeliveryResult, ...]:
        if results:
            self._journal.delivered(results)
        for each in results:
            self._on_progress(each)
        return tuple(results)


def _found(item: PendingDelivery, seen: Mapping[Change, Applied]) -> PendingDelivery | None:
    """The pending delivery with the id and event from its outcome; None if its change is not verified."""
    if item.change is None:
        return item
    outcome = seen.get(item.change)
    if outcome is None:
        return None
    adopted = outcome.adopted and item.event is DeliveryEvent.CREATED
    return replace(item, id=outcome.id, event=DeliveryEvent.ADOPTED if adopted else item.event)


def _event_of(change: Change) -> DeliveryEvent:
    if not isinstance(change, Create):
        return DeliveryEvent.RENAMED
    return DeliveryEvent.CREATED if change.replaces is None else DeliveryEvent.ROTATED


def _place(item: PendingDelivery) -> tuple[bool, str]:
    return item.event in (DeliveryEvent.CREATED, DeliveryEvent.ROTATED), item.client.name


def _grouped(missing_secrets: Iterable[MissingSecret]) -> list[PendingDelivery]:
    """One pending delivery per client, for all sinks where it is missing."""
    numbers: defaultdict[tuple[SinkClient, int], list[int]] = defaultdict(list)
    for each in missing_secrets:
        numbers[each.client, each.id].append(each.number)
    return [
        PendingDelivery(client, known, DeliveryEvent.EXISTING, tuple(found))
        for (client, known), found in numbers.items()
    ]
