"""Handing the ids and secrets of clients to the sinks of an instance, several at once, each written down."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import field, replace

from reconciler.applying.events import Tell
from reconciler.applying.journal import Journal
from reconciler.applying.report import Applied, Handed, Outcome, Status
from reconciler.applying.send import Attempt, Sent, Unanswered
from reconciler.live.gateway import Issued
from reconciler.model.errors import SinkError
from reconciler.planning.plan.plan import Change, Create, Delete, Plan, Update
from reconciler.secrets.delivery import Deliverer, Delivery, Lacking
from reconciler.secrets.values import Client, Event, Handover
from reconciler.support.frozen import dataclass
from reconciler.support.workers import Crew


@dataclass(frozen=True, slots=True)
class Outbox:
    """Where an apply delivers: the sinks of the instance, and what they lacked before it. Without sinks, nowhere."""

    deliverer: Deliverer = field(default_factory=lambda: Deliverer(()))
    lacking: tuple[Lacking, ...] = ()


NOWHERE = Outbox()


@dataclass(frozen=True, slots=True)
class Parcel:
    """A client whose secret is due at sinks, before anybody has seen the secret."""

    client: Client
    id: int | None
    """None for a create whose answer was lost: only a look tells."""
    event: Event
    numbers: tuple[int, ...]
    """The sinks', by which the deliverer knows them."""
    change: Change | None = None
    """What made it due; None if a sink lacked it before."""


class Deliveries:
    """The deliveries of one apply: each is written down, and told to whoever listens."""

    def __init__(self, plan: Plan, outbox: Outbox, journal: Journal, tell: Tell, parallelism: int) -> None:
        self._plan = plan
        self._deliverer = outbox.deliverer
        self._lacking = outbox.lacking
        self._journal = journal
        self._tell = tell
        self._parallelism = parallelism

    def due(self, attempts: Iterable[Attempt]) -> list[Parcel]:
        """What these attempts make due: whoever was created or renamed, and whom sinks lacked before.

        And before the old client of a rotation goes, its successor once more: nobody knows what a killed run has
        delivered, and to deliver again changes nothing.
        """
        made = [parcel for attempt in attempts for parcel in self._of_attempt(attempt)]
        succeeding = list(self._successors())
        due = {change.id for change in self._plan.changes if isinstance(change, Update) and change.is_rename}
        due |= {parcel.id for parcel in succeeding if parcel.id is not None}
        # Of a name that gets a new client, the old one's secret must not come after the new one's.
        new = {parcel.client.name for parcel in (*made, *succeeding)}
        before = [each for each in _grouped(self._lacking) if each.id not in due and each.client.name not in new]
        return [*sorted(made, key=_place), *succeeding, *before]

    def hand_over(
        self, parcels: Sequence[Parcel], outcomes: Iterable[Outcome], issued: Iterable[Issued]
    ) -> tuple[Handed, ...]:
        """Deliver what was seen to be there. `outcomes` are those of the parcels' changes, `issued` the same look.

        Of a change that is not certain nothing is delivered: its outcome tells why, and another apply finds it.
        """
        seen = {outcome.change: outcome for outcome in outcomes if isinstance(outcome, Applied)}
        ready = [found for parcel in parcels if (found := _found(parcel, seen)) is not None]
        secrets = {each.id: each for each in issued}
        live = [parcel for parcel in ready if parcel.id in secrets]
        work = {number: self._delivery(parcel, secrets[parcel.id or 0]) for number, parcel in enumerate(live)}
        gone = [parcel for parcel in ready if parcel.id not in secrets and parcel.event is Event.ROTATED]
        error = SinkError("it is not live any more: somebody has deleted the new client of a rotation", "plan again")
        return (*self._all(work), *self._noted(self._undelivered(gone, error)))

    def without_a_look(self, parcels: Sequence[Parcel], why: str) -> tuple[Handed, ...]:
        """What becomes of parcels if the secrets cannot be seen, for this reason."""
        error = SinkError(f"its secret could not be read: {why}", "deliver it later: reconciler secrets deliver")
        return self._noted(self._undelivered([parcel for parcel in parcels if parcel.id is not None], error))

    def _undelivered(self, parcels: Iterable[Parcel], error: SinkError) -> list[Handed]:
        return [
            self._handed(parcel, parcel.id, Delivery(self._deliverer.labels[number], error))
            for parcel in parcels
            for number in parcel.numbers
        ]

    def forget(self, outcomes: Iterable[Outcome]) -> tuple[Handed, ...]:
        """Have the sinks forget the clients whose deletion was seen, unless another one has their place by now."""
        deleted = [each.change for each in outcomes if isinstance(each, Applied) and isinstance(each.change, Delete)]
        gone = [change for change in deleted if not change.is_rotation]
        return self._all({number: self._removal(change) for number, change in enumerate(gone)})

    def _of_attempt(self, attempt: Attempt) -> Iterator[Parcel]:
        if not isinstance(attempt, Sent | Unanswered) or not _has_news(attempt.change):
            return
        client = self._client(attempt.change)
        numbers = self._deliverer.numbers(client)
        if numbers:
            event = _event_of(attempt.change)
            known = attempt.id if isinstance(attempt, Sent) else None
            yield Parcel(client, known, event, numbers, attempt.change)

    def _successors(self) -> Iterator[Parcel]:
        for change in self._plan.changes:
            if isinstance(change, Delete) and change.successor is not None:
                client = self._client(change)
                if numbers := self._deliverer.numbers(client):
                    yield Parcel(client, change.successor, Event.ROTATED, numbers)

    def _client(self, change: Change) -> Client:
        return Client(self._plan.instance, self._plan.identity, change.name, change.owner)

    def _removal(self, change: Delete) -> Callable[[], list[Handed]]:
        def forget() -> list[Handed]:
            client = self._client(change)
            parcel = Parcel(client, change.id, Event.DELETED, ())
            done = self._deliverer.forget(client, change.id)
            return [self._handed(parcel, change.id, each, Status.REMOVED) for each in done]

        return forget

    def _delivery(self, parcel: Parcel, issued: Issued) -> Callable[[], list[Handed]]:
        def deliver() -> list[Handed]:
            if issued.secret is None:
                # An old client must not go for one that nobody can use.
                error = SinkError("the instance shows no secret of it") if parcel.event is Event.ROTATED else None
                labels = [Delivery(self._deliverer.labels[number], error) for number in parcel.numbers]
                return [self._handed(parcel, issued.id, each, Status.NO_SECRET) for each in labels]
            before = parcel.change.before.name if isinstance(parcel.change, Update) else None
            handover = Handover(parcel.event, parcel.client, issued.id, issued.secret, before, issued.created_at)
            done = self._deliverer.deliver(handover, parcel.numbers)
            return [self._handed(parcel, issued.id, each) for each in done]

        return deliver

    def _handed(
        self, parcel: Parcel, client_id: int | None, delivery: Delivery, done: Status = Status.DELIVERED
    ) -> Handed:
        status = done if delivery.error is None else Status.FAILED
        return Handed(parcel.client.name, client_id or 0, parcel.event, delivery.sink, status, delivery.error)

    def _all(self, work: Mapping[int, Callable[[], list[Handed]]]) -> tuple[Handed, ...]:
        """Do all of it, so many at once; what came of it in the order of the numbers."""
        if not work:
            return ()
        done: dict[int, list[Handed]] = {}
        waiting = deque(work)

        def numbered(number: int) -> tuple[int, list[Handed]]:
            return number, work[number]()

        with Crew(min(self._parallelism, len(work)), numbered) as crew:
            while waiting or crew.busy:
                while waiting and crew.free:
                    crew.start(waiting.popleft())
                for number, handed in crew.wait():
                    done[number] = handed
                    self._noted(handed)
        return tuple(handed for number in sorted(done) for handed in done[number])

    def _noted(self, handed: Sequence[Handed]) -> tuple[Handed, ...]:
        if handed:
            self._journal.handed(handed)
        for each in handed:
            self._tell(each)
        return tuple(handed)


def _found(parcel: Parcel, seen: Mapping[Change, Applied]) -> Parcel | None:
    """The parcel with what a look tells of its client; None if it does not show the client as it should be."""
    if parcel.change is None:
        return parcel
    outcome = seen.get(parcel.change)
    if outcome is None:
        return None
    adopted = outcome.adopted and parcel.event is Event.CREATED
    return replace(parcel, id=outcome.id, event=Event.ADOPTED if adopted else parcel.event)


def _has_news(change: Change) -> bool:
    return isinstance(change, Create) or (isinstance(change, Update) and change.is_rename)


def _event_of(change: Change) -> Event:
    if not isinstance(change, Create):
        return Event.RENAMED
    return Event.CREATED if change.replaces is None else Event.ROTATED


def _place(parcel: Parcel) -> tuple[bool, str]:
    return parcel.event in (Event.CREATED, Event.ROTATED), parcel.client.name


def _grouped(lacking: Iterable[Lacking]) -> list[Parcel]:
    """One parcel a client, however many sinks lack it."""
    numbers: defaultdict[tuple[Client, int], list[int]] = defaultdict(list)
    for each in lacking:
        numbers[each.client, each.id].append(each.number)
    return [Parcel(client, known, Event.EXISTING, tuple(found)) for (client, known), found in numbers.items()]
