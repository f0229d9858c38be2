"""Overview of several instances: a line for each, one with the counts, and why some have neither plan nor report."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import assert_never

from reconciler.applying.report import Applied, Report
from reconciler.model.errors import ReconcilerError
from reconciler.model.placeholders import as_variable
from reconciler.model.settings import Instance
from reconciler.planning.guard import Refusal
from reconciler.planning.plan.plan import Plan
from reconciler.render.terminal.color import Paint, Style, plain
from reconciler.render.terminal.columns import column
from reconciler.render.terminal.errors import render_error_lines
from reconciler.render.view import verdict
from reconciler.render.view.any_instance import for_any, for_these, naming
from reconciler.render.view.counts import count, plural, summary_text
from reconciler.render.view.verdict import Verdict, tally
from reconciler.results import ApplyResult, Finished, Planned, Stopped
from reconciler.support.frozen import frozen
from reconciler.support.text import first_few, printable

_LONGEST = 100
"""Maximum number of characters of a remark."""

_MOST_TOLD = 12
"""Maximum number of instances named before a reason, and of different hints after it."""

_WORDS = {
    Verdict.CHANGES: "with changes",
    Verdict.LEFT_OUT: "with nothing chosen",
    Verdict.PARTIAL: "applied in part",
}
_STYLES = {
    Verdict.IN_SYNC: Style.FAINT,
    Verdict.APPLIED: Style.ADDED,
    Verdict.CHANGES: Style.CHANGED,
    Verdict.LEFT_OUT: Style.FAINT,
    Verdict.BLOCKED: Style.WARNED,
    Verdict.NOT_TRIED: Style.WARNED,
}


@frozen
class FleetLine:
    """The line of one instance in the table."""

    instance: str
    verdict: Verdict
    remark: str
    """A summary of the plan or report; for an instance without one, the reason."""
    counts: bool = True
    """Whether the remark is a summary, not the reason of an error."""
    unmanaged: int = 0
    """Live clients that no entry declares, for the table of a terminal: the other reports list them."""


def plan_line(plan: Plan, refusals: Sequence[Refusal]) -> FleetLine:
    """Return the line of an instance that was planned."""
    counts = count(plan)
    remark = summary_text(counts, refused=False)
    if refusals:
        remark += f" · {', '.join(dict.fromkeys(refusal.code for refusal in refusals))}"
    return FleetLine(plan.instance, verdict.of_plan(plan, refusals), remark, unmanaged=counts.unmanaged)


def report_line(plan: Plan, report: Report, done_before: int = 0) -> FleetLine:
    """Return the line of an instance that was written to, or needed no write: some changes were `done_before`."""
    applied = sum(isinstance(outcome, Applied) for outcome in report.outcomes)
    parts = [f"{applied} of {plural(len(report.outcomes), 'change')} applied"] if report.outcomes else []
    parts += [f"{done_before} done before"] if done_before else []
    remark = " · ".join(parts) or "nothing to write"
    remark += f" · {len(plan.blocked)} blocked" if plan.blocked else ""
    return FleetLine(plan.instance, verdict.of_report(report), remark)


def error_line(instance: str, error: ReconcilerError) -> FleetLine:
    """Return the line of an instance that was not planned or not written to."""
    found, remark = verdict.of_error(error), error.message.removeprefix("not tried: ")
    return FleetLine(instance, found, "" if remark == verdict_text(found) else remark, counts=False)


def fleet_line(result: ApplyResult) -> FleetLine:
    """Return the line of an instance, whatever its result."""
    match result:
        case Planned(plan=plan, refusals=refusals):
            return plan_line(plan, refusals)
        case Finished(planned=planned, report=report, already_live=done):
            return report_line(planned.plan, report, len(done))
        case Stopped(instance=instance, error=error):
            return error_line(instance.name, error)
        case _:
            assert_never(result)


def worst_first(results: Sequence[ApplyResult]) -> list[ApplyResult]:
    """Sort by verdict, worst first; results with the same verdict keep their order."""
    grave = {each: number for number, each in enumerate(Verdict)}
    return sorted(results, key=lambda result: -grave[verdict.of_result(result)])


def render_fleet(lines: Sequence[FleetLine], paint: Paint = plain) -> str:
    """Render the table, ending in a line feed; empty for a single instance, which was shown in full already."""
    if len(lines) < 2:
        return ""
    names = column([printable(line.instance) for line in lines])
    words = column([verdict_text(line.verdict) for line in lines])
    styles = [_STYLES.get(line.verdict, Style.REMOVED) for line in lines]
    cells = zip(names, words, styles, map(_remark, lines), strict=True)
    table = [
        f"{name}  {paint(word, style)}  {remark}" if remark else f"{name}  {paint(word.rstrip(), style)}"
        for name, word, style, remark in cells
    ]
    return "\n".join([*table, "", paint(total(lines), Style.STRONG)]) + "\n"


def has_something_to_say(plan: Plan, refusals: Sequence[Refusal]) -> bool:
    """Whether a plan among many is worth showing in full: more than "nothing to do"."""
    surprising = any(client.note for client in plan.unmanaged)
    found = (
        plan.changes,
        plan.deliveries,
        plan.blocked,
        refusals,
        plan.notes,
        plan.kept,
        plan.configuration,
        surprising,
    )
    return any(found)


def verdict_text(outcome: Verdict) -> str:
    """Return the verdict for people."""
    return outcome.value.replace("_", " ")


def _remark(line: FleetLine) -> str:
    return shortened(line.remark) + (f" · {line.unmanaged} unmanaged" if line.unmanaged else "")


def shortened(remark: str) -> str:
    """Return a remark, printable, cut to fit in the table."""
    text = printable(remark)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def total(lines: Sequence[FleetLine]) -> str:
    """Count the instances, in total and by verdict."""
    return f"{plural(len(lines), 'instance')}: {', '.join(_counted(lines))}"


def _counted(lines: Sequence[FleetLine]) -> Iterator[str]:
    numbers = tally(line.verdict for line in lines)
    for outcome in Verdict:
        if number := numbers[outcome]:
            yield f"{number} {_WORDS.get(outcome, verdict_text(outcome))}"


def render_stopped(results: Iterable[object]) -> str:
    """Render why instances were stopped, each reason once with the names of its instances; others are skipped."""
    groups: dict[str, list[Stopped]] = {}
    for each in results:
        if isinstance(each, Stopped):
            groups.setdefault(_general(each.error.message, each.instance), []).append(each)
    return "".join(_reason(message, members) for message, members in groups.items())


def _reason(message: str, members: Sequence[Stopped]) -> str:
    [first, *more] = members
    if not more:
        return render_error_lines(first.error, first.instance.name)
    hints = _hints(members)
    names = first_few([each.instance.name for each in members], _MOST_TOLD)
    text = render_error_lines(ReconcilerError(_shared(message, members)), names)
    further = f"  and {len(hints) - _MOST_TOLD} more like these\n" if len(hints) > _MOST_TOLD else ""
    return text + "".join(_indented(hint) for hint in hints[:_MOST_TOLD]) + further


def _hints(members: Sequence[Stopped]) -> list[str]:
    """The hints, each once: one command for all of the instances that need the same."""
    found: dict[str, list[str]] = {}
    for each in members:
        if each.error.hint:
            found.setdefault(for_any(each.error.hint, each.instance.name), []).append(each.instance.name)
    return [for_these(hint, naming(names)) for hint, names in found.items()]


def _shared(message: str, members: Sequence[Stopped]) -> str:
    """The message as it is if all have it word by word, else with placeholders."""
    words = {each.error.message for each in members}
    return words.pop() if len(words) == 1 else message


def _indented(hint: str) -> str:
    _, _, line = render_error_lines(ReconcilerError("", hint)).partition("\n")
    return line


def _general(message: str, instance: Instance) -> str:
    """The message with placeholders for what is the instance's own: its URL, and its name in names of variables."""
    if instance.url is not None:
        message = message.replace(instance.url, "{url}")
    credentials = instance.credentials
    for name in (credentials.username_env, credentials.password_env) if credentials is not None else ():
        variable = as_variable(instance.name)
        if name is not None and variable in name:
            message = message.replace(name, name.replace(variable, "{INSTANCE}"))
    return message
