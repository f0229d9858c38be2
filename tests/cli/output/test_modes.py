"""What is for this user alone, whatever the umask, and what others may read."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.projects import Platform, Project, wanted
from tests.cli.terminals import at_a_terminal


@pytest.fixture(autouse=True)
def _generous() -> Iterator[None]:
    before = os.umask(0)
    yield
    os.umask(before)


def modes(folder: Path, pattern: str) -> set[str]:
    """The modes of all files that match, of which there must be one."""
    found = {oct(stat.S_IMODE(each.stat().st_mode)) for each in folder.rglob(pattern) if each.is_file()}
    assert found, pattern
    return found


def test_saved_plans_and_observations_are_for_this_user(project: Project, staging: Platform) -> None:
    project.declare(wanted("One"))
    assert project.run("plan", "-o", "plan.json").code == 0
    assert project.run("observe", "-o", "live.json").code == 0
    assert modes(project.folder, "plan.json") == modes(project.folder, "live.json") == {"0o600"}


def test_so_are_those_that_replace_an_open_file(project: Project, staging: Platform) -> None:
    project.declare(wanted("One"))
    project.write("plan.json", "").chmod(0o666)
    (project.folder / "link.json").symlink_to("plan.json")
    assert project.run("plan", "-o", "link.json").code == 0
    assert modes(project.folder, "plan.json") == {"0o600"}


def test_so_are_journals_and_locks(project: Project, staging: Platform) -> None:
    project.declare(wanted("One"))
    state, seen = project.folder.parent / "state", set[str]()
    ended = at_a_terminal("apply", typed=[b"y\n"], meanwhile=lambda: seen.update(modes(state, "*")))
    assert ended.code == 0, ended.out
    assert seen == modes(project.folder, "*.jsonl") == {"0o600"}


def test_reports_follow_the_umask_since_a_collector_has_to_read_them(project: Project, staging: Platform) -> None:
    project.declare(wanted("One"))
    os.umask(0o022)
    assert project.run("plan", "--report", "plan.prom").code == 0
    os.umask(0o077)
    assert project.run("plan", "--report", "plan.md").code == 0
    assert modes(project.folder, "plan.prom") == {"0o644"}
    assert modes(project.folder, "plan.md") == {"0o600"}
