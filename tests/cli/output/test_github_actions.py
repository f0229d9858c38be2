"""In a job of GitHub Actions: annotations and a step summary, without a flag."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path

import pytest

from tests.cli.projects import Platform, Project, stored, wanted
from tests.declared.git.repositories import git

FORGED = "::error::forged ##[error]forged ##vso[task.complete] ##teamcity[x]"


@pytest.fixture
def summary(project: Project, tmp_path: Path) -> Path:
    """The file of a job's step."""
    file = tmp_path / "summary.md"
    file.touch()
    project.environ.setenv("GITHUB_ACTIONS", "true")
    project.environ.setenv("GITHUB_STEP_SUMMARY", str(file))
    return file


def test_a_plan_annotates_the_lines_that_cause_it(project: Project, staging: Platform, summary: Path) -> None:
    staging.has(stored("Old"))
    project.declare(wanted("Portal"), {"name": "Old", "state": "absent"})
    ended = project.run("plan", "--format", "json")
    first, second = ended.err.splitlines()
    assert ended.document["kind"] == "plan"
    assert re.fullmatch(
        r"::warning file=clients/all.yaml,line=1,col=\d+,title=reconciler plan%3A delete::Old on staging: .*", first
    )
    assert second.startswith("::notice file=clients/all.yaml,line=1,")
    assert "### Deletions" in summary.read_text()


def test_each_command_of_a_step_adds_its_summary(project: Project, staging: Platform, summary: Path) -> None:
    project.declare(wanted("Portal"))
    project.run("validate")
    project.run("plan")
    assert re.findall("^## reconciler (.*)$", summary.read_text(), re.MULTILINE) == ["validate", "plan"]


def test_a_step_never_has_more_than_github_shows(project: Project, staging: Platform, summary: Path) -> None:
    """It drops all of a summary that is too long."""
    summary.write_bytes(b"x" * (1024 * 1024 - 5_000))
    project.declare(wanted("Portal"))
    assert [project.run("plan").code for _ in range(5)] == [0] * 5
    assert 1024 * 1024 - 5_000 < summary.stat().st_size <= 1024 * 1024


def test_invalid_declarations_are_annotated(project: Project, staging: Platform, summary: Path) -> None:
    project.declare(wanted("Portal", redirect="http://portal.example.com/cb"))
    for command in ("validate", "plan"):
        ended = project.run(command)
        assert ended.code == 3
        assert "::error file=clients/all.yaml,line=1," in ended.err
    assert "### The declarations are invalid" in summary.read_text()


def test_a_project_below_the_top_is_annotated_where_the_repository_has_it(
    project: Project, staging: Platform, summary: Path
) -> None:
    subprocess.run(["git", "init", "-q"], cwd=project.folder.parent, check=True)
    project.declare(wanted("Portal"))
    assert "::notice file=project/clients/all.yaml,line=1," in project.run("plan").err


def test_a_pull_request_hears_of_what_it_causes_and_under_the_commit_that_its_author_knows(
    project: Project, staging: Platform, summary: Path, tmp_path: Path
) -> None:
    """What the base has too is counted: warnings that moved to another file and line, and what a person changed."""
    unexplained = {"grants": {"password": True}}
    staging.has(stored("Portal", "https://by-hand.example.com/cb"))
    project.declare(wanted("Portal"), {"name": "Old desk", **unexplained})
    git(project.folder, "init", "-q")
    git(project.folder, "add", "-A")
    git(project.folder, "commit", "-qm", "Base")
    project.write("clients/all.yaml", "# moved away\nclients: []\n")
    entries = [{"name": "New desk", **unexplained}, {"name": "Old desk", **unexplained}, wanted("Portal")]
    project.write("clients/desks.yaml", "\n\n" + json.dumps({"clients": entries}, indent=1))
    git(project.folder, "checkout", "-qb", "change")
    git(project.folder, "add", "-A")
    git(project.folder, "commit", "-qm", "Change")
    merged, head = git(project.folder, "rev-parse", "HEAD"), "c" * 40
    event = tmp_path / "event.json"
    event.write_text(json.dumps({"pull_request": {"head": {"sha": head}}}))
    told = {
        "GITHUB_SHA": merged,
        "GITHUB_EVENT_NAME": "pull_request",
        "GITHUB_EVENT_PATH": str(event),
        "GITHUB_SERVER_URL": "https://github.example.com",
        "GITHUB_REPOSITORY": "acme/idp",
    }
    for name, value in told.items():
        project.environ.setenv(name, value)
    ended = project.run("plan", "--base", "main", "--on-drift", "revert")
    annotations = [line for line in ended.err.splitlines() if line.startswith("::")]
    assert sum("password-without-justification" in line for line in annotations) == 1, ended.err
    assert not any("Portal" in line for line in annotations)
    assert annotations[-1].startswith("::notice title=reconciler::2 findings that this change does not cause")
    text = summary.read_text()
    assert f"## reconciler plan of commit `{head[:12]}`" in text
    assert f"merged as `{merged[:12]}`" in text
    assert "The base has 1 warning as well" in text
    assert f"](https://github.example.com/acme/idp/blob/{merged}/clients/desks.yaml#L" in text
    assert str(project.folder) not in text


def test_the_base_is_judged_by_the_version_that_is_asked_about(project: Project, staging: Platform) -> None:
    """What that version warns of is no news if the base had the entry."""
    tokens = {"name": "Tokens", "grants": {"personal_access_token": True}}
    project.declare(tokens)
    git(project.folder, "init", "-q")
    git(project.folder, "add", "-A")
    git(project.folder, "commit", "-qm", "Base")
    project.declare(tokens, wanted("Portal"))
    assert project.run("observe", "-o", "live.json").code == 0
    asked = ("plan", "--live", "live.json", "--base", "HEAD", "--report", "plan.md")
    for version in ([], ["--platform", "2026"]):
        project.run(*asked, *version)
        assert "The base has 1 warning as well" in (project.folder / "plan.md").read_text(), version


def test_it_can_be_turned_off(project: Project, staging: Platform, summary: Path) -> None:
    project.environ.setenv("RECONCILER_GITHUB", "off")
    project.declare(wanted("Portal"))
    assert (project.run("plan").err, summary.read_text()) == ("", "")


def test_a_summary_that_cannot_be_written_fails_nothing(project: Project, staging: Platform, summary: Path) -> None:
    project.environ.setenv("GITHUB_STEP_SUMMARY", str(summary / "no"))
    project.declare(wanted("Portal"))
    ended = project.run("plan")
    assert ended.code == 0
    assert "warning: cannot write the step summary" in ended.err


def test_no_line_of_a_difference_gives_it_one_either(project: Project, staging: Platform) -> None:
    said = "".join(f"      {blanks}::add-mask::forged\n" for blanks in ("", "  ", "\t", "\u3000", "\u00a0"))
    project.write(
        "clients/all.yaml", f"clients:\n  - name: A\n    description: |\n{said}    grants:  {{password: true}}\n"
    )
    os.rename(project.write("clients/b.yaml", "clients:  []\n"), project.folder / "clients" / "b\n::error::.yaml")
    for arguments in (["--diff"], ["--check"], []):
        ended = project.run("fmt", *arguments)
        assert "add-mask::forged" in ended.out or "all.yaml" in ended.out
        for line in (ended.out + ended.err).splitlines():
            assert not re.match(r"\s*::", line), line


@pytest.mark.parametrize("output", ["text", "json"])
def test_no_name_gives_the_runner_a_command(project: Project, staging: Platform, summary: Path, output: str) -> None:
    """GitHub takes `::` at the start of a line for one, and with `##[` does so anywhere; so do Azure and TeamCity."""
    staging.has(stored(FORGED, "https://live.example.com/"))
    project.declare(wanted(f"new {FORGED}", "https://a.example.com/", previous_names=[FORGED], owner=FORGED))
    ended = project.run("plan", "--format", output)
    assert "forged" in ended.out
    for line in (ended.out + ended.err).splitlines():
        assert not re.search(r"##(vso|teamcity)?\[", line)
        assert not re.match(r"\s*::(?!warning file=clients/all.yaml,)", line)
