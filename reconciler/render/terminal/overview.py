"""A run as plain text: what stdout and stderr showed of it, in one piece."""

from __future__ import annotations

from collections.abc import Sequence

from reconciler.render.terminal.color import Paint, plain
from reconciler.render.terminal.errors import render_diagnostic_lines, render_error_lines
from reconciler.render.terminal.plan import render_plan
from reconciler.results import ApplyResult, Finished, Overview, Planned, Stopped


def render_overview(overview: Overview) -> str:
    """Diagnostics, plans or reports, the table, and why an instance has neither."""
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
    """The plans in full; of several instances those alone that have something to say, since a table names the rest."""
    planned = [result for result in results if isinstance(result, Planned)]
    if len(results) > 1:
        from reconciler.render.terminal.fleet import has_something_to_say

        planned = [each for each in planned if each.missing_secrets or has_something_to_say(each.plan, each.refusals)]
    return "\n".join(
        render_plan(each.plan, each.refusals, paint, each.as_of, missing_secrets=each.missing_secrets)
        for each in planned
    )


def plans_and_table(results: Sequence[ApplyResult], paint: Paint = plain) -> str:
    """The plans and the table; the table alone if there is nothing else to say."""
    plans, table = plans_text(results, paint), fleet_text(results, paint)
    return plans + table if plans else table.removeprefix("\n")


def fleet_text(results: Sequence[ApplyResult], paint: Paint = plain) -> str:
    """The table of several instances, after what was shown of each; nothing of a single one."""
    if len(results) < 2:
        return ""
    from reconciler.render.terminal.fleet import line_of, render_fleet

    return f"\n{render_fleet([line_of(result) for result in results], paint)}"


def report_text(finished: Finished, paint: Paint = plain) -> str:
    """What came of the plan of one instance."""
    from reconciler.render.terminal.report import render_report

    return render_report(finished.planned.plan, finished.report, paint, finished.already_done)
