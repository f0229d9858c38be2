"""`--report FILE`: what a run has to show, in files beside stdout."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import click
import pytest

from reconciler.cli.output.console import Console
from reconciler.cli.run.reports import ReportFiles
from reconciler.render.formats import REPORTS
from reconciler.workflow.options import ProjectFiles
from tests.cli.projects import Platform, Project, at, stored, wanted

SUFFIXES = sorted(REPORTS)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_each_suffix_writes_its_format(project: Project, staging: Platform, suffix: str) -> None:
    project.declare(wanted("Portal"))
    ended = project.run("plan", "--report", f"out/report{suffix}")
    assert (ended.code, ended.err) == (0, "")
    assert (project.folder / f"out/report{suffix}").read_text().endswith("\n")


def test_several_reports_and_stdout_come_from_one_plan(project: Project, staging: Platform) -> None:
    """The instance is asked once."""
    project.declare(wanted("Portal"))
    ended = project.run("plan", "--report", "a.md", "--report", "b.json", "--report", "c.txt", "--format", "json")
    assert staging.asked().count("GET /oauth/clients") == 1
    assert json.loads((project.folder / "b.json").read_text()) == ended.document
    assert "+ create  Portal" in (project.folder / "c.txt").read_text()
    assert "- create `Portal`: authorization" in (project.folder / "a.md").read_text()


def test_the_environment_names_reports_on_lines(project: Project, staging: Platform) -> None:
    project.declare(wanted("Portal"))
    project.environ.setenv("RECONCILER_REPORT", "a.md\nb.txt\n")
    assert project.run("plan").code == 0
    assert {"a.md", "b.txt"} <= {file.name for file in project.folder.iterdir()}


@pytest.mark.parametrize("name", ["plan.pdf", "-", "plan", "plan.", "md", ""])
def test_a_name_without_a_format_is_refused_before_anything_is_asked(
    project: Project, staging: Platform, name: str
) -> None:
    project.declare(wanted("Portal"))
    ended = project.run("plan", "--report", name)
    assert ended.code == 64
    assert ended.only_error().startswith(f"error: --report: '{name}' has no format: the name of a report ends in")
    assert staging.asked() == []


@pytest.mark.parametrize("other", ["a.md", "./a.md", "link.md"])
def test_two_reports_in_one_file_are_refused(project: Project, staging: Platform, other: str) -> None:
    (project.folder / "link.md").symlink_to("a.md")
    ended = project.run("plan", "--report", "a.md", "--report", other)
    assert ended.code == 64
    assert "is named twice" in ended.only_error()
    assert staging.asked() == []


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        (["plan", "-o", "x.json"], "the saved plan"),
        (["plan", "--live", "x.json"], "the observation"),
        (["apply", "x.json"], "the saved plan"),
    ],
)
def test_a_report_never_takes_the_place_of_another_file_of_the_run(
    project: Project, staging: Platform, arguments: list[str], what: str
) -> None:
    ended = project.run(*arguments, "--report", "x.json")
    assert (ended.code, ended.only_error()) == (64, f"error: --report x.json would overwrite {what}")
    assert staging.asked() == []


def test_invalid_declarations_are_reported_in_place_of_the_report_before(project: Project, staging: Platform) -> None:
    project.write("a.md", "of yesterday")
    project.declare({"name": "Portal", "grants": {}})
    ended = project.run("plan", "--report", "a.md")
    report = (project.folder / "a.md").read_text()
    assert ended.code == 3
    assert "### The declarations are invalid" in report
    assert "yesterday" not in report


def test_a_run_that_cannot_go_on_says_so_in_its_reports(project: Project, staging: Platform) -> None:
    project.declare(wanted("Portal"))
    ended = project.run("plan", "--base", "nowhere", "--report", "a.md", "--report", "a.json")
    assert ended.code == 1
    document = json.loads((project.folder / "a.json").read_text())
    assert document["kind"] == "error"
    assert f"error: {document['error']['message']}" == ended.only_error()
    assert "### The run could not go on" in (project.folder / "a.md").read_text()


def test_an_instance_that_does_not_answer_stands_in_the_report(project: Project, staging: Platform) -> None:
    project.configure({"down": at("http://127.0.0.1:9", timeout=1), "up": at(staging.url)})
    project.declare(wanted("Portal"))
    ended = project.run("plan", "--all", "--report", "a.md")
    report = (project.folder / "a.md").read_text()
    assert ended.code == 1
    assert "### No plan" in report
    assert "| `up` | changes | 1 to create" in report


def test_a_report_that_cannot_be_written_is_said_and_the_others_are_written(
    project: Project, staging: Platform
) -> None:
    project.declare(wanted("Portal"))
    project.write("file", "")
    ended = project.run("plan", "--report", "file/a.md", "--report", "b.md", "--detailed-exitcode")
    assert ended.code == 1
    assert ended.only_error().startswith("error: cannot write the report to file/a.md: ")
    assert "1 to create" in ended.out
    assert (project.folder / "b.md").exists()


def test_what_was_applied_is_not_called_failed_for_want_of_a_report(project: Project, staging: Platform) -> None:
    """Exit 1 means that nothing was written."""
    project.declare(wanted("Portal"))
    project.write("file", "")
    ended = project.run("apply", "-i", "staging", "--yes", "--report", "file/a.md")
    assert ended.code == 5
    assert "1 of 1 change applied" in ended.out


def test_apply_reports_what_came_of_it(project: Project, staging: Platform) -> None:
    project.declare(wanted("Portal"))
    assert project.run("apply", "-i", "staging", "--yes", "--report", "a.md").code == 0
    report = (project.folder / "a.md").read_text()
    assert "+ created <code>Portal</code> (id 6)" in report
    assert "applied · 1 of 1 change applied" in report


def test_a_saved_plan_is_reported_as_well(project: Project, staging: Platform) -> None:
    project.declare(wanted("Portal"))
    assert project.run("plan", "-o", "plan.json").code == 0
    assert project.run("apply", "plan.json", "--report", "a.md").code == 0
    assert "+ created <code>Portal</code>" in (project.folder / "a.md").read_text()
    assert project.run("apply", "plan.json", "--report", "a.md").code == 0
    assert "= was done before: create <code>Portal</code>" in (project.folder / "a.md").read_text()


def test_a_plan_against_an_observation_says_how_old_that_is(project: Project, staging: Platform) -> None:
    project.declare(wanted("Portal"))
    assert project.run("observe", "-o", "live.json").code == 0
    assert project.run("plan", "--live", "live.json", "--report", "a.md").code == 0
    assert "from live.json" in (project.folder / "a.md").read_text()


def test_validate_reports_what_it_found(project: Project, staging: Platform) -> None:
    project.declare(wanted("Portal", redirect="http://portal.example.com/cb"))
    ended = project.run("validate", "--report", "a.md", "--report", "a.json")
    report = (project.folder / "a.md").read_text()
    assert ended.code == 3
    assert "**invalid: 1 error, 0 warnings**" in report
    assert json.loads((project.folder / "a.json").read_text())["kind"] == "validate"


def test_a_report_is_headed_by_the_commit(project: Project, staging: Platform) -> None:
    project.declare(wanted("Portal"))
    for words in (
        ["init", "-q"],
        ["add", "."],
        ["-c", "user.name=n", "-c", "user.email=n@example.com", "commit", "-qm", "x"],
    ):
        subprocess.run(["git", *words], cwd=project.folder, check=True)
    commit = subprocess.check_output(["git", "rev-parse", "HEAD"], cwd=project.folder, text=True)
    project.run("plan", "--report", "a.md")
    assert f"## reconciler plan of commit `{commit[:12]}`\n" in (project.folder / "a.md").read_text()


def test_a_fleet_stands_in_one_report(project: Project, staging: Platform) -> None:
    staging.has(stored("Old"))
    project.configure({"a": at(staging.url), "b": {"embedded": "b.sqlite3"}})
    project.declare(wanted("Portal"), {"name": "Old", "state": "absent"})
    project.run("plan", "-i", "*", "--report", "a.md")
    report = (project.folder / "a.md").read_text()
    assert "**2 instances: 2 with changes · 2 to create, 1 to delete**" in report
    assert report.index("- delete `Old` (id ") < report.index("- create `Portal` on `a` and `b`: ")


def test_metrics_remember_when_an_instance_last_succeeded(project: Project, staging: Platform) -> None:
    """An alert is about the age of that, so a failure must not take it away."""
    project.declare(wanted("Portal"))
    assert project.run("plan", "--report", "a.prom").code == 0
    file = project.folder / "a.prom"
    [before] = re.findall("^reconciler_last_success.*$", file.read_text(), re.MULTILINE)
    project.configure({"staging": at("http://127.0.0.1:9", timeout=1)})
    assert project.run("plan", "--report", "a.prom").code == 1
    assert 'reconciler_up{instance="staging"} 0' in file.read_text()
    assert re.findall("^reconciler_last_success.*$", file.read_text(), re.MULTILINE) == [before]
    assert project.run("plan", "--report", "a.prom", "--base", "nowhere").code == 1
    assert 'reconciler_run_failed{command="plan"} 1' in file.read_text()
    assert re.findall("^reconciler_last_success.*$", file.read_text(), re.MULTILINE) == [before]


@pytest.mark.parametrize("stop", [KeyboardInterrupt, click.Abort])
def test_a_run_that_somebody_stops_early_says_so(project: Project, stop: type[BaseException]) -> None:
    """Ctrl-C while instances are asked, or at the question."""
    surfaces = ReportFiles("plan", [Path("a.txt")], ProjectFiles(Path("reconciler.yaml")), Console())
    with pytest.raises(stop), surfaces.reporting_failures():
        raise stop
    assert (project.folder / "a.txt").read_text() == "error: interrupted before there was a result\n"
