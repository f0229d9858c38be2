"""Apply exactly the given plans of several instances: all are compared before the first write."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack

from reconciler.model.errors import Interrupted, ReconcilerError, Refused
from reconciler.results import ApplyResult, PlanResult, Stopped, is_pending, without_empty_report
from reconciler.workflow.apply import (
    Pending,
    Visit,
    by_wave,
    leave,
    lock,
    open_stacks,
    pending_of,
    shown,
    writing_sessions,
)
from reconciler.workflow.connect.sessions import Sessions
from reconciler.workflow.exact.apply_saved import Compared, ExactPlan, compare, write
from reconciler.workflow.parallel import CancelToken, map_parallel
from reconciler.workflow.run import Run

Comparisons = dict[str, Compared]
"""What was compared, by the name of its instance."""


def apply_exact_plans(
    requests: Sequence[ExactPlan],
    approve: Callable[[Sequence[PlanResult]], bool],
    run: Run,
    without_plan: Sequence[Stopped] = (),
) -> list[ApplyResult]:
    """Compare all plans, get one approval, then write them wave by wave; the results are in the order of the waves.

    A plan that is refused keeps only its own instance from being written to, and the waves after it; so does an
    instance `without_plan`. `approve` is shown all of them. Raises `Refused` when it declines.
    """
    requests = sorted(requests, key=lambda request: request.instance.wave)
    by_name = {request.instance.name: request for request in requests}
    compared: Comparisons = {}
    with open_stacks([request.instance for request in requests], run.parallelism) as stacks:
        cancel_token = CancelToken()
        sessions = writing_sessions(requests[0].options, run, cancel_token)
        pairs = list(zip(requests, stacks, strict=True))
        found = map_parallel(pairs, lambda pair: _visit(*pair, sessions, run, compared), run.parallelism, cancel_token)
        visits = sorted([*found, *without_plan], key=lambda visit: shown(visit).instance.wave)
        if not approve([shown(visit) for visit in visits]) and pending_of(visits):
            raise Refused("declined: nothing was written")

        def write_one(pending: Pending, share: Run) -> ApplyResult:
            name = pending.planned.instance.name
            return _write(by_name[name], compared[name], pending, share)

        return list(by_wave(visits, write_one, run))


def _visit(request: ExactPlan, stack: ExitStack, sessions: Sessions, run: Run, compared: Comparisons) -> Visit:
    """Lock and compare one instance; release it at once if nothing will be written to it."""
    try:
        lock(request.instance, stack, run)
        with run.watch(request.instance.name):
            gateway = sessions.open(request.instance, stack)
            found = compare(request, gateway, run)
        if is_pending(found.planned):
            compared[request.instance.name] = found
            return Pending(found.planned, gateway, stack)
        result = without_empty_report(write(request, found, gateway, run))
    except ReconcilerError as problem:
        result = Stopped(request.instance, problem)
    leave(stack)
    return result


def _write(request: ExactPlan, compared: Compared, pending: Pending, run: Run) -> ApplyResult:
    if run.stop():
        return Stopped(request.instance, Interrupted("not tried: interrupted"))
    with pending.stack:
        try:
            if request.takes_time:
                compared = compare(request, pending.gateway, run, again=True)
            return write(request, compared, pending.gateway, run)
        except ReconcilerError as problem:
            return Stopped(request.instance, problem)
