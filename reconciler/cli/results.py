"""Plans and reports on their way to stdout, whatever the format."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from reconciler.cli.console import Console, OutputLost
from reconciler.cli.exit_codes import of_unseen_applies
from reconciler.render.error_text import render_error_lines
from reconciler.render.fleet_text import has_something_to_say, line_of, render_fleet
from reconciler.render.json import render_instances, result_entry
from reconciler.render.next_step import next_after_plans, next_after_reports
from reconciler.render.paint import Paint, plain
from reconciler.render.report_text import render_report
from reconciler.render.text import render_plan
from reconciler.results import ApplyResult, Finished, Planned, PlanResult, Stopped


def show_plans(
    results: Sequence[PlanResult], console: Console, flags: Sequence[str] | None = None, chosen: Sequence[str] = ()
) -> None:
    """Every plan on stdout; what could not be planned on stderr (in JSON: on stdout as well).

    `flags` are those that an apply of the plans needs as well; without them no next command is named. `chosen` are
    those that chose the instances.
    """
    planned = [result for result in results if isinstance(result, Planned)]
    if console.wants_json:
        console.result(render_instances("plan", [result_entry(result) for result in results]))
    else:
        console.result(_overview(results, console.paint))
        if flags is not None:
            console.result(next_after_plans([(p.plan, p.refusals) for p in planned], flags, console.paint, chosen))
    _show_stopped(results, console)


def show_proposals(results: Sequence[PlanResult], console: Console, *, asked: bool) -> None:
    """The plans before they are carried out, for a person: as text, and on stderr where stdout is for a program.

    Without a question nobody waits, and the report names what could not be planned: saying it twice would mislead.
    """
    if not console.wants_json:
        console.result(_plans_text(results, console.paint))
        console.result(_fleet_text(results, console.paint) if asked else "")
    elif asked:  # stdout is for one document, the report
        console.problem(_plans_text(results, plain) + _fleet_text(results, plain))
    if asked:
        _show_stopped(results, console)


def show_reports(
    results: Sequence[ApplyResult], console: Console, flags: Sequence[str], chosen: Sequence[str] = ()
) -> None:
    """What came of each instance, once all are done. `flags` and `chosen` are as for `show_plans`."""
    finished = [result for result in results if isinstance(result, Finished)]
    if console.wants_json:
        console.result(render_instances("apply", [result_entry(result) for result in results]))
    else:
        console.result("".join(f"\n{_report_text(each, console)}" for each in finished))
        console.result(_fleet_text(results, console.paint))
        reports = [(each.planned.plan, each.report) for each in finished]
        console.result(next_after_reports(reports, flags, console.paint, chosen))
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
    if isinstance(result, Finished) and not (result.report.outcomes or result.report.handed or result.already_done):
        result = result.planned  # with nothing to do
    with reporting([result]):
        if isinstance(result, Planned) and not console.wants_json:
            show_plans([result], console)
        else:
            show_reports([result], console, flags)


def _plans_text(results: Sequence[PlanResult], paint: Paint) -> str:
    """The plans in full; of several instances those alone that have something to say, since a table names the rest."""
    planned = [result for result in results if isinstance(result, Planned)]
    if len(results) > 1:
        planned = [each for each in planned if each.lacking or has_something_to_say(each.plan, each.refusals)]
    return "\n".join(render_plan(each.plan, each.refusals, paint, each.as_of, lacking=each.lacking) for each in planned)


def _overview(results: Sequence[PlanResult], paint: Paint) -> str:
    """The plans and the table; the table alone if there is nothing else to say."""
    plans, table = _plans_text(results, paint), _fleet_text(results, paint)
    return plans + table if plans else table.removeprefix("\n")


def _fleet_text(results: Sequence[ApplyResult], paint: Paint) -> str:
    """The table of several instances, after what was shown of each."""
    table = render_fleet([line_of(result) for result in results], paint)
    return f"\n{table}" if table else ""


def _report_text(finished: Finished, console: Console) -> str:
    return render_report(finished.planned.plan, finished.report, console.paint, finished.already_done)


def _show_stopped(results: Sequence[ApplyResult], console: Console) -> None:
    for result in results:
        if isinstance(result, Stopped):
            console.problem(render_error_lines(result.error, result.instance.name))
