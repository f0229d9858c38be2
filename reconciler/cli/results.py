"""Plans and reports on their way to stdout, whatever the format."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, assert_never

from reconciler.cli.console import Console, OutputLost
from reconciler.cli.exit_codes import of_unseen_applies
from reconciler.render.error_text import render_error_lines
from reconciler.render.json import plan_entry, render_instances, report_entry, stopped_entry
from reconciler.render.next_step import next_after_plans, next_after_reports
from reconciler.render.report_text import render_report
from reconciler.render.text import render_plan
from reconciler.workflow.apply import ApplyResult, Finished
from reconciler.workflow.plan import Planned, PlanResult, Stopped


def show_plans(results: Sequence[PlanResult], console: Console, flags: Sequence[str] | None = None) -> None:
    """Every plan on stdout; what could not be planned on stderr (in JSON: on stdout as well).

    `flags` are those that an apply of the plans needs as well; without them no next command is named.
    """
    planned = [result for result in results if isinstance(result, Planned)]
    if console.wants_json:
        console.result(render_instances("plan", [_entry(result) for result in results]))
    else:
        console.result("\n".join(render_plan(p.plan, p.refusals, console.paint, p.as_of) for p in planned))
        if flags is not None:
            console.result(next_after_plans([(p.plan, p.refusals) for p in planned], flags, console.paint))
    _show_stopped(results, console)


def show_proposals(results: Sequence[PlanResult], console: Console, *, asked: bool) -> None:
    """The plans before they are carried out, for a person: as text, and on stderr where stdout is for a program.

    Without a question nobody waits, and the report names what could not be planned: saying it twice would mislead.
    """
    planned = [result for result in results if isinstance(result, Planned)]
    if not console.wants_json:
        console.result("\n".join(render_plan(p.plan, p.refusals, console.paint) for p in planned))
    elif asked:  # stdout is for one document, the report
        console.problem("\n".join(render_plan(p.plan, p.refusals) for p in planned))
    if asked:
        _show_stopped(results, console)


def show_reports(results: Sequence[ApplyResult], console: Console, flags: Sequence[str]) -> None:
    """What came of each instance, once all are done. `flags` are those that another plan needs as well."""
    finished = [result for result in results if isinstance(result, Finished)]
    if console.wants_json:
        console.result(render_instances("apply", [_entry(result) for result in results]))
    else:
        console.result("".join(f"\n{_report_text(each, console)}" for each in finished))
        reports = [(each.planned.plan, each.report) for each in finished]
        console.result(next_after_reports(reports, flags, console.paint))
    _show_stopped(results, console)


@contextmanager
def reporting(results: Sequence[ApplyResult]) -> Iterator[None]:
    """A report that cannot be printed must not look as if nothing was written."""
    try:
        yield
    except OutputLost as lost:
        lost.exit_code, lost.hint = of_unseen_applies(results), "see what is live now: reconciler plan"
        raise


def show_result(result: ApplyResult, console: Console, flags: Sequence[str] = ()) -> None:
    """What came of one instance: of one that was not written to, its plan and why. `flags` as for `show_reports`."""
    if isinstance(result, Finished) and not (result.report.outcomes or result.already_done):
        result = result.planned  # with nothing to do
    with reporting([result]):
        if isinstance(result, Planned) and not console.wants_json:
            show_plans([result], console)
        else:
            show_reports([result], console, flags)


def _report_text(finished: Finished, console: Console) -> str:
    return render_report(finished.planned.plan, finished.report, console.paint, finished.already_done)


def _show_stopped(results: Sequence[ApplyResult], console: Console) -> None:
    for result in results:
        if isinstance(result, Stopped):
            console.problem(render_error_lines(result.error, result.instance.name))


def _entry(result: ApplyResult) -> dict[str, Any]:
    match result:
        case Planned(plan=plan, refusals=refusals, as_of=as_of):
            return plan_entry(plan, refusals, as_of)
        case Finished(planned=planned, report=report, already_done=done):
            return report_entry(planned.plan, report, done)
        case Stopped(instance=instance, error=error):
            return stopped_entry(instance.name, instance.identity, error)
        case _:
            assert_never(result)
