"""What `.ci/run` runs, with a `make` and a `sh` that only say what they were asked for."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.cli.projects import SECONDS
from tests.repository.tracked import ROOT

ASKED = {"test-thorough": "make test-thorough SECONDS=0"}
"""What is run for a step, if it is more than its name: the same examples each time."""
STEPS = ["tools", "setup", "lint", "test", "test-thorough", "demo", "wheel", "test-site"]


def asked(step: str) -> str:
    """What runs a step."""
    return ASKED.get(step, f"make {step}")


def run(folder: Path, failing: str = "none") -> tuple[int, list[str], list[str]]:
    """The exit code, what was run, and the first and last words of each line of the table."""
    programs = folder / "bin"
    programs.mkdir()
    for name in ("make", "sh"):
        (programs / name).write_text(f'#!/bin/bash\necho "ran: {name} $*"\n[ "$1" != {failing} ]\n')
        (programs / name).chmod(0o755)
    (folder / ".ci").mkdir()
    shutil.copy(ROOT / ".ci" / "run", folder / ".ci")
    environ = {**os.environ, "PATH": f"{programs}:{os.environ['PATH']}", "CI": "true"}
    ended = subprocess.run(
        ["bash", ".ci/run"],
        cwd=folder,
        env=environ,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert ended.stderr == ""
    said, _, table = ended.stdout.partition("\n\n")
    ran = [line.removeprefix("ran: ") for line in said.splitlines()]
    return ended.returncode, ran, [re.sub(r" +\d+ s", "", line) for line in table.splitlines()]


def test_each_step_is_run_once_and_its_time_is_printed(tmp_path: Path) -> None:
    code, ran, table = run(tmp_path)
    assert code == 0
    assert ran == ["sh tests/tools.sh install", *(asked(step) for step in STEPS[1:])]
    assert table == [*STEPS, "all"]


@pytest.mark.parametrize("failing", ["lint", "test-thorough"])
def test_the_first_failure_ends_it_and_is_named(tmp_path: Path, failing: str) -> None:
    code, ran, table = run(tmp_path, failing)
    assert code == 1
    assert ran[-1] == asked(failing)
    assert table == [*STEPS[: STEPS.index(failing)], f"{failing}  failed", "all"]
