"""One word for the result of an instance: the same in every format, and used to count instances."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import assert_never

from reconciler.applying.report import Report, is_complete, was_login_refused, wrote_anything
from reconciler.model.errors import Interrupted, LoginRefused, NotTried, ReconcilerError, Refused
from reconciler.planning.guard import Refusal
from reconciler.planning.plan.plan import Plan
from reconciler.results import ApplyResult, Finished, Planned, Stopped


class Verdict(StrEnum):
    """The result of an instance, from best to worst; the value is for programs."""

    IN_SYNC = "in_sync"
    APPLIED = "applied"
    CHANGES = "changes"
    LEFT_OUT = "left_out"
    """There are differences, but none to change: they were not chosen, or are manual changes that are kept."""
    BLOCKED = "blocked"
    REFUSED = "refused"
    NOT_TRIED = "not_tried"
    FAILED = "failed"
    LOGIN_REFUSED = "login_refused"
    PARTIAL = "in_part"
    INTERRUPTED = "interrupted"


def of_result(result: ApplyResult) -> Verdict:
    """Return the verdict of an instance, whatever its result."""
    match result:
        case Planned(plan=plan, refusals=refusals):
            return of_plan(plan, refusals)
        case Finished(report=report):
            return of_report(report)
        case Stopped(error=error):
            return of_error(error)
        case _:
            assert_never(result)


def of_plan(plan: Plan, refusals: Sequence[Refusal]) -> Verdict:
    """Return the verdict of an instance that was planned and not written to."""
    if refusals:
        return Verdict.REFUSED
    if plan.blocked:
        return Verdict.BLOCKED
    if plan.has_changes:
        return Verdict.CHANGES
    return Verdict.LEFT_OUT if plan.left_out or plan.kept else Verdict.IN_SYNC


def of_report(report: Report) -> Verdict:
    """Return the verdict of an instance that was written to, or was to be."""
    if report.interrupted:
        return Verdict.INTERRUPTED
    if is_complete(report):
        return Verdict.APPLIED
    if wrote_anything(report):
        return Verdict.PARTIAL
    return Verdict.LOGIN_REFUSED if was_login_refused(report) else Verdict.FAILED


def of_error(error: ReconcilerError) -> Verdict:
    """Return the verdict of an instance that could not be planned, or was not started."""
    match error:
        case LoginRefused():
            return Verdict.LOGIN_REFUSED
        case Interrupted():
            return Verdict.INTERRUPTED
        case NotTried():
            return Verdict.NOT_TRIED
        case Refused():
            return Verdict.REFUSED
    return Verdict.FAILED


def tally(verdicts: Iterable[str]) -> dict[str, int]:
    """Count the instances, in total and by verdict."""
    found = Counter(verdicts)
    return {"instances": found.total(), **{verdict.value: found[verdict.value] for verdict in Verdict}}
