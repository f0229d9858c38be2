"""Every kind of checkout works or says why not: worktrees, submodules, SHA-256, shallow and partial clones, owners."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest

from tests.cli.projects import Ended, Platform, Project, at, wanted
from tests.declared.git.repositories import commit, git

FROM = ("--config-from", "origin/main")
IS_ROOT = os.name == "posix" and os.geteuid() == 0


@pytest.fixture
def origin(project: Project, staging: Platform, tmp_path: Path) -> Path:
    """A repository whose `main` has a limit of one create, and whose `work` has none."""
    return _origin(tmp_path / "origin", staging)


def _origin(folder: Path, staging: Platform, *flags: str) -> Path:
    folder.mkdir()
    git(folder, "init", "-q", "-b", "main", *flags)
    clients = json.dumps({"clients": [wanted("One"), wanted("Two")]})
    limited, free = (_settings(staging, limits={"creates": limit}) for limit in (1, 9))
    commit(folder, {"reconciler.yaml": limited, "clients/all.yaml": clients, ".gitignore": "/.reconciler/\n"}, "Begin")
    git(folder, "checkout", "-qb", "work")
    commit(folder, {"reconciler.yaml": free}, "Loosen")
    return folder


def _settings(staging: Platform, **more: object) -> str:
    return json.dumps({"instances": {"staging": at(staging.url, **more)}})


def clone(project: Project, origin: Path, name: str, *flags: str) -> Path:
    """A clone with `work` checked out, where commands run from now on."""
    git(origin.parent, "clone", "-q", "-b", "work", *flags, f"file://{origin}", name)
    project.environ.chdir(origin.parent / name)
    return origin.parent / name


def saved_commit(project: Project, *flags: str) -> str | None:
    """The commit that a saved plan contains."""
    file = project.folder / "plan.json"
    assert project.run("plan", "-o", file, *flags).code in {0, 4}
    found: str | None = json.loads(file.read_text())["commit"]
    return found


def is_limited(ended: Ended) -> bool:
    """Whether the settings of `main` are in force."""
    return ended.code == 4 and "2 creates planned, and the limit is 1" in ended.out


def test_a_clone(project: Project, origin: Path) -> None:
    folder = clone(project, origin, "clone")
    assert is_limited(project.run("plan", *FROM))
    assert project.run("plan").code == 0
    assert saved_commit(project) == git(folder, "rev-parse", "HEAD")


def test_a_worktree(project: Project, origin: Path) -> None:
    folder = clone(project, origin, "clone")
    tree = origin.parent / "tree"
    git(folder, "worktree", "add", "-q", "-b", "other", str(tree))
    project.environ.chdir(tree)
    assert is_limited(project.run("plan", *FROM))
    assert saved_commit(project) == git(folder, "rev-parse", "other")
    applied = project.run("apply", "--all", "--yes")
    assert "recorded for `--base applied`: staging" in applied.err
    assert git(folder, "rev-parse", "refs/reconciler/applied/staging") == git(folder, "rev-parse", "other")


def test_a_submodule(project: Project, origin: Path, tmp_path: Path) -> None:
    outer = tmp_path / "outer"
    outer.mkdir()
    git(outer, "init", "-q", "-b", "main")
    git(outer, "submodule", "add", "-q", "-b", "work", f"file://{origin}", "inner")
    commit(outer, {"reconciler.yaml": "instances: {}\n"}, "Add a submodule")
    project.environ.chdir(outer / "inner")
    assert is_limited(project.run("plan", *FROM))
    assert saved_commit(project) == git(origin, "rev-parse", "work")


def test_a_repository_with_sha256(project: Project, staging: Platform, tmp_path: Path) -> None:
    folder = clone(project, _origin(tmp_path / "long", staging, "--object-format=sha256"), "clone")
    assert is_limited(project.run("plan", *FROM))
    assert is_limited(project.run("plan", "--config-from", git(folder, "rev-parse", "origin/main")))
    assert is_limited(project.run("plan", "--config-from", git(folder, "rev-parse", "origin/main")[:40]))
    assert saved_commit(project) == git(folder, "rev-parse", "HEAD")


def test_a_tree_that_cannot_be_parsed_is_one_error(project: Project, origin: Path) -> None:
    folder = clone(project, origin, "clone")
    (folder / "broken").write_bytes(b"100644 no end")
    tree = git(folder, "hash-object", "-t", "tree", "--literally", "-w", "broken")
    parts = f"tree {tree}\nauthor A <a@b> 0 +0000\ncommitter A <a@b> 0 +0000\n\nBroken\n"
    (folder / "broken").write_text(parts)
    head = git(folder, "hash-object", "-t", "commit", "--literally", "-w", "broken")
    ended = project.run("plan", "--config-from", head)
    assert ended.code == 1
    assert ended.only_error() == "error: git has a damaged folder, which cannot be read"


def test_an_empty_git_folder_is_not_passed_over(project: Project, origin: Path) -> None:
    folder = clone(project, origin, "clone")
    (folder / "inner" / ".git").mkdir(parents=True)
    (folder / "inner" / "reconciler.yaml").write_text((folder / "reconciler.yaml").read_text())
    ended = project.run("plan", "-c", "inner/reconciler.yaml", *FROM)
    assert ended.code == 1
    assert f"git does not take '{folder}/inner/.git' for a git repository" in ended.only_error()


@pytest.mark.parametrize("content", ["", "gitdir:", "gitdir: nowhere\n", "\0", "gitdir: a\0b"])
def test_a_git_file_that_leads_nowhere_is_one_error(project: Project, origin: Path, content: str) -> None:
    folder = clone(project, origin, "clone")
    (folder / "inner").mkdir()
    (folder / "inner" / ".git").write_text(content)
    (folder / "inner" / "reconciler.yaml").write_text((folder / "reconciler.yaml").read_text())
    ended = project.run("plan", "-c", "inner/reconciler.yaml", *FROM)
    assert ended.code == 1
    assert "inner/.git" in ended.only_error()


def test_a_shallow_clone(project: Project, origin: Path) -> None:
    folder = clone(project, origin, "shallow", "--depth=1", "--no-single-branch")
    assert is_limited(project.run("plan", *FROM))
    assert saved_commit(project) == git(folder, "rev-parse", "HEAD")
    assert "it is shallow" in project.run("plan", "--base", "origin/main").only_error()


def test_a_partial_clone_fetches_nothing_and_says_what_it_lacks(project: Project, origin: Path) -> None:
    git(origin, "config", "uploadpack.allowFilter", "true")
    folder = clone(project, origin, "partial", "--filter=blob:none")
    assert saved_commit(project) == git(folder, "rev-parse", "HEAD")
    ended = project.run("plan", *FROM)
    assert ended.code == 1
    assert "the repository here lacks the object" in ended.only_error()
    assert "git fetch --refetch" in ended.err


def test_a_tag_is_followed_to_its_commit_by_its_id_too(project: Project, origin: Path) -> None:
    git(origin, "tag", "-a", "v1", "-m", "One", "main")
    folder = clone(project, origin, "clone")
    assert is_limited(project.run("plan", "--config-from", "v1"))
    assert is_limited(project.run("plan", "--config-from", git(folder, "rev-parse", "v1")))


def test_an_id_of_something_else_is_no_revision(project: Project, origin: Path) -> None:
    folder = clone(project, origin, "clone")
    tree = git(folder, "rev-parse", "HEAD^{tree}")
    assert "git knows no commit" in project.run("plan", "--config-from", tree).only_error()


def test_git_dir_is_ignored_and_that_is_said_where_there_is_no_other(project: Project, origin: Path) -> None:
    folder = clone(project, origin, "clone")
    project.environ.setenv("GIT_DIR", str(origin / ".git"))
    assert saved_commit(project) == git(folder, "rev-parse", "HEAD")
    (folder / ".git").rename(origin.parent / "away")
    project.environ.setenv("GIT_DIR", str(origin.parent / "away"))
    project.environ.setenv("GIT_WORK_TREE", str(folder))
    ended = project.run("plan", *FROM)
    assert ended.code == 1
    assert "is not in a git repository: neither it nor a folder above has a .git, and GIT_DIR is ignored" in ended.err
    saved = project.run("plan", "-o", project.folder / "plan.json")
    assert saved.code == 0
    assert "warning: the commit of the files is not known: neither their folder nor one above has a .git" in saved.err
    assert "GIT_DIR" not in project.run("validate").err


def test_a_git_that_is_too_old_is_named(project: Project, origin: Path, tmp_path: Path) -> None:
    clone(project, origin, "clone")
    (tmp_path / "bin").mkdir()
    old = tmp_path / "bin" / "git"
    old.write_text(f"#!{sys.executable}\nprint('git version 2.39.3 (Some Git-146)')\n")
    old.chmod(0o755)
    project.environ.setenv("PATH", f"{old.parent}{os.pathsep}{os.environ['PATH']}")
    ended = project.run("plan", *FROM)
    assert ended.code == 1
    assert ended.only_error() == "error: git here is 2.39.3, and 2.39.4 or later is needed"
    saved = project.run("plan", "-o", project.folder / "plan.json")
    assert saved.code == 0
    assert "warning: the commit of the files is not known: git here is 2.39.3" in saved.err
    applied = project.run("apply", "--all", "--yes", "--report", tmp_path / "report.json")
    assert applied.code == 0
    assert applied.err.count("the commit of the files is not known") == 1


@pytest.mark.skipif(not IS_ROOT, reason="only root can give files away")
@pytest.mark.parametrize("foreign", [".", ".git"])
def test_a_repository_of_another_user_is_refused(project: Project, origin: Path, foreign: str) -> None:
    folder = clone(project, origin, "clone")
    os.chown(folder / foreign, 4711, -1)
    ended = project.run("plan", *FROM)
    assert ended.code == 1
    assert f"detected dubious ownership in repository at '{folder}'" in ended.only_error()
    assert f"git config --global --add safe.directory {folder}" in ended.err
    saved = project.run("plan", "-o", project.folder / "plan.json")
    assert saved.code == 0
    assert "detected dubious ownership" in saved.err
    project.environ.setenv("SUDO_UID", "4711")
    assert is_limited(project.run("plan", *FROM))


def test_a_sink_in_a_repository_of_another_user_is_refused(project: Project, staging: Platform, origin: Path) -> None:
    """Its settings are not read, so git cannot tell what it ignores."""
    folder = clone(project, origin, "clone")
    (folder / "reconciler.yaml").write_text(_settings(staging, sinks=[{"json": {"path": "../other/all.json"}}]))
    (folder.parent / "other").mkdir()
    git(folder.parent / "other", "init", "-q")
    (folder.parent / "other" / ".gitignore").write_text("*\n")
    project.environ.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    ended = project.run("apply", "--all", "--yes")
    assert ended.code == 4
    assert "cannot tell whether git would take" in ended.out
    assert f"detected dubious ownership in repository at '{folder.parent / 'other'}'" in ended.out
    assert not (folder.parent / "other" / "all.json").exists()
    project.environ.delenv("GIT_TEST_ASSUME_DIFFERENT_OWNER")
    assert project.run("apply", "--all", "--yes").code == 0
    assert (folder.parent / "other" / "all.json").exists()


@pytest.mark.skipif(not IS_ROOT, reason="only root can give files away")
def test_the_git_dir_of_a_worktree_is_checked_too(project: Project, origin: Path) -> None:
    folder = clone(project, origin, "clone")
    tree = origin.parent / "tree"
    git(folder, "worktree", "add", "-q", "-b", "other", str(tree))
    project.environ.chdir(tree)
    os.chown(folder / ".git" / "worktrees" / "tree", 4711, -1)
    assert "detected dubious ownership" in project.run("plan", *FROM).only_error()


@pytest.mark.parametrize(
    ("values", "is_read"),
    [
        (["{folder}"], True),
        (["*"], True),
        (["{parent}/*"], True),
        (["{folder}/*"], False),
        (["{parent}"], False),
        (["{folder}", ""], False),
        (["", "{folder}"], True),
        (["~/clone"], True),
    ],
)
def test_safe_directory_allows_it_from_outside_of_the_repository_alone(
    project: Project, origin: Path, tmp_path: Path, values: list[str], is_read: bool
) -> None:
    folder = clone(project, origin, "clone")
    project.environ.setenv("HOME", str(folder.parent))
    git(folder, "config", "safe.directory", "*")
    project.environ.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "settings"))
    project.environ.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")  # git's own way to make it look so
    assert "detected dubious ownership" in project.run("plan", *FROM).only_error()
    project.environ.delenv("GIT_TEST_ASSUME_DIFFERENT_OWNER")
    for value in values:
        named = value.format(folder=folder, parent=folder.parent)
        git(folder, "config", "--global", "--add", "safe.directory", named)
    project.environ.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    assert is_limited(project.run("plan", *FROM)) == is_read


def test_safe_directory_may_be_given_in_the_environment(project: Project, origin: Path) -> None:
    clone(project, origin, "clone")
    project.environ.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    for name, value in {"COUNT": "1", "KEY_0": "safe.directory", "VALUE_0": "*"}.items():
        project.environ.setenv(f"GIT_CONFIG_{name}", value)
    assert is_limited(project.run("plan", *FROM))


def test_filters_do_not_run_and_change_nothing(project: Project, origin: Path, tmp_path: Path) -> None:
    """Files in Git LFS are pointers in the commit, and files that are not loaded do not matter."""
    folder = clone(project, origin, "clone")
    head = commit(folder, {".gitattributes": "*.bin filter=lfs\n", "big.bin": "pointer\n"}, "Add a file")
    git(folder, "config", "filter.lfs.clean", f"touch '{tmp_path}/ran'; cat")
    git(folder, "config", "core.fsmonitor", f"touch '{tmp_path}/ran'; false")
    (folder / "big.bin").write_text("the content itself\n")
    (tmp_path / "ran").unlink(missing_ok=True)
    assert saved_commit(project) == head
    assert not (tmp_path / "ran").exists()


def test_crlf_in_the_work_tree_is_lf_in_the_commit(project: Project, origin: Path) -> None:
    folder = clone(project, origin, "clone")
    file = folder / "clients" / "lines.yaml"
    head = commit(folder, {"clients/lines.yaml": "# some\nclients: []\n"}, "Add lines")
    file.write_bytes(b"# some\r\nclients: []\r\n")
    assert saved_commit(project) == head
    git(folder, "-c", "core.autocrlf=false", "commit", "-qam", "Take CR as well")
    assert saved_commit(project) == git(folder, "rev-parse", "HEAD")
    file.write_bytes(b"# some\nclients: []\n")
    assert saved_commit(project) is None


@pytest.mark.parametrize("change", ["edit", "add", "remove", "link", "settings"])
def test_a_plan_of_other_files_than_those_of_the_commit_names_none(project: Project, origin: Path, change: str) -> None:
    folder = clone(project, origin, "clone")
    commit(folder, {"clients/more.yaml": "clients: []\n"}, "Add a file")
    more = folder / "clients" / "more.yaml"
    match change:
        case "edit":
            more.write_text("clients: [] # edited\n")
        case "add":
            (folder / "clients" / "new.yaml").write_text("clients: []\n")
        case "remove":
            more.unlink()
        case "link":
            more.unlink()
            (folder / "other").write_text("clients: []\n")
            more.symlink_to("../other")
        case _:
            (folder / "reconciler.yaml").write_text((folder / "reconciler.yaml").read_text() + "\n")
    assert saved_commit(project) is None


def test_a_symlink_is_as_committed_if_it_and_its_target_are(project: Project, origin: Path) -> None:
    folder = clone(project, origin, "clone")
    (folder / "clients" / "link.yaml").symlink_to("../shared/some.yaml")
    head = commit(folder, {"shared/some.yaml": "clients: []\n"}, "Add a link")
    assert saved_commit(project) == head
    (folder / "shared" / "some.yaml").write_text("clients: [] # edited\n")
    assert saved_commit(project) is None
