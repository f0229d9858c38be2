"""OpenMetrics text (openmetrics.io, 1.0), which Prometheus' textfile collector reads as well: gauges only."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC
from typing import assert_never

from reconciler import __version__
from reconciler.applying.report import Applied, Failed, Outcome, Skipped, undelivered
from reconciler.model.diagnostics import Severity
from reconciler.planning.plan.plan import Plan
from reconciler.render.view.counts import ACTIONS, action, count
from reconciler.render.view.verdict import Verdict, of_result, tally
from reconciler.results import ApplyResult, Finished, Overview, Planned, Stopped
from reconciler.support.text import printable

_SUCCESS = "reconciler_last_success_timestamp_seconds"
_LINE = re.compile(rf'{_SUCCESS}\{{command="(?P<command>[a-z]+)",instance="(?P<instance>[^"\\]+)"\}} (?P<at>[0-9.]+)')
_GOOD = (Verdict.IN_SYNC, Verdict.APPLIED, Verdict.CHANGES, Verdict.LEFT_OUT)

_Samples = Iterator[tuple[Mapping[str, str], float]]


def render_metrics(overview: Overview) -> str:
    """Render the metrics, ending in `# EOF`. Times are seconds since 1970; everything else is a count."""
    lines = [line for family in _families(overview) for line in _family(*family)]
    return "\n".join([*lines, "# EOF"]) + "\n"


def last_successes(text: str, command: str) -> dict[str, float]:
    """Return when each instance last succeeded, from the text of an earlier report; empty if it is not one."""
    found = map(_LINE.fullmatch, text.splitlines())
    return {m["instance"]: float(m["at"]) for m in found if m is not None and m["command"] == command}


def _families(overview: Overview) -> Iterator[tuple[str, str, _Samples]]:
    results, command = overview.results, overview.command
    yield "reconciler_build_info", "The version that ran.", iter([({"version": __version__}, 1)])
    if overview.made_at is not None:
        at = overview.made_at.astimezone(UTC).timestamp()
        yield "reconciler_last_run_timestamp_seconds", "When it ran.", iter([({"command": command}, at)])
        yield _SUCCESS, "When an instance was last planned or applied without an error.", _successes(overview, at)
    yield (
        "reconciler_run_failed",
        "1 if the run could not go on.",
        iter([({"command": command}, overview.error is not None)]),
    )
    yield "reconciler_diagnostics", "Problems of the files.", _diagnostics(overview)
    totals = tally(map(of_result, results))
    yield "reconciler_instances", "Instances by result.", (({"result": v}, totals[v]) for v in Verdict)
    yield (
        "reconciler_up",
        "1 if the instance has a plan.",
        _up(results),
    )
    yield "reconciler_pending_changes", "Changes that are planned and not applied.", _pending(results)
    yield "reconciler_drift", "Clients that a person changed on the instance.", _drift(results)
    yield "reconciler_refusals", "Reasons why the plan must not be applied.", _refusals(results)
    for name, explained in _NUMBERS.items():
        yield f"reconciler_{name}", explained, _numbers(results, name)
    if command == "apply":
        yield "reconciler_applied_changes", "Changes that were applied.", _outcomes(results, Applied)
        yield "reconciler_failed_changes", "Changes that failed.", _outcomes(results, Failed)
        yield "reconciler_not_tried_changes", "Changes that were not tried.", _outcomes(results, Skipped)
        yield "reconciler_undelivered", "Secrets that a sink did not take.", _undelivered(results)


_NUMBERS = {
    "blocked": "Clients that are not changed until a person decides.",
    "in_sync": "Clients that are as declared.",
    "unmanaged": "Live clients that no entry declares.",
    "taken_out": "Live clients whose entries were taken out of git.",
}


def _family(name: str, explained: str, samples: _Samples) -> Iterator[str]:
    yield f"# HELP {name} {explained}"
    yield f"# TYPE {name} gauge"
    for labels, value in samples:
        listed = ",".join(f'{key}="{_label(text)}"' for key, text in labels.items())
        yield f"{name}{{{listed}}} {float(value):.15g}"


def _label(text: str) -> str:
    return printable(text).replace("\\", "\\\\").replace('"', '\\"')


def _up(results: Sequence[ApplyResult]) -> _Samples:
    return (({"instance": result.instance.name}, not isinstance(result, Stopped)) for result in results)


def _successes(overview: Overview, at: float) -> _Samples:
    """Yield the last successes. Instances that failed keep the time of an earlier report, for alerts on its age."""
    now = {result.instance.name: at for result in overview.results if _succeeded(result)}
    seen = {result.instance.name for result in overview.results}
    before = {name: when for name, when in overview.successes.items() if name in seen or not seen}
    for name, when in sorted({**before, **now}.items()):
        yield {"command": overview.command, "instance": name}, when


def _succeeded(result: ApplyResult) -> bool:
    planned = result.planned if isinstance(result, Finished) else result
    return of_result(result) in _GOOD and isinstance(planned, Planned) and not planned.plan.blocked


def _plan(result: ApplyResult) -> Plan | None:
    match result:
        case Planned(plan=plan) | Finished(planned=Planned(plan=plan)):
            return plan
        case Stopped():
            return None
        case _:
            assert_never(result)


def _planned(results: Sequence[ApplyResult]) -> Iterator[tuple[ApplyResult, Plan]]:
    for result in results:
        plan = _plan(result)
        if plan is not None:
            yield result, plan


def _pending(results: Sequence[ApplyResult]) -> _Samples:
    for result, plan in _planned(results):
        left = plan.changes
        if isinstance(result, Finished):
            left = tuple(each.change for each in result.report.outcomes if not isinstance(each, Applied))
        actions = [action(change) for change in left]
        actions += ["deliver"] * len(_undelivered_clients(result, plan))
        for word in ACTIONS:
            yield {"instance": plan.instance, "action": word}, actions.count(word)


def _undelivered_clients(result: ApplyResult, plan: Plan) -> set[int]:
    """Return the clients with a new recipient that has not got the secret."""
    wanted = {each.id for each in plan.deliveries}
    if not isinstance(result, Finished):
        return wanted
    failed = {each.id for each in undelivered(result.report)}
    return wanted - ({each.id for each in result.report.deliveries} - failed)


def _drift(results: Sequence[ApplyResult]) -> _Samples:
    for _, plan in _planned(results):
        counts = count(plan)
        yield {"instance": plan.instance}, counts.drift + counts.kept


def _refusals(results: Sequence[ApplyResult]) -> _Samples:
    planned = [result for result in results if isinstance(result, Planned)]
    return (({"instance": each.instance.name}, len(each.refusals)) for each in planned)


def _numbers(results: Sequence[ApplyResult], name: str) -> _Samples:
    return (({"instance": plan.instance}, getattr(count(plan), name)) for _, plan in _planned(results))


def _outcomes(results: Sequence[ApplyResult], kind: type[Outcome]) -> _Samples:
    for result in results:
        if isinstance(result, Finished):
            yield {"instance": result.instance.name}, sum(isinstance(each, kind) for each in result.report.outcomes)


def _undelivered(results: Sequence[ApplyResult]) -> _Samples:
    finished = [result for result in results if isinstance(result, Finished)]
    return (({"instance": each.instance.name}, len(undelivered(each.report))) for each in finished)


def _diagnostics(overview: Overview) -> _Samples:
    found = [diagnostic.severity for diagnostic in overview.diagnostics]
    return (({"severity": severity.value}, found.count(severity)) for severity in Severity)
