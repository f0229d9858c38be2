"""A run as plain text: what was printed to stdout and stderr, in one piece."""

from __future__ import annotations

from collections.abc import Sequence

from reconciler.planning.guard import Refusal
from reconciler.planning.plan.plan import Plan
from reconciler.render.terminal.color import Paint, plain
from reconciler.render.terminal.errors import render_diagnostic_lines, render_error_lines
from reconciler.render.terminal.plan import plan_blocks, summary_line
from reconciler.results import (
    ApplyResult,
    Finished,
    Overview,
    Planned,
    PlanResult,
    can_succeed,
    first_failing_wave,
    is_pending,
    startable,
)
from reconciler.support.text import first_few

_MOST_NAMED = 12
"""Maximum number of instances named in a sentence."""


def render_overview(overview: Overview) -> str:
    """Render diagnostics, plans or reports, the table, and the errors of instances without either."""
    results = overview.results
    parts = [
        render_diagnostic_lines(overview.diagnostics),
        render_error_lines(overview.error) if overview.error is not None else "",
        "\n".join(filter(None, [plans_text(results), *(report_text(e) for e in results if isinstance(e, Finished))])),
        fleet_text(results),
        _stopped_text(results),
    ]
    return "".join(parts) or "no problem was found\n"


def _stopped_text(results: Sequence[ApplyResult]) -> str:
    from reconciler.render.terminal.fleet import render_stopped

    return render_stopped(results)


def plans_text(results: Sequence[ApplyResult], paint: Paint = plain) -> str:
    """Render the plans in full; of several instances only those with something to report: a table has the rest.

    What is the same on several instances is rendered once, before what is different.
    """
    planned = [result for result in results if isinstance(result, Planned)]
    if len(results) < 2:
        return "".join(_plan(each, each.plan, each.refusals, paint) for each in planned)
    from reconciler.render.terminal.fleet import has_something_to_say
    from reconciler.render.terminal.shared import shared_plans
    from reconciler.render.view.where import fleet_of_results

    shared = shared_plans(planned, fleet_of_results(results), paint)
    texts = [
        _plan(each, own, refusals, paint)
        for each, own, refusals in zip(planned, shared.own, shared.refusals, strict=True)
        if each.missing_secrets or has_something_to_say(own, refusals)
    ]
    return "\n".join(filter(None, [shared.text, *texts]))


def _plan(planned: Planned, shown: Plan, refusals: Sequence[Refusal], paint: Paint) -> str:
    """Render a plan with the changes and refusals that are shown here, and the numbers of all."""
    missing = planned.missing_secrets
    blocks = plan_blocks(shown, refusals, paint, planned.as_of, missing_secrets=missing)
    return f"{blocks}\n\n{summary_line(planned.plan, planned.refusals, paint, missing)}"


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


def waiting_text(results: Sequence[PlanResult]) -> str:
    """Say which instances an apply would not come to, since an earlier wave cannot succeed; empty if it would to all.

    `results` are those of a plan.
    """
    names = [each.instance.name for each in results if is_pending(each) and each not in startable(results)]
    wave = first_failing_wave(results)
    # An observation that lacks an instance says nothing about an apply, which reads it itself.
    if not names or wave is None or any(isinstance(each, Planned) and each.as_of is not None for each in results):
        return ""
    failing = [each.instance.name for each in results if each.instance.wave == wave and not can_succeed(each)]
    why = f"wave {wave} cannot succeed ({first_few(failing, _MOST_NAMED)})"
    return f"{why}, so an apply does not write to later waves: {first_few(names, _MOST_NAMED)}\n"


def report_text(finished: Finished, paint: Paint = plain) -> str:
    """Render the report of one instance."""
    from reconciler.render.terminal.report import render_report

    return render_report(finished.planned.plan, finished.report, paint, finished.already_live)
