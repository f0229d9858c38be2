"""Apply plans: lock, observe, plan, guard, ask, observe again and compare, write, verify."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from itertools import groupby

from reconciler.applying.lock import instance_lock
from reconciler.applying.report import is_complete
from reconciler.live.gateway import Gateway
from reconciler.model.errors import Interrupted, NotTried, ReconcilerError, Refused
from reconciler.model.settings import Instance
from reconciler.results import ApplyResult, Finished, Planned, PlanResult, Stopped, is_pending
from reconciler.support.frozen import frozen
from reconciler.support.text import first_few
from reconciler.workflow.connect.sessions import Sessions
from reconciler.workflow.delivery.deliveries import (
    client_of,
    deliverer_of,
    delivery_targets,
    mask_refusals,
    needs_sinks,
    past_deliveries,
    sink_refusals,
)
from reconciler.workflow.options import Options
from reconciler.workflow.ownership import with_create_checks
from reconciler.workflow.parallel import CancelToken, map_parallel
from reconciler.workflow.plan import PlanRequest, attempt, nothing_known, plan_instance, secret_keeping
from reconciler.workflow.revisions.committed import never_committed, not_in_commit
from reconciler.workflow.run import Run
from reconciler.workflow.unmatched_targets import refuse_unmatched

_MOST_NAMED = 5
"""Maximum number of instances that are named for a wave that did not succeed."""


@frozen
class Approval:
    """How plans are approved. `ask` is shown them all; if it `takes_time`, each instance is observed again after it."""

    ask: Callable[[Sequence[PlanResult]], bool]
    takes_time: bool


@frozen
class Pending:
    """An instance to write to: its plan, and its lock and session, which `stack` releases."""

    planned: Planned
    gateway: Gateway
    stack: ExitStack


Visit = ApplyResult | Pending
"""An instance that was looked at: pending, or with nothing more to write."""


def apply_instances(request: PlanRequest, approval: Approval, run: Run) -> list[ApplyResult]:
    """Plan all instances, get one approval, then apply them wave by wave; the results are in the instances' order.

    Within a wave, up to `run.parallelism` instances are written to at once. A wave starts only if the one before it
    succeeded; refused instances are skipped. No other apply on this machine writes to them meanwhile. Raises `Refused`
    when the approval is declined, `WrongUsage` for a glob of `--only` or `--owner` that matches nothing.
    """
    if request.past_deliveries is nothing_known:
        request = _knowing_the_journals(request, run)
    with open_stacks(request.instances, run.parallelism) as stacks:
        cancel_token = CancelToken()
        sessions = writing_sessions(request.options, run, cancel_token)
        pairs = list(zip(request.instances, stacks, strict=True))
        visits = map_parallel(
            pairs, lambda pair: _plan_alone(request, *pair, sessions, run), run.parallelism, cancel_token
        )
        results = [shown(visit) for visit in visits]
        refuse_unmatched(request, results)
        if not approval.ask(results) and pending_of(visits):
            raise Refused("declined: nothing was written")
        return list(by_wave(visits, lambda pending, share: _apply(request, pending, approval, share), run))


def _knowing_the_journals(request: PlanRequest, run: Run) -> PlanRequest:
    folder = request.settings.path.parent
    return replace(
        request,
        past_deliveries=past_deliveries(run.journal),
        trusted_past=past_deliveries(run.journal, not_in_commit(folder, run.journal)),
        is_trusted=never_committed(folder),
    )


@contextmanager
def open_stacks(instances: Sequence[Instance], parallelism: int) -> Iterator[list[ExitStack]]:
    """Yield an exit stack for each instance's lock and session; close all of them in the end, also on errors."""
    stacks = [ExitStack() for _ in instances]
    try:
        yield stacks
    finally:
        map_parallel(stacks, leave, parallelism)


def leave(stack: ExitStack) -> None:
    """Release an instance's lock and session."""
    # After an interruption, a thread with a request under way may close it at the same time: each closes a part.
    with suppress(IndexError):
        stack.close()


def shown(visit: Visit) -> PlanResult:
    """What is shown of an instance before anything is written."""
    return visit.planned if isinstance(visit, Pending | Finished) else visit


def pending_of(visits: Sequence[Visit]) -> list[Pending]:
    """The instances to write to."""
    return [visit for visit in visits if isinstance(visit, Pending)]


def writing_sessions(options: Options, run: Run, cancel_token: CancelToken | None = None) -> Sessions:
    """Sessions that allow as many parallel requests as the run makes, and that stop with it."""

    def stop() -> bool:
        return run.stop() or (cancel_token is not None and cancel_token())

    return Sessions(options.environ, options.timeout, connections=run.parallelism, stop=stop)


def lock(instance: Instance, stack: ExitStack, run: Run) -> None:
    """Lock an instance against other applies on this machine until `stack` is closed. Raises `Refused`."""
    database = f"embedded:{instance.embedded.resolve()}" if instance.embedded is not None else ""
    stack.enter_context(instance_lock(instance.url or database, run.locks, run.holder))


def _plan_alone(request: PlanRequest, instance: Instance, stack: ExitStack, sessions: Sessions, run: Run) -> Visit:
    """Lock and plan an instance; release it at once if nothing will be written to it."""
    try:
        lock(instance, stack, run)
    except ReconcilerError as problem:
        return Stopped(instance, problem)
    with run.watch(instance.name):
        result, gateway = attempt(request, instance, sessions, stack)
    if isinstance(result, Planned) and gateway is not None:
        try:
            result = _with_late_refusals(request, result, gateway, run)
        except ReconcilerError as problem:
            result = Stopped(instance, problem)
        if isinstance(result, Planned) and is_pending(result):
            return Pending(result, gateway, stack)
    leave(stack)
    return result


def _with_late_refusals(request: PlanRequest, planned: Planned, gateway: Gateway, run: Run) -> Planned:
    """Refuse the plan for what only an apply asks: its sinks, and the instance before a create."""
    planned = _with_sink_refusals(request, planned, run)
    if not is_pending(planned):
        return planned
    return with_create_checks(planned, gateway, secret_keeping(planned.instance, request.options))


def _with_sink_refusals(request: PlanRequest, planned: Planned, run: Run) -> Planned:
    """Refuse the plan if a sink reports that it could not take what is declared: then nothing must be created."""
    if not (is_pending(planned) and needs_sinks(planned.plan, planned.missing_secrets)):
        return planned
    instance = planned.instance
    present = request.declared.of(instance.name).present
    clients = [client_of(instance, client.name, client.owner) for client in present]
    deliverer = deliverer_of(instance, request.settings, request.options, run.mask)
    unmasked = mask_refusals(deliverer, instance, planned.plan, planned.missing_secrets)
    return replace(planned, refusals=(*planned.refusals, *unmasked, *sink_refusals(deliverer, instance, clients)))


def by_wave(visits: Sequence[Visit], write: Callable[[Pending, Run], ApplyResult], run: Run) -> Iterator[ApplyResult]:
    """Write to the instances wave by wave; a wave starts only if all of the one before succeeded."""
    failed = ""
    for wave, group in groupby(visits, key=lambda visit: shown(visit).instance.wave):
        if not failed:
            results = _wave(list(group), write, run)
            names = [result.instance.name for result in results if not _succeeded(result)]
            failed = f"wave {wave} did not succeed ({first_few(names, _MOST_NAMED)})" if names else ""
        else:
            results = [_not_tried(visit, failed, run) for visit in group]
        yield from results


def _wave(visits: Sequence[Visit], write: Callable[[Pending, Run], ApplyResult], run: Run) -> list[ApplyResult]:
    pending = pending_of(visits)
    together = max(1, min(run.parallelism, len(pending)))
    # Together they make no more requests at once than the run may.
    share = replace(run, parallelism=run.parallelism // together)
    done = iter(map_parallel(pending, lambda each: write(each, share), together))
    return [next(done) if isinstance(visit, Pending) else visit for visit in visits]


def _not_tried(visit: Visit, why: str, run: Run) -> ApplyResult:
    """The result for an instance whose wave does not start: its plan if there is nothing to write."""
    if not isinstance(visit, Pending):
        return visit
    if run.stop():
        return Stopped(visit.planned.instance, Interrupted("not tried: interrupted"))
    return Stopped(visit.planned.instance, NotTried(f"not tried: {why}"))


def _apply(request: PlanRequest, pending: Pending, approval: Approval, run: Run) -> ApplyResult:
    planned, instance = pending.planned, pending.planned.instance
    if run.stop():
        return Stopped(instance, Interrupted("not tried: interrupted"))
    with pending.stack:
        try:
            current = _unchanged(request, planned, pending.gateway) if approval.takes_time else planned
            deliverer = deliverer_of(instance, request.settings, request.options, run.mask)
            targets = delivery_targets(deliverer, current)
            can = planned.capabilities  # found out before anybody was asked
            report = run.write(instance, current.plan, pending.gateway, targets=targets, capabilities=can)
            return Finished(current, report)
        except ReconcilerError as problem:
            return Stopped(instance, problem)


def _unchanged(request: PlanRequest, shown: Planned, gateway: Gateway) -> Planned:
    """Plan again and return that plan if it would do exactly what was shown. Raises `Refused`."""
    now = plan_instance(request, shown.instance, gateway)
    same = (now.plan.changes, now.plan.deliveries) == (shown.plan.changes, shown.plan.deliveries)
    if not same or now.refusals:
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
