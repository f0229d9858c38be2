"""Ctrl-C, once and twice, on a process that is real and whose requests hang."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from reconciler.applying.past_runs import PastRun, applied, read_journal, uncertain
from tests.applying.test_journal import path_in
from tests.memory_gateway import ENOUGH_SECONDS

ROOT = Path(__file__).parents[2]


@contextmanager
def hanging_run(directory: Path) -> Iterator[subprocess.Popen[str]]:
    """A run of ten creates, three of which are under way and not answered."""
    command = [sys.executable, "-m", "tests.applying.stubborn_run", str(directory)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert lines(process, 3) == ["ChangeStarted Made 0", "ChangeStarted Made 1", "ChangeStarted Made 2"]
            yield process
        finally:
            process.kill()


def lines(process: subprocess.Popen[str], count: int) -> list[str]:
    """The next lines that it prints."""
    assert process.stdout is not None
    return [process.stdout.readline().strip() for _ in range(count)]


def sent(journal: PastRun) -> list[str]:
    return [write.change.name for write in journal.writes if write.sent_at]


def test_a_second_ctrl_c_ends_the_process_at_once_and_the_journal_tells_what_is_uncertain(tmp_path: Path) -> None:
    """No thread that waits for an answer holds it up, and nothing is said on the way out."""
    with hanging_run(tmp_path) as process:
        process.send_signal(signal.SIGINT)
        assert lines(process, 1) == ["stopping"]
        process.send_signal(signal.SIGINT)
        said, complaints = process.communicate(timeout=ENOUGH_SECONDS)
    assert (process.returncode, said, complaints) == (130, "", "")
    journal = read_journal(path_in(tmp_path))
    assert sent(journal) == ["Made 0", "Made 1", "Made 2"]
    assert [change.name for change in uncertain(journal)] == sent(journal)
    assert (journal.finished_at, journal.truncated) == (None, False)


def test_a_polite_signal_lets_what_is_under_way_finish_and_starts_nothing_more(tmp_path: Path) -> None:
    """It comes while the run waits for an answer; the answers come after it."""
    with hanging_run(tmp_path) as process:
        process.send_signal(signal.SIGTERM)
        said, complaints = process.communicate(timeout=ENOUGH_SECONDS)
    assert (process.returncode, complaints) == (0, "")
    assert said.splitlines()[0] == "stopping"
    assert sum(line.startswith("ChangeStarted") for line in said.splitlines()) == 0
    journal = read_journal(path_in(tmp_path))
    assert [change.name for change, _ in applied(journal)] == sent(journal) == ["Made 0", "Made 1", "Made 2"]
    assert journal.interrupted
    assert journal.finished_at is not None


def test_a_killed_run_leaves_a_journal_that_tells_what_is_uncertain(tmp_path: Path) -> None:
    with hanging_run(tmp_path) as process:
        process.send_signal(signal.SIGKILL)
        process.wait(ENOUGH_SECONDS)
    journal = read_journal(path_in(tmp_path))
    assert [change.name for change in uncertain(journal)] == ["Made 0", "Made 1", "Made 2"]
