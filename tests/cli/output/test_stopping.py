"""Ctrl-C, SIGTERM, SIGHUP and SIGKILL, before and while something is written."""

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.cli.projects import (
    SECONDS,
    Platform,
    Project,
    at,
    end_of,
    environment,
    platform,
    started,
    stored,
    wanted,
)
from tests.cli.terminals import at_a_terminal, closing_terminal
from tests.faults import Hold, On, Respond, together

LOGIN, LIST, CREATE, LOGOUT = "POST /login", "GET /oauth/clients", "POST /oauth/clients", "GET /logout"
ASK = ["GET /oauth/clients/0", "POST /oauth/token/refresh"]
"""What an apply asks before it creates: up to 4.15 the first is answered with 500, and the second tells why."""
APPLY = ("apply", "--instance", "staging", "--yes")
SIGNALS = pytest.mark.parametrize(
    "number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=lambda number: number.name
)
ERASE = "\r\x1b[K"


@contextmanager
def _held(project: Project, tmp_path: Path, hold: Hold, *more: Hold) -> Iterator[Platform]:
    """A platform that keeps a request waiting, as the project's only instance."""
    with platform(tmp_path / "slow.sqlite3", together(hold, *more)) as slow:
        project.configure({"staging": at(slow.url, timeout=SECONDS)})
        try:
            yield slow
        finally:
            for each in (hold, *more):
                each.released.set()


def _ask_to_stop(process: subprocess.Popen[str], number: signal.Signals) -> str:
    """Send a signal and wait until it is answered, by a line that is given back."""
    assert process.stderr is not None
    process.send_signal(number)
    return process.stderr.readline()


@SIGNALS
@pytest.mark.parametrize("arguments", [("plan",), ("plan", "-o", "new.json"), APPLY, ("apply", "plan.json")])
def test_before_anything_is_written_a_signal_ends_the_run_and_logs_out(
    project: Project, tmp_path: Path, number: signal.Signals, arguments: tuple[str, ...]
) -> None:
    project.declare(wanted("One"))
    first_look = Hold(On("GET", "/oauth/clients", numbers={2}))
    with _held(project, tmp_path, first_look) as slow:
        assert project.run("plan", "-o", "plan.json").code == 0
        with started(*arguments) as process:
            assert first_look.arrived.wait(SECONDS)
            process.send_signal(number)
            told = "interrupted: nothing was written\n" if arguments[0] == "apply" else "interrupted\n"
            assert end_of(process) == (130, "", told)
        assert slow.asked()[-1] == LOGOUT
        assert slow.log.writes() == []
    assert not (project.folder / "new.json").exists()
    assert not (project.folder / ".reconciler").exists()


@SIGNALS
def test_a_signal_while_writing_lets_the_write_under_way_finish(
    project: Project, tmp_path: Path, number: signal.Signals
) -> None:
    hold = Hold(On("POST", "/oauth/clients", numbers={1}))
    project.declare(wanted("One"), wanted("Two"), wanted("Three"))
    with _held(project, tmp_path, hold) as slow, started(*APPLY, "--parallelism", "1") as process:
        assert hold.arrived.wait(SECONDS)
        said = _ask_to_stop(process, number)
        assert said == f"{number.name}: no new writes; waiting for the writes in progress (once more stops at once)\n"
        hold.released.set()
        code, out, _ = end_of(process)
        assert code == 130
        assert "1 of 3 changes applied" in out
        assert "\n  . not tried  create Three\n  . not tried  create Two\n               both: interrupted\n" in out
        assert slow.asked() == [LOGIN, LIST, *ASK, CREATE, LIST, LOGOUT]
        assert len(slow.clients()) == 1
        assert "1 of 3 changes applied · 2 not tried · interrupted" in project.run("history").out


def test_a_terminal_that_is_closed_hangs_up_more_than_once_and_that_stops_nothing_at_once(
    project: Project, tmp_path: Path
) -> None:
    hold = Hold(On("POST", "/oauth/clients", numbers={1}))
    project.declare(wanted("One"), wanted("Two"))
    with _held(project, tmp_path, hold) as slow, started(*APPLY, "--parallelism", "1") as process:
        assert hold.arrived.wait(SECONDS)
        _ask_to_stop(process, signal.SIGHUP)
        process.send_signal(signal.SIGHUP)
        hold.released.set()
        code, out, err = end_of(process)
        assert (code, err) == (130, "")
        assert "1 of 2 changes applied" in out
        assert slow.asked()[-1] == LOGOUT


def test_a_second_hangup_does_not_break_off_the_logout(project: Project, tmp_path: Path) -> None:
    first_look, logout = Hold(On("GET", "/oauth/clients", numbers={1})), Hold(On("GET", "/logout", numbers={1}))
    project.declare(wanted("One"))
    with _held(project, tmp_path, first_look, logout) as slow, started(*APPLY) as process:
        assert first_look.arrived.wait(SECONDS)
        process.send_signal(signal.SIGHUP)
        assert logout.arrived.wait(SECONDS)
        process.send_signal(signal.SIGHUP)
        logout.released.set()
        assert end_of(process) == (130, "", "interrupted: nothing was written\n")
        first_look.released.set()
        assert slow.asked()[-1] == LOGOUT


def test_an_apply_whose_terminal_is_gone_ends_as_one_that_was_stopped(project: Project, tmp_path: Path) -> None:
    hold = Hold(On("POST", "/oauth/clients", numbers={1}))
    project.declare(wanted("One"), wanted("Two"))
    with _held(project, tmp_path, hold) as slow:
        with closing_terminal(*APPLY, "--parallelism", "1", "--report", "apply.json") as (process, close):
            assert hold.arrived.wait(SECONDS)
            close()
            hold.released.set()
            assert process.wait(SECONDS) == 130
        assert slow.asked() == [LOGIN, LIST, *ASK, CREATE, LIST, LOGOUT]
        report = json.loads((project.folder / "apply.json").read_text())
        assert report["instances"][0]["interrupted"]


@pytest.mark.parametrize("writing", [False, True])
def test_under_nohup_a_terminal_that_is_closed_changes_nothing(project: Project, tmp_path: Path, writing: bool) -> None:
    hold = Hold(On("POST" if writing else "GET", "/oauth/clients", numbers={1}))
    project.declare(wanted("One"), wanted("Two"))
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)  # what `nohup` does: a child inherits it
    try:
        with _held(project, tmp_path, hold) as slow, started(*APPLY, "--parallelism", "1") as process:
            assert hold.arrived.wait(SECONDS)
            process.send_signal(signal.SIGHUP)
            hold.released.set()
            code, out, err = end_of(process)
            assert (code, err) == (0, "")
            assert "2 of 2 changes applied" in out
            assert sorted(slow.clients()) == ["One", "Two"]
    finally:
        signal.signal(signal.SIGHUP, before)


def test_all_writes_under_way_finish(project: Project, tmp_path: Path) -> None:
    hold = Hold(On("POST", "/oauth/clients"))
    project.declare(*(wanted(f"Client {number}") for number in range(8)), {"name": "Gone", "state": "absent"})
    with _held(project, tmp_path, hold) as slow, started(*APPLY, "--parallelism", "3", "--format", "json") as process:
        slow.has(stored("Gone"))
        assert hold.arrived.wait(SECONDS)
        _ask_to_stop(process, signal.SIGINT)
        hold.released.set()
        code, out, _ = end_of(process)
        instance = json.loads(out)["instances"][0]
        states = [change["outcome"]["status"] for change in instance["changes"]]
        assert code == 130
        assert instance["interrupted"]
        assert set(states) <= {"applied", "not_tried"}
        assert 1 <= states.count("applied") <= 3
        assert slow.log.count("POST", "/oauth/clients") == states.count("applied")


def test_a_clean_run_finishes_what_was_interrupted(project: Project, tmp_path: Path) -> None:
    hold = Hold(On("POST", "/oauth/clients", numbers={1}))
    project.declare(wanted("One"), wanted("Two"))
    with _held(project, tmp_path, hold) as slow:
        assert project.run("plan", "-o", "plan.json").code == 0
        with started("apply", "plan.json", "--parallelism", "1") as process:
            assert hold.arrived.wait(SECONDS)
            _ask_to_stop(process, signal.SIGINT)
            hold.released.set()
            assert end_of(process)[0] == 130
        ended = project.run("apply", "plan.json")
        assert ended.code == 0
        assert "was done" in ended.out
        assert sorted(slow.clients()) == ["One", "Two"]
        assert slow.log.count("POST", "/oauth/clients") == 2


def test_the_instances_after_it_are_not_tried(project: Project, tmp_path: Path, staging: Platform) -> None:
    hold = Hold(On("POST", "/oauth/clients", numbers={1}))
    project.declare(wanted("One"))
    with _held(project, tmp_path, hold) as slow:
        project.configure({"slow": at(slow.url, timeout=SECONDS), "staging": at(staging.url)})
        with started("apply", "--all", "--yes", "--parallelism", "1") as process:
            assert hold.arrived.wait(SECONDS)
            _ask_to_stop(process, signal.SIGTERM)
            hold.released.set()
            code, out, err = end_of(process)
        assert code == 130
        assert "1 of 1 change applied" in out
        assert "error: staging: not tried: interrupted" in err
        assert staging.asked() == [LOGIN, LIST, *ASK, LOGOUT]
        assert slow.asked()[-1] == LOGOUT


def test_a_rollback_is_stopped_in_the_same_way(project: Project, tmp_path: Path) -> None:
    hold = Hold(On("DELETE", "/oauth/clients", numbers={1}))
    project.declare(wanted("One"), wanted("Two"))
    with _held(project, tmp_path, hold) as slow:
        assert project.run(*APPLY).code == 0
        run = project.run("history").out.split()[0]
        with started("rollback", run, "--apply", "--yes", "--parallelism", "1") as process:
            assert hold.arrived.wait(SECONDS)
            assert "no new writes" in _ask_to_stop(process, signal.SIGINT)
            hold.released.set()
            code, out, err = end_of(process)
        assert code == 130
        assert "1 of 2 changes applied" in out
        assert "update git as well" in err
        assert len(slow.clients()) == 1


def test_a_second_signal_stops_at_once_and_leaves_a_journal(project: Project, tmp_path: Path) -> None:
    hold = Hold(On("POST", "/oauth/clients", numbers={1}))
    project.declare(wanted("One"), wanted("Two"))
    with _held(project, tmp_path, hold) as slow, started(*APPLY, "--parallelism", "1") as process:
        assert hold.arrived.wait(SECONDS)
        _ask_to_stop(process, signal.SIGINT)
        process.send_signal(signal.SIGINT)
        code, _, err = end_of(process)
        assert not hold.released.is_set()
        assert code == 130
        assert err == (
            "SIGINT: stopping at once; writes in progress may be applied or not, see: reconciler plan\ninterrupted\n"
        )
        assert slow.asked()[-1] == LOGOUT
        hold.released.set()
        run, *_ = project.run("history").out.split()
        shown = project.run("history", run).out
        assert "sent, no answer  create" in shown
        assert "not sent         create" in shown


def test_a_killed_run_leaves_no_lock_and_the_next_one_converges(project: Project, tmp_path: Path) -> None:
    hold = Hold(On("POST", "/oauth/clients", numbers={2}))
    project.declare(wanted("One"), wanted("Two"), wanted("Three"))
    with _held(project, tmp_path, hold) as slow:
        with started(*APPLY, "--parallelism", "1") as process:
            assert hold.arrived.wait(SECONDS)
            process.kill()
            assert end_of(process)[0] == -signal.SIGKILL
        run, *_ = project.run("history").out.split()
        assert "\n  sent, no answer " in project.run("history", run).out
        hold.released.set()
        assert project.run(*APPLY).code == 0
        assert sorted(slow.clients()) == ["One", "Three", "Two"]


def test_a_terminal_sees_how_far_it_is_until_it_is_done(project: Project, staging: Platform) -> None:
    project.declare(wanted("One"), wanted("Two"))
    ended = at_a_terminal(*APPLY, "--parallelism", "1", environ=environment(TERM="xterm"))
    assert ended.code == 0
    assert f"staging: 0 written, 1 in progress{ERASE}" in ended.out
    after = ended.out.rpartition("in progress")[2]
    assert after.startswith(ERASE)
    assert "2 of 2 changes applied" in after


@pytest.mark.parametrize("flag", [["--quiet"], ["--verbose"], ["--format", "json"]])
def test_who_wants_none_sees_no_progress(project: Project, staging: Platform, flag: list[str]) -> None:
    project.declare(wanted("One"))
    ended = at_a_terminal(*APPLY, *flag, environ=environment(TERM="xterm"))
    assert ended.code == 0
    assert "in progress" not in ended.out
    assert ERASE not in ended.out


def test_a_dumb_terminal_sees_no_progress(project: Project, staging: Platform) -> None:
    project.declare(wanted("One"))
    assert "\x1b" not in at_a_terminal(*APPLY, environ=environment(TERM="dumb")).out


def test_without_a_terminal_there_is_no_progress(project: Project, staging: Platform) -> None:
    project.declare(wanted("One"))
    assert project.run(*APPLY).err == ""


def test_a_warning_does_not_stand_behind_the_progress(project: Project, tmp_path: Path) -> None:
    """The instance is busy for a moment, and says so while a write is under way."""
    busy = Respond(On("PUT", "/oauth/clients", numbers={1}), 503, headers={"Retry-After": "0"})
    with platform(tmp_path / "busy.sqlite3", busy) as served:
        served.has(stored("One", "https://old.example.com/cb"))
        project.configure({"staging": at(served.url, timeout=10)})
        project.declare(wanted("One"))
        ended = at_a_terminal(*APPLY, environ=environment(TERM="xterm"))
    assert ended.code == 0, ended.out
    assert f"staging: 0 written, 1 in progress{ERASE}503 from " in ended.out
