"""Report formats by file name suffix. Each format is imported only when it is used."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reconciler.results import Overview

Renderer = Callable[["Overview"], str]
"""Returns the whole content of a file, ending in a line feed."""


def _text(overview: Overview) -> str:
    from reconciler.render.terminal.overview import render_overview

    return render_overview(overview)


def _json(overview: Overview) -> str:
    from reconciler.render.json.overview import render_overview_json

    return render_overview_json(overview)


def _markdown(overview: Overview) -> str:
    from reconciler.render.markdown.comment import render_markdown

    return render_markdown(overview)


def _html(overview: Overview) -> str:
    from reconciler.render.html.overview import render_html

    return render_html(overview)


def _sarif(overview: Overview) -> str:
    from reconciler.render.ci.sarif import render_sarif

    return render_sarif(overview)


def _junit(overview: Overview) -> str:
    from reconciler.render.ci.junit import render_junit

    return render_junit(overview)


def _metrics(overview: Overview) -> str:
    from reconciler.render.ci.openmetrics import render_metrics

    return render_metrics(overview)


def _terraform(overview: Overview) -> str:
    from reconciler.render.ci.gitlab import render_terraform

    return render_terraform(overview)


def _code_quality(overview: Overview) -> str:
    from reconciler.render.ci.gitlab import render_code_quality

    return render_code_quality(overview)


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
