"""Annotations that GitHub Actions shows at the lines of a pull request: workflow commands, one line each.

Source: "Workflow commands for GitHub Actions" in its documentation; % CR LF, and in properties : and , too, are escaped
as in its toolkit (packages/core/src/command.ts).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from reconciler.render.view.counts import plural
from reconciler.render.view.findings import Level, ReviewFinding, findings
from reconciler.render.view.kinds import ReviewKind
from reconciler.results import Overview
from reconciler.support.text import printable

MOST = 10
"""Maximum number of annotations per level that GitHub shows for one step; further ones are only in the log."""

TITLES = {
    ReviewKind.BASE: "base",
    ReviewKind.CONFIGURATION: "configuration",
    ReviewKind.ENDED: "the run could not go on",
    ReviewKind.INVALID: "invalid",
    ReviewKind.STOPPED: "no plan",
    ReviewKind.FAILED: "failed",
    ReviewKind.REFUSED: "refused",
    ReviewKind.BLOCKED: "blocked",
    ReviewKind.DELETE: "delete",
    ReviewKind.DELIVER: "deliver",
    ReviewKind.TAKEN_OUT: "taken out of git",
    ReviewKind.RISK: "risk",
    ReviewKind.CREATE: "create",
    ReviewKind.NOT_TRIED: "not tried",
    ReviewKind.WAIVED: "waived",
    ReviewKind.ODD: "odd",
    ReviewKind.KEPT: "kept",
    ReviewKind.CHANGE: "change",
    ReviewKind.FILES: "warning",
}


def render_annotations(overview: Overview) -> str:
    """Render the commands, worst first, each ending in a line feed; the last of a level counts those not shown.

    With a base, only for what the change under review causes, and for errors: a pull request shows few annotations, and
    those about lines that it does not touch are in no diff. The others are counted.
    """
    every = findings(overview)
    found = [each for each in every if each.caused or each.level is Level.ERROR]
    lines = [line for level in Level for line in _of_level(overview, [each for each in found if each.level is level])]
    return "".join([*lines, _older(len(every) - len(found))])


def _older(number: int) -> str:
    if not number:
        return ""
    what = f"{plural(number, 'finding')} that this change does not cause"
    return f"::notice title=reconciler::{what}: see the summary of the job\n"


def _of_level(overview: Overview, found: Sequence[ReviewFinding]) -> Iterator[str]:
    shown = found if len(found) <= MOST else found[: MOST - 1]
    yield from (_annotation(overview, finding) for finding in shown)
    if len(shown) < len(found):
        more = plural(len(found) - len(shown), f"more {found[0].level}")
        yield f"::{found[0].level} title=reconciler::{more}: see the summary of the job, or its log\n"


def _annotation(overview: Overview, finding: ReviewFinding) -> str:
    place = finding.location
    properties = (
        {"file": overview.to_annotate(place.path), "line": str(place.line), "col": str(place.column)} if place else {}
    )
    properties["title"] = f"reconciler {overview.command}: {finding.action or finding.rule or TITLES[finding.kind]}"
    listed = ",".join(f"{key}={_property(value)}" for key, value in properties.items())
    [said] = sentences(finding, [finding.in_brief().text])
    return f"::{finding.level} {listed}::{_data(said)}\n"


def sentences(finding: ReviewFinding, texts: Iterable[str]) -> list[str]:
    """Return each text of a finding in one line: the client, the instances, the text, the fix. Printable."""
    about = [finding.client] if finding.client is not None else []
    about += [f"on {', '.join(finding.instances)}"] if finding.instances else []
    before = f"{' '.join(about)}: " if about else ""
    behind = f"; fix: {finding.hint}" if finding.hint else ""
    return [printable(f"{before}{text}{behind}") for text in texts]


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(printable(text)).replace(":", "%3A").replace(",", "%2C")
