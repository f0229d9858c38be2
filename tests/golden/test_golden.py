"""Every renderer's output for telling plans, reviewed like code.

`RECONCILER_UPDATE_GOLDEN=1 pytest tests/golden` writes the files anew; git shows what has changed.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from reconciler import __version__
from reconciler.render.ci.github import render_annotations
from reconciler.render.formats import REPORTS, Found, Renderer, found_in
from reconciler.render.json.overview import plan_entry, render_instances, report_entry
from reconciler.render.terminal.color import Paint, coloured, plain
from reconciler.render.terminal.next_step import next_after_plans, next_after_reports
from reconciler.render.terminal.plan import render_plan
from reconciler.render.terminal.report import render_report
from reconciler.results import Overview
from tests.golden.overviews import OVERVIEWS
from tests.golden.scenes import SCENES, Scene

FOLDER = Path(__file__).parent / "expected"
ADVICE = "if this is how it should look: RECONCILER_UPDATE_GOLDEN=1 pytest tests/golden, and review the difference"


def text(scene: Scene, paint: Paint) -> str:
    """What `plan`, or `apply` after its plan, prints."""
    if scene.report is not None:
        ended = (scene.plan, scene.report)
        return render_report(*ended, paint) + next_after_reports([ended], scene.flags, paint)
    planned = (scene.plan, scene.refusals)
    return render_plan(*planned, paint) + next_after_plans([planned], scene.flags, paint)


def json_text(scene: Scene) -> str:
    """The same with --format json."""
    if scene.report is not None:
        return render_instances("apply", [report_entry(scene.plan, scene.report)])
    return render_instances("plan", [plan_entry(scene.plan, scene.refusals)])


def rendered(name: str) -> str:
    """The content of an expected file, as it would be now."""
    of, _, ending = name.partition(".")
    if name in REPORT_NAMES:
        overview = OVERVIEWS[of]
        return "".join(RENDERERS[f".{ending}"](overview, found_in(overview))).replace(__version__, "VERSION")
    scene = SCENES[of]
    return json_text(scene) if ending == "json" else text(scene, coloured if ending == "ansi" else plain)


_TELLING = {
    "new-recipients",
    "hostile-recipients",
    "taken-out",
    "fleet",
    "invalid",
    "valid",
    "ended",
    "every-outcome",
    "hostile-names",
}
"""The runs that programs' formats are held to; people's are held to all."""


def _annotations(overview: Overview, _: Found) -> str:
    return render_annotations(overview)


RENDERERS: dict[str, Renderer] = {
    # Two are there under another suffix; test_pages.py has HTML, without what all pages have alike.
    **{suffix: render for suffix, render in REPORTS.items() if suffix not in (".sarif.json", ".xml", ".html")},
    ".github": _annotations,
}
REPORT_NAMES = [
    f"{run}{suffix}"
    for suffix in RENDERERS
    for run in OVERVIEWS
    # What a report has in common with stdout is shown once.
    if suffix == ".md" or (run in _TELLING and not (suffix in (".txt", ".json") and run in SCENES))
]
NAMES = [*(f"{scene}.{ending}" for scene in SCENES for ending in ("txt", "ansi", "json")), *REPORT_NAMES]


@pytest.mark.parametrize("name", NAMES)
def test_output_is_as_reviewed(name: str) -> None:
    """Byte for byte, colours included."""
    file, output = FOLDER / name, rendered(name).encode()
    if os.environ.get("RECONCILER_UPDATE_GOLDEN"):
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(output)
    assert file.exists(), ADVICE
    assert output.decode() == file.read_bytes().decode(), ADVICE


def test_every_expected_file_is_expected_of_something() -> None:
    """None is left over from a scene that is gone."""
    assert sorted(file.name for file in FOLDER.iterdir()) == sorted(NAMES)
