"""`kill -9` before an answer, in a delivery, and between two: the next apply makes it right."""

from __future__ import annotations

import json
import signal
import subprocess
from pathlib import Path

import pytest

from tests.cli.projects import SECONDS, Project, at, platform, wanted
from tests.cli.projects import command as program
from tests.cli.sinking import DOCUMENT, command, configure, events, is_right, issued
from tests.faults import Meanwhile, On
from tests.platform_lines import Line
from tests.tiers import few

NAMES = [f"Made {number}" for number in range(6)]
KILLER = """#!/bin/sh
line=$(cat)
case $line in *'"event": "check"'*) exit 0;; esac
n=$(cat count 2>/dev/null || echo 0); n=$((n + 1)); echo $n > count
[ -e done ] || { [ "$1 $n" = "before $2" ] && touch done && kill -9 $PPID && exit 1; }
printf '%s\\n' "$line" >> told
[ -e done ] || { [ "$1 $n" = "after $2" ] && touch done && kill -9 $PPID; }
exit 0
"""


def killed(project: Project, *flags: str) -> None:
    """An apply that does not survive."""
    run = program("apply", "-i", "staging", "--yes", "--parallelism", "1", *flags)
    ended = subprocess.run(run, capture_output=True, timeout=SECONDS, check=False)
    assert ended.returncode == -signal.SIGKILL, ended.stdout + ended.stderr


@pytest.fixture(autouse=True)
def _creating(platform_line: Line) -> None:
    platform_line.demand_creates()


@pytest.mark.parametrize("number", few([6, 1, 2], 3))
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_run_that_is_killed_in_a_delivery_is_made_right_by_the_next(
    project: Project, tmp_path: Path, platform_line: Line, when: str, number: int
) -> None:
    with platform(tmp_path / "platform.sqlite3", version=platform_line.platform) as staging:
        configure(project, staging)
        project.write("killer", KILLER).chmod(0o700)
        project.declare(*map(wanted, NAMES))
        sink = {"command": {"run": ["./killer", when, str(number)]}}
        project.configure({"staging": at(staging.url, sinks=[DOCUMENT, sink])})
        killed(project)
        before = len(events(project))
        assert sorted(staging.clients()) == NAMES[:number]
        ended = project.run("apply", "-i", "staging", "--yes")
        assert ended.code == 0
        assert sorted(staging.clients()) == NAMES
        assert is_right(project, staging)
        assert len(events(project)) - before == 6 - number + 1  # what was under way is told again, nothing else
        assert _has_all(project, staging.database)


def test_a_create_that_was_never_answered_since_the_run_was_killed_is_delivered(
    project: Project, tmp_path: Path, platform_line: Line
) -> None:
    """Its id stands nowhere, but its name does."""
    children: list[subprocess.Popen[bytes]] = []

    def kill() -> None:
        children[0].kill()

    strikes = Meanwhile(On("POST", "/oauth/clients", {2}), kill, after=True)
    with platform(tmp_path / "platform.sqlite3", strikes, version=platform_line.platform) as staging:
        configure(project, staging, command())
        project.declare(*map(wanted, NAMES))
        run = program("apply", "-i", "staging", "--yes", "--parallelism", "1")
        with subprocess.Popen(run, stdout=subprocess.DEVNULL) as child:
            children.append(child)
            assert child.wait(SECONDS) == -signal.SIGKILL
        assert sorted(staging.clients()) == NAMES[:2]
        assert project.run("apply", "-i", "staging", "--yes").code == 0
        assert sorted(staging.clients()) == NAMES
        assert is_right(project, staging)


def test_secrets_deliver_makes_it_right_as_well(project: Project, tmp_path: Path, platform_line: Line) -> None:
    with platform(tmp_path / "platform.sqlite3", version=platform_line.platform) as staging:
        configure(project, staging)
        project.write("killer", KILLER).chmod(0o700)
        project.declare(*map(wanted, NAMES))
        sink = {"command": {"run": ["./killer", "before", "3"]}}
        project.configure({"staging": at(staging.url, sinks=[DOCUMENT, sink])})
        killed(project)
        assert sorted(staging.clients()) == NAMES[:3]
        assert project.run("secrets", "deliver", "-i", "staging").code == 0
        assert is_right(project, staging)
        assert _has_all(project, staging.database)
        before = len(events(project))
        assert project.run("apply", "-i", "staging", "--yes").code == 0
        assert len(events(project)) - before == 3  # what was missing: nothing is told again
        assert is_right(project, staging)


def _has_all(project: Project, database: Path) -> bool:
    document = json.loads((project.folder / "all.json").read_text())["staging"]
    return {name: (each["id"], each["secret"]) for name, each in document.items()} == issued(database)
