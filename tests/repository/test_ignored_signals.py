"""The tests do not depend on the signals that whoever starts them ignores, as `nohup make test &` does."""

from __future__ import annotations

import subprocess
import sys

from tests.cli.projects import SECONDS
from tests.repository.tracked import ROOT

SHOW = "import signal; print(signal.getsignal(signal.SIGINT).__name__, signal.getsignal(signal.SIGTERM).name)"


def test_a_program_that_a_test_starts_can_be_interrupted() -> None:
    shown = subprocess.run([sys.executable, "-c", SHOW], capture_output=True, text=True, timeout=SECONDS, check=True)
    assert shown.stdout == "default_int_handler SIG_DFL\n"


def test_so_can_it_if_the_tests_themselves_were_started_with_signals_ignored() -> None:
    above = f"{__file__}::{test_a_program_that_a_test_starts_can_be_interrupted.__name__}"
    tests = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", above]
    ended = subprocess.run(
        ["sh", "-c", 'trap "" INT TERM; exec "$@"', "sh", *tests],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout
