"""Apply plans: observe, plan, guard, ask, observe again and compare, write, verify."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass

from reconciler.applying.apply import apply_plan
from reconciler.applying.events import Answered, Event, Started
from reconciler.applying.journal import Unrecorded
from reconciler.applying.report import Outcome, Report, is_complete
from reconciler.errors import ReconcilerError, Refused
from reconciler.live.gateway import Gateway
from reconciler.settings import Instance
from reconciler.workflow.plan import Order, Planned, PlanResult, Stopped, attempt, plan_instance
from reconciler.workflow.sessions import Sessions


@dataclass(frozen=True, slots=True)
class Finished:
    """A plan that was applied, and what came of it."""

    planned: Planned
    report: Report

    @property
    def instance(self) -> Instance:
        """The instance that was written to."""
        return self.planned.instance


ApplyResult = Planned | Finished | Stopped
Tell = Callable[[Instance, Outcome], None]


@dataclass(frozen=True, slots=True)
class Approval:
    """Who says yes. `ask` is shown every plan; if it `takes_time`, each instance is observed again afterwards."""

    ask: Callable[[Sequence[PlanResult]], bool]
    takes_time: bool


def is_pending(result: PlanResult) -> bool:
    """Whether there is something to write, and nothing that forbids it."""
    return isinstance(result, Planned) and bool(result.plan.changes) and not result.refusals


def apply_instances(order: Order, approval: Approval, tell: Tell) -> Iterator[ApplyResult]:
    """Plan all instances, get one approval, then apply them wave by wave.

    A wave starts only if the one before it succeeded; refused instances are skipped. `tell` hears of every change
    as it happens. Raises `Refused` when the approval is declined.
    """
    with ExitStack() as stack:
        sessions = Sessions(order.options.environ, order.options.timeout)
        attempts = [attempt(order, instance, sessions, stack) for instance in order.instances]
        results = [result for result, _ in attempts]
        if not approval.ask(results) and any(map(is_pending, results)):
            raise Refused("declined: nothing was written")
        yield from _by_wave(order, attempts, approval, tell)


def _by_wave(
    order: Order, attempts: Sequence[tuple[PlanResult, Gateway | None]], approval: Approval, tell: Tell
) -> Iterator[ApplyResult]:
    failed_wave: int | None = None
    for planned, gateway in attempts:
        wave = planned.instance.wave
        if failed_wave is not None and wave > failed_wave:
            yield Stopped(planned.instance, Refused(f"not tried: wave {failed_wave} did not succeed"))
            continue
        result: ApplyResult = planned
        if isinstance(planned, Planned) and gateway is not None and is_pending(planned):
            result = _apply(order, planned, gateway, approval, tell)
        if not _succeeded(result):
            failed_wave = wave
        yield result


def _apply(order: Order, planned: Planned, gateway: Gateway, approval: Approval, tell: Tell) -> ApplyResult:
    instance = planned.instance

    def tell_outcome(event: Event) -> None:
        if not isinstance(event, Started | Answered):
            tell(instance, event)

    try:
        current = _unchanged(order, planned, gateway) if approval.takes_time else planned
        report = apply_plan(current.plan, gateway, journal=Unrecorded(), tell=tell_outcome)
    except ReconcilerError as problem:
        return Stopped(instance, problem)
    return Finished(current, report)


def _unchanged(order: Order, shown: Planned, gateway: Gateway) -> Planned:
    """The plan as of now, if it would do exactly what was shown. Raises `Refused`."""
    now = plan_instance(order, shown.instance, gateway)
    if now.plan.changes != shown.plan.changes or now.refusals:
        name = shown.instance.name
        raise Refused(
            f"{name} changed while you were asked, so nothing was written to it",
            f"look at the new plan: reconciler plan --instance {name}",
        )
    return now


def _succeeded(result: ApplyResult) -> bool:
    match result:
        case Finished(report=report):
            return is_complete(report)
        case Planned(refusals=refused):
            return not refused
        case Stopped():
            return False
