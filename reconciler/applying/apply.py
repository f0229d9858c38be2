"""Applying a plan: write, then look and say what became of each change. The only place that writes.

    updates and renames     in parallel
             ↓
          creates           in parallel
             ↓
is each of them there?      an answer that was lost, or a secret to deliver, costs a look; else the answers will do
             ↓
  secrets to the sinks      in parallel, of whoever that look shows
             ↓
          deletes           in parallel
             ↓
       the last look        "applied" means that it shows the change; sinks forget what is gone
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from reconciler.applying.deliver import NO_TARGETS, Deliveries, DeliveryTargets
from reconciler.applying.events import Tell
from reconciler.applying.journal import Journal
from reconciler.applying.report import Applied, DeliveryResult, DeliveryStatus, Failed, Outcome, Report, Skipped
from reconciler.applying.send import Attempt, Sent, Try, Unanswered, send
from reconciler.applying.stop_conditions import StopConditions
from reconciler.applying.verify import gather_evidence, judge_attempt, without_evidence
from reconciler.applying.writer import Writer
from reconciler.live.gateway import ClientSecret, Gateway
from reconciler.model.clients import Listing
from reconciler.model.errors import GatewayError
from reconciler.planning.plan.plan import Create, Delete, Plan, Update
from reconciler.support.workers import WorkerPool

DEFAULT_PARALLELISM = 8
"""Requests under way at once."""


def never_stop() -> bool:
    """Nobody stops it."""
    return False


def apply_plan(  # noqa: PLR0913  (what is written where, and who hears of it, by name)
    plan: Plan,
    gateway: Gateway,
    *,
    journal: Journal,
    tell: Tell,
    parallelism: int = DEFAULT_PARALLELISM,
    stop: Callable[[], bool] = never_stop,
    targets: DeliveryTargets = NO_TARGETS,
) -> Report:
    """Write the plan's changes, updates and renames first, then creates, then deletes, and verify them.

    In between, the secrets of created and renamed clients go to the sinks of the `outbox`, and those that it lacked
    before; also after `stop`, since what was created must not be without its secret for that. A sink that fails stops
    nothing but the deletes.

    At most `parallelism` requests are under way at once; the gateway has to bear that many threads. A change that
    fails does not stop the others, but for the deletes, which wait for everything else. Nothing is started any more
    once the account is refused, the instance is silent, the journal fails, or `stop` says so (it must not take that
    back); what is under way still finishes, and the last look tells what was written. Gateway errors end up in the
    report, and a plan without changes makes no request, unless a sink lacks something. Any other exception,
    KeyboardInterrupt first of all, goes through at once without waiting for what is under way; the journal then tells
    what was sent.
    """

    def send_numbered(number: int) -> tuple[int, Try]:
        return number, send(plan.changes[number], gateway)

    conditions = StopConditions(stop)
    deliveries = Deliveries(plan, targets, journal, tell, parallelism)
    with WorkerPool(parallelism, send_numbered) as pool:
        writer = Writer(plan, pool, journal, conditions, tell)
        attempts, look, handed = _write(plan, gateway, writer, conditions, deliveries)
    if look is None:
        look = _look(plan, gateway.list_clients, conditions) if any(map(_is_open, attempts)) else Listing()
    outcomes = _judged(plan, attempts, look)
    for attempt, outcome in zip(attempts, outcomes, strict=True):
        if _is_open(attempt):
            tell(outcome)
    handed += deliveries.forget(outcomes)
    interrupted = stop()
    journal.finished(outcomes, interrupted=interrupted)
    return Report(tuple(outcomes), interrupted, journal.failure, handed)


def _write(
    plan: Plan, gateway: Gateway, writer: Writer, conditions: StopConditions, deliveries: Deliveries
) -> tuple[Sequence[Attempt], Listing | str | None, tuple[DeliveryResult, ...]]:
    """What became of each change and of the secrets, and what the instance looks like after the last write.

    None for the last, if nobody has looked since.
    """
    writer.write(Update)
    writer.write(Create)
    look, handed = _deliver(plan, gateway, writer.attempts, conditions, deliveries)
    if look is None:
        look = _look_before_deletes(plan, writer.attempts, gateway, conditions)
    if any(each.status is DeliveryStatus.FAILED for each in handed):
        conditions.block(Delete, "deletes start only after every secret was delivered")
    if not _all_there(plan, writer.attempts, look):
        conditions.block(Delete, "deletes start only after every other change has succeeded")
    writer.write(Delete)
    attempts = [writer.attempts[number] for number in range(len(plan.changes))]
    deleted = any(isinstance(each.change, Delete) and _is_open(each) for each in attempts)
    return attempts, None if deleted else look, handed


def _deliver(
    plan: Plan, gateway: Gateway, others: Mapping[int, Attempt], conditions: StopConditions, deliveries: Deliveries
) -> tuple[Listing | str | None, tuple[DeliveryResult, ...]]:
    """A look, if there are secrets to deliver, and what became of them."""
    attempts = list(others.values())
    items = deliveries.due(attempts)
    if not items:
        return None, ()
    issued: tuple[ClientSecret, ...] = ()

    def ask() -> Listing:
        nonlocal issued
        listing, issued = gateway.list_with_secrets()
        return listing

    look = _look(plan, ask, conditions)
    if isinstance(look, str):
        return look, deliveries.without_secrets(items, look)
    return look, deliveries.deliver(items, _judged(plan, attempts, look), issued)


def _look_before_deletes(
    plan: Plan, others: Mapping[int, Attempt], gateway: Gateway, conditions: StopConditions
) -> Listing | str | None:
    """A look, if it alone can tell whether the deletes may start."""
    deletes = [change for change in plan.changes if isinstance(change, Delete)]
    lost = any(isinstance(attempt, Unanswered) for attempt in others.values())
    failed = any(isinstance(attempt, Failed | Skipped) for attempt in others.values())
    if failed or not lost or not deletes or conditions.reason_to_skip(deletes[0]):
        return None
    return _look(plan, gateway.list_clients, conditions)


def _all_there(plan: Plan, others: Mapping[int, Attempt], look: Listing | str | None) -> bool:
    """Whether every other change has succeeded: as far as the answers say, or as a look shows."""
    if look is None:
        return all(isinstance(attempt, Sent) for attempt in others.values())
    return all(isinstance(outcome, Applied) for outcome in _judged(plan, list(others.values()), look))


def _look(plan: Plan, ask: Callable[[], Listing], conditions: StopConditions) -> Listing | str:
    """The clients after the writes, or why they cannot be seen."""
    if conditions.login_refused:
        return "the account was refused, and another try might lock it"
    try:
        listing = ask()
    except GatewayError as error:
        return error.message
    if not (listing.clients or listing.unsupported) and _survivors(plan):
        return "the instance lists no client at all"
    return listing


def _judged(plan: Plan, attempts: Sequence[Attempt], seen: Listing | str) -> list[Outcome]:
    if isinstance(seen, str):
        return [without_evidence(attempt, seen) for attempt in attempts]
    evidence = gather_evidence(plan, attempts, seen)
    return [judge_attempt(attempt, evidence) for attempt in attempts]


def _is_open(attempt: Attempt) -> bool:
    """Whether only a look can tell what became of it."""
    return isinstance(attempt, Sent | Unanswered)


def _survivors(plan: Plan) -> set[int]:
    """The clients that are live after every change of the plan, and that it did not make."""
    return set(plan.live_ids).difference(change.id for change in plan.changes if isinstance(change, Delete))
