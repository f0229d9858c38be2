"""Output for jobs of GitHub Actions: annotations at the lines concerned, and the step summary."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.cli.output.console import Console
from reconciler.support.text import printable

if TYPE_CHECKING:
    from reconciler.results import Overview

SWITCH = "RECONCILER_GITHUB"
_LEAST = 4096
"""Minimum bytes for a summary: with less room left, none is written."""


def is_on_github(environ: Mapping[str, str]) -> bool:
    """Whether this is a job of GitHub Actions, and RECONCILER_GITHUB is not `off`."""
    return environ.get("GITHUB_ACTIONS") == "true" and environ.get(SWITCH, "").lower() != "off"


def show_on_github(overview: Overview, environ: Mapping[str, str], console: Console) -> None:
    """Print the annotations to stderr, and append to the step summary.

    The runner reads commands from stderr as well as from stdout, which is for results. A summary that cannot be
    written is only a warning and does not change the exit code: nobody asked for it.
    """
    from reconciler.render.ci.github import render_annotations

    console.problem(render_annotations(overview))
    if summary := environ.get("GITHUB_STEP_SUMMARY"):
        try:
            _append(Path(summary), overview)
        except OSError as problem:
            reason = (problem.strerror or "it failed").lower()
            console.problem(f"warning: cannot write the step summary {printable(summary)}: {reason}\n")


def _append(summary: Path, overview: Overview) -> None:
    """Append to the summaries of earlier commands in the same step: GitHub drops all of them if they are too long."""
    from reconciler.render.markdown.comment import STEP_SUMMARY, render_markdown

    with summary.open("ab") as stream:
        room = STEP_SUMMARY - stream.tell() - 1
        if room >= _LEAST:
            stream.write(f"{render_markdown(overview, room)}\n".encode())
