"""Apply exactly one given plan, or nothing: a saved one, or the way back from a run."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass

from reconciler.applying.report import Report
from reconciler.errors import Interrupted, ReconcilerError, Refused
from reconciler.model import Listing
from reconciler.planning.guard import refusals
from reconciler.planning.plan import Plan
from reconciler.planning.stale import Ready, Stale, reconcile_saved, stale_refusals
from reconciler.settings import Instance, Settings
from reconciler.workflow.apply import ApplyResult, Finished, lock, writing_sessions
from reconciler.workflow.choices import Options
from reconciler.workflow.plan import Planned, Stopped, guards
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


def apply_exactly(order: Exactly, approve: Callable[[Planned], bool], run: Run) -> ApplyResult:
    """Apply the plan if nothing that it counts on has changed; what is done already is left out.

    The one look at the instance is the comparison. `approve` is asked after it, unless something refuses the plan.
    """
    with ExitStack() as stack:
        try:
            lock(order.instance, stack, run)
            return _apply(order, approve, run, stack)
        except ReconcilerError as problem:
            return Stopped(order.instance, problem)


def _apply(order: Exactly, approve: Callable[[Planned], bool], run: Run, stack: ExitStack) -> ApplyResult:
    instance = order.instance
    gateway = writing_sessions(order.options, run).open(instance, stack)
    live = gateway.list_clients()
    wanted = order.plan(live)
    match reconcile_saved(wanted, live, ignore=order.settings.ignore):
        case Stale() as stale:
            return Planned(instance, wanted, stale_refusals(stale, instance.name))
        case Ready(plan, done):
            planned = Planned(instance, plan, refusals(plan, guards(order.settings, instance, order.options)))
    if not plan.changes:
        return Finished(planned, Report(), done)
    if planned.refusals:
        return planned
    if not approve(planned):
        raise Refused("declined: nothing was written")
    if run.stop():
        return Stopped(instance, Interrupted("not tried: interrupted"))
    return Finished(planned, run.write(instance, plan, gateway, order.digest), done)
