"""`history`: past applies, from their journals."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.cli.projects import Platform, Project, at, platform, stored, wanted
from tests.cli.terminals import at_a_terminal
from tests.faults import On, Respond

APPLY = ("apply", "--instance", "staging", "--yes")


def _journals(project: Project) -> list[Path]:
    return sorted((project.folder / ".reconciler" / "journal").rglob("*.jsonl"))


def _applied(project: Project, *names: str) -> Path:
    """Declare clients, apply them, and give the journal of that."""
    before = _journals(project)
    project.declare(*(wanted(name) for name in names))
    assert project.run(*APPLY).code == 0
    (new,) = set(_journals(project)) - set(before)
    return new


def test_before_the_first_apply_there_is_none(project: Project, staging: Platform) -> None:
    ended = project.run("history")
    assert (ended.code, ended.out) == (0, "")
    assert ended.err == "no apply is recorded in .reconciler/journal\n"
    assert staging.asked() == []


def test_an_apply_of_nothing_is_none(project: Project, staging: Platform) -> None:
    staging.has(stored("One"))
    project.declare(wanted("One"))
    assert project.run(*APPLY).code == 0
    assert project.run("history").out == ""


def test_runs_are_listed_the_newest_first(project: Project, staging: Platform) -> None:
    first, second = _applied(project, "One"), _applied(project, "One", "Two")
    older = json.loads(first.read_text().splitlines()[0])["started_at"].replace("20", "19", 1)
    lines = first.read_text().splitlines()
    lines[0] = json.dumps(json.loads(lines[0]) | {"started_at": older})
    first.write_text("\n".join(lines) + "\n")
    ended = project.run("history")
    assert [line.split()[0] for line in ended.out.splitlines()] == [second.stem, first.stem]
    assert ended.out.count("staging  1 of 1 change applied") == 2


def test_a_run_is_shown_in_full(project: Project, staging: Platform) -> None:
    staging.has(stored("Two", "https://old.example.com/cb"), stored("Old"), stored("Gone"))
    project.declare(
        wanted("One"), wanted("Two"), wanted("New", previous_names=["Old"]), {"name": "Gone", "state": "absent"}
    )
    assert project.run("plan", "-o", "plan.json").code == 0
    assert project.run("apply", "plan.json").code == 0
    (journal,) = _journals(project)
    shown = project.run("history", journal.stem).out
    assert f"run {journal.stem}\n  instance  staging  {staging.url}\n" in shown
    assert json.loads((project.folder / "plan.json").read_text())["digest"] in shown
    assert "commit    none: the declarations were not in git" in shown
    assert "  applied  rename Old → New (id 7)\n" in shown
    assert "  applied  update Two (id 6)\n" in shown
    assert "  applied  create One (id 9)\n" in shown
    assert "  applied  delete Gone (id 8)\n" in shown
    assert shown.endswith("4 of 4 changes applied\n")


def test_what_failed_and_what_was_not_tried_is_shown_with_the_reason(project: Project, tmp_path: Path) -> None:
    fault = Respond(On("POST", "/oauth/clients"), 422, '{"message": "no", "errors": {}}', "application/json")
    with platform(tmp_path / "picky.sqlite3", fault) as picky:
        project.configure({"staging": at(picky.url)})
        picky.has(stored("Gone"))
        project.declare(wanted("One"), {"name": "Gone", "state": "absent"})
        assert project.run(*APPLY).code == 1
    (journal,) = _journals(project)
    shown = project.run("history", journal.stem).out
    assert "failed     create One: " in shown
    assert "not tried  delete Gone (id 6): deletes start only after every other change has succeeded" in shown
    assert "0 of 2 changes applied · 1 failed · 1 not tried" in shown


def test_one_run_over_two_instances_is_one_run_of_two_lines(
    project: Project, staging: Platform, tmp_path: Path
) -> None:
    with platform(tmp_path / "other.sqlite3") as other:
        project.configure({"staging": at(staging.url), "other": at(other.url)})
        project.declare(wanted("One"))
        assert project.run("apply", "--all", "--yes").code == 0
    first, second = _journals(project)
    assert first.stem == second.stem
    assert [line.split()[0] for line in project.run("history").out.splitlines()] == [first.stem] * 2
    shown = project.run("history", first.stem).out
    assert "instance  staging  " in shown
    assert "instance  other  " in shown


def test_a_broken_file_among_them_hides_no_run(project: Project, staging: Platform) -> None:
    journal = _applied(project, "One")
    for name, data in {"torn": b'{"format_', "binary": b"\xff\n", "empty": b"", "other": b'{"a": 1}\n'}.items():
        (journal.parent / f"{name}.jsonl").write_bytes(data)
    (journal.parent / "folder.jsonl").mkdir()
    ended = project.run("history")
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.startswith(journal.stem)
    assert ended.out.count("\nunreadable  ") == 5


def test_a_run_whose_journal_is_broken_is_told_from_one_that_is_not_there(project: Project, staging: Platform) -> None:
    journal = _applied(project, "One")
    journal.write_bytes(b"nonsense\n" + journal.read_bytes())
    ended = project.run("history", journal.stem)
    assert ended.code == 1
    assert "line 1, is not what a journal says there" in ended.err
    assert project.run("history", "nope").errors == [
        "error: no run that can be read is called 'nope' in .reconciler/journal"
    ]


def test_a_run_that_was_killed_is_said_not_to_be_finished(project: Project, staging: Platform) -> None:
    journal = _applied(project, "One")
    begun, sent, _, _ = journal.read_text().splitlines(keepends=True)
    journal.write_text(begun + sent + '{"at": "20')
    assert "0 of 1 change answered as done · not finished" in project.run("history").out
    shown = project.run("history", journal.stem).out
    assert "its last step is uncertain\n" in shown
    assert "sent, no answer  create One\n" in shown


def test_a_pipelines_artifacts_are_read_however_deep_they_lie(
    project: Project, staging: Platform, tmp_path: Path
) -> None:
    journal = _applied(project, "One")
    artifacts = tmp_path / "artifacts"
    for copy in ("run 1/journal/staging", "run 2/a/b/c"):
        (artifacts / copy).mkdir(parents=True)
        shutil.copy(journal, artifacts / copy)
    (journal.parent.parent).rename(tmp_path / "away")
    ended = project.run("history", "--journal", artifacts)
    assert [line.split()[0] for line in ended.out.splitlines()] == [journal.stem], "a copy is no second run"
    assert project.run("history", "--journal", artifacts, journal.stem).out.count("instance  staging") == 1


def test_of_two_copies_the_one_that_tells_more_counts(project: Project, staging: Platform, tmp_path: Path) -> None:
    journal = _applied(project, "One")
    (journal.parent / "early").mkdir()
    (journal.parent / "early" / journal.name).write_text(journal.read_text().splitlines(keepends=True)[0])
    assert "1 of 1 change applied" in project.run("history").out


@pytest.mark.parametrize("chosen", ["nowhere", "reconciler.yaml"])
def test_a_folder_that_is_named_must_be_there(project: Project, staging: Platform, chosen: str) -> None:
    for arguments in (["history"], ["history", "X"], ["rollback", "X"]):
        ended = project.run(*arguments, "--journal", chosen)
        assert ended.code == 1
        assert ended.only_error() == f"error: cannot read the journals in {chosen}: there is no such folder"


def test_history_needs_neither_settings_nor_credentials(project: Project, staging: Platform) -> None:
    journal = _applied(project, "One")
    project.environ.delenv("PM_USER")
    (project.folder / "reconciler.yaml").write_text("nonsense")
    staging.log.requests.clear()
    assert journal.stem in project.run("history").out
    assert staging.asked() == []


def test_a_journal_is_for_its_user_alone_and_git_leaves_it_out(project: Project, staging: Platform) -> None:
    journal = _applied(project, "One")
    assert journal.stat().st_mode & 0o777 == 0o600
    assert journal.parent.stat().st_mode & 0o777 == 0o700
    assert (project.folder / ".reconciler" / ".gitignore").read_text() == "*\n"


def test_a_journal_knows_no_secret(project: Project, staging: Platform) -> None:
    text = _applied(project, "One").read_text()
    assert len(staging.secrets()) == 6
    assert not [secret for secret in staging.secrets() if secret in text]


def test_a_name_cannot_paint_the_terminal(project: Project, staging: Platform) -> None:
    journal = _applied(project, "One")
    journal.write_text(journal.read_text().replace('"One"', '"\\u001b[31mOne"'))
    shown = project.run("history", journal.stem).out
    assert "One" in shown
    assert "\x1b" not in shown
    assert "\x1b[31m" not in at_a_terminal("history", journal.stem).out


def _git(*arguments: str) -> str:
    identity = ["-c", "user.name=Somebody", "-c", "user.email=somebody@example.com", "-c", "commit.gpgsign=false"]
    done = subprocess.run(["git", *identity, *arguments], check=True, capture_output=True, text=True)
    return done.stdout.strip()


def test_the_commit_is_written_down_and_whether_it_says_all(project: Project, staging: Platform) -> None:
    project.declare(wanted("One"))
    _git("init", "-q")
    _git("add", ".")
    _git("commit", "-qm", "One client")
    assert project.run("plan", "-o", "plan.json").code == 0
    assert project.run("apply", "plan.json").code == 0, "a saved plan that lies there is no change"
    (clean,) = _journals(project)
    shown = project.run("history", clean.stem).out
    assert f"  commit    {_git('rev-parse', 'HEAD')}\n" in shown
    dirty = _applied(project, "One", "Two")
    assert ", with changes that were not committed\n" in project.run("history", dirty.stem).out


def test_the_pipelines_run_is_written_down(project: Project, staging: Platform) -> None:
    project.environ.setenv("CI_JOB_URL", "https://ci.example.com/jobs/7")
    journal = _applied(project, "One")
    assert "by https://ci.example.com/jobs/7\n" in project.run("history", journal.stem).out


def test_the_picture_of_past_applies_is_written_beside_stdout(project: Project, staging: Platform) -> None:
    _applied(project, "One")
    _applied(project, "One", "Two")
    plain = project.run("history")
    ended = project.run("history", "--report", "out/history.html")
    assert (ended.code, ended.out, ended.err) == (0, plain.out, "")
    page = (project.folder / "out/history.html").read_text()
    assert "History: 2 runs on 1 instance" in page
    assert page.count("1 of 1 change applied") == 2


def test_a_picture_without_an_apply_says_so(project: Project, staging: Platform) -> None:
    assert project.run("history", "--report", "history.html").code == 0
    assert "no apply is recorded" in (project.folder / "history.html").read_text()


def test_past_applies_have_one_format(project: Project, staging: Platform) -> None:
    ended = project.run("history", "--report", "history.md")
    assert ended.code == 64
    assert "the name of a report of past applies ends in .html" in ended.only_error()
