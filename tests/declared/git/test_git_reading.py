"""What the files were in another revision, read without touching the work tree."""

from __future__ import annotations

import os
import shlex
from pathlib import Path

import pytest

from reconciler.declared.current_revision import current_revision
from reconciler.declared.git.repository import (
    get_ref,
    list_tree,
    merge_base,
    read_blobs,
    read_file_at,
    resolve_commit,
    set_ref,
)
from reconciler.model.errors import GitError
from tests.declared.git.repositories import commit, git, repository

ONE = {"reconciler.yaml": "instances: {}\n", "clients/a.yaml": "clients: []\n", "clients/deep/b.yml": "b\n"}


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A repository with one commit on `main`."""
    return repository(tmp_path / "clone", dict(ONE))


def _message(error: pytest.ExceptionInfo[GitError]) -> str:
    return f"{error.value.message}; {error.value.hint}"


def _listed(folder: Path, path: str = "clients") -> list[str]:
    return [entry.path for entry in list_tree(folder, git(folder, "rev-parse", "HEAD"), path)]


def test_a_file_is_read_as_the_commit_has_it_whatever_the_work_tree_has(clone: Path) -> None:
    first = git(clone, "rev-parse", "HEAD")
    commit(clone, {"reconciler.yaml": "instances: {a: {}}\n"})
    (clone / "reconciler.yaml").unlink()
    assert read_file_at(clone, first, "reconciler.yaml") == b"instances: {}\n"
    assert not (clone / "reconciler.yaml").exists()


def test_a_path_starts_from_the_folder_and_may_lead_out_of_it(clone: Path) -> None:
    head = git(clone, "rev-parse", "HEAD")
    assert read_file_at(clone / "clients", head, "a.yaml") == b"clients: []\n"
    assert read_file_at(clone / "clients", head, "../reconciler.yaml") == b"instances: {}\n"
    assert read_file_at(clone / "clients", head, clone / "clients" / "deep" / "b.yml") == b"b\n"


def test_what_the_commit_does_not_have_is_none(clone: Path) -> None:
    (clone / "new.yaml").write_text("new\n")
    head = git(clone, "rev-parse", "HEAD")
    assert read_file_at(clone, head, "new.yaml") is None
    assert read_file_at(clone, head, "clients") is None
    assert list_tree(clone, head, "nowhere") == []


def test_every_file_below_a_folder_is_listed_by_its_path_in_it(clone: Path) -> None:
    assert _listed(clone) == _listed(clone, "clients/") == ["a.yaml", "deep/b.yml"]
    assert _listed(clone, ".") == ["clients/a.yaml", "clients/deep/b.yml", "reconciler.yaml"]


@pytest.mark.parametrize("name", ["two words.yaml", "größe.yaml", "line\nfeed.yaml", "tab\t.yaml", '"q".yaml', "[a]*"])
def test_a_name_may_hold_any_sign(clone: Path, name: str) -> None:
    head = commit(clone, {f"clients/{name}": name})
    assert name in _listed(clone)
    assert read_file_at(clone, head, f"clients/{name}") == name.encode()


@pytest.mark.parametrize("name", ["-r", ":(glob)x", ":/x"])
def test_no_name_is_an_option_or_a_pattern(clone: Path, name: str) -> None:
    head = commit(clone, {name: "here\n"})
    assert read_file_at(clone, head, name) == b"here\n"


def test_a_name_that_is_not_utf_8_survives(clone: Path) -> None:
    (clone / "clients" / os.fsdecode(b"\xff.yaml")).write_text("odd\n")
    head = commit(clone, {})
    assert read_file_at(clone, head, os.path.join("clients", os.fsdecode(b"\xff.yaml"))) == b"odd\n"


def test_a_renamed_file_is_where_the_commit_has_it(clone: Path) -> None:
    first = git(clone, "rev-parse", "HEAD")
    git(clone, "mv", "clients/a.yaml", "clients/z.yaml")
    commit(clone, {})
    assert [entry.path for entry in list_tree(clone, first, "clients")] == ["a.yaml", "deep/b.yml"]
    assert _listed(clone) == ["deep/b.yml", "z.yaml"]


def test_many_files_are_read_at_once_each_whole(clone: Path) -> None:
    texts = {f"clients/{number}.yaml": f"{number}\n\nblob 3\n" * number for number in range(50)}
    head = commit(clone, dict(texts))
    entries = [entry for entry in list_tree(clone, head, ".") if entry.path in texts]
    found = read_blobs(clone, (entry.object_id for entry in entries))
    assert {entry.path: found[entry.object_id].decode() for entry in entries} == texts
    assert read_blobs(clone, []) == {}


def test_a_symlink_is_its_target_and_is_told_by_its_mode(clone: Path) -> None:
    (clone / "clients" / "link.yaml").symlink_to("a.yaml")
    head = commit(clone, {})
    (link,) = list_tree(clone, head, "clients/link.yaml")
    assert link.mode == "120000"
    assert read_file_at(clone, head, "clients/link.yaml") == b"a.yaml"


def test_a_folder_that_is_gone_from_the_work_tree_is_listed(clone: Path) -> None:
    head = git(clone, "rev-parse", "HEAD")
    for file in ("a.yaml", "deep/b.yml"):
        (clone / "clients" / file).unlink()
    (clone / "clients" / "deep").rmdir()
    (clone / "clients").rmdir()
    assert [entry.path for entry in list_tree(clone, head, "clients")] == ["a.yaml", "deep/b.yml"]


def test_a_path_outside_of_the_repository_is_in_no_revision(clone: Path, tmp_path: Path) -> None:
    with pytest.raises(GitError, match="is not in the git repository of"):
        read_file_at(clone, git(clone, "rev-parse", "HEAD"), tmp_path / "reconciler.yaml")


def test_a_branch_a_tag_and_an_expression_name_commits(clone: Path) -> None:
    first = git(clone, "rev-parse", "HEAD")
    git(clone, "tag", "-a", "v1", "-m", "One")
    second = commit(clone, {"more": "more\n"})
    assert resolve_commit(clone, "main") == resolve_commit(clone, second[:10]) == second
    assert resolve_commit(clone, "v1") == resolve_commit(clone, "HEAD~1") == first


def test_a_detached_head_is_as_good_as_a_branch(clone: Path) -> None:
    first = git(clone, "rev-parse", "HEAD")
    commit(clone, {"more": "more\n"})
    git(clone, "checkout", "-q", "--detach", first)
    assert resolve_commit(clone, "HEAD") == merge_base(clone, "main") == first


@pytest.mark.parametrize("ref", ["", "-h", "--all", "--output=pwned"])
def test_a_revision_is_never_an_option(clone: Path, ref: str) -> None:
    with pytest.raises(GitError, match="is not a git revision"):
        resolve_commit(clone, ref)
    assert not (clone / "pwned").exists()


@pytest.mark.parametrize("ref", ["nowhere", "0" * 40, "main:clients", "main..main", "HEAD~9", "a b", "\x1b[31m"])
def test_an_unknown_revision_is_named(clone: Path, ref: str) -> None:
    with pytest.raises(GitError, match="git knows no commit") as error:
        resolve_commit(clone, ref)
    assert "git fetch origin" in _message(error)
    assert "\x1b" not in _message(error)


def test_a_branch_that_only_the_remote_has_is_suggested(clone: Path, tmp_path: Path) -> None:
    git(clone, "branch", "release")
    git(tmp_path, "clone", "-q", str(clone), "second")
    with pytest.raises(GitError) as error:
        resolve_commit(tmp_path / "second", "release")
    assert error.value.hint == "did you mean origin/release?"


def test_a_name_of_both_a_branch_and_a_tag_is_refused(clone: Path) -> None:
    """Git would take the tag, which may be somebody else's."""
    git(clone, "tag", "main")
    commit(clone, {"more": "more\n"})
    with pytest.raises(GitError, match="more than one branch or tag"):
        resolve_commit(clone, "main")
    assert resolve_commit(clone, "refs/heads/main") == git(clone, "rev-parse", "HEAD")


def test_before_the_first_commit_the_way_out_is_to_commit(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    with pytest.raises(GitError, match="no commit in this repository yet"):
        merge_base(tmp_path, "HEAD")


def test_the_merge_base_is_where_a_branch_left(clone: Path) -> None:
    base = git(clone, "rev-parse", "HEAD")
    git(clone, "checkout", "-qb", "work")
    commit(clone, {"mine": "mine\n"})
    git(clone, "checkout", "-q", "main")
    commit(clone, {"theirs": "theirs\n"})
    assert merge_base(clone, "work") == base


def test_histories_without_a_common_commit_have_no_merge_base(clone: Path) -> None:
    git(clone, "checkout", "-q", "--orphan", "other")
    commit(clone, {"other": "other\n"})
    with pytest.raises(GitError, match="no commit in common"):
        merge_base(clone, "main")


@pytest.fixture
def shallow(clone: Path, tmp_path: Path) -> Path:
    """A clone of the last of three commits, as pipelines make it."""
    git(clone, "branch", "old")
    commit(clone, {"second": "2\n"})
    commit(clone, {"third": "3\n"})
    git(tmp_path, "clone", "-q", "--depth", "1", "--no-single-branch", f"file://{clone}", "shallow")
    return tmp_path / "shallow"


def test_a_shallow_clone_says_how_to_get_what_it_lacks(shallow: Path) -> None:
    with pytest.raises(GitError, match="shallow") as unknown:
        resolve_commit(shallow, "HEAD~2")
    with pytest.raises(GitError, match="shallow") as parted:
        merge_base(shallow, "origin/old")
    assert "git fetch --unshallow" in _message(unknown)
    assert "git fetch --unshallow" in _message(parted)


def test_what_a_shallow_clone_of_one_branch_is_told_to_do_is_enough(clone: Path, tmp_path: Path) -> None:
    git(clone, "branch", "old")
    commit(clone, {"second": "2\n"})
    git(tmp_path, "clone", "-q", "--depth", "1", "--branch", "main", f"file://{clone}", "single")
    with pytest.raises(GitError, match="shallow") as error:
        merge_base(tmp_path / "single", "origin/old")
    told = str(error.value.hint).partition("git ")[2].partition(" (with")[0]
    git(tmp_path / "single", *shlex.split(told))
    assert merge_base(tmp_path / "single", "origin/old") == git(clone, "rev-parse", "old")


def test_a_shallow_clone_reads_what_it_has(shallow: Path) -> None:
    old = resolve_commit(shallow, "origin/old")
    assert read_file_at(shallow, old, "reconciler.yaml") == b"instances: {}\n"
    assert read_file_at(shallow, old, "third") is None


def test_a_work_tree_beside_a_bare_repository_is_a_clone_like_any_other(clone: Path, tmp_path: Path) -> None:
    git(tmp_path, "clone", "-q", "--bare", str(clone), "bare.git")
    git(tmp_path / "bare.git", "worktree", "add", "-q", str(tmp_path / "tree"), "main")
    head = resolve_commit(tmp_path / "tree", "main")
    assert read_file_at(tmp_path / "tree" / "clients", head, "a.yaml") == b"clients: []\n"


def test_a_bare_repository_has_no_files_to_read(clone: Path, tmp_path: Path) -> None:
    git(tmp_path, "clone", "-q", "--bare", str(clone), "bare.git")
    with pytest.raises(GitError, match="is not in a git repository"):
        resolve_commit(tmp_path / "bare.git", "main")


def test_the_repository_is_that_of_the_folder_though_a_hook_names_another(
    clone: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = repository(tmp_path / "other", {"reconciler.yaml": "other\n"})
    expected = git(clone, "rev-parse", "HEAD")
    monkeypatch.setenv("GIT_DIR", str(other / ".git"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(other / ".git" / "index"))
    monkeypatch.setenv("GIT_WORK_TREE", str(other))
    assert resolve_commit(clone / "clients", "HEAD") == expected
    assert read_file_at(clone / "clients", expected, "../reconciler.yaml") == b"instances: {}\n"
    seen = current_revision(clone / "reconciler.yaml", clone / "clients")
    assert seen is not None
    assert (seen.commit, seen.clean) == (expected, True)


def test_outside_of_a_repository_it_is_said_where_to_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    with pytest.raises(GitError, match="is not in a git repository"):
        resolve_commit(tmp_path, "main")
    with pytest.raises(GitError, match="cannot enter"):
        resolve_commit(tmp_path / "nowhere", "main")


def test_without_git_its_absence_is_named(clone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(clone))
    with pytest.raises(GitError, match="git is not on the PATH"):
        resolve_commit(clone, "main")


def test_a_repository_of_another_user_says_how_to_trust_it(clone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")  # git's own way to make it look so
    with pytest.raises(GitError, match="belongs to another user") as error:
        resolve_commit(clone, "main")
    assert error.value.hint == f"if you trust it: git config --global --add safe.directory {clone}"


def test_the_words_of_git_are_understood_in_every_language(clone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANGUAGE", "de")
    monkeypatch.setenv("LC_ALL", "de_DE.UTF-8")
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    with pytest.raises(GitError, match="belongs to another user"):
        resolve_commit(clone, "main")


def test_no_hook_runs(clone: Path, tmp_path: Path) -> None:
    hook = clone / ".git" / "hooks" / "reference-transaction"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f"#!/bin/sh\ntouch '{tmp_path}/ran'\n")
    hook.chmod(0o755)
    set_ref(clone, "refs/reconciler/applied/production", git(clone, "rev-parse", "HEAD"))
    assert not (tmp_path / "ran").exists()


def test_a_replaced_commit_is_read_as_it_was(clone: Path) -> None:
    first = git(clone, "rev-parse", "HEAD")
    second = commit(clone, {"reconciler.yaml": "replaced\n"})
    git(clone, "replace", first, second)
    assert read_file_at(clone, first, "reconciler.yaml") == b"instances: {}\n"


def test_a_file_that_a_partial_clone_left_out_is_not_fetched_but_named(clone: Path) -> None:
    head = git(clone, "rev-parse", "HEAD")
    blob = git(clone, "rev-parse", "HEAD:clients/a.yaml")
    (clone / ".git" / "objects" / blob[:2] / blob[2:]).unlink()
    with pytest.raises(GitError, match=r"lacks the object|cannot list"):
        read_file_at(clone, head, "clients/a.yaml")
    with pytest.raises(GitError, match="lacks the object"):
        read_blobs(clone, [blob])


def test_a_ref_of_our_own_is_set_and_found(clone: Path) -> None:
    name = "refs/reconciler/applied/production"
    first = git(clone, "rev-parse", "HEAD")
    assert get_ref(clone, name) is None
    set_ref(clone, name, first)
    assert get_ref(clone, name) == first
    second = commit(clone, {"more": "more\n"})
    set_ref(clone, name, second)
    assert get_ref(clone, name) == second


def test_a_ref_that_cannot_be_set_says_why(clone: Path) -> None:
    with pytest.raises(GitError, match="the repository here lacks the object 012345678901"):
        set_ref(clone, "refs/reconciler/a", "0123456789" * 4)
    with pytest.raises(GitError, match="not the full name"):
        set_ref(clone, "main", git(clone, "rev-parse", "HEAD"))
    assert get_ref(clone, "refs/reconciler/a") is None
