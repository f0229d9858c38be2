"""Deliver client ids and secrets to the sinks of an instance, in parallel, each with a line in the journal."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from reconciler.applying.delivery_items import (
    DeliveryTargets,
    PendingDelivery,
    event_of,
    found_item,
    grouped,
    place_of,
)
from reconciler.applying.events import OnProgress
from reconciler.applying.journal import Journal
from reconciler.applying.report import Applied, DeliveryResult, DeliveryStatus, Outcome
from reconciler.applying.send import Attempt, Sent, Unanswered
from reconciler.live.gateway import ClientSecret
from reconciler.model.errors import SinkError
from reconciler.model.secret import Secret
from reconciler.planning.plan.plan import Change, Create, Delete, Plan, Update, needs_delivery
from reconciler.secrets.delivery import Delivery
from reconciler.secrets.values import DeliveryEvent, SecretDelivery, SinkClient
from reconciler.support.workers import WorkerPool


class Deliveries:
    """The deliveries of one apply: each gets a line in the journal and a progress event."""

    def __init__(  # noqa: PLR0913  (by name: what is delivered where, and who is told)
        self,
        plan: Plan,
        targets: DeliveryTargets,
        journal: Journal,
        on_progress: OnProgress,
        parallelism: int,
        *,
        readable: bool = True,
    ) -> None:
        """`readable` is whether the instance shows the secrets of live clients."""
        self._readable = readable
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
        before = [each for each in grouped(self._missing_secrets) if each.id not in due and each.client.name not in new]
        return [*sorted(made, key=place_of), *succeeding, *(before if self._readable else ())]

    def put_kept_into_use(self) -> tuple[DeliveryResult, ...]:
        """Put into use what sinks lack under the name of its client, where the instance shows no secret.

        Before the first write: what a sink still has under an earlier name would be overwritten by whoever gets it.
        """
        if self._readable:
            return ()
        later = {item.id for item in self._successors()}
        items = [item for item in grouped(self._missing_secrets) if item.id not in later]
        return self._all({number: self._kept(item) for number, item in enumerate(items)})

    def _kept(self, item: PendingDelivery) -> Callable[[], list[DeliveryResult]]:
        return lambda: self._made_current(item)

    def deliver(
        self, items: Sequence[PendingDelivery], outcomes: Iterable[Outcome], issued: Iterable[ClientSecret]
    ) -> tuple[DeliveryResult, ...]:
        """Deliver what is verified. `outcomes` are those of the changes, `issued` the secrets of the same listing.

        Nothing is delivered for a change that is not verified: its outcome says why, and another apply finds it.
        """
        seen = {outcome.change: outcome for outcome in outcomes if isinstance(outcome, Applied)}
        ready = [found for item in items if (found := found_item(item, seen)) is not None]
        secrets = {each.id: each for each in issued}
        live = [item for item in ready if item.id in secrets]
        work = {number: self._delivery(item, secrets[item.id or 0]) for number, item in enumerate(live)}
        gone = [item for item in ready if item.id not in secrets and item.event is DeliveryEvent.ROTATED]
        error = SinkError("it is not live any more: somebody has deleted the new client of a rotation", "plan again")
        return (*self._all(work), *self._noted(self._undelivered(gone, error)))

    def hand_over(
        self, change: Create, client_id: int, secret: Secret | None, created_at: datetime | None
    ) -> tuple[DeliveryResult, ...]:
        """Deliver the secret of a client that was created just now. Called from several threads at a time."""
        item = self._of_create(change, client_id)
        if not item.numbers:
            return ()
        return self._journaled(self._delivery(item, ClientSecret(client_id, secret, created_at))())

    def stage(
        self, change: Create, client_id: int, secret: Secret, created_at: datetime | None
    ) -> tuple[DeliveryResult, ...]:
        """Stage the secret of a client that was created under a mark. Called from several threads at a time.

        Programs are told it now, unless it is the successor of a rotation: what they have is still in use. Raises
        SinkError for the first sink that fails; then the client must not be finished.
        """
        item = self._of_create(change, client_id)
        staging, programs = self._deliverer.staging(item.numbers)
        told = SecretDelivery(item.event, item.client, client_id, secret, created_at=created_at)
        _demand(self._deliverer.stage(told, staging))
        return self._tell(item, told, () if item.event is DeliveryEvent.ROTATED else programs)

    def put_into_use(
        self, change: Create, client_id: int, secret: Secret | None, created_at: datetime | None
    ) -> tuple[DeliveryResult, ...]:
        """Put a staged secret into use. In a rotation, programs are told it first, if this run knows it.

        Called from several threads at a time. Raises SinkError if no program takes it; then the client must be deleted.
        If only some do, it must stay: they may keep one secret for each name.
        """
        item = self._of_create(change, client_id)
        staging, programs = self._deliverer.staging(item.numbers)
        told: tuple[DeliveryResult, ...] = ()
        known = None
        if secret is not None:
            known = SecretDelivery(item.event, item.client, client_id, secret, created_at=created_at)
        if item.event is DeliveryEvent.ROTATED and known is not None:
            told = self._tell(item, known, programs)
        return (*told, *self._journaled([self._used(item, number, known) for number in staging]))

    def _used(self, item: PendingDelivery, number: int, known: SecretDelivery | None) -> DeliveryResult:
        """Put what a sink has staged into use. If somebody removed it meanwhile, deliver the secret if it is known."""
        [result] = self._made_current(replace(item, numbers=(number,)))
        if result.status is not DeliveryStatus.NO_SECRET:
            return result
        if known is None:
            error = SinkError("the new secret that it had staged is gone", "for a new secret, rotate the client")
            return replace(result, status=DeliveryStatus.FAILED, error=error)
        [done] = self._deliverer.deliver(known, (number,))
        return self._result(item, known.id, done)

    def drop(self, change: Create, client_id: int) -> None:
        """Have the sinks forget a client that was begun and deleted again. Raises SinkError for the first that fails.

        Called from several threads at a time.
        """
        _demand(self._deliverer.forget(self._client(change), client_id))

    def _of_create(self, change: Create, client_id: int) -> PendingDelivery:
        client = self._client(change)
        return PendingDelivery(client, client_id, event_of(change), self._deliverer.numbers(client), change)

    def _tell(
        self, item: PendingDelivery, delivery: SecretDelivery, numbers: tuple[int, ...]
    ) -> tuple[DeliveryResult, ...]:
        done = self._deliverer.deliver(delivery, numbers)
        results = self._journaled([self._result(item, delivery.id, each) for each in done])
        if item.event is DeliveryEvent.ROTATED and any(each.error is None for each in done):
            return results  # one may have given up the old secret for this one: so both clients stay
        _demand(done)
        return results

    def _made_current(self, item: PendingDelivery) -> list[DeliveryResult]:
        """Put into use what is staged; a sink that has nothing of the client has no secret of it."""
        done = self._deliverer.make_current(item.client, item.id or 0, item.numbers)
        return [
            self._result(item, item.id, each, DeliveryStatus.DELIVERED if has_it else DeliveryStatus.NO_SECRET)
            for each, has_it in done
        ]

    def _journaled(self, results: Sequence[DeliveryResult]) -> tuple[DeliveryResult, ...]:
        if results:
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
        gone = [each.change for each in outcomes if isinstance(each, Applied) and isinstance(each.change, Delete)]
        return self._all({number: self._removal(change) for number, change in enumerate(gone)})

    def _of_attempt(self, attempt: Attempt) -> Iterator[PendingDelivery]:
        if not isinstance(attempt, Sent | Unanswered) or not needs_delivery(attempt.change):
            return
        if isinstance(attempt, Sent) and attempt.deliveries is not None:
            return
        client = self._client(attempt.change)
        numbers = self._deliverer.numbers(client)
        if numbers:
            event = event_of(attempt.change)
            known = attempt.id if isinstance(attempt, Sent) else None
            yield PendingDelivery(client, known, event, numbers, attempt.change)

    def _successors(self) -> Iterator[PendingDelivery]:
        for change in self._plan.changes:
            if isinstance(change, Delete) and change.successor is not None:
                client = self._client(change)
                numbers = self._deliverer.numbers(client)
                if not self._readable:  # that programs have it is known from a journal, or the plan is refused
                    numbers, _ = self._deliverer.staging(numbers)
                if numbers:
                    yield PendingDelivery(client, change.successor, DeliveryEvent.ROTATED, numbers)

    def _client(self, change: Change) -> SinkClient:
        return SinkClient(self._plan.instance, self._plan.identity, change.name, change.owner)

    def _removal(self, change: Delete) -> Callable[[], list[DeliveryResult]]:
        def forget() -> list[DeliveryResult]:
            client = self._client(change)
            item = PendingDelivery(client, change.id, DeliveryEvent.DELETED, ())
            done = self._deliverer.forget(client, change.id, replaced=change.is_rotation)
            return [self._result(item, change.id, each, DeliveryStatus.REMOVED) for each in done]

        return forget

    def _delivery(self, item: PendingDelivery, issued: ClientSecret) -> Callable[[], list[DeliveryResult]]:
        def deliver() -> list[DeliveryResult]:
            if issued.secret is None:
                return [self._unless_needed(item, each) for each in self._made_current(replace(item, id=issued.id))]
            before = item.change.before.name if isinstance(item.change, Update) else None
            handover = SecretDelivery(item.event, item.client, issued.id, issued.secret, before, issued.created_at)
            done = self._deliverer.deliver(handover, item.numbers)
            return [self._result(item, issued.id, each) for each in done]

        return deliver

    def _unless_needed(self, item: PendingDelivery, result: DeliveryResult) -> DeliveryResult:
        """The result; a failure if an old client would be deleted for a successor that nobody can use."""
        if result.status is not DeliveryStatus.NO_SECRET or item.event is not DeliveryEvent.ROTATED:
            return result
        error = SinkError("the instance shows no secret of it, and this sink is not known to have it")
        return replace(result, status=DeliveryStatus.FAILED, error=error)

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
        for each in self._journaled(results):
            self._on_progress(each)
        return tuple(results)


def _demand(done: Iterable[Delivery]) -> None:
    """Raise the error of the first delivery that failed, with the name of its sink."""
    for each in done:
        if each.error is not None:
            raise SinkError(f"{each.sink}: {each.error.message}", each.error.hint)
