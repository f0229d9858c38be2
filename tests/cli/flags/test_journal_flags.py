"""`--journal` and `--parallelism`."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

import pytest

from tests.cli.projects import SECONDS, Platform, Project, at, command, platform, wanted

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

APPLY = ("apply", "--instance", "staging", "--yes")


@dataclass
class Peak:
    """Remembers how many requests were there at once; each stays for a blink."""

    most: int = 0
    _now: int = 0
    _lock: Lock = field(default_factory=Lock)

    def __call__(self, app: WSGIApplication) -> WSGIApplication:
        def counting(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
            with self._lock:
                self._now += 1
                self.most = max(self.most, self._now)
            try:
                return app(environ, start_response)
            finally:
                with self._lock:
                    self._now -= 1

        return counting


def test_the_journal_is_where_the_flag_or_the_environment_says(
    project: Project, staging: Platform, tmp_path: Path
) -> None:
    project.declare(wanted("One"))
    project.environ.setenv("RECONCILER_JOURNAL", str(tmp_path / "environment"))
    assert project.run(*APPLY).code == 0
    assert len(list((tmp_path / "environment" / "staging").iterdir())) == 1
    project.declare(wanted("Two"))
    assert project.run(*APPLY, "--journal", tmp_path / "a" / "b").code == 0
    assert len(list((tmp_path / "a" / "b" / "staging").iterdir())) == 1
    assert not (project.folder / ".reconciler").exists()


def test_beside_the_configuration_is_beside_the_one_that_is_named(project: Project, staging: Platform) -> None:
    project.write("elsewhere/reconciler.yaml", (project.folder / "reconciler.yaml").read_text())
    project.declare(wanted("One"))
    assert project.run(*APPLY, "-c", "elsewhere/reconciler.yaml", "--clients", "clients").code == 0
    assert len(list((project.folder / "elsewhere/.reconciler/journal/staging").iterdir())) == 1


@pytest.mark.parametrize("place", ["file", "file/inside", "journal"])
def test_a_journal_that_cannot_be_begun_keeps_everything_from_being_written(
    project: Project, staging: Platform, place: str
) -> None:
    project.write("file", "")
    project.write("journal/staging", "a file where the instance's folder must be")
    project.declare(wanted("One"))
    for arguments in (APPLY, ("apply", "plan.json")):
        assert project.run("plan", "-o", "plan.json").code == 0
        ended = project.run(*arguments, "--journal", place)
        assert ended.code == 1
        assert "cannot write the journal" in ended.only_error()
        assert "nothing else was written" in ended.only_error()
        assert "--journal DIR" in ended.err
    assert staging.log.writes() == []
    assert staging.asked()[-1] == "GET /logout"


def test_a_full_disk_keeps_everything_from_being_written(project: Project, staging: Platform) -> None:
    """No file of this process may grow: what a full disk does to a journal."""
    project.declare(wanted("One"))
    full = ["sh", "-c", 'ulimit -f 0; exec "$@"', "sh", *command(*APPLY)]
    ended = subprocess.run(full, capture_output=True, text=True, timeout=SECONDS, check=False)
    assert ended.returncode == 1, ended.stderr
    assert "cannot write the journal" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert staging.log.writes() == []
    assert list((project.folder / ".reconciler").rglob("*.jsonl")) == []


@pytest.mark.parametrize(("value", "most"), [("1", 1), ("2", 2)])
def test_no_more_requests_are_under_way_than_allowed(project: Project, tmp_path: Path, value: str, most: int) -> None:
    peak = Peak()
    with platform(tmp_path / "peak.sqlite3", peak) as served:
        project.configure({"staging": at(served.url)})
        project.declare(*(wanted(f"Client {number}") for number in range(12)))
        assert project.run(*APPLY, "--parallelism", value).code == 0
    assert 1 <= peak.most <= most


@pytest.mark.parametrize("value", ["0", "-1", "65", "many", "1.5", ""])
def test_a_parallelism_that_makes_no_sense_is_wrong_usage(project: Project, staging: Platform, value: str) -> None:
    project.declare(wanted("One"))
    ended = project.run(*APPLY, "--parallelism", value)
    assert ended.code == 64
    assert "--parallelism" in ended.only_error()
    assert staging.asked() == []


def test_the_environment_sets_the_parallelism_too(project: Project, staging: Platform) -> None:
    project.declare(wanted("One"))
    project.environ.setenv("RECONCILER_PARALLELISM", "0")
    assert project.run(*APPLY).code == 64
