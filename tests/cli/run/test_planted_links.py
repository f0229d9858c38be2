"""No output goes where a symlink leads that a pull request may have brought, nor among git's own files."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.cli.projects import Platform, Project, at, process, stored, wanted

WRONG = 64


def git(project: Project, *arguments: str) -> None:
    """Run git in the project's folder."""
    subprocess.run(["git", *arguments], cwd=project.folder, check=True, capture_output=True)


@pytest.fixture
def clone(project: Project, staging: Platform) -> Project:
    """A project in a repository, with one client to create, and a precious file beside the clone."""
    project.configure({"staging": at(staging.url)}, default_instance="staging")
    project.declare(wanted("One"))
    git(project, "init", "-q")
    (project.folder.parent / "precious.json").write_text("precious")
    return project


def link(project: Project, name: str, target: str | Path) -> None:
    """Commit a symlink, as a pull request can."""
    os.symlink(target, project.folder / name)
    git(project, "add", "-f", name)


def refused(project: Project, *arguments: str) -> str:
    """The message of a command that writes nothing."""
    git_config = (project.folder / ".git" / "config").read_bytes()
    ended = project.run(*arguments)
    assert ended.code == WRONG, ended.out + ended.err
    assert (project.folder.parent / "precious.json").read_text() == "precious"
    assert (project.folder / ".git" / "config").read_bytes() == git_config
    return ended.only_error().removeprefix("error: ")


OUTPUTS = [
    (["plan", "-o"], "-o"),
    (["observe", "-o"], "-o"),
    (["plan", "--report"], "--report"),
    (["apply", "-i", "staging", "--yes", "--report"], "--report"),
    (["validate", "--report"], "--report"),
    (["history", "--report"], "--report"),
]


@pytest.mark.parametrize(("command", "flag"), OUTPUTS, ids=lambda each: each if isinstance(each, str) else each[0])
@pytest.mark.parametrize("target", ["../precious.json", "{parent}/precious.json", ".git/config", "new.json", "other"])
def test_an_output_does_not_follow_a_symlink_that_git_tracks(
    clone: Project, command: list[str], flag: str, target: str
) -> None:
    link(clone, "other", "../precious.json")
    link(clone, "out.html", target.format(parent=clone.folder.parent))
    said = refused(clone, *command, "out.html")
    assert said.startswith(f"{flag} out.html is not written: ")
    assert "out.html' is a symlink that git tracks: it leads to " in said
    assert not (clone.folder / "new.json").exists()


def test_nor_a_folder_on_the_way(clone: Project, tmp_path: Path) -> None:
    link(clone, "build", "..")
    link(clone, "inner", "clients")
    for output in ("build/precious.json", "build/new/plan.json", "inner/x.json", "./clients/../build/precious.json"):
        assert "is a symlink that git tracks" in refused(clone, "plan", "--report", output)
    os.chdir(clone.folder / "clients")
    assert "is a symlink that git tracks" in refused(clone, "plan", "-c", "../reconciler.yaml", "-o", "../build/a.json")


def test_a_symlink_that_only_a_clean_checkout_has_not_may_lead_within_the_work_tree_alone(clone: Project) -> None:
    os.symlink("../precious.json", clone.folder / "out.json")
    assert "out.json' is a symlink that leads out of the work tree" in refused(clone, "plan", "-o", "out.json")
    os.symlink("kept.json", clone.folder / "mine.json")
    assert clone.run("plan", "-o", "mine.json").code == 0
    assert (clone.folder / "mine.json").is_symlink()
    assert (clone.folder / "kept.json").exists()
    os.symlink("/dev/stderr", clone.folder / "log.md")
    assert "# reconciler" in process("plan", "--report", "log.md").stderr


def test_a_checkout_without_its_repository_is_not_left_either(clone: Project) -> None:
    os.rename(clone.folder / ".git", clone.folder.parent / "gone")
    os.symlink("../precious.json", clone.folder / "out.json")
    ended = clone.run("plan", "-o", "out.json")
    assert ended.code == WRONG
    assert "out.json' is a symlink that leads out of the project's folder" in ended.only_error()
    assert (clone.folder.parent / "precious.json").read_text() == "precious"


@pytest.mark.parametrize("name", [".git/config", ".git/hooks/pre-commit", ".GIT/x.json", "sub/.git/config", ".git"])
def test_nothing_is_written_among_gits_own_files(clone: Project, name: str) -> None:
    (clone.folder / "sub" / ".git").mkdir(parents=True)
    assert "would be among git's own files: it is within " in refused(clone, "plan", "-o", name)


def test_nor_where_the_git_file_of_a_work_tree_leads(clone: Project) -> None:
    os.rename(clone.folder / ".git", clone.folder.parent / "real")
    (clone.folder / ".git").write_text("gitdir: ../real\n")
    ended = clone.run("plan", "-o", "../real/config")
    assert (ended.code, "would be among git's own files" in ended.only_error()) == (WRONG, True)


def test_an_export_and_a_journal_go_where_they_are_told(clone: Project, staging: Platform) -> None:
    staging.has(stored("Two"))
    link(clone, "clients/new.yaml", "../../precious.json")
    said = refused(clone, "export", "-i", "staging", "-o", "clients/new.yaml", "--force")
    assert said.startswith("-o clients/new.yaml is not written: ")
    os.unlink(clone.folder / "clients" / "new.yaml")
    link(clone, ".reconciler", "..")
    said = refused(clone, "apply", "-i", "staging", "--yes")
    assert said.startswith("the journal .reconciler/journal is not written: ")
    assert list(staging.clients()) == ["Two"]
    assert not (clone.folder.parent / ".gitignore").exists()
