"""Applying a plan: write, then look and say what became of each change. The only place that writes.

    updates and renames     in parallel
             ↓
          creates           in parallel
             ↓
is each of them there?      an answer that was lost costs a look; otherwise the answers will do
             ↓
          deletes           in parallel
             ↓
       the last look        "applied" means that it shows the change
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from reconciler.applying.brake import Brake
from reconciler.applying.crew import Crew
from reconciler.applying.events import Tell
from reconciler.applying.journal import Journal
from reconciler.applying.report import Applied, Failed, Outcome, Report, Skipped
from reconciler.applying.verifying import gather, judge, without_evidence
from reconciler.applying.writer import Writer
from reconciler.applying.writing import Attempt, Sent, Try, Unanswered, send
from reconciler.errors import GatewayError
from reconciler.live.gateway import Gateway
from reconciler.model import Listing
from reconciler.planning.plan import Create, Delete, Plan, Update

DEFAULT_PARALLELISM = 8
"""Requests under way at once."""


def never() -> bool:
    """Nobody stops it."""
    return False


def apply_plan(  # noqa: PLR0913  (what is written where, and who hears of it, by name)
    plan: Plan,
    gateway: Gateway,
    *,
    journal: Journal,
    tell: Tell,
    parallelism: int = DEFAULT_PARALLELISM,
    stop: Callable[[], bool] = never,
) -> Report:
    """Write the plan's changes, updates and renames first, then creates, then deletes, and verify them.

    At most `parallelism` requests are under way at once; the gateway has to bear that many threads. A change that
    fails does not stop the others, but for the deletes, which wait for everything else. Nothing is started any more
    once the account is refused, the instance is silent, the journal fails, or `stop` says so (it must not take that
    back); what is under way still finishes, and the last look tells what was written. Gateway errors end up in the
    report, and a plan without changes makes no request. Any other exception, KeyboardInterrupt first of all, goes
    through at once without waiting for what is under way; the journal then tells what was sent.
    """

    def send_numbered(number: int) -> tuple[int, Try]:
        return number, send(plan.changes[number], gateway)

    brake = Brake(stop)
    with Crew(parallelism, send_numbered) as crew:
        attempts, look = _write(plan, gateway, Writer(plan, crew, journal, brake, tell), brake)
    if look is None:
        look = _look(plan, gateway, brake) if any(map(_is_open, attempts)) else Listing()
    outcomes = _judged(plan, attempts, look)
    for attempt, outcome in zip(attempts, outcomes, strict=True):
        if _is_open(attempt):
            tell(outcome)
    interrupted = stop()
    journal.finished(outcomes, interrupted=interrupted)
    return Report(tuple(outcomes), interrupted, journal.failure)


def _write(
    plan: Plan, gateway: Gateway, writer: Writer, brake: Brake
) -> tuple[Sequence[Attempt], Listing | str | None]:
    """What became of each change, and what the instance looks like now, if somebody looked after the last write."""
    writer.write(Update)
    writer.write(Create)
    # Here the secrets of created clients will be delivered; one that is not holds the deletes as well.
    look = _look_before_deletes(plan, writer.attempts, gateway, brake)
    if not _all_there(plan, writer.attempts, look):
        brake.hold(Delete, "deletes start only after every other change has succeeded")
    writer.write(Delete)
    attempts = [writer.attempts[number] for number in range(len(plan.changes))]
    deleted = any(isinstance(each.change, Delete) and _is_open(each) for each in attempts)
    return attempts, None if deleted else look


def _look_before_deletes(
    plan: Plan, others: Mapping[int, Attempt], gateway: Gateway, brake: Brake
) -> Listing | str | None:
    """A look, if it alone can tell whether the deletes may start."""
    deletes = [change for change in plan.changes if isinstance(change, Delete)]
    lost = any(isinstance(attempt, Unanswered) for attempt in others.values())
    failed = any(isinstance(attempt, Failed | Skipped) for attempt in others.values())
    if failed or not lost or not deletes or brake.why_not(deletes[0]):
        return None
    return _look(plan, gateway, brake)


def _all_there(plan: Plan, others: Mapping[int, Attempt], look: Listing | str | None) -> bool:
    """Whether every other change has succeeded: as far as the answers say, or as a look shows."""
    if look is None:
        return all(isinstance(attempt, Sent) for attempt in others.values())
    return all(isinstance(outcome, Applied) for outcome in _judged(plan, list(others.values()), look))


def _look(plan: Plan, gateway: Gateway, brake: Brake) -> Listing | str:
    """The clients after the writes, or why they cannot be seen."""
    if brake.login_refused:
        return "the account was refused, and another try might lock it"
    try:
        listing = gateway.list_clients()
    except GatewayError as error:
        return error.message
    if not (listing.clients or listing.unsupported) and _survivors(plan):
        return "the instance lists no client at all"
    return listing


def _judged(plan: Plan, attempts: Sequence[Attempt], seen: Listing | str) -> list[Outcome]:
    if isinstance(seen, str):
        return [without_evidence(attempt, seen) for attempt in attempts]
    evidence = gather(plan, attempts, seen)
    return [judge(attempt, evidence) for attempt in attempts]


def _is_open(attempt: Attempt) -> bool:
    """Whether only a look can tell what became of it."""
    return isinstance(attempt, Sent | Unanswered)


def _survivors(plan: Plan) -> set[int]:
    """The clients that are live after every change of the plan, and that it did not make."""
    return set(plan.live_ids).difference(change.id for change in plan.changes if isinstance(change, Delete))
