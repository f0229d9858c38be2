"""One apply at a time, shown with processes that are real and can be killed."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from reconciler.applying.lock import instance_lock
from reconciler.model.errors import ReconcilerError, Refused

URL = "https://acme.example.com"
HOLDER = "reconciler apply --instance production, since 2026-11-23 13:45:00 UTC"

HOLD = """
import sys
from pathlib import Path
from reconciler.applying.lock import instance_lock
with instance_lock(sys.argv[1], Path(sys.argv[2]), sys.argv[3]):
    print("held", flush=True)
    sys.stdin.read()
"""


@contextmanager
def held_by_another(directory: Path, identity: str = URL, holder: str = HOLDER) -> Iterator[subprocess.Popen[str]]:
    """A process that holds the lock until its standard input ends."""
    command = [sys.executable, "-c", HOLD, identity, str(directory), holder]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        try:
            yield process
        finally:
            process.kill()


def end(process: subprocess.Popen[str]) -> None:
    """Let the process finish its work and go."""
    assert process.stdin is not None
    process.stdin.close()
    assert process.wait() == 0


def test_a_second_process_is_refused_at_once_and_told_who_holds_the_lock(tmp_path: Path) -> None:
    with held_by_another(tmp_path) as process:
        with pytest.raises(Refused) as refused, instance_lock(URL, tmp_path, "me"):
            pass
        assert refused.value.exit_code == 4
        assert refused.value.message == (
            f"another apply to '{URL}' is running on this machine: pid {process.pid}: {HOLDER}"
        )
        with pytest.raises(Refused) as again, instance_lock(URL, tmp_path, "me"):
            pass
        assert again.value.message == refused.value.message


def test_the_lock_is_free_when_its_holder_is_done(tmp_path: Path) -> None:
    with held_by_another(tmp_path) as process:
        end(process)
        with instance_lock(URL, tmp_path, "me"):
            pass


def test_the_lock_dies_with_a_process_that_is_killed(tmp_path: Path) -> None:
    with held_by_another(tmp_path) as process:
        process.kill()
        process.wait()
        with instance_lock(URL, tmp_path, "me"):
            pass


def test_whoever_takes_the_lock_of_a_killed_process_is_named_in_its_place(tmp_path: Path) -> None:
    with held_by_another(tmp_path) as killed:
        killed.kill()
        killed.wait()
    with held_by_another(tmp_path, holder="the next one") as process:
        with pytest.raises(Refused) as refused, instance_lock(URL, tmp_path, "me"):
            pass
        assert refused.value.message.endswith(f"pid {process.pid}: the next one")


@pytest.mark.parametrize("other", [f"{URL}:8443", f"{URL}/pm", "https://acme-example.com", "embedded:/srv/a.sqlite3"])
def test_different_instances_do_not_exclude_each_other(tmp_path: Path, other: str) -> None:
    with held_by_another(tmp_path), instance_lock(other, tmp_path, "me"):
        pass


def test_in_one_process_it_excludes_too(tmp_path: Path) -> None:
    with instance_lock(URL, tmp_path, "first"), pytest.raises(Refused), instance_lock(URL, tmp_path, "second"):
        pass


def test_the_lock_is_given_back_on_the_way_out_of_an_error(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), instance_lock(URL, tmp_path, "me"):
        raise KeyboardInterrupt
    with held_by_another(tmp_path):
        pass


def test_many_names_make_files_that_any_disk_takes_and_nobody_else_reads(tmp_path: Path) -> None:
    """Long ones, ones that differ in what a file name cannot hold, and ones with half characters."""
    folder = tmp_path / "locks"
    identities = ["embedded:/" + "x" * 5000, "embedded:/a b", "embedded:/a/b", "embedded:/\udcff", "embedded:/\udcfe"]
    with ExitStack() as stack:
        for identity in identities:
            stack.enter_context(instance_lock(identity, folder, "holder \udcff"))
        assert len(list(folder.glob("*.lock"))) == len(identities)
        assert {file.stat().st_mode & 0o777 for file in folder.glob("*.lock")} == {0o600}
    assert folder.stat().st_mode & 0o777 == 0o700


def test_what_a_holder_says_cannot_break_the_terminal_of_the_next(tmp_path: Path) -> None:
    with instance_lock(URL, tmp_path, "evil \x1b[31m\n" + "x" * 9999):
        with pytest.raises(Refused) as refused, instance_lock(URL, tmp_path, "me"):
            pass
        assert refused.value.message.isprintable()
        assert len(refused.value.message) < 1000


def test_a_folder_that_cannot_be_written_is_an_error_with_a_way_out(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with (
        pytest.raises(ReconcilerError, match="cannot take the lock") as error,
        instance_lock(URL, tmp_path / "file", "me"),
    ):
        pass
    assert not isinstance(error.value, Refused)
    assert error.value.hint
