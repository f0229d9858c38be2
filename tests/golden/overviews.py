"""Whole runs that show everything a report has to show, made of the scenes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime

from reconciler.model.clients import Location
from reconciler.model.diagnostics import error, warning
from reconciler.model.errors import GitError, LoginRefused, Unavailable
from reconciler.model.settings import Instance
from reconciler.results import ApplyResult, Finished, Overview, Planned, Stopped
from tests.builders import at
from tests.golden.scenes import SCENES, Scene


def instance(name: str, line: int) -> Instance:
    return Instance(name, Location("reconciler.yaml", line, 3), url=f"https://{name}.example.com")


def result_of(scene: Scene, name: str = "staging", line: int = 4) -> ApplyResult:
    plan = replace(scene.plan, instance=name, identity=f"https://{name}.example.com")
    planned = Planned(instance(name, line), plan, tuple(scene.refusals))
    return planned if scene.report is None else Finished(planned, scene.report)


def run(command: str, *results: ApplyResult, **more: object) -> Overview:
    made = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
    commit = "4f2c1e9a1b2c3d4e5f60718293a4b5c6d7e8f901"
    overview = Overview(command, results, made_at=made, commit=commit, folder="/src/idp", top="/src")
    return replace(overview, **more)  # type: ignore[arg-type]


_MISTAKES = (
    error("url-fragment", "the URL has a fragment: 'https://a.example/#x'", at(7), "take away what starts with '#'"),
    warning("grant-justification", "the password grant has no `justification`", at(12)),
)

OVERVIEWS: Mapping[str, Overview] = {
    **{name: run("apply" if scene.report else "plan", result_of(scene)) for name, scene in SCENES.items()},
    "fleet": run(
        "plan",
        result_of(SCENES["everything-at-once"], "eu-1", 4),
        result_of(SCENES["everything-at-once"], "eu-2", 8),
        result_of(SCENES["nothing-to-do"], "quiet", 12),
        result_of(SCENES["drift-kept"], "drifted", 16),
        result_of(SCENES["blocked-and-refused"], "frozen", 20),
        Stopped(instance("down", 24), Unavailable("no answer in 30 s", "is the URL right? https://down.example.com")),
        Stopped(instance("closed", 28), LoginRefused("the login was refused", "do not try again: it may lock")),
        diagnostics=_MISTAKES[1:],
    ),
    "invalid": run("plan", diagnostics=_MISTAKES),
    "valid": run("validate"),
    "ended": run("plan", error=GitError("there is no revision 'nowhere'", "fetch it: git fetch origin")),
}
"""Runs by the name of their expected files."""
