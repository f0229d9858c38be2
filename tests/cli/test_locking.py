"""Two applies on one machine: never to one instance at once."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.projects import Ended, Platform, Project, at, platform, wanted
from tests.cli.terminals import at_a_terminal

LOGIN, LIST, LOGOUT = "POST /login", "GET /oauth/clients", "GET /logout"


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
    assert staging.asked() == [LOGIN, LIST, LOGOUT], "the second one did not even log in"
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
