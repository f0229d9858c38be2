"""Applying a plan: write, then look once and say what became of each change. The only place that writes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from reconciler.applying.report import Failed, Outcome, Report, Skipped
from reconciler.applying.verifying import gather, judge, without_evidence
from reconciler.applying.writing import Attempt, Sent, Unanswered, Writer
from reconciler.errors import GatewayError
from reconciler.live.gateway import Gateway
from reconciler.model import Listing
from reconciler.planning.plan import Change, Create, Delete, Plan, Update

Tell = Callable[[Outcome], None]


def apply_plan(plan: Plan, gateway: Gateway, *, tell: Tell) -> Report:
    """Write the plan's changes, updates and renames first, then creates, then deletes, and verify them.

    One change that fails does not stop the others, but for two: deletes wait for everything else, and nothing is tried
    any more once the account is refused. `tell` hears each outcome once, as soon as it is certain: of a write that
    went out, after the final look. An interrupt (Ctrl-C) ends the writing, not the verification. Gateway errors end up
    in the report; a plan without changes makes no request.
    """
    writer = Writer(gateway)
    attempts = _write(sorted(plan.changes, key=_phase), writer, tell)
    open_ones = [attempt for attempt in attempts if isinstance(attempt, Sent | Unanswered)]
    seen = _look(plan, writer, gateway) if open_ones else Listing()
    outcomes = _judged(plan, attempts, seen)
    for attempt, outcome in zip(attempts, outcomes, strict=True):
        if isinstance(attempt, Sent | Unanswered):
            tell(outcome)
    return Report(tuple(outcomes), writer.interrupted)


def _write(changes: Sequence[Change], writer: Writer, tell: Tell) -> list[Attempt]:
    attempts: list[Attempt] = []
    try:
        for change in changes:
            attempts.append(writer.attempt(change))
            _tell_if_certain(attempts[-1:], tell)
    except KeyboardInterrupt:  # between two writes; the writer deals with one that comes during a write
        writer.interrupt()
        rest = [writer.attempt(change) for change in changes[len(attempts) :]]
        _tell_if_certain(rest, tell)
        attempts += rest
    return attempts


def _tell_if_certain(attempts: Iterable[Attempt], tell: Tell) -> None:
    for attempt in attempts:
        if isinstance(attempt, Failed | Skipped):
            tell(attempt)


def _look(plan: Plan, writer: Writer, gateway: Gateway) -> Listing | str:
    """The clients after the writes, or why they cannot be seen."""
    if writer.login_refused:
        return "the account was refused, and another try might lock it"
    try:
        listing = gateway.list_clients()
    except GatewayError as error:
        return error.message
    except KeyboardInterrupt:
        writer.interrupt()
        return "interrupted while looking"
    if not (listing.clients or listing.unsupported) and _survivors(plan):
        return "the instance lists no client at all"
    return listing


def _judged(plan: Plan, attempts: Sequence[Attempt], seen: Listing | str) -> list[Outcome]:
    if isinstance(seen, str):
        return [without_evidence(attempt, seen) for attempt in attempts]
    evidence = gather(plan, attempts, seen)
    return [judge(attempt, evidence) for attempt in attempts]


def _survivors(plan: Plan) -> set[int]:
    """The clients that are live after every change of the plan, and that it did not make."""
    return set(plan.live_ids).difference(change.id for change in plan.changes if isinstance(change, Delete))


def _phase(change: Change) -> int:
    return (Update, Create, Delete).index(type(change))
