"""What GitHub Actions shows at the lines of a pull request: workflow commands, one line each.

Source: "Workflow commands for GitHub Actions" of its documentation; % CR LF, and in properties : and , too, are escaped
as its toolkit does (packages/core/src/command.ts).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reconciler.render.view.counts import plural
from reconciler.render.view.findings import Finding, Kind, Level, findings, of_level
from reconciler.results import Overview
from reconciler.support.text import printable

MOST = 10
"""Annotations of a level that GitHub shows of one step; what comes after is in the log alone."""

TITLES = {
    Kind.CONFIGURATION: "configuration",
    Kind.ENDED: "the run could not go on",
    Kind.INVALID: "invalid",
    Kind.STOPPED: "no plan",
    Kind.FAILED: "failed",
    Kind.REFUSED: "refused",
    Kind.BLOCKED: "blocked",
    Kind.DELETE: "delete",
    Kind.TAKEN_OUT: "taken out of git",
    Kind.RISK: "risk",
    Kind.CREATE: "create",
    Kind.NOT_TRIED: "not tried",
    Kind.ODD: "odd",
    Kind.KEPT: "kept",
    Kind.CHANGE: "change",
    Kind.FILES: "warning",
}


def render_annotations(overview: Overview) -> str:
    """The commands, gravest first, each ending in a line feed; what is beyond the limit is counted in the last one."""
    found = findings(overview)
    return "".join(line for level in Level for line in _of_level(overview, of_level(found, level)))


def _of_level(overview: Overview, found: Sequence[Finding]) -> Iterator[str]:
    shown = found if len(found) <= MOST else found[: MOST - 1]
    yield from (_annotation(overview, finding) for finding in shown)
    if len(shown) < len(found):
        more = plural(len(found) - len(shown), f"more {found[0].level}")
        yield f"::{found[0].level} title=reconciler::{more}: see the summary of the job, or its log\n"


def _annotation(overview: Overview, finding: Finding) -> str:
    place = finding.location
    properties = (
        {"file": overview.from_top(place.path), "line": str(place.line), "col": str(place.column)} if place else {}
    )
    properties["title"] = f"reconciler {overview.command}: {finding.action or finding.rule or TITLES[finding.kind]}"
    listed = ",".join(f"{key}={_property(value)}" for key, value in properties.items())
    return f"::{finding.level} {listed}::{_data(sentence(finding))}\n"


def sentence(finding: Finding) -> str:
    """The whole of a finding in one line: what it is about, where, what there is to say, and the way out. Printable."""
    about = [printable(finding.client)] if finding.client is not None else []
    about += [f"on {', '.join(finding.instances)}"] if finding.instances else []
    text = f"{' '.join(about)}: {finding.text}" if about else finding.text
    return printable(f"{text}; way out: {finding.hint}" if finding.hint else text)


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(printable(text)).replace(":", "%3A").replace(",", "%2C")
