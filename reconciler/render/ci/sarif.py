"""SARIF 2.1.0 (OASIS) for code scanning: problems in the files, and findings of a plan at their lines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache, lru_cache
from urllib.parse import quote

from reconciler import __version__
from reconciler.model.clients import Location
from reconciler.planning.plan.plan import REMOVED
from reconciler.project import PROJECT, Addresses
from reconciler.render.ci.fingerprint import fingerprints
from reconciler.render.ci.github import sentences
from reconciler.render.view.findings import Level, ReviewFinding, findings
from reconciler.render.view.rules import rule_page
from reconciler.results import Overview
from reconciler.support.json_writer import PLACE, Filled, Form, json_pieces

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LEVELS = {Level.ERROR: "error", Level.WARNING: "warning", Level.NOTICE: "note"}


def render_sarif(overview: Overview, project: Addresses = PROJECT) -> str:
    """Render the log, ending in a line feed. Of the notices only clients that were taken out of git.

    Code scanning keeps every result as an alert.
    """
    return "".join(sarif_pieces(overview, project))


def sarif_pieces(
    overview: Overview, project: Addresses = PROJECT, found: Sequence[ReviewFinding] | None = None
) -> Iterator[str]:
    """Render the log in pieces: with thousands of changes, it is several times as large as the plan.

    `found` are the findings of the run, if another report has looked for them.
    """
    found = findings(overview) if found is None else found
    alerts = [finding for finding in found if finding.is_alert]
    codes = sorted({note.code for finding in alerts for note in finding.notes})
    driver = {"name": "reconciler", "semanticVersion": __version__, "rules": [_rule(code, project) for code in codes]}
    run = {
        "tool": {"driver": driver},
        "automationDetails": {"id": f"reconciler/{overview.command}/"},
        "columnKind": "unicodeCodePoints",
        "invocations": [{"executionSuccessful": overview.error is None}],
        "results": _results(overview, alerts, codes),
    }
    yield from json_pieces({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]})


def _rule(code: str, project: Addresses) -> dict[str, str]:
    page = project.removed_page() if code == REMOVED else rule_page(project, code)
    return {"id": code, **({"helpUri": page} if page else {})}


_RESULT = Form(
    {
        "ruleId": PLACE,
        "ruleIndex": PLACE,
        "level": PLACE,
        "message": {"text": PLACE},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": PLACE, "uriBaseId": "%SRCROOT%"},
                    "region": {"startLine": PLACE, "startColumn": PLACE},
                }
            }
        ],
        "partialFingerprints": {"reconciler/v1": PLACE},
    }
)


def _results(overview: Overview, alerts: Sequence[ReviewFinding], codes: Sequence[str]) -> Iterator[Filled]:
    paths = cache(overview.to_annotate)  # thousands of findings are in a few files
    numbers = {code: number for number, code in enumerate(codes)}
    for finding in alerts:
        # Code scanning refuses a result without a location.
        place = finding.location or finding.earlier or Location(overview.config, 1, 1)
        path = paths(place.path)
        level, where = _LEVELS[finding.level], (_uri(path), place.line, place.column)
        texts = sentences(finding, [note.text for note in finding.notes])
        for note, text, mark in zip(finding.notes, texts, fingerprints(finding, path), strict=True):
            yield Filled(_RESULT, (note.code, numbers[note.code], level, text, *where, mark))


@lru_cache(maxsize=64)
def _uri(path: str) -> str:
    return quote(path, errors="surrogatepass")
