"""Apply plans: lock, observe, plan, guard, ask, observe again and compare, write, verify."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass

from reconciler.applying.lock import exclusive
from reconciler.applying.report import Report, is_complete
from reconciler.errors import Interrupted, ReconcilerError, Refused
from reconciler.live.gateway import Gateway
from reconciler.planning.plan import Change
from reconciler.settings import Instance
from reconciler.workflow.choices import Options
from reconciler.workflow.plan import Order, Planned, PlanResult, Stopped, attempt, plan_instance
from reconciler.workflow.run import Run
from reconciler.workflow.sessions import Sessions


@dataclass(frozen=True, slots=True)
class Finished:
    """A plan that was applied, and what came of it."""

    planned: Planned
    report: Report
    already_done: tuple[Change, ...] = ()
    """The changes of a saved plan that were live before."""

    @property
    def instance(self) -> Instance:
        """The instance that was written to."""
        return self.planned.instance


ApplyResult = Planned | Finished | Stopped


@dataclass(frozen=True, slots=True)
class Approval:
    """Who says yes. `ask` is shown every plan; if it `takes_time`, each instance is observed again afterwards."""

    ask: Callable[[Sequence[PlanResult]], bool]
    takes_time: bool


def is_pending(result: PlanResult) -> bool:
    """Whether there is something to write, and nothing that forbids it."""
    return isinstance(result, Planned) and bool(result.plan.changes) and not result.refusals


def apply_instances(order: Order, approval: Approval, run: Run) -> Iterator[ApplyResult]:
    """Plan all instances, get one approval, then apply them wave by wave.

    A wave starts only if the one before it succeeded; refused instances are skipped. No other apply on this machine
    writes to them meanwhile. Raises `Refused` when the approval is declined.
    """
    with ExitStack() as stack:
        sessions = writing_sessions(order.options, run)
        attempts = [_attempt_alone(order, instance, sessions, stack, run) for instance in order.instances]
        results = [result for result, _ in attempts]
        if not approval.ask(results) and any(map(is_pending, results)):
            raise Refused("declined: nothing was written")
        yield from _by_wave(order, attempts, approval, run)


def writing_sessions(options: Options, run: Run) -> Sessions:
    """Sessions that bear as many requests at once as the run makes, and that end with it."""
    return Sessions(options.environ, options.timeout, connections=run.parallelism, stop=run.stop)


def lock(instance: Instance, stack: ExitStack, run: Run) -> None:
    """Keep every other apply on this machine away from an instance until `stack` ends. Raises `Refused`."""
    database = f"embedded:{instance.embedded.resolve()}" if instance.embedded is not None else ""
    stack.enter_context(exclusive(instance.url or database, run.locks, run.holder))


def _attempt_alone(
    order: Order, instance: Instance, sessions: Sessions, stack: ExitStack, run: Run
) -> tuple[PlanResult, Gateway | None]:
    try:
        lock(instance, stack, run)
    except ReconcilerError as problem:
        return Stopped(instance, problem), None
    return attempt(order, instance, sessions, stack)


def _by_wave(
    order: Order, attempts: Sequence[tuple[PlanResult, Gateway | None]], approval: Approval, run: Run
) -> Iterator[ApplyResult]:
    failed_wave: int | None = None
    for planned, gateway in attempts:
        wave = planned.instance.wave
        if failed_wave is not None and wave > failed_wave:
            yield Stopped(planned.instance, Refused(f"not tried: wave {failed_wave} did not succeed"))
            continue
        result: ApplyResult = planned
        if isinstance(planned, Planned) and gateway is not None and is_pending(planned):
            result = _apply(order, planned, gateway, approval, run)
        if not _succeeded(result):
            failed_wave = wave
        yield result


def _apply(order: Order, planned: Planned, gateway: Gateway, approval: Approval, run: Run) -> ApplyResult:
    instance = planned.instance
    if run.stop():
        return Stopped(instance, Interrupted("not tried: interrupted"))
    try:
        current = _unchanged(order, planned, gateway) if approval.takes_time else planned
        report = run.write(instance, current.plan, gateway)
    except ReconcilerError as problem:
        return Stopped(instance, problem)
    return Finished(current, report)


def _unchanged(order: Order, shown: Planned, gateway: Gateway) -> Planned:
    """The plan as of now, if it would do exactly what was shown. Raises `Refused`."""
    now = plan_instance(order, shown.instance, gateway)
    if now.plan.changes != shown.plan.changes or now.refusals:
        name = shown.instance.name
        raise Refused(
            "the instance changed while you were asked, so nothing was written to it",
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
