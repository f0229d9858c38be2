"""Deliver the secrets of managed clients to sinks at any time, or check what the sinks have."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace

from reconciler.applying.deliver import Deliveries
from reconciler.applying.delivery_items import DeliveryTargets, PendingDelivery
from reconciler.applying.report import DeliveryResult
from reconciler.live.gateway import ClientSecret, Gateway
from reconciler.model.clients import DesiredClient, Listing
from reconciler.model.errors import ReconcilerError, WrongUsage
from reconciler.model.names import matches
from reconciler.model.recipients import KEPT, Held
from reconciler.model.settings import Instance
from reconciler.planning.managed import managed_pairs
from reconciler.planning.plan.plan import Plan
from reconciler.results import SecretsResult, SinkContents, SinkEntry, Stopped
from reconciler.secrets.delivery import Deliverer, Leftover
from reconciler.secrets.masking import Mask
from reconciler.secrets.values import DeliveryEvent, SecretDelivery, SinkClient, SinkState
from reconciler.support.frozen import frozen
from reconciler.support.text import did_you_mean, enumeration, quoted
from reconciler.workflow.apply import lock, writing_sessions
from reconciler.workflow.delivery.deliveries import client_of, deliverer_of
from reconciler.workflow.delivery.trials import Place, TrialRequest, Trials
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
    trials: TrialRequest | None = None
    """With `check`: how to try what is stored; None not to."""

    def includes(self, *names: str) -> bool:
        """Whether a client with one of these names is asked for."""
        return not self.names or any(matches(glob, name) for glob in self.names for name in names)


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
            with run.watch(instance.name), ExitStack() as stack:
                if not wanted.check:
                    lock(instance, stack, run)
                gateway = sessions.open(instance, stack)
                if wanted.check:
                    return _check(request, instance, wanted, gateway, lambda: run.stop() or cancel_token())
                return _supply(request, instance, wanted, gateway, run)
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


@frozen
class _Found:
    """What was found before anything is delivered."""

    deliverer: Deliverer
    listing: Listing
    issued: tuple[ClientSecret, ...]
    others: tuple[DesiredClient, ...]
    """The declared clients that were asked for and match no live one."""
    looked: tuple[tuple[_Due, SinkEntry], ...]
    leftovers: tuple[Leftover, ...]
    """What sinks keep of clients that are not live."""


def _find(
    request: PlanRequest, instance: Instance, wanted: DeliveryRequest, gateway: Gateway, mask: Mask | None
) -> _Found:
    deliverer = deliverer_of(instance, request.settings, request.options, mask)
    listing, issued = gateway.list_with_secrets()
    demand_system_clients(listing, instance)
    declared = request.declared.of(instance.name)
    known = list(managed_pairs(declared, listing, plan_policy(request, instance)))
    clients = [
        (client_of(instance, live.name, entry.owner), live.id)
        for entry, live in known
        if wanted.includes(live.name, entry.name)
    ]
    managed = {entry.name for entry, _ in known}
    others = (each for each in declared.present if each.name not in managed and wanted.includes(each.name))
    due = _due(deliverer, clients, issued)
    looked = tuple((each, _look(deliverer, each)) for each in due)
    return _Found(deliverer, listing, issued, tuple(others), looked, _leftovers(deliverer, instance, listing, wanted))


def _leftovers(
    deliverer: Deliverer, instance: Instance, listing: Listing, wanted: DeliveryRequest
) -> tuple[Leftover, ...]:
    left = deliverer.leftovers(instance.name, instance.identity, listing.ids)
    return tuple(each for each in left if wanted.includes(each.name))


def _supply(
    request: PlanRequest, instance: Instance, wanted: DeliveryRequest, gateway: Gateway, run: Run
) -> SecretsResult:
    found = _find(request, instance, wanted, gateway, run.mask)
    supplied = _deliver(instance, found.deliverer, found.looked, found.issued, run)
    dropped = tuple(_drop(instance, found.deliverer, each) for each in found.leftovers)
    return replace(supplied, places=_by_sink((*supplied.places, *dropped), found.deliverer))


def _drop(instance: Instance, deliverer: Deliverer, left: Leftover) -> SinkEntry:
    error = deliverer.remove_leftover(instance.name, instance.identity, left).error
    return SinkEntry(left.name, left.id, left.sink, SinkState.FAILED if error else SinkState.REMOVED, error)


def _by_sink(places: Sequence[SinkEntry], deliverer: Deliverer) -> tuple[SinkEntry, ...]:
    return tuple(sorted(places, key=lambda place: deliverer.labels.index(place.sink)))


def _check(
    request: PlanRequest, instance: Instance, wanted: DeliveryRequest, gateway: Gateway, stop: Callable[[], bool]
) -> SecretsResult:
    found = _find(request, instance, wanted, gateway, None)
    declared = request.declared.of(instance.name).present
    problems = found.deliverer.visible_problems([client_of(instance, each.name, each.owner) for each in declared])
    places: Sequence[SinkEntry] = [place for _, place in found.looked]
    if wanted.trials is not None:
        trials = Trials(wanted.trials, found.deliverer, gateway, found.listing, stop)
        others = [client_of(instance, each.name, each.owner) for each in found.others]
        places = trials.run([Place(due.client, due.number, entry) for due, entry in found.looked], others)
    left = [SinkEntry(each.name, each.id, each.sink, SinkState.LEFT_OVER) for each in found.leftovers]
    return SinkContents(instance, _by_sink((*places, *left), found.deliverer), problems=problems)


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


_HIDDEN = {Held.SAME: SinkState.STORED, **dict.fromkeys(KEPT, SinkState.STAGED)}
"""What a sink has of a client whose secret the instance does not show."""


def _look(deliverer: Deliverer, due: _Due) -> SinkEntry:
    label = deliverer.labels[due.number]
    if due.handover is None:
        held = deliverer.held(due.client, due.id, due.number)
        return SinkEntry(due.client.name, due.id, label, _HIDDEN.get(held, SinkState.NO_SECRET))
    found = deliverer.holding(due.handover, due.number)
    return SinkEntry(due.client.name, due.id, label, found.held, found.error)


_SETTLED = (SinkState.CURRENT, SinkState.STORED, SinkState.NO_SECRET)


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
