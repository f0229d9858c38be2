"""JUnit XML for Jenkins and GitLab: a suite per instance, a case per client that is not in sync."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC
from xml.etree import ElementTree as ET  # writing only

from reconciler.applying.report import Applied, Failed, Outcome, Skipped, undelivered
from reconciler.model.clients import Location
from reconciler.model.diagnostics import Diagnostic, Severity
from reconciler.model.errors import ReconcilerError
from reconciler.model.placeholders import placed
from reconciler.planning.plan.plan import Blocked, Change, Delete, Plan
from reconciler.render.view.counts import action, removed_from_git
from reconciler.render.view.deliveries import DeliveryGroup, delivery_groups, sentence_of
from reconciler.render.view.difference import diff_of
from reconciler.results import ApplyResult, Finished, Overview, Planned, Stopped
from reconciler.support.text import printable

# XML 1.0 section 2.2: characters that `printable` lets through but XML forbids, even as references.
_NOT_XML = re.compile("[\ufffe\uffff]")


def render_junit(overview: Overview) -> str:
    """Render the document, ending in a line feed. Only what makes the exit code 1, 3, 4, 5 or 6 fails."""
    root = ET.Element("testsuites", name=f"reconciler {overview.command}")
    if overview.error is not None or overview.diagnostics or not overview.results:
        _suite(root, overview, "declarations", _of_files(overview))
    for result in overview.results:
        _suite(root, overview, result.instance.name, _of_result(overview, result))
    _count(root, root)
    ET.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(root, encoding="unicode")}\n'


def _suite(root: ET.Element, overview: Overview, name: str, cases: Iterator[ET.Element]) -> None:
    suite = ET.SubElement(root, "testsuite", name=_text(name))
    if overview.made_at is not None:
        suite.set("timestamp", overview.made_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S"))
    for case in cases:
        case.set("classname", _text(name))
        suite.append(case)
    _count(suite, suite)


def _count(element: ET.Element, of: ET.Element) -> None:
    for name, kind in (("tests", "testcase"), ("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        element.set(name, str(sum(1 for _ in of.iter(kind))))


def _of_files(overview: Overview) -> Iterator[ET.Element]:
    if overview.error is not None:
        yield _error(_case("the run", overview), overview.error)
    elif not overview.diagnostics:
        yield _case("valid", overview)
    yield from (_of_diagnostic(overview, diagnostic) for diagnostic in overview.diagnostics)


def _of_diagnostic(overview: Overview, diagnostic: Diagnostic) -> ET.Element:
    case = _case(f"{diagnostic.location}: {diagnostic.rule}", overview, diagnostic.location)
    if diagnostic.severity is Severity.ERROR:
        return _said(case, "failure", diagnostic.message, diagnostic.hint, diagnostic.rule)
    ET.SubElement(case, "system-out").text = _text(diagnostic.message)
    return case


def _of_result(overview: Overview, result: ApplyResult) -> Iterator[ET.Element]:
    case = _case("the instance", overview, result.instance.location)
    match result:
        case Stopped(error=error):
            yield _error(case, error)
        case Planned(plan=plan, refusals=refusals):
            for refusal in refusals:
                _said(case, "failure", refusal.text, refusal.way_out, refusal.code)
            yield case
            yield from (_blocked(overview, blocked) for blocked in plan.blocked)
            yield from _taken_out(overview, plan)
            yield from (_planned(overview, change) for change in plan.changes)
            yield from (_delivery(overview, group) for group in delivery_groups(plan))
        case Finished(planned=planned, report=report):
            if report.interrupted:
                _said(case, "failure", "interrupted", None, "interrupted")
            if report.journal_failure is not None:
                _said(case, "failure", f"the journal: {report.journal_failure}", None, "journal-failed")
            for delivery in undelivered(report):
                why = delivery.error.message if delivery.error is not None else "it failed"
                _said(
                    case,
                    "failure",
                    f"{delivery.name} to {placed(delivery.sink, planned.instance.name)}: {why}",
                    None,
                    "undelivered",
                )
            yield case
            yield from (_blocked(overview, blocked) for blocked in planned.plan.blocked)
            yield from _taken_out(overview, planned.plan)
            yield from (_outcome(overview, outcome) for outcome in report.outcomes)


def _blocked(overview: Overview, blocked: Blocked) -> ET.Element:
    case = _case(blocked.name, overview, blocked.source)
    return _said(case, "failure", blocked.reason.text, blocked.way_out, blocked.reason.code)


def _taken_out(overview: Overview, plan: Plan) -> Iterator[ET.Element]:
    for client, note in removed_from_git(plan):
        case = _case(f"taken out of git: {client.name}", overview, client.source or client.earlier)
        ET.SubElement(case, "system-out").text = _text(f"stays live: {note.text}")
        yield case


def _planned(overview: Overview, change: Change) -> ET.Element:
    earlier = change.earlier if isinstance(change, Delete) else None
    case = _case(f"{action(change)} {change.name}", overview, change.source or earlier)
    lines = [*diff_of(change), change.reason.text, *(f"risk: {risk.text}" for risk in change.risks)]
    ET.SubElement(case, "system-out").text = "\n".join(map(_text, lines))
    return case


def _delivery(overview: Overview, group: DeliveryGroup) -> ET.Element:
    case = _case(f"deliver {group.title}", overview, group.source)
    lines = [sentence_of(group), *(f"risk: {risk.text}" for risk in group.risks)]
    ET.SubElement(case, "system-out").text = "\n".join(map(_text, lines))
    return case


def _outcome(overview: Overview, outcome: Outcome) -> ET.Element:
    case = _case(f"{action(outcome.change)} {outcome.change.name}", overview, outcome.change.source)
    match outcome:
        case Failed(error=error):
            return _said(case, "failure", error.message, error.hint, type(error).__name__)
        case Skipped(reason=reason):
            ET.SubElement(case, "skipped", message=_text(f"not tried: {reason}"))
        case Applied(id=client_id):
            ET.SubElement(case, "system-out").text = f"client {client_id}"
    return case


def _case(name: str, overview: Overview, location: Location | None = None) -> ET.Element:
    case = ET.Element("testcase", name=_text(name))
    if location is not None:
        case.set("file", _text(overview.to_annotate(location.path)))
        case.set("line", str(location.line))
    return case


def _error(case: ET.Element, error: ReconcilerError) -> ET.Element:
    return _said(case, "error", error.message, error.hint, type(error).__name__)


def _said(case: ET.Element, what: str, message: str, hint: str | None, kind: str) -> ET.Element:
    said = ET.SubElement(case, what, message=_text(message), type=_text(kind))
    said.text = _text(f"fix: {hint}" if hint else message)
    return case


def _text(text: str) -> str:
    return _NOT_XML.sub(lambda found: f"\\u{{{ord(found[0]):x}}}", printable(text))
