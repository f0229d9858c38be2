"""What somebody else has put into a folder that several can write to is neither followed nor written to."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.projects import Ended, Platform, Project, at, wanted

SOMEBODY = 12345
can_give_away = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")


def _link(path: Path, victim: Path) -> None:
    path.symlink_to(victim)


def _their_link(path: Path, victim: Path) -> None:
    path.symlink_to(victim)
    os.lchown(path, SOMEBODY, SOMEBODY)


def _their_pipe(path: Path, _: Path) -> None:
    os.mkfifo(path)
    path.chmod(0o666)
    os.chown(path, SOMEBODY, SOMEBODY)


def _their_file(path: Path, _: Path) -> None:
    path.write_text("{}")
    path.chmod(0o666)
    os.chown(path, SOMEBODY, SOMEBODY)


PLANTED = [
    _link,
    *(pytest.param(each, marks=can_give_away) for each in (_their_link, _their_pipe, _their_file)),
]
OUTPUTS: dict[str, tuple[str, ...]] = {
    "plan": ("plan", "-o"),
    "report": ("plan", "--report"),
    "observation": ("observe", "-o"),
}


@pytest.fixture
def shared(tmp_path: Path) -> Path:
    folder = tmp_path / "shared"
    folder.mkdir()
    folder.chmod(0o1777)
    return folder


def state_of(path: Path) -> tuple[object, ...]:
    """What a path is, without following it."""
    found = path.lstat()
    content = path.read_text() if path.is_file() else None
    return (found.st_mode, found.st_ino, found.st_uid, content, os.readlink(path) if path.is_symlink() else None)


def wrote_nothing(run: Callable[[], Ended], path: Path, victim: Path) -> Ended:
    before = state_of(path), state_of(victim)
    ended = run()
    assert (state_of(path), state_of(victim)) == before
    return ended


@pytest.mark.parametrize("output", OUTPUTS)
@pytest.mark.parametrize("plant", PLANTED)
def test_no_output_goes_where_somebody_else_leads_it(
    project: Project, staging: Platform, shared: Path, plant: Callable[[Path, Path], None], output: str
) -> None:
    project.declare(wanted("One"))
    victim, path = project.write("precious", "content"), shared / "out.json"
    plant(path, victim)
    ended = wrote_nothing(lambda: project.run(*OUTPUTS[output], path, "-i", "staging"), path, victim)
    assert ended.code == 1
    assert "in a folder that" in ended.only_error()
    assert "name a file in a folder that only you can write to" in ended.err


def test_a_folder_that_is_a_link_there_is_not_followed_either(
    project: Project, staging: Platform, shared: Path, tmp_path: Path
) -> None:
    project.declare(wanted("One"))
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (shared / "mine").symlink_to(elsewhere)
    assert project.run("plan", "-o", shared / "mine" / "out.json", "-i", "staging").code == 1
    assert list(elsewhere.iterdir()) == []


def test_ones_own_files_there_are_replaced(project: Project, staging: Platform, shared: Path) -> None:
    project.declare(wanted("One"))
    for _ in range(2):
        assert project.run("plan", "-o", shared / "out.json", "-i", "staging").code == 0


@pytest.mark.parametrize("kind", ["dotenv", "json"])
@pytest.mark.parametrize("plant", PLANTED)
def test_no_sink_delivers_to_what_somebody_else_has_made(
    project: Project, staging: Platform, shared: Path, plant: Callable[[Path, Path], None], kind: str
) -> None:
    victim, path = project.write("precious", "{}"), shared / "secrets"
    project.configure({"staging": at(staging.url, sinks=[{kind: {"path": str(path)}}])})
    project.declare(wanted("One"))
    plant(path, victim)
    ended = wrote_nothing(lambda: project.run("apply", "-i", "staging", "--yes"), path, victim)
    assert ended.code in (1, 4, 5)
    assert "in a folder that" in ended.out + ended.err
    assert staging.clients() == {}


@pytest.mark.parametrize(
    ("mode", "owner"), [(0o777, 0), (0o770, 0), pytest.param(0o755, SOMEBODY, marks=can_give_away)]
)
def test_no_journal_is_kept_where_others_can_change_it(
    project: Project, staging: Platform, tmp_path: Path, mode: int, owner: int
) -> None:
    project.declare(wanted("One"))
    journal = tmp_path / "journal"
    journal.mkdir()
    journal.chmod(mode)
    if owner:
        os.chown(journal, owner, owner)
    ended = project.run("apply", "-i", "staging", "--yes", "--journal", journal)
    assert ended.code == 1
    assert f"cannot write a journal in {journal}" in ended.only_error()
    assert list(journal.iterdir()) == []
    assert staging.clients() == {}


def test_a_journal_that_others_can_read_is_ones_own_decision(
    project: Project, staging: Platform, tmp_path: Path
) -> None:
    project.declare(wanted("One"))
    (tmp_path / "journal").mkdir(mode=0o755)
    assert project.run("apply", "-i", "staging", "--yes", "--journal", tmp_path / "journal").code == 0
