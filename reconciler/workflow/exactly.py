"""Apply exactly one given plan, or nothing: a saved one, or the way back from a run."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, replace

from reconciler.applying.report import Report
from reconciler.errors import Interrupted, ReconcilerError, Refused
from reconciler.model import Listing
from reconciler.planning.guard import Refusal, refusals
from reconciler.planning.plan import Change, Plan
from reconciler.planning.stale import Ready, Stale, reconcile_saved, stale_refusals
from reconciler.results import ApplyResult, Finished, Planned, Stopped, is_pending
from reconciler.settings import Instance, Settings
from reconciler.workflow.apply import lock, writing_sessions
from reconciler.workflow.choices import Options
from reconciler.workflow.plan import guards
from reconciler.workflow.run import Run


@dataclass(frozen=True, slots=True)
class Exactly:
    """What to write: this plan, to this instance, under today's guards."""

    settings: Settings
    instance: Instance
    plan: Callable[[Listing], Plan]
    """The plan, given what is live: a plan that was not made from a listing needs to know which clients there are."""
    options: Options
    digest: str | None = None
    """That of the saved plan."""
    takes_time: bool = False
    """Whether somebody is asked, so that the instance is looked at again afterwards."""
    when_stale: str | None = None
    """What to do about a stale plan, where planning again is not the way."""


def apply_exactly(order: Exactly, approve: Callable[[Planned], bool], run: Run) -> ApplyResult:
    """Apply the plan if nothing that it counts on has changed; what is done already is left out.

    A look at the instance is the comparison. `approve` is asked after it, unless something refuses the plan.
    """
    with ExitStack() as stack:
        try:
            lock(order.instance, stack, run)
            return _apply(order, approve, run, stack)
        except ReconcilerError as problem:
            return Stopped(order.instance, problem)


def _apply(order: Exactly, approve: Callable[[Planned], bool], run: Run, stack: ExitStack) -> ApplyResult:
    gateway = writing_sessions(order.options, run).open(order.instance, stack)
    planned, done = _compare(order, gateway.list_clients())
    if is_pending(planned):
        if not approve(planned):
            raise Refused("declined: nothing was written")
        if run.stop():
            return Stopped(order.instance, Interrupted("not tried: interrupted"))
        if order.takes_time:
            planned, done = _compare(order, gateway.list_clients())
    if planned.refusals:
        return planned
    changes = planned.plan.changes
    report = run.write(order.instance, planned.plan, gateway, order.digest) if changes else Report()
    return Finished(planned, report, done)


def _compare(order: Exactly, live: Listing) -> tuple[Planned, tuple[Change, ...]]:
    """What is left of the plan, with every reason not to write it, and what is done already."""
    instance = order.instance
    wanted = order.plan(live)
    match reconcile_saved(wanted, live, ignore=order.settings.ignore):
        case Stale() as stale:
            found = stale_refusals(stale, instance.name)
            return Planned(instance, wanted, tuple(_with_way_out(each, order.when_stale) for each in found)), ()
        case Ready(plan, done):
            return Planned(instance, plan, refusals(plan, guards(order.settings, instance, order.options))), done


def _with_way_out(refusal: Refusal, way_out: str | None) -> Refusal:
    return replace(refusal, way_out=way_out) if way_out is not None else refusal
