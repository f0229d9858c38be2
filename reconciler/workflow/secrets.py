"""Hand over the secrets of managed clients at any time, or find out what the sinks have of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack

from reconciler.applying.deliver import Deliveries, Outbox, Parcel
from reconciler.applying.report import Handed
from reconciler.live.gateway import Gateway, Issued
from reconciler.model.errors import ReconcilerError, WrongUsage
from reconciler.model.names import matches
from reconciler.model.settings import Instance
from reconciler.planning.managed import managed
from reconciler.planning.plan.plan import Plan
from reconciler.results import Place, SecretsResult, State, Stopped, Supplied
from reconciler.secrets.delivery import Deliverer
from reconciler.secrets.values import Client, Event, Handover, Held
from reconciler.support.frozen import dataclass
from reconciler.support.text import did_you_mean, listed, quoted
from reconciler.workflow.apply import lock, writing_sessions
from reconciler.workflow.deliveries import client_of, deliverer_of
from reconciler.workflow.parallel import Ending, at_once
from reconciler.workflow.plan import Order, policy_of
from reconciler.workflow.run import Run


@dataclass(frozen=True, slots=True)
class Wanted:
    """Whose secrets, and whether only to look."""

    names: tuple[str, ...] = ()
    """Globs of declared clients; none for all."""
    check: bool = False


def supply(order: Order, wanted: Wanted, run: Run) -> list[SecretsResult]:
    """Deliver to every sink what it has not, or, with `check`, say what each has; the results are in order.

    The instances are only read. Raises `WrongUsage` for a glob that no declared client matches, and where no instance
    has sinks.
    """
    _refuse_strangers(order, wanted.names)
    instances = [instance for instance in order.instances if instance.sinks]
    if order.instances and not instances:
        names = listed(quoted(instance.name) for instance in order.instances)
        raise WrongUsage(
            f"nowhere to deliver to: {names} without sinks", "say where secrets go: `sinks:` in reconciler.yaml"
        )
    ending = Ending()
    sessions = writing_sessions(order.options, run, ending)

    def visit(instance: Instance) -> SecretsResult:
        try:
            with ExitStack() as stack:
                if not wanted.check:
                    lock(instance, stack, run)
                return _supply(order, instance, wanted, sessions.open(instance, stack), run)
        except ReconcilerError as problem:
            return Stopped(instance, problem)

    return at_once(instances, visit, run.parallelism, ending)


def _refuse_strangers(order: Order, globs: Sequence[str]) -> None:
    known = {client.name for instance in order.instances for client in order.declared[instance.name].present}
    for glob in globs:
        if order.instances and not any(matches(glob, name) for name in known):
            hint = did_you_mean(glob, sorted(known)) or "a glob is for the whole name: '*part*'"
            raise WrongUsage(f"{quoted(glob)} matches no declared client", hint)


@dataclass(frozen=True, slots=True)
class _Due:
    """A client that one sink should have, with its secret if the instance shows it."""

    handover: Handover | None
    client: Client
    id: int
    number: int


def _supply(order: Order, instance: Instance, wanted: Wanted, gateway: Gateway, run: Run) -> SecretsResult:
    deliverer = deliverer_of(instance, order.settings, order.options, run.mask)
    listing, issued = gateway.list_with_secrets()
    known = managed(order.declared[instance.name], listing, policy_of(order, instance))
    clients = [
        (client_of(instance, live.name, entry.owner), live.id)
        for entry, live in known
        if not wanted.names or any(matches(glob, name) for glob in wanted.names for name in (live.name, entry.name))
    ]
    due = list(_due(deliverer, clients, issued))
    looked = [(each, _look(deliverer, each)) for each in due]
    if wanted.check:
        declared = order.declared[instance.name].present
        problems = deliverer.visible_problems([client_of(instance, each.name, each.owner) for each in declared])
        return Supplied(instance, tuple(place for _, place in looked), problems=problems)
    return _deliver(instance, deliverer, looked, issued, run)


def _due(deliverer: Deliverer, clients: Sequence[tuple[Client, int]], issued: Sequence[Issued]) -> Iterator[_Due]:
    """Sink by sink, whom it should have."""
    secrets = {each.id: each for each in issued}
    for number in range(len(deliverer.labels)):
        for client, client_id in clients:
            if number in deliverer.numbers(client):
                yield _Due(_handover(client, secrets[client_id]), client, client_id, number)


def _handover(client: Client, issued: Issued) -> Handover | None:
    if issued.secret is None:
        return None
    return Handover(Event.EXISTING, client, issued.id, issued.secret, created_at=issued.created_at)


_STATES = {
    Held.CURRENT: State.CURRENT,
    Held.STALE: State.STALE,
    Held.MISSING: State.MISSING,
    Held.UNKNOWN: State.UNKNOWN,
}


def _look(deliverer: Deliverer, due: _Due) -> Place:
    label = deliverer.labels[due.number]
    if due.handover is None:
        return Place(due.client.name, due.id, label, State.NO_SECRET)
    found = deliverer.holding(due.handover, due.number)
    return Place(due.client.name, due.id, label, _STATES[found.held], found.error)


_SETTLED = (State.CURRENT, State.NO_SECRET)


def _deliver(
    instance: Instance, deliverer: Deliverer, looked: Sequence[tuple[_Due, Place]], issued: Sequence[Issued], run: Run
) -> Supplied:
    """Give each sink what it has not. A sink that says that it could not take them is not tried for each of them."""
    failing = {each.sink: each.error for each in deliverer.problems([due.client for due, _ in looked])}
    tried = [due for due, place in looked if place.state not in _SETTLED and place.sink not in failing]
    handed, failure = _handed(instance, deliverer, tried, issued, run) if tried else ((), None)
    fates = {(each.id, each.sink): each for each in handed}

    def place_of(place: Place) -> Place:
        if place.state in _SETTLED:
            return place
        fate = fates.get((place.id, place.sink))
        error = failing.get(place.sink) if fate is None else fate.error
        return Place(place.name, place.id, place.sink, State.FAILED if error else State.DELIVERED, error)

    return Supplied(instance, tuple(place_of(place) for _, place in looked), failure)


def _handed(
    instance: Instance, deliverer: Deliverer, due: Sequence[_Due], issued: Sequence[Issued], run: Run
) -> tuple[tuple[Handed, ...], str | None]:
    numbers: dict[tuple[Client, int], tuple[int, ...]] = {}
    for each in due:
        key = each.client, each.id
        numbers[key] = (*numbers.get(key, ()), each.number)
    parcels = [Parcel(client, known, Event.EXISTING, found) for (client, known), found in numbers.items()]
    plan = Plan(instance.name, instance.identity)
    with run.journal_of(plan) as journal:
        counter = Deliveries(plan, Outbox(deliverer), journal, lambda event: run.tell(instance, event), run.parallelism)
        handed = counter.hand_over(parcels, (), issued)
        journal.finished((), interrupted=False)
        return handed, journal.failure
