"""SARIF 2.1.0 (OASIS) for code scanning: problems in the files, and findings of a plan at their lines."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache, lru_cache
from typing import Any
from urllib.parse import quote

from reconciler import __version__
from reconciler.model.clients import Location
from reconciler.planning.plan.plan import REMOVED, Note
from reconciler.project import PROJECT, Addresses
from reconciler.render.ci.fingerprint import fingerprint
from reconciler.render.ci.github import sentence
from reconciler.render.view.findings import Level, ReviewFinding, findings
from reconciler.render.view.rules import rule_page
from reconciler.results import Overview
from reconciler.support.json_writer import json_pieces

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LEVELS = {Level.ERROR: "error", Level.WARNING: "warning", Level.NOTICE: "note"}


def render_sarif(overview: Overview, project: Addresses = PROJECT) -> str:
    """Render the log, ending in a line feed. Of the notices only clients that were taken out of git.

    Code scanning keeps every result as an alert.
    """
    return "".join(sarif_pieces(overview, project))


def sarif_pieces(overview: Overview, project: Addresses = PROJECT) -> Iterator[str]:
    """Render the log in pieces: with thousands of changes, it is several times as large as the plan."""
    pairs = [(finding, note) for finding in findings(overview) if finding.is_alert for note in finding.notes]
    codes = sorted({note.code for _, note in pairs})
    driver = {"name": "reconciler", "semanticVersion": __version__, "rules": [_rule(code, project) for code in codes]}
    run = {
        "tool": {"driver": driver},
        "automationDetails": {"id": f"reconciler/{overview.command}/"},
        "columnKind": "unicodeCodePoints",
        "invocations": [{"executionSuccessful": overview.error is None}],
        "results": _results(overview, pairs, codes),
    }
    yield from json_pieces({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]})


def _rule(code: str, project: Addresses) -> dict[str, str]:
    page = project.removed_page() if code == REMOVED else rule_page(project, code)
    return {"id": code, **({"helpUri": page} if page else {})}


def _results(overview: Overview, pairs: list[tuple[ReviewFinding, Note]], codes: list[str]) -> Iterator[dict[str, Any]]:
    paths = cache(overview.from_top)  # thousands of findings are in a few files
    for finding, note in pairs:
        # Code scanning refuses a result without a location.
        place = finding.location or finding.earlier or Location(overview.config, 1, 1)
        path = paths(place.path)
        yield {
            "ruleId": note.code,
            "ruleIndex": codes.index(note.code),
            "level": _LEVELS[finding.level],
            "message": {"text": sentence(finding, note)},
            "locations": [{"physicalLocation": _physical(path, place)}],
            "partialFingerprints": {"reconciler/v1": fingerprint(finding, note, path)},
        }


def _physical(path: str, place: Location) -> dict[str, Any]:
    artifact = {"uri": _uri(path), "uriBaseId": "%SRCROOT%"}
    return {"artifactLocation": artifact, "region": {"startLine": place.line, "startColumn": place.column}}


@lru_cache(maxsize=64)
def _uri(path: str) -> str:
    return quote(path, errors="surrogatepass")
