"""A folder of plain files is never taken for a git repository: whatever a pull request adds, no program of it runs."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.projects import Platform, Project, at, command, environment, wanted
from tests.cli.traps import Traps
from tests.declared.git.repositories import commit, git

PLACE = "envs/prod"
CONFIG = ("-c", f"{PLACE}/reconciler.yaml")


@pytest.fixture
def traps(tmp_path: Path) -> Traps:
    return Traps(tmp_path / "traps")


@pytest.fixture
def cloned(project: Project, staging: Platform) -> Project:
    """A clone whose branch `main` has a project in a subfolder with a limit, and whose work tree is on `work`."""
    (project.folder / "reconciler.yaml").unlink()
    sinks = [{"dotenv": {"path": ".env"}}, {"json": {"path": "all.json"}}]
    settings = {"instances": {"staging": at(staging.url, limits={"creates": 1}, sinks=sinks)}}
    project.write(f"{PLACE}/reconciler.yaml", json.dumps(settings))
    project.write(f"{PLACE}/clients/all.yaml", json.dumps({"clients": [wanted("One")]}))
    project.write(".gitignore", ".env*\nall.json*\n.reconciler/\n")
    git(project.folder, "init", "-q", "-b", "main")
    head = commit(project.folder, {}, "Begin")
    git(project.folder, "update-ref", "refs/remotes/origin/main", head)
    git(project.folder, "checkout", "-qb", "work")
    return project


def places(project: Project) -> list[Path]:
    """Beside reconciler.yaml, in every folder above it in the clone, and in the folder of the declarations."""
    folder = project.folder
    return [folder / PLACE, folder / PLACE / "clients", folder / "envs", folder]


def loosened(project: Project) -> str:
    """The settings without their limit."""
    settings = json.loads((project.folder / PLACE / "reconciler.yaml").read_text())
    del settings["instances"]["staging"]["limits"]
    return json.dumps(settings)


def lay(traps: Traps, project: Project) -> None:
    """Lay traps everywhere, and commit them as a pull request would."""
    forged: dict[str, str | None] = {"reconciler.yaml": loosened(project), f"{PLACE}/reconciler.yaml": "{}"}
    for place in places(project):
        traps.lay(place, forged)
    commit(project.folder, {}, "Add files")


COMMANDS = {
    "validate": ["validate"],
    "plan -o": ["plan", "-o", "../plan.json"],
    "plan --report": ["plan", "--report", "../report.html"],
    "plan --config-from": ["plan", "--config-from", "origin/main"],
    "plan --base": ["plan", "--base", "origin/main"],
    "plan --base applied": ["plan", "--base", "applied"],
    "apply": ["apply", "--all", "--yes", "--report", "../report.json"],
    "apply --config-from": ["apply", "--all", "--yes", "--config-from", "origin/main", "--base", "main"],
    "secrets deliver": ["secrets", "deliver", "--all"],
    "rollback": ["rollback", "nothing"],
    "history": ["history"],
    "fmt": ["fmt", "--check"],
    "export": ["export"],
    "observe": ["observe", "-o", "../observed.json"],
}


@pytest.mark.parametrize("actions", ["", "true"], ids=["here", "github"])
@pytest.mark.parametrize("words", COMMANDS.values(), ids=COMMANDS)
def test_no_program_of_a_planted_repository_runs(
    cloned: Project, traps: Traps, tmp_path: Path, words: list[str], actions: str
) -> None:
    lay(traps, cloned)
    cloned.environ.setenv("GITHUB_ACTIONS", actions)
    cloned.environ.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary"))
    for folder, flags in ((cloned.folder, CONFIG), (cloned.folder / PLACE, ())):
        cloned.environ.chdir(folder)
        ended = cloned.run(*words, *flags)
        assert traps.sprung == []
        assert ended.code not in {64, 70}, ended.err


def test_what_is_on_a_relative_path_is_no_program(cloned: Project, traps: Traps) -> None:
    lay(traps, cloned)
    path = environment()["PATH"]
    cloned.environ.setenv("PATH", f".::{PLACE}:{path}")
    assert cloned.run("plan", *CONFIG, "--config-from", "origin/main").code == 0
    assert traps.sprung == []


@pytest.mark.parametrize("seed", range(6))
def test_no_random_files_make_a_program_run(cloned: Project, traps: Traps, seed: int) -> None:
    traps.scatter(places(cloned), seed)
    cloned.environ.setenv("GITHUB_ACTIONS", "true")
    for words in (COMMANDS["plan -o"], COMMANDS["plan --config-from"], COMMANDS["secrets deliver"], COMMANDS["apply"]):
        cloned.run(*words, *CONFIG)
        cloned.run(*words, *CONFIG, "--clients", cloned.folder / PLACE / "clients")
    assert traps.sprung == []


@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")
def test_the_only_program_that_is_started_is_git(cloned: Project, traps: Traps, tmp_path: Path) -> None:
    lay(traps, cloned)
    log = tmp_path / "execve"
    words = command("apply", "--all", *CONFIG, "--yes", "--config-from", "origin/main")
    trace = ["strace", "-f", "-qq", "-e", "trace=execve", "-o", str(log), *words]
    subprocess.run(trace, env=environment(GITHUB_ACTIONS="true"), capture_output=True, timeout=120, check=False)
    started = re.findall(r'execve\("([^"]+)".*\) = 0$', log.read_text(), re.MULTILINE)
    assert {Path(program).name for program in started[1:]} == {"git"}


def test_the_trusted_settings_are_those_of_the_clone(cloned: Project, traps: Traps) -> None:
    cloned.write(f"{PLACE}/clients/all.yaml", json.dumps({"clients": [wanted("One"), wanted("Two")]}))
    lay(traps, cloned)
    ended = cloned.run("plan", *CONFIG, "--config-from", "origin/main")
    assert ended.code == 4
    assert "2 creates planned, and the limit is 1" in ended.out


def test_a_planted_repository_does_not_decide_what_git_ignores(cloned: Project, traps: Traps) -> None:
    cloned.write(".gitignore", ".reconciler/\n")
    lay(traps, cloned)
    cloned.write(f"{PLACE}/.git-ignored", "")
    for info in (cloned.folder / PLACE / "info", cloned.folder / "envs" / "info"):
        info.mkdir(exist_ok=True)
        (info / "exclude").write_text("*\n")
    ended = cloned.run("apply", "--all", *CONFIG, "--yes")
    assert ended.code == 4
    assert "would be published: git tracks it, or would add it" in ended.out + ended.err
    assert not (cloned.folder / PLACE / ".env").exists()


def _loose(folder: Path, object_id: str) -> Path:
    return folder / ".git" / "objects" / object_id[:2] / object_id[2:]


def _forge(folder: Path, object_id: str, change: Callable[[bytes], bytes]) -> None:
    """Replace the content of a loose object, under the same ID."""
    file = _loose(folder, object_id)
    kind, _, data = zlib.decompress(file.read_bytes()).partition(b"\0")
    data = change(data)
    file.chmod(0o644)
    file.write_bytes(zlib.compress(b"%s %d\0%s" % (kind.split()[0], len(data), data)))


@pytest.mark.parametrize(
    "what", ["main:envs/prod/reconciler.yaml", "main:envs/prod", "main:envs", "main^{tree}", "main"]
)
@pytest.mark.parametrize("hash_name", ["sha1", "sha256"])
def test_a_forged_object_is_not_read(project: Project, staging: Platform, what: str, hash_name: str) -> None:
    other = {
        "reconciler.yaml": json.dumps({"instances": {"staging": at(staging.url)}}),
        "clients/a.yaml": "clients: []",
    }
    git(project.folder, "init", "-q", "-b", "main", f"--object-format={hash_name}")
    commit(project.folder, {f"{PLACE}/{path}": text for path, text in other.items()}, "Begin")
    full = git(project.folder, "rev-parse", "main")
    assert project.run("plan", *CONFIG, "--config-from", full).code == 0
    _forge(project.folder, git(project.folder, "rev-parse", what), lambda data: data.replace(b"30", b"31") + b" ")
    for ref in ("main", full):
        ended = project.run("plan", *CONFIG, "--config-from", ref)
        assert ended.code == 1
        # Git itself finds a commit that is not what its ID says.
        told = "git knows no commit" if what == "main" else "does not have the content of its ID"
        assert told in ended.only_error()


def test_git_gets_no_path_that_starts_in_a_work_tree(cloned: Project, tmp_path: Path) -> None:
    """The loader takes an empty path of LD_LIBRARY_PATH for the working directory, which for git is the work tree."""
    real, seen = shutil.which("git"), tmp_path / "seen"
    wrapper = tmp_path / "programs" / "git"
    wrapper.parent.mkdir()
    wrapper.write_text(f'#!/bin/sh\nenv >> "{seen}"\nunset LD_LIBRARY_PATH\nexec "{real}" "$@"\n')
    wrapper.chmod(0o755)
    lists = ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "PATH")
    single = ("GIT_EXEC_PATH", "GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "HOME", "XDG_CONFIG_HOME", "TMPDIR")
    for value in ("", ".", "lib"):
        found = dict.fromkeys(lists, f"{wrapper.parent}:{value}:/usr/bin:/bin:") | dict.fromkeys(single, value)
        ended = subprocess.run(
            command("plan", *CONFIG, "--config-from", "origin/main"),
            cwd=cloned.folder,
            env={**environment(), **found, "GIT_CONFIG_NOSYSTEM": "1"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert "create" in ended.stdout, ended.stderr
    got = [line.partition("=")[::2] for line in seen.read_text().splitlines()]
    assert {value for name, value in got if name in lists} == {f"{wrapper.parent}:/usr/bin:/bin"}
    assert {value for name, value in got if name in single} <= {""}


def test_without_a_path_no_git_of_the_work_tree_runs(cloned: Project, traps: Traps) -> None:
    for place in places(cloned):
        shutil.copy(traps.program("git"), place / "git")
    for value in ("", ".", ":"):
        subprocess.run(
            command("plan", *CONFIG, "--config-from", "origin/main"),
            cwd=cloned.folder,
            env={**environment(), "PATH": value},
            capture_output=True,
            check=False,
        )
    assert traps.sprung == []
