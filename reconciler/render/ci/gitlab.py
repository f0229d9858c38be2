"""GitLab's own report formats: the plan widget, and findings in the diff of a merge request."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from reconciler.model.clients import Location
from reconciler.model.diagnostics import has_errors
from reconciler.render.ci.fingerprint import fingerprints
from reconciler.render.ci.github import sentences
from reconciler.render.view.counts import count
from reconciler.render.view.findings import Level, findings
from reconciler.results import Finished, Overview, Planned, Stopped
from reconciler.support.json_writer import indented_json
from reconciler.support.text import printable

_SEVERITIES = {Level.ERROR: "critical", Level.WARNING: "major", Level.NOTICE: "info"}


def render_terraform(overview: Overview) -> str:
    """Render `artifacts:reports:terraform`: how many clients are created, updated and deleted, over all instances.

    If an instance has no plan, there are no counts: GitLab then says that the report could not be made, which is
    better than a total that is too small.
    """
    stopped = any(isinstance(result, Stopped) for result in overview.results)
    if stopped or overview.error is not None or has_errors(overview.diagnostics):
        return json.dumps({"error": "not every instance has a plan"}) + "\n"
    plans = [result.planned.plan if isinstance(result, Finished) else result.plan for result in _with_plans(overview)]
    counts = [count(plan) for plan in plans]
    # A new recipient of a secret counts as an update: GitLab knows no other kinds.
    # A replacement counts as a creation; the old client is deleted by this plan or a later one, which counts that.
    numbers = {
        "create": sum(each.create + each.replace for each in counts),
        "update": sum(each.update + each.rename + each.deliver for each in counts),
        "delete": sum(each.delete for each in counts),
    }
    return json.dumps(numbers) + "\n"


def render_code_quality(overview: Overview) -> str:
    """Render `artifacts:reports:codequality`: a list of issues, in GitLab's subset of Code Climate's format."""
    return indented_json(_issues(overview)) + "\n"


def _with_plans(overview: Overview) -> Iterator[Planned | Finished]:
    yield from (result for result in overview.results if not isinstance(result, Stopped))


def _issues(overview: Overview) -> Iterator[dict[str, Any]]:
    seen: set[str] = set()
    for finding in findings(overview):
        if not finding.is_alert:
            continue
        place = finding.location or finding.earlier or Location(overview.config, 1, 1)
        path = overview.to_annotate(place.path)
        texts = sentences(finding, [note.text for note in finding.notes])
        for note, text, mark in zip(finding.notes, texts, fingerprints(finding, path), strict=True):
            if mark in seen:  # GitLab treats issues with the same fingerprint as one
                continue
            seen.add(mark)
            yield {
                "description": text,
                "check_name": note.code,
                "fingerprint": mark,
                "severity": _SEVERITIES[finding.level],
                "location": {"path": printable(path), "lines": {"begin": place.line}},
            }
