"""In GitHub Actions the runner hears of every secret on stderr, and no file does."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from reconciler.cli.output.github_mask import github_mask
from tests.cli.projects import SECONDS

_TELL = """
import os
from reconciler.cli.output.github_mask import github_mask
from reconciler.model.secret import Secret
from reconciler.secrets.masking import mask
tell = github_mask(os.environ)
if tell is not None:
    mask(Secret("correct-horse"), tell)
"""


def told(stderr: Any) -> subprocess.CompletedProcess[str]:
    run = [sys.executable, "-c", _TELL]
    environ = {"GITHUB_ACTIONS": "true", "PYTHONPATH": ":".join(sys.path)}
    return subprocess.run(
        run, stdout=subprocess.PIPE, stderr=stderr, env=environ, text=True, timeout=SECONDS, check=True
    )


def test_the_runner_reads_it_on_stderr() -> None:
    done = told(subprocess.PIPE)
    assert (done.stdout, done.stderr) == ("", "::add-mask::correct-horse\n")


def test_a_file_that_stderr_is_redirected_into_gets_none(tmp_path: Path) -> None:
    with (tmp_path / "log").open("w") as log:
        done = told(log)
    assert done.stdout == ""
    assert (tmp_path / "log").read_text() == ""


@pytest.mark.parametrize("environ", [{}, {"GITHUB_ACTIONS": ""}, {"GITHUB_ACTIONS": "false"}, {"CI": "true"}])
def test_elsewhere_nobody_is_told(environ: dict[str, str]) -> None:
    assert github_mask(environ) is None
