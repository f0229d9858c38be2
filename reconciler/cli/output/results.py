"""Print plans and reports to stdout, in any format."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from reconciler.cli.output.console import Console
from reconciler.cli.output.streams import OutputLost
from reconciler.model.errors import CredentialsMissing, LoginRefused
from reconciler.render.terminal.color import plain
from reconciler.render.terminal.next_step import Chosen, next_after_plans, next_after_reports
from reconciler.render.terminal.overview import fleet_text, plans_and_table, plans_text, report_text, waiting_text
from reconciler.results import (
    ApplyResult,
    Finished,
    Planned,
    PlanResult,
    Stopped,
    is_login_refused,
    startable,
    without_empty_report,
)


def show_plans(
    results: Sequence[PlanResult], console: Console, flags: Sequence[str] | None = None, chosen: Sequence[str] = ()
) -> None:
    """Print every plan to stdout, and errors of those without a plan to stderr (with JSON, to stdout as well).

    `flags` are those that an apply of the plans needs too; if None, no next command is printed. `chosen` are the flags
    that selected the instances.
    """
    if console.wants_json:
        console.document(_document("plan", results))
    else:
        console.text(plans_and_table(results, console.paint))
        console.text(waiting_text(results))
        if flags is not None:
            ready = [(each.plan, each.refusals) for each in startable(results)]
            console.result(next_after_plans(ready, flags, console.paint, _chosen(chosen, results)))
    _show_stopped(results, console)


def show_proposals(results: Sequence[PlanResult], console: Console, *, asked: bool) -> None:
    """Print the plans as text before they are applied, to stderr if stdout is for JSON.

    Instances without a plan are printed only before a question (`asked`). Otherwise the report names them, and naming
    them twice would mislead.
    """
    if not console.wants_json:
        console.text(plans_text(results, console.paint))
        console.text(fleet_text(results, console.paint) + waiting_text(results) if asked else "")
    elif asked:  # stdout is for one document, the report
        console.problem(plans_text(results, plain) + fleet_text(results, plain) + waiting_text(results))
    if asked:
        _show_stopped(results, console)


def show_reports(
    results: Sequence[ApplyResult], console: Console, flags: Sequence[str] | None, chosen: Sequence[str] = ()
) -> None:
    """Print the result of each instance, once all are done. `flags` and `chosen` are as for `show_plans`."""
    finished = [result for result in results if isinstance(result, Finished)]
    if console.wants_json:
        console.document(_document("apply", results))
    else:
        console.text("".join(f"\n{report_text(each, console.paint)}" for each in finished))
        console.text(fleet_text(results, console.paint))
        if flags is not None:
            reports = [(each.planned.plan, each.report) for each in finished]
            named, others = _chosen(chosen, results), to_try_again(results)
            console.result(next_after_reports(reports, flags, console.paint, named, others))
    _show_stopped(results, console)


@contextmanager
def reporting(results: Sequence[ApplyResult]) -> Iterator[None]:
    """Set the exit code and the hint if a report cannot be printed: it must not look as if nothing was written."""
    try:
        yield
    except OutputLost as lost:
        from reconciler.cli.output.exit_codes import of_unprinted_applies

        lost.exit_code, lost.hint = of_unprinted_applies(results), "see what is live now: reconciler plan"
        raise


def show_result(result: ApplyResult, console: Console, flags: Sequence[str] | None = ()) -> None:
    """Print the result of one instance; if it was not written to, its plan and why. `flags` as for `show_reports`."""
    result = without_empty_report(result)
    with reporting([result]):
        if isinstance(result, Planned) and not console.wants_json:
            show_plans([result], console)
        else:
            show_reports([result], console, flags)


def _document(kind: str, results: Sequence[ApplyResult]) -> Iterator[str]:
    from reconciler.render.json.overview import instances_pieces, result_entry

    return instances_pieces(kind, [result_entry(result) for result in results])


def _show_stopped(results: Sequence[ApplyResult], console: Console) -> None:
    if any(isinstance(result, Stopped) for result in results):
        from reconciler.render.terminal.fleet import render_stopped  # few runs need it

        console.problem(render_stopped(results))


def _chosen(flags: Sequence[str], results: Sequence[ApplyResult]) -> Chosen:
    """How instances are named in the next command: one by one, where all would try a refused login again."""
    return Chosen(() if any(map(is_login_refused, results)) else flags, len(results))


def to_try_again(results: Sequence[ApplyResult]) -> list[str]:
    """The names of the stopped instances that another try can help: their accounts were not refused or missing."""
    stopped = [each for each in results if isinstance(each, Stopped)]
    return [each.instance.name for each in stopped if not isinstance(each.error, LoginRefused | CredentialsMissing)]
