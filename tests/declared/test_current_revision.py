"""What git says of the declarations."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from reconciler.declared.current_revision import Revision, current_revision


def _git(folder: Path, *arguments: str) -> str:
    identity = ["-c", "user.name=Somebody", "-c", "user.email=somebody@example.com", "-c", "commit.gpgsign=false"]
    done = subprocess.run(["git", "-C", folder, *identity, *arguments], check=True, capture_output=True, text=True)
    return done.stdout.strip()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository with a commit that holds a client and a file that is not declared."""
    folder = tmp_path / "repository"
    (folder / "clients").mkdir(parents=True)
    (folder / "clients" / "a.yaml").write_text("clients: []\n")
    (folder / "README").write_text("hello\n")
    _git(folder, "init", "-q")
    _git(folder, "add", ".")
    _git(folder, "commit", "-qm", "Begin")
    return folder


def _seen(folder: Path) -> Revision | None:
    return current_revision(folder / "reconciler.yaml", folder / "clients")


def _is_clean(folder: Path) -> bool:
    seen = _seen(folder)
    assert seen is not None
    return seen.clean


def test_a_work_tree_as_committed_is_clean(repository: Path) -> None:
    assert _seen(repository) == Revision(_git(repository, "rev-parse", "HEAD"), clean=True)


def test_a_folder_in_the_repository_is_of_the_same_commit(repository: Path) -> None:
    inner = repository / "clients"
    assert current_revision(inner / "reconciler.yaml", inner) == _seen(repository)


@pytest.mark.parametrize("path", ["clients/a.yaml", "clients/new.yaml", "reconciler.yaml"])
def test_a_changed_file_or_a_new_declaration_is_not_clean(repository: Path, path: str) -> None:
    (repository / path).write_text("something else\n")
    seen = _seen(repository)
    assert seen is not None
    assert not seen.clean


def test_what_lies_around_besides_does_not_matter(repository: Path) -> None:
    (repository / "plan.json").write_text("{}")
    (repository / "README").write_text("something else\n")
    (repository / "clients" / ".hidden.yaml").write_text("clients: []\n")
    seen = _seen(repository)
    assert seen is not None
    assert seen.clean


def test_declarations_outside_of_the_repository_are_not_of_its_commit(repository: Path, tmp_path: Path) -> None:
    seen = current_revision(repository / "reconciler.yaml", tmp_path / "clients")
    assert seen is not None
    assert not seen.clean


def test_outside_of_git_there_is_no_revision(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert _seen(tmp_path) is None
    assert _seen(tmp_path / "nowhere") is None


def test_before_the_first_commit_there_is_no_revision(tmp_path: Path) -> None:
    _git(tmp_path, "init", "-q")
    assert _seen(tmp_path) is None


def test_without_git_there_is_no_revision(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(repository))
    assert _seen(repository) is None


def test_looking_does_not_write_to_the_repository(repository: Path) -> None:
    """A person may be at work in it, and git would rewrite its index on a `status`."""
    (repository / "README").touch()
    before = (repository / ".git" / "index").stat().st_mtime_ns
    assert _seen(repository) is not None
    assert (repository / ".git" / "index").stat().st_mtime_ns == before


@pytest.mark.parametrize(
    "hide",
    [
        "config status.showUntrackedFiles no",
        "config core.excludesFile hidden",
        "update-index --assume-unchanged clients/a.yaml",
        "update-index --skip-worktree clients/a.yaml",
        "config diff.ignoreSubmodules all",
    ],
)
@pytest.mark.parametrize("path", ["clients/a.yaml", "clients/hidden.yaml"])
def test_what_git_is_told_not_to_look_at_is_seen(repository: Path, hide: str, path: str) -> None:
    (repository / "hidden").write_text("hidden.yaml\n")
    _git(repository, *hide.split())
    assert _is_clean(repository)
    (repository / path).write_text("clients: [] # not committed\n")
    assert not _is_clean(repository)


def test_a_folder_that_is_ignored_is_seen(repository: Path) -> None:
    (repository / ".git" / "info" / "exclude").write_text("clients/extra/\n")
    (repository / "clients" / "extra").mkdir()
    (repository / "clients" / "extra" / "b.yaml").write_text("clients: []\n")
    assert not _is_clean(repository)


def test_a_submodule_that_is_to_be_ignored_is_seen(repository: Path, tmp_path: Path) -> None:
    inner = tmp_path / "inner"
    inner.mkdir()
    (inner / "b.yaml").write_text("clients: []\n")
    _git(inner, "init", "-q")
    _git(inner, "add", ".")
    _git(inner, "commit", "-qm", "Begin")
    _git(repository, "-c", "protocol.file.allow=always", "submodule", "add", "-q", str(inner), "clients/inner")
    _git(repository, "config", "submodule.clients/inner.ignore", "all")
    _git(repository, "commit", "-qm", "Add a submodule")
    (repository / "clients" / "inner" / "b.yaml").write_text("clients: [] # not committed\n")
    assert not _is_clean(repository)


def test_settings_of_another_revision_are_not_those_of_the_commit(repository: Path) -> None:
    """They decide what the declarations mean: variables, instances."""
    for text in ("instances: {}\n", "instances: {}\nvariables: {a: b}\n"):
        (repository / "reconciler.yaml").write_text(text)
        _git(repository, "add", ".")
        _git(repository, "commit", "-qm", "Configure")
    for ref, clean in (("HEAD", True), ("HEAD~1", False)):
        seen = current_revision(repository / "reconciler.yaml", repository / "clients", ref)
        assert seen is not None
        assert seen.clean is clean
