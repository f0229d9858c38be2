"""Report formats by file name suffix. Each format is imported only when it is used."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reconciler.render.view.findings import ReviewFinding
    from reconciler.results import Overview

Found = Callable[[], Sequence["ReviewFinding"]]
"""Returns the findings of a run. Several formats show them: they are looked for once, when the first one does."""
Renderer = Callable[["Overview", Found], Iterable[str]]
"""Returns the content of a file in pieces, ending in a line feed: a large one never is in memory as a whole."""


def found_in(overview: Overview) -> Found:
    """Return what gives the findings of a run to its reports."""
    from reconciler.render.view.findings import findings

    return cache(lambda: findings(overview))


def _text(overview: Overview, _: Found) -> Iterable[str]:
    from reconciler.render.terminal.overview import render_overview

    return [render_overview(overview)]


def _json(overview: Overview, _: Found) -> Iterable[str]:
    from reconciler.render.json.overview import overview_json_pieces

    return overview_json_pieces(overview)


def _markdown(overview: Overview, found: Found) -> Iterable[str]:
    from reconciler.render.markdown.comment import render_markdown

    return [render_markdown(overview, found=found())]


def _html(overview: Overview, _: Found) -> Iterable[str]:
    from reconciler.render.html.overview import html_pieces

    return html_pieces(overview)


def _sarif(overview: Overview, found: Found) -> Iterable[str]:
    from reconciler.render.ci.sarif import sarif_pieces

    return sarif_pieces(overview, found=found())


def _junit(overview: Overview, _: Found) -> Iterable[str]:
    from reconciler.render.ci.junit import render_junit

    return [render_junit(overview)]


def _metrics(overview: Overview, _: Found) -> Iterable[str]:
    from reconciler.render.ci.openmetrics import render_metrics

    return [render_metrics(overview)]


def _terraform(overview: Overview, _: Found) -> Iterable[str]:
    from reconciler.render.ci.gitlab import render_terraform

    return [render_terraform(overview)]


def _code_quality(overview: Overview, _: Found) -> Iterable[str]:
    from reconciler.render.ci.gitlab import render_code_quality

    return [render_code_quality(overview)]


REPORTS: Mapping[str, Renderer] = {
    ".txt": _text,
    ".json": _json,
    ".md": _markdown,
    ".html": _html,
    ".sarif": _sarif,
    ".sarif.json": _sarif,
    ".junit.xml": _junit,
    ".xml": _junit,
    ".prom": _metrics,
    ".gitlab-terraform.json": _terraform,
    ".gitlab-codequality.json": _code_quality,
}
"""Renderers by suffix. The longest matching suffix wins."""


def renderer_for(name: str) -> Renderer | None:
    """Return the renderer for a file name; None if no suffix matches. `junit.xml` matches `.junit.xml`."""
    folded = name.lower()
    fitting = [each for each in REPORTS if folded.endswith(each) or (f".{folded}" == each and "." in folded)]
    return REPORTS[max(fitting, key=len)] if fitting else None
