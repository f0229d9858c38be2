"""Map results to exit codes: each code has one meaning."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from reconciler.results import (
    ApplyResult,
    Finished,
    Planned,
    PlanResult,
    SecretsResult,
    SinkContents,
    Stopped,
)

if TYPE_CHECKING:
    from reconciler.doctor.examination import Examination
    from reconciler.model.trials import Trial
    from reconciler.workflow.observe import ObserveResult

DONE, FAILED, PENDING, INVALID, REFUSED, PARTIAL, LOGIN_REFUSED, INTERRUPTED = 0, 1, 2, 3, 4, 5, 6, 130

_PRECEDENCE = (INTERRUPTED, PARTIAL, LOGIN_REFUSED, FAILED, REFUSED, INVALID, PENDING, DONE)
"""With several instances, the first of these wins."""


def of_plans(results: Iterable[PlanResult], *, detailed: bool) -> int:
    """The exit code of `plan`; `detailed` distinguishes pending changes (2) from none (0)."""
    return _first(_of_plan(result, detailed) for result in results)


def of_examinations(examined: Iterable[Examination]) -> int:
    """The exit code of `doctor`: only errors change it."""
    return _first(LOGIN_REFUSED if e.login_refused else FAILED if e.has_errors else DONE for e in examined)


def of_applies(results: Iterable[ApplyResult]) -> int:
    """The exit code of `apply`. If one instance was written to and another failed, the whole is applied in part."""
    listed = list(results)
    code = _first(_of_apply(result) for result in listed)
    return PARTIAL if _wrote(listed) and code in (LOGIN_REFUSED, FAILED) else code


def of_observations(results: Iterable[ObserveResult]) -> int:
    """The exit code of `observe`: whether each instance answered."""
    return _first(result.error.exit_code if isinstance(result, Stopped) else DONE for result in results)


def of_secrets(results: Iterable[SecretsResult], *, check: bool) -> int:
    """The exit code of `secrets deliver`. A check fails if a sink does not hold what it should."""
    return _first(
        result.error.exit_code if isinstance(result, Stopped) else _of_supplied(result, check) for result in results
    )


def _of_supplied(supplied: SinkContents, check: bool) -> int:
    from reconciler.secrets.values import SinkState  # only `secrets deliver` needs it

    states = {place.state for place in supplied.places}
    if check:
        if any(place.trial is not None and _is_useless(place.trial, place.id) for place in supplied.places):
            return FAILED
        unseen = any(place.error is not None for place in supplied.places)
        lacking = {SinkState.MISSING, SinkState.STALE, SinkState.STAGED, SinkState.LEFT_OVER}
        return FAILED if unseen or supplied.problems or states & lacking else DONE
    if SinkState.FAILED not in states:
        return DONE
    return PARTIAL if states & {SinkState.DELIVERED, SinkState.REMOVED} else FAILED


def _is_useless(trial: Trial, client_id: int) -> bool:
    """Whether a secret was tried, or should have been, and an application could not use it for this client."""
    from reconciler.model.trials import TrialState  # only `secrets deliver` needs it

    other = trial.id is not None and trial.id != client_id
    return other or trial.state not in (TrialState.ACCEPTED, TrialState.IMPOSSIBLE)


def of_unprinted_applies(results: Iterable[ApplyResult]) -> int:
    """The exit code of an `apply` whose report could not be printed: never 0, and 1 only if nothing was written."""
    listed = list(results)
    return of_applies(listed) or (PARTIAL if _wrote(listed) else FAILED)


def with_report_failure(code: int, told: bool) -> int:
    """The exit code of a read-only command: FAILED, unless `code` is worse, if a report is missing (not `told`)."""
    return code if told else _first([code, FAILED])


def _wrote(results: Iterable[ApplyResult]) -> bool:
    from reconciler.applying.report import wrote_anything

    return any(isinstance(result, Finished) and wrote_anything(result.report) for result in results)


def _first(codes: Iterable[int]) -> int:
    return min(codes, key=_PRECEDENCE.index, default=DONE)


def _of_plan(result: PlanResult, detailed: bool) -> int:
    match result:
        case Stopped(error=error):
            return error.exit_code
        case Planned(plan=plan, refusals=refusals) if refusals or plan.blocked:
            return REFUSED
        case Planned(plan=plan):
            return PENDING if detailed and plan.has_changes else DONE


def _of_apply(result: ApplyResult) -> int:
    if not isinstance(result, Finished):
        return _of_plan(result, detailed=False)
    from reconciler.applying.report import is_complete, was_login_refused, wrote_anything

    report = result.report
    if report.interrupted:
        return INTERRUPTED
    if is_complete(report):
        return REFUSED if result.planned.plan.blocked else DONE
    if wrote_anything(report):
        return PARTIAL
    return LOGIN_REFUSED if was_login_refused(report) else FAILED
