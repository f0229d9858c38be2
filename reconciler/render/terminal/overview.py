"""A run as plain text: what was printed to stdout and stderr, in one piece."""

from __future__ import annotations

from collections.abc import Sequence

from reconciler.render.terminal.color import Paint, plain
from reconciler.render.terminal.errors import render_diagnostic_lines, render_error_lines
from reconciler.render.terminal.plan import render_plan
from reconciler.results import ApplyResult, Finished, Overview, Planned, Stopped


def render_overview(overview: Overview) -> str:
    """Render diagnostics, plans or reports, the table, and the errors of instances without either."""
    results = overview.results
    parts = [
        render_diagnostic_lines(overview.diagnostics),
        render_error_lines(overview.error) if overview.error is not None else "",
        "\n".join(filter(None, [plans_text(results), *(report_text(e) for e in results if isinstance(e, Finished))])),
        fleet_text(results),
        *(render_error_lines(each.error, each.instance.name) for each in results if isinstance(each, Stopped)),
    ]
    return "".join(parts) or "no problem was found\n"


def plans_text(results: Sequence[ApplyResult], paint: Paint = plain) -> str:
    """Render the plans in full; of several instances only those with something to report: a table has the rest."""
    planned = [result for result in results if isinstance(result, Planned)]
    if len(results) > 1:
        from reconciler.render.terminal.fleet import has_something_to_say

        planned = [each for each in planned if each.missing_secrets or has_something_to_say(each.plan, each.refusals)]
    return "\n".join(
        render_plan(each.plan, each.refusals, paint, each.as_of, missing_secrets=each.missing_secrets)
        for each in planned
    )


def plans_and_table(results: Sequence[ApplyResult], paint: Paint = plain) -> str:
    """Render the plans and the table; only the table if no plan has something to report."""
    plans, table = plans_text(results, paint), fleet_text(results, paint)
    return plans + table if plans else table.removeprefix("\n")


def fleet_text(results: Sequence[ApplyResult], paint: Paint = plain) -> str:
    """Render the table of several instances, to follow their plans or reports; empty for a single instance."""
    if len(results) < 2:
        return ""
    from reconciler.render.terminal.fleet import fleet_line, render_fleet

    return f"\n{render_fleet([fleet_line(result) for result in results], paint)}"


def report_text(finished: Finished, paint: Paint = plain) -> str:
    """Render the report of one instance."""
    from reconciler.render.terminal.report import render_report

    return render_report(finished.planned.plan, finished.report, paint, finished.already_live)
