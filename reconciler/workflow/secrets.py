"""Deliver the secrets of managed clients to sinks at any time, or check what the sinks have."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack

from reconciler.applying.deliver import Deliveries, DeliveryTargets, PendingDelivery
from reconciler.applying.report import DeliveryResult
from reconciler.live.gateway import ClientSecret, Gateway
from reconciler.model.errors import ReconcilerError, WrongUsage
from reconciler.model.names import matches
from reconciler.model.settings import Instance
from reconciler.planning.managed import managed_pairs
from reconciler.planning.plan.plan import Plan
from reconciler.results import SecretsResult, SinkContents, SinkEntry, Stopped
from reconciler.secrets.delivery import Deliverer
from reconciler.secrets.values import DeliveryEvent, SecretDelivery, SinkClient, SinkState
from reconciler.support.frozen import frozen
from reconciler.support.text import did_you_mean, enumeration, quoted
from reconciler.workflow.apply import lock, writing_sessions
from reconciler.workflow.delivery.deliveries import client_of, deliverer_of
from reconciler.workflow.listing import demand_system_clients
from reconciler.workflow.parallel import CancelToken, map_parallel
from reconciler.workflow.plan import PlanRequest, plan_policy
from reconciler.workflow.run import Run


@frozen
class DeliveryRequest:
    """Which clients' secrets to deliver, and whether only to check."""

    names: tuple[str, ...] = ()
    """Globs of declared clients; empty for all."""
    check: bool = False


def deliver_secrets(request: PlanRequest, wanted: DeliveryRequest, run: Run) -> list[SecretsResult]:
    """Deliver to every sink what it lacks, or, with `check`, report what each has; results in the instances' order.

    The instances are only read. Raises `WrongUsage` for a glob that no declared client matches, and if no instance has
    sinks.
    """
    _refuse_unmatched(request, wanted.names)
    instances = [instance for instance in request.instances if instance.sinks]
    if request.instances and not instances:
        names = enumeration(quoted(instance.name) for instance in request.instances)
        raise WrongUsage(
            f"nowhere to deliver to: {names} without sinks", "say where secrets go: `sinks:` in reconciler.yaml"
        )
    cancel_token = CancelToken()
    sessions = writing_sessions(request.options, run, cancel_token)

    def visit(instance: Instance) -> SecretsResult:
        try:
            with ExitStack() as stack:
                if not wanted.check:
                    lock(instance, stack, run)
                return _supply(request, instance, wanted, sessions.open(instance, stack), run)
        except ReconcilerError as problem:
            return Stopped(instance, problem)

    return map_parallel(instances, visit, run.parallelism, cancel_token)


def _refuse_unmatched(request: PlanRequest, globs: Sequence[str]) -> None:
    known = {client.name for instance in request.instances for client in request.declared.of(instance.name).present}
    for glob in globs:
        if request.instances and not any(matches(glob, name) for name in known):
            hint = did_you_mean(glob, sorted(known)) or "a glob is for the whole name: '*part*'"
            raise WrongUsage(f"{quoted(glob)} matches no declared client", hint)


@frozen
class _Due:
    """A client that one sink should have, with its secret if the instance shows it."""

    handover: SecretDelivery | None
    client: SinkClient
    id: int
    number: int


def _supply(
    request: PlanRequest, instance: Instance, wanted: DeliveryRequest, gateway: Gateway, run: Run
) -> SecretsResult:
    deliverer = deliverer_of(instance, request.settings, request.options, run.mask)
    listing, issued = gateway.list_with_secrets()
    demand_system_clients(listing, instance)
    known = managed_pairs(request.declared.of(instance.name), listing, plan_policy(request, instance))
    clients = [
        (client_of(instance, live.name, entry.owner), live.id)
        for entry, live in known
        if not wanted.names or any(matches(glob, name) for glob in wanted.names for name in (live.name, entry.name))
    ]
    due = list(_due(deliverer, clients, issued))
    looked = [(each, _look(deliverer, each)) for each in due]
    if wanted.check:
        declared = request.declared.of(instance.name).present
        problems = deliverer.visible_problems([client_of(instance, each.name, each.owner) for each in declared])
        return SinkContents(instance, tuple(place for _, place in looked), problems=problems)
    return _deliver(instance, deliverer, looked, issued, run)


def _due(
    deliverer: Deliverer, clients: Sequence[tuple[SinkClient, int]], issued: Sequence[ClientSecret]
) -> Iterator[_Due]:
    """The clients that each sink should have, sink by sink."""
    secrets = {each.id: each for each in issued}
    for number in range(len(deliverer.labels)):
        for client, client_id in clients:
            if number in deliverer.numbers(client):
                yield _Due(_handover(client, secrets[client_id]), client, client_id, number)


def _handover(client: SinkClient, issued: ClientSecret) -> SecretDelivery | None:
    if issued.secret is None:
        return None
    return SecretDelivery(DeliveryEvent.EXISTING, client, issued.id, issued.secret, created_at=issued.created_at)


def _look(deliverer: Deliverer, due: _Due) -> SinkEntry:
    label = deliverer.labels[due.number]
    if due.handover is None:
        return SinkEntry(due.client.name, due.id, label, SinkState.NO_SECRET)
    found = deliverer.holding(due.handover, due.number)
    return SinkEntry(due.client.name, due.id, label, found.held, found.error)


_SETTLED = (SinkState.CURRENT, SinkState.NO_SECRET)


def _deliver(
    instance: Instance,
    deliverer: Deliverer,
    looked: Sequence[tuple[_Due, SinkEntry]],
    issued: Sequence[ClientSecret],
    run: Run,
) -> SinkContents:
    """Deliver to each sink what it lacks. A sink that reports that it could not take secrets is not tried at all.

    Raises SinkError if something is to be delivered and cannot be masked.
    """
    if deliverer.mask_problem is not None and any(place.state not in _SETTLED for _, place in looked):
        raise deliverer.mask_problem
    failing = {each.sink: each.error for each in deliverer.problems([due.client for due, _ in looked])}
    tried = [due for due, place in looked if place.state not in _SETTLED and place.sink not in failing]
    sent, failure = _send(instance, deliverer, tried, issued, run) if tried else ((), None)
    fates = {(each.id, each.sink): each for each in sent}

    def place_of(place: SinkEntry) -> SinkEntry:
        if place.state in _SETTLED:
            return place
        fate = fates.get((place.id, place.sink))
        error = failing.get(place.sink) if fate is None else fate.error
        return SinkEntry(place.name, place.id, place.sink, SinkState.FAILED if error else SinkState.DELIVERED, error)

    return SinkContents(instance, tuple(place_of(place) for _, place in looked), failure)


def _send(
    instance: Instance, deliverer: Deliverer, due: Sequence[_Due], issued: Sequence[ClientSecret], run: Run
) -> tuple[tuple[DeliveryResult, ...], str | None]:
    numbers: dict[tuple[SinkClient, int], tuple[int, ...]] = {}
    for each in due:
        key = each.client, each.id
        numbers[key] = (*numbers.get(key, ()), each.number)
    items = [
        PendingDelivery(client, known, DeliveryEvent.EXISTING, found) for (client, known), found in numbers.items()
    ]
    plan = Plan(instance.name, instance.identity)
    with run.journal_of(plan) as journal:
        counter = Deliveries(
            plan, DeliveryTargets(deliverer), journal, lambda event: run.on_progress(instance, event), run.parallelism
        )
        sent = counter.deliver(items, (), issued)
        journal.finished((), interrupted=False)
        return sent, journal.failure
