"""Two applies on one machine: never to one instance at once."""

from __future__ import annotations

import os
import stat
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.projects import Ended, Platform, Project, at, platform, process, wanted
from tests.cli.terminals import at_a_terminal

LOGIN, LIST, LOGOUT = "POST /login", "GET /oauth/clients", "GET /logout"
ASK = ["GET /oauth/clients/0", "POST /oauth/token/refresh"]
"""What an apply asks before it creates: up to 4.15 the first is answered with 500, and the second tells why."""


def _during_an_apply(*arguments: str, run: Callable[[], Ended]) -> Ended:
    """Run a command while an apply waits for the answer to its question, which then is no."""
    seen: list[Ended] = []
    ended = at_a_terminal("apply", *arguments, typed=[b"n\n"], meanwhile=lambda: seen.append(run()))
    assert ended.code == 4, ended.out
    (result,) = seen
    return result


@pytest.mark.parametrize("form", [[], ["--format", "json"]])
def test_a_second_apply_to_one_instance_is_refused_and_told_who_is_at_it(
    project: Project, staging: Platform, form: list[str]
) -> None:
    project.declare(wanted("One"))
    second = _during_an_apply(run=lambda: project.run("apply", "-i", "staging", "--yes", *form))
    assert second.code == 4
    said = second.out + second.err
    assert "another apply to " in said
    assert staging.url in said
    assert "pid " in said
    assert "run 20" in said
    assert staging.asked() == [LOGIN, LIST, *ASK, LOGOUT], "the second one did not even log in"
    assert form == [] or second.document["instances"][0]["instance"] == "staging"


def test_a_saved_plan_and_a_rollback_wait_in_the_same_line(project: Project, staging: Platform) -> None:
    project.declare(wanted("One"))
    assert project.run("apply", "-i", "staging", "--yes").code == 0
    run = project.run("history").out.split()[0]
    project.declare(wanted("One"), wanted("Two"))
    assert project.run("plan", "-o", "plan.json").code == 0
    assert _during_an_apply(run=lambda: project.run("apply", "plan.json")).code == 4
    assert _during_an_apply(run=lambda: project.run("rollback", run, "--apply", "--yes")).code == 4
    assert list(staging.clients()) == ["One"]


def test_a_plan_only_reads_so_it_is_free(project: Project, staging: Platform) -> None:
    project.declare(wanted("One"))
    assert _during_an_apply(run=lambda: project.run("plan")).code == 0


def test_another_instance_is_free(project: Project, staging: Platform, tmp_path: Path) -> None:
    with platform(tmp_path / "other.sqlite3") as other:
        project.configure({"staging": at(staging.url), "other": at(other.url)}, default_instance="staging")
        project.declare(wanted("One"))
        assert _during_an_apply(run=lambda: project.run("apply", "-i", "other", "--yes")).code == 0
        assert list(other.clients()) == ["One"]


def test_another_checkout_with_another_name_for_the_instance_is_refused(project: Project, staging: Platform) -> None:
    project.declare(wanted("One"))
    settings = (project.folder / "reconciler.yaml").read_text().replace("staging", "production")
    project.write("elsewhere/reconciler.yaml", settings)
    project.write("elsewhere/clients/all.yaml", (project.folder / "clients/all.yaml").read_text())
    flags = ("-c", "elsewhere/reconciler.yaml", "-i", "production", "--yes")
    assert _during_an_apply(run=lambda: project.run("apply", *flags)).code == 4


def test_a_database_is_the_same_by_whatever_path(project: Project) -> None:
    project.configure({"box": {"embedded": "box.sqlite3"}})
    project.declare(wanted("One"))
    os.symlink(project.folder, project.folder.parent / "link")
    for number, path in enumerate(["./clients/../box.sqlite3", str(project.folder.parent / "link" / "box.sqlite3")]):
        project.write(f"{number}.yaml", f'{{"instances": {{"box": {{"embedded": "{path}"}}}}}}')
        flags = ("-c", f"{number}.yaml", "-i", "box", "--yes")
        second = _during_an_apply(run=lambda flags=flags: project.run("apply", *flags))  # type: ignore[misc]
        assert second.code == 4
        assert "another apply to " in second.only_error()


OURS = f"reconciler-{os.geteuid()}"


def _homeless(project: Project, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    """Run a command without HOME and XDG_STATE_HOME, with a folder of temporary files that all users share."""
    shared = project.folder.parent / "shared"
    shared.mkdir(exist_ok=True)
    shared.chmod(0o1777)
    environ = {name: text for name, text in os.environ.items() if name not in ("HOME", "XDG_STATE_HOME")}
    return process(*arguments, env={**environ, "TMPDIR": str(shared), "LOGNAME": "ci", **more})


def _is_refused(project: Project, staging: Platform, folder: Path, problem: str) -> str:
    """Check that an apply is refused for a folder of locks; its hint."""
    ended = _homeless(project, "apply", "-i", "staging", "--yes")
    said, hint = ended.stderr.splitlines()
    assert ended.returncode == 1
    assert said == f"error: staging: cannot take the lock in {folder}: {problem}; so nothing was written"
    assert hint.endswith("; or set XDG_STATE_HOME to a folder of your own")
    assert staging.asked() == []
    return hint.strip()


def test_without_a_home_the_locks_are_in_a_folder_of_this_user_alone(project: Project, staging: Platform) -> None:
    project.declare(wanted("One"))
    assert _homeless(project, "apply", "-i", "staging", "--yes").returncode == 0
    state = project.folder.parent / "shared" / OURS
    assert {stat.S_IMODE(each.stat().st_mode) for each in (state, state / "locks")} == {0o700}
    assert _homeless(project, "apply", "-i", "staging", "--yes").returncode == 0


@pytest.mark.parametrize(
    "more",
    [{"HOME": ""}, {"HOME": "relative"}, {"LOGNAME": "../../escaped"}, {"LOGNAME": "root", "USER": "root"}],
    ids=str,
)
def test_no_variable_leads_the_locks_elsewhere(project: Project, staging: Platform, more: dict[str, str]) -> None:
    project.declare(wanted("One"))
    assert _homeless(project, "apply", "-i", "staging", "--yes", **more).returncode == 0
    shared = project.folder.parent / "shared"
    assert [path.name for path in shared.glob("reconciler*")] == [OURS]
    assert not (project.folder / "relative").exists()
    assert not (project.folder.parent / "escaped").exists()


@pytest.mark.parametrize("below", ["", "locks"])
def test_a_link_in_place_of_that_folder_is_not_followed(project: Project, staging: Platform, below: str) -> None:
    project.declare(wanted("One"))
    elsewhere = project.folder.parent / "elsewhere"
    elsewhere.mkdir(mode=0o700)
    folder = project.folder.parent / "shared" / OURS / below
    folder.parent.mkdir(parents=True, mode=0o700)
    folder.symlink_to(elsewhere)
    assert _is_refused(project, staging, folder, "it is a link").startswith(f"remove it: rm {folder};")
    assert list(elsewhere.iterdir()) == []


@pytest.mark.parametrize("below", ["", "locks"])
@pytest.mark.parametrize("mode", [0o777, 0o770, 0o755])
def test_a_folder_that_others_can_use_is_refused(project: Project, staging: Platform, below: str, mode: int) -> None:
    project.declare(wanted("One"))
    folder = project.folder.parent / "shared" / OURS / below
    folder.parent.mkdir(parents=True, mode=0o700)
    folder.mkdir()
    folder.chmod(mode)
    hint = _is_refused(project, staging, folder, f"others can use it (mode {mode:04o})")
    assert hint.startswith(f"chmod 700 {folder};")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_another_users_folder_is_refused(project: Project, staging: Platform) -> None:
    project.declare(wanted("One"))
    folder = project.folder.parent / "shared" / OURS
    folder.mkdir(parents=True, mode=0o700)
    os.chown(folder, 12345, 12345)
    _is_refused(project, staging, folder, "it belongs to another user (uid 12345)")
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("suffix", [".lock", ".holder"])
def test_no_link_in_place_of_a_lock_is_followed(project: Project, staging: Platform, suffix: str) -> None:
    project.declare(wanted("One"))
    locks = project.folder.parent / "state" / "reconciler" / "locks"
    seen: list[Path] = []
    at_a_terminal("apply", typed=[b"n\n"], meanwhile=lambda: seen.extend(locks.glob(f"*{suffix}")))
    (lock,) = seen
    precious = project.write("precious", "content")
    lock.unlink(missing_ok=True)
    lock.symlink_to(precious)
    ended = project.run("apply", "-i", "staging", "--yes")
    assert precious.read_text() == "content"
    assert ended.code == (1 if suffix == ".lock" else 0)


def test_of_several_instances_only_the_one_that_is_taken_is_skipped(
    project: Project, staging: Platform, tmp_path: Path
) -> None:
    with platform(tmp_path / "other.sqlite3") as other:
        project.configure({"staging": at(staging.url), "other": at(other.url)}, default_instance="staging")
        project.declare(wanted("One"))
        second = _during_an_apply(run=lambda: project.run("apply", "--all", "--yes"))
        assert second.code == 4
        assert "another apply to " in second.only_error()
        assert list(other.clients()) == ["One"]
        assert staging.clients() == {}


def test_afterwards_the_lock_is_free(project: Project, staging: Platform) -> None:
    project.declare(wanted("One"))
    assert at_a_terminal("apply", typed=[b"\x03"]).code == 130
    assert project.run("apply", "-i", "staging", "--yes").code == 0


@pytest.mark.parametrize("value", ["", "state"])
def test_a_state_directory_that_depends_on_the_folder_excludes_nobody_so_it_is_not_used(
    project: Project, staging: Platform, tmp_path: Path, value: str
) -> None:
    project.environ.setenv("XDG_STATE_HOME", value)
    project.environ.setenv("HOME", str(tmp_path / "home"))
    project.declare(wanted("One"))
    assert project.run("apply", "-i", "staging", "--yes").code == 0
    assert not (project.folder / "state").exists()
    assert (tmp_path / "home" / ".local" / "state" / "reconciler" / "locks").is_dir()


def test_where_no_lock_can_be_had_nothing_is_written(project: Project, staging: Platform, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("")
    project.environ.setenv("XDG_STATE_HOME", str(file))
    project.declare(wanted("One"))
    ended = project.run("apply", "-i", "staging", "--yes")
    assert ended.code == 1
    assert str(file) in ended.only_error()
    assert "Errno" not in ended.err
    assert "XDG_STATE_HOME" in ended.err
    assert staging.asked() == []
    assert project.run("plan").code == 0, "who only reads needs none"
