"""Report formats by file name suffix. Each format is imported only when it is used."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reconciler.results import Overview

Renderer = Callable[["Overview"], Iterable[str]]
"""Returns the content of a file in pieces, ending in a line feed: a large one never is in memory as a whole."""


def _text(overview: Overview) -> Iterable[str]:
    from reconciler.render.terminal.overview import render_overview

    return [render_overview(overview)]


def _json(overview: Overview) -> Iterable[str]:
    from reconciler.render.json.overview import overview_json_pieces

    return overview_json_pieces(overview)


def _markdown(overview: Overview) -> Iterable[str]:
    from reconciler.render.markdown.comment import render_markdown

    return [render_markdown(overview)]


def _html(overview: Overview) -> Iterable[str]:
    from reconciler.render.html.overview import html_pieces

    return html_pieces(overview)


def _sarif(overview: Overview) -> Iterable[str]:
    from reconciler.render.ci.sarif import sarif_pieces

    return sarif_pieces(overview)


def _junit(overview: Overview) -> Iterable[str]:
    from reconciler.render.ci.junit import render_junit

    return [render_junit(overview)]


def _metrics(overview: Overview) -> Iterable[str]:
    from reconciler.render.ci.openmetrics import render_metrics

    return [render_metrics(overview)]


def _terraform(overview: Overview) -> Iterable[str]:
    from reconciler.render.ci.gitlab import render_terraform

    return [render_terraform(overview)]


def _code_quality(overview: Overview) -> Iterable[str]:
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
