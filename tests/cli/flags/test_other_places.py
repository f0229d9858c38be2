"""A base whose files stood elsewhere: a moved folder, none at all, a submodule."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tests.cli.flags.test_base import REVERTING, commit, git
from tests.cli.projects import Ended, Platform, Project, at, stored, wanted
from tests.declared.git import repositories

BASE = ("--base", "HEAD~1")


@pytest.fixture
def moved(project: Project, staging: Platform) -> Project:
    """A project that applied two clients, then moved into a folder, took one out and renamed what declares it."""
    git(project, "init", "-q", "-b", "main")
    project.write(".gitignore", ".reconciler/\n")
    project.write("other/reconciler.yaml", "instances: {}\n")
    project.configure({"staging": at(staging.url)}, variables={"moved": "example.com"})
    project.declare(wanted("Portal", "https://portal.${moved}/cb"), wanted("Old"))
    commit(project)
    assert project.run("apply", *REVERTING).code == 0
    move(project, Path("infra") / "auth")
    return project


def move(project: Project, folder: Path, *, settings: str | None = None) -> None:
    """Move the files into a folder, where commands run from now on; Old is declared no longer."""
    place = project.folder / folder
    place.mkdir(parents=True)
    for name in ("reconciler.yaml", "clients"):
        (project.folder / name).rename(place / name)
    if settings is not None:
        (place / "reconciler.yaml").write_text(settings)
    (place / "clients" / "all.yaml").unlink()
    document = {"clients": [wanted("Portal", "https://portal.${moved}/cb")]}
    (place / "clients" / "portal.yaml").write_text(json.dumps(document))
    commit(project, "Move")
    project.environ.chdir(place)


def told(ended: Ended) -> list[tuple[str, str]]:
    [plan] = ended.document["instances"]
    return [(change["action"], change["name"]) for change in plan["changes"]]


@pytest.mark.parametrize("base", [BASE, ("--base", "applied")])
def test_a_folder_that_was_moved_is_read_where_the_base_had_it(moved: Project, base: tuple[str, ...]) -> None:
    ended = moved.run("plan", *base, "--prune", "removed", "--format", "json")
    assert told(ended) == [("delete", "Old")]
    [plan] = ended.document["instances"]
    assert plan["configuration"] == []
    assert ":../../clients/all.yaml:1" in plan["changes"][0]["reason"]["message"]
    assert str(moved.folder) not in plan["changes"][0]["reason"]["message"]


def test_a_folder_that_was_moved_up_is_found_too(moved: Project) -> None:
    for name in ("reconciler.yaml", "clients"):
        (moved.folder / "infra" / "auth" / name).rename(moved.folder / name)
    commit(moved, "Move back")
    os.chdir(moved.folder)
    assert told(moved.run("plan", *BASE, "--prune", "removed", "--format", "json")) == []
    assert told(moved.run("plan", "--base", "applied", "--prune", "removed", "--format", "json")) == [("delete", "Old")]


def test_a_base_that_lacks_the_files_is_said_first_and_nothing_is_pruned_by_it(
    project: Project, staging: Platform
) -> None:
    git(project, "init", "-q", "-b", "main")
    project.configure({"staging": at(staging.url)})
    project.declare(wanted("Portal"), wanted("Old"))
    base = commit(project)[:12]
    git(project, "update-ref", "refs/reconciler/applied/staging", "HEAD")
    staging.has(stored("Old"))
    variables = {"moved": "example.com", "so_that_git_sees_no_rename": "x" * 2_000}
    rewritten = {"instances": {"staging": at(staging.url)}, "variables": variables}
    move(project, Path("infra"), settings=json.dumps(rewritten))
    plain = project.run("plan", *BASE, "--report", "plan.md", "--report", "plan.html", "--format", "text")
    assert plain.code == 0
    assert f"! the base {base} has no infra/reconciler.yaml: everything counts as new in git" in plain.out
    assert "### The base lacks the files" in Path("plan.md").read_text()
    assert "The base lacks the files" in Path("plan.html").read_text()

    pruned = project.run("plan", *BASE, "--prune", "removed")
    assert pruned.code == 1
    assert f"the base {base} has no 'infra/reconciler.yaml'" in pruned.only_error()
    assert "leave out --prune removed" in pruned.err
    applied = project.run("apply", "--base", "applied", "--prune", "removed", *REVERTING)
    assert applied.code == 1
    assert f"the base {base} has no 'infra/reconciler.yaml'" in applied.only_error()
    assert "apply once without --base: reconciler apply --instance staging" in applied.err
    assert set(staging.clients()) == {"Old"}


def test_a_folder_of_declarations_that_the_base_lacks_is_named(project: Project, staging: Platform) -> None:
    git(project, "init", "-q", "-b", "main")
    project.configure({"staging": at(staging.url)})
    base = commit(project)[:12]
    project.declare(wanted("Portal"))
    commit(project)
    assert f"! the base {base} has no clients: everything counts" in project.run("plan", *BASE).out


@pytest.mark.parametrize("inside", ["clients", "clients/team", "."])
def test_declarations_in_a_submodule_are_an_error_of_the_base_and_never_recorded(
    project: Project, staging: Platform, tmp_path: Path, inside: str
) -> None:
    """They were "new in git", so that what a person had deleted would have been created again."""
    files: dict[str, str | None] = {"portal.yaml": json.dumps({"clients": [wanted("Portal")]})}
    if inside == ".":
        files = {f"clients/{name}": text for name, text in files.items()}
    inner = repositories.repository(tmp_path / "inner", files)
    git(project, "init", "-q", "-b", "main")
    project.write(".gitignore", ".reconciler/\n")
    project.configure({"staging": at(staging.url)})
    place = "shared" if inside == "." else inside
    repositories.git(project.folder, "submodule", "add", "-q", f"file://{inner}", place)
    commit(project)
    project.write("README", "more")
    commit(project)
    clients = ("--clients", "shared/clients") if inside == "." else ()
    done = project.run("apply", *clients, *REVERTING)
    assert done.code == 0, done.err
    assert git(project, "for-each-ref", "refs/reconciler") == ""
    ended = project.run("plan", *clients, *BASE)
    assert ended.code == 3
    assert "this is a git submodule" in ended.only_error()
