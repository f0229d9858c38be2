"""Apply a plan: write, then list the clients and report the result of each change. The only module that writes.

  what sinks keep aside     put into use, where no listing shows a secret
             ↓
    updates and renames     in parallel
             ↓
          creates           in parallel; each secret goes to the sinks from the very answer
             ↓
did all of them succeed?    by a listing, if an answer was lost or another secret must be delivered; else by the answers
             ↓
  secrets to the sinks      in parallel, of renamed clients, of creates that lost their answer, and those missing before
             ↓
          deletes           in parallel
             ↓
      final listing         "applied" means that it shows the change; sinks remove deleted clients
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from reconciler.applying.create import CreateMethod, Creator
from reconciler.applying.deliver import Deliveries
from reconciler.applying.delivery_items import NO_TARGETS, DeliveryTargets
from reconciler.applying.events import OnProgress
from reconciler.applying.journal import Journal
from reconciler.applying.report import Applied, DeliveryResult, DeliveryStatus, Failed, Outcome, Report, Skipped
from reconciler.applying.send import Attempt, SendResult, Sent, Unanswered, send
from reconciler.applying.stop_conditions import StopConditions
from reconciler.applying.verify import gather_evidence, judge_attempt, without_evidence
from reconciler.applying.writer import Writer
from reconciler.live.gateway import ClientSecret, Gateway
from reconciler.model.clients import Listing
from reconciler.model.errors import GatewayError
from reconciler.model.lines import SecretDisplay
from reconciler.planning.plan.plan import Create, Delete, Plan, Update
from reconciler.secrets.values import DeliveryEvent
from reconciler.support.frozen import frozen
from reconciler.support.workers import WorkerPool

AT_ONCE = CreateMethod()

DEFAULT_PARALLELISM = 8
"""Concurrent requests."""


def never_stop() -> bool:
    """Never stop: the default."""
    return False


def apply_plan(  # noqa: PLR0913  (by name: what is written where, and who is told)
    plan: Plan,
    gateway: Gateway,
    *,
    journal: Journal,
    on_progress: OnProgress,
    parallelism: int = DEFAULT_PARALLELISM,
    stop: Callable[[], bool] = never_stop,
    targets: DeliveryTargets = NO_TARGETS,
    method: CreateMethod = AT_ONCE,
) -> Report:
    """Write the plan's changes, updates and renames first, then creates, then deletes, and verify them.

    The secret of a created client is delivered to the sinks of `targets` from the answer that created it. Before the
    deletes, those of renamed clients and those missing before are delivered; also after `stop`. A sink that fails stops
    only the deletes.

    At most `parallelism` requests are under way at once; the gateway must support that many threads. A change that
    fails stops only the deletes, which wait for everything else. No change is started once the account is refused, the
    instance does not respond, the journal fails, or `stop` returns True (it must then always do so); what is under way
    still finishes, and the final listing shows what was written. Gateway errors end up in the report. A plan without
    changes makes no request, unless a secret is missing from a sink. Any other exception, above all KeyboardInterrupt,
    is raised at once without waiting for what is under way; the journal then shows what was sent.
    """

    conditions = StopConditions(stop)
    readable = method.secrets not in (SecretDisplay.ONCE, SecretDisplay.NEVER)
    deliveries = Deliveries(plan, targets, journal, on_progress, parallelism, readable=readable)
    creator = Creator(plan.changes, gateway, deliveries, method)

    def send_numbered(number: int) -> tuple[int, SendResult]:
        change = plan.changes[number]
        return number, creator.create(number, change) if isinstance(change, Create) else send(change, gateway)

    with WorkerPool(parallelism, send_numbered) as pool:
        writer = Writer(
            plan, pool, journal=journal, conditions=conditions, on_progress=on_progress, nonces=creator.nonces
        )
        attempts, look, results = _write(_Work(plan, gateway, writer, conditions, deliveries, creator))
    if look is None:
        look = _list_clients(plan, gateway.list_clients, conditions) if any(map(_is_open, attempts)) else Listing()
    if isinstance(look, Listing):
        attempts = [creator.clean_up(attempt, look) for attempt in attempts]
    outcomes = _judged(plan, attempts, look)
    for attempt, outcome in zip(attempts, outcomes, strict=True):
        if _is_open(attempt):
            on_progress(outcome)
    results += deliveries.forget(outcomes)
    interrupted = stop()
    journal.finished(outcomes, interrupted=interrupted)
    return Report(tuple(outcomes), interrupted, journal.failure, results)


@frozen
class _Work:
    """Everything that the steps of one apply need."""

    plan: Plan
    gateway: Gateway
    writer: Writer
    conditions: StopConditions
    deliveries: Deliveries
    creator: Creator


def _write(work: _Work) -> tuple[list[Attempt], Listing | str | None, tuple[DeliveryResult, ...]]:
    """The attempt of each change, the listing after the last write (or why it failed), and the deliveries.

    The listing is None if there was none after the last write.
    """
    plan, writer, conditions = work.plan, work.writer, work.conditions
    kept = work.deliveries.put_kept_into_use()
    if any(each.status is DeliveryStatus.FAILED for each in kept):
        conditions.trip("a sink could not put into use what it keeps, and a write might overwrite that")
    writer.write(Update)
    writer.write(Create)
    look, later = _deliver(work)
    results = _in_order(plan, writer.attempts, (*later, *kept))
    if look is None:
        look = _look_before_deletes(work)
    if any(each.status is DeliveryStatus.FAILED for each in results):
        conditions.block(Delete, "deletes start only after every secret was delivered")
    if not _all_succeeded(plan, writer.attempts, look):
        conditions.block(Delete, "deletes start only after every other change has succeeded")
    writer.write(Delete)
    attempts = [writer.attempts[number] for number in range(len(plan.changes))]
    deleted = any(isinstance(each.change, Delete) and _is_open(each) for each in attempts)
    return attempts, None if deleted else look, results


def _in_order(
    plan: Plan, attempts: Mapping[int, Attempt], later: Iterable[DeliveryResult]
) -> tuple[DeliveryResult, ...]:
    """The results of all deliveries so far: of renames, of creates, then of what was missing before."""
    by_create = [result for number in range(len(plan.changes)) for result in _handed_over(attempts.get(number))]
    rest = list(later)
    renamed = [each for each in rest if each.event is DeliveryEvent.RENAMED]
    return (*renamed, *by_create, *(each for each in rest if each.event is not DeliveryEvent.RENAMED))


def _handed_over(attempt: Attempt | None) -> tuple[DeliveryResult, ...]:
    return attempt.deliveries or () if isinstance(attempt, Sent) else ()


def _deliver(work: _Work) -> tuple[Listing | str | None, tuple[DeliveryResult, ...]]:
    """If there are secrets to deliver, a listing (or why it failed) and the results of the deliveries."""
    attempts = list(work.writer.attempts.values())
    items = work.deliveries.due(attempts)
    if not items:
        return None, ()
    issued: tuple[ClientSecret, ...] = ()

    def ask() -> Listing:
        nonlocal issued
        listing, issued = work.gateway.list_with_secrets()
        return listing

    look = _list_clients(work.plan, ask, work.conditions)
    if isinstance(look, str):
        return look, work.deliveries.without_secrets(items, look)
    known = work.creator.with_known_secrets(issued)
    return look, work.deliveries.deliver(items, _judged(work.plan, attempts, look), known)


def _look_before_deletes(work: _Work) -> Listing | str | None:
    """A listing (or why it failed), if only that can show whether the deletes may start."""
    attempts = work.writer.attempts.values()
    deletes = [change for change in work.plan.changes if isinstance(change, Delete)]
    lost = any(isinstance(attempt, Unanswered) for attempt in attempts)
    failed = any(isinstance(attempt, Failed | Skipped) for attempt in attempts)
    if failed or not lost or not deletes or work.conditions.reason_to_skip(deletes[0]):
        return None
    return _list_clients(work.plan, work.gateway.list_clients, work.conditions)


def _all_succeeded(plan: Plan, others: Mapping[int, Attempt], look: Listing | str | None) -> bool:
    """Whether every other change has succeeded, by the listing, or by the answers without one."""
    if look is None:
        return all(isinstance(attempt, Sent) for attempt in others.values())
    return all(isinstance(outcome, Applied) for outcome in _judged(plan, list(others.values()), look))


def _list_clients(plan: Plan, ask: Callable[[], Listing], conditions: StopConditions) -> Listing | str:
    """The clients after the writes, or why they cannot be listed."""
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
    """Whether only a listing can show the result."""
    return isinstance(attempt, Sent | Unanswered)


def _survivors(plan: Plan) -> set[int]:
    """The ids of clients that were live before the plan and that it does not delete."""
    return set(plan.live_ids).difference(change.id for change in plan.changes if isinstance(change, Delete))
