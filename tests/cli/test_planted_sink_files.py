"""Nothing that a pull request adds beside the files of a sink has it overwrite, delete, publish or wait."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from tests.cli.projects import Ended, Platform, Project, at, wanted

AGE = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"
ENCRYPTED = b"-----BEGIN AGE ENCRYPTED FILE-----"


def sunk(project: Project, staging: Platform, path: str) -> Project:
    """The project with an age sink at this path, in which one client was delivered."""
    sink = {"age": {"path": path}}
    project.configure({"staging": at(staging.url, sinks=[sink])}, owners={"team": {"age": [AGE]}})
    project.declare(wanted("One", owner="team"))
    assert applied(project).code == 0
    return project


def applied(project: Project) -> Ended:
    return project.run("apply", "-i", "staging", "--yes")


def everything(project: Project) -> Mapping[str, bytes]:
    """Every file but those that an apply may write, by path."""
    files = (each for each in project.folder.rglob("*") if each.is_file() and not each.is_symlink())
    names = {each.relative_to(project.folder).as_posix(): each.read_bytes() for each in files}
    return {name: data for name, data in names.items() if not name.startswith(".reconciler")}


def manifest(project: Project, place: str, more: Mapping[str, Mapping[str, object]]) -> None:
    """Add files to a manifest as those of the client that it has already, which now looks stale."""
    file = project.folder / place
    entries: dict[str, Any] = json.loads(file.read_text())
    [(name, entry)] = entries.items()
    added = {each: {**entry, **changed} for each, changed in more.items()}
    file.write_text(json.dumps({name: {**entry, "file": "0" * 64}, **added}))


@pytest.mark.parametrize("target", ["../../../reconciler.yaml", "{outside}", "../other", "nowhere"])
def test_a_symlink_in_the_place_of_an_encrypted_file_is_not_followed(
    project: Project, staging: Platform, target: str
) -> None:
    sunk(project, staging, "secrets/{instance}/{owner}/{name}.age")
    outside = project.folder.parent / "precious"
    outside.write_text("precious")
    project.declare(wanted("One", owner="team"), wanted("Two", owner="team"))
    os.symlink(target.format(outside=outside), project.folder / "secrets" / "staging" / "team" / "two.age")
    before = everything(project)
    ended = applied(project)
    assert ended.code == 4
    assert "secrets/staging/team/two.age is a symlink, and this sink follows none" in ended.out + ended.err
    assert everything(project) == before
    assert outside.read_text() == "precious"
    assert list(staging.clients()) == ["One"], "nothing is created whose secret has no place"


@pytest.mark.parametrize(
    "link", ["secrets", "secrets/staging", "secrets/staging/team", "secrets/staging/.delivered.json"]
)
def test_nor_a_symlink_on_the_way(project: Project, staging: Platform, link: str) -> None:
    sunk(project, staging, "secrets/{instance}/{owner}/{name}.age")
    project.declare(wanted("One", owner="team"), wanted("Two", owner="team"))
    os.rename(project.folder / link, project.folder / "moved")
    os.symlink(project.folder / "moved", project.folder / link)
    before = everything(project)
    ended = applied(project)
    assert ended.code == 4
    assert f"{link} is a symlink, and this sink follows none" in ended.out + ended.err
    assert everything(project) == before


@pytest.mark.parametrize("kind", ["/dev/stdin", "/dev/zero", "pipe", "folder"])
def test_no_manifest_keeps_a_run_waiting(project: Project, staging: Platform, kind: str) -> None:
    sunk(project, staging, "secrets/{instance}/{owner}/{name}.age")
    file = project.folder / "secrets" / "staging" / ".delivered.json"
    file.unlink()
    if kind == "pipe":
        os.mkfifo(file)
    elif kind == "folder":
        file.mkdir()
    else:
        os.symlink(kind, file)
    ended = project.run("plan")
    assert "secrets/staging/.delivered.json" in ended.out + ended.err
    assert "Traceback" not in ended.out + ended.err
    assert applied(project).code in (4, 5)


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ("{owner}/{name}.age", ".delivered.json"),
        ("{owner}/{name}.json", ".delivered.json"),
        ("secrets/{instance}/{owner}/{name}.age", "secrets/staging/.delivered.json"),
    ],
)
@pytest.mark.parametrize("is_right", [True, False], ids=["its digest", "another digest"])
def test_a_manifest_has_no_file_removed_that_the_sink_did_not_write(
    project: Project, staging: Platform, path: str, place: str, is_right: bool
) -> None:
    sunk(project, staging, path)
    victims = ["reconciler.yaml", "clients/all.yaml", "team/notes.age", "team/notes.json", "secrets/staging/team/x.age"]
    root = (project.folder / place).parent
    for number, name in enumerate(victims):
        if not (project.folder / name).exists():
            project.write(name, "precious" if number % 2 else ENCRYPTED + b"changed since")
    for name in victims:
        if not (project.folder / name).is_relative_to(root):
            continue
        file = project.folder / name
        if is_right and file.read_bytes().startswith(ENCRYPTED):
            continue  # as if it had been delivered: the sink's own
        digest = sha256(file.read_bytes()).hexdigest() if is_right else "0" * 64
        kept = (project.folder / place).read_bytes()
        manifest(project, place, {file.relative_to(root).as_posix(): {"file": digest}})
        before = everything(project)
        ended = applied(project)
        assert ended.code == 1, ended.out
        assert "so it is not removed" in ended.out + ended.err
        assert everything(project) == before
        (project.folder / place).write_bytes(kept)


def test_what_the_sink_wrote_is_removed_as_before(project: Project, staging: Platform) -> None:
    sunk(project, staging, "{owner}/{name}.age")
    project.declare(wanted("Two", owner="team", previous_names=["One"]))
    assert applied(project).code == 0
    assert [each.name for each in (project.folder / "team").iterdir()] == ["two.age"]
    project.declare({"name": "Two", "state": "absent"})
    assert applied(project).code == 0
    assert not (project.folder / "team").exists()


def git(folder: Path, *arguments: str) -> None:
    """Run git there."""
    import subprocess

    subprocess.run(["git", "-C", folder, *arguments], check=True, capture_output=True)


@pytest.mark.parametrize("kind", ["dotenv", "json"])
@pytest.mark.parametrize("way", ["tracked link", "link that leads out", "linked folder", "tracked, ignored now"])
def test_no_secret_in_clear_goes_where_a_planted_symlink_leads(
    project: Project, staging: Platform, kind: str, way: str
) -> None:
    path = "hidden/app.env" if way == "linked folder" else "app.env"
    project.configure({"staging": at(staging.url, sinks=[{kind: {"path": path}}])})
    project.declare(wanted("One"))
    project.write(".gitignore", ".reconciler\napp.env\ndist/\nhidden\n")
    (project.folder / "dist").mkdir()
    git(project.folder, "init", "-q")
    if way == "tracked link":
        os.symlink("dist/index.html", project.folder / path)
        git(project.folder, "add", "-f", path)
    elif way == "link that leads out":
        (project.folder.parent / "public").mkdir()
        os.symlink("../public/index.html", project.folder / path)
    elif way == "linked folder":
        os.symlink("dist", project.folder / "hidden")
        git(project.folder, "add", "-f", "hidden")
    else:
        project.write(path, "").chmod(0o600)
        git(project.folder, "add", "-f", path)
    ended = applied(project)
    assert ended.code == 4
    assert staging.clients() == {}
    assert list((project.folder / "dist").iterdir()) == []
    assert ("git has it" if "ignored" in way else " is a symlink that ") in ended.out + ended.err


def test_an_untracked_symlink_of_the_user_within_the_work_tree_is_followed(project: Project, staging: Platform) -> None:
    project.configure({"staging": at(staging.url, sinks=[{"json": {"path": "app.json"}}])})
    project.declare(wanted("One"))
    project.write(".gitignore", ".reconciler\n*.json\n")
    git(project.folder, "init", "-q")
    os.symlink("mine.json", project.folder / "app.json")
    assert applied(project).code == 0
    assert "One" in (project.folder / "mine.json").read_text()
    assert (project.folder / "app.json").is_symlink()
