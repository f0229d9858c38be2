"""What a person at a terminal is asked and shown."""

from __future__ import annotations

import pytest

from tests.cli.projects import Platform, Project, at, environment, stored, wanted
from tests.cli.terminals import CTRL_C, CTRL_D, at_a_terminal

LOGIN, LIST, CREATE, LOGOUT = "POST /login", "GET /oauth/clients", "POST /oauth/clients", "GET /logout"
ASK = ["GET /oauth/clients/0", "POST /oauth/token/refresh"]
"""What an apply asks before it creates: up to 4.15 the first is answered with 500, and the second tells why."""
XTERM = {"TERM": "xterm", "NO_COLOR": ""}


def test_a_yes_writes_after_another_look(project: Project, staging: Platform) -> None:
    project.declare(wanted("One"))
    ended = at_a_terminal("apply", typed=[b"y\n"])
    assert ended.code == 0, ended.out
    assert "Write 1 change to staging? [y/N]:" in ended.out
    assert "1 of 1 change applied" in ended.out
    assert staging.asked() == [LOGIN, LIST, *ASK, LIST, CREATE, LIST, LOGOUT]


@pytest.mark.parametrize("answer", [b"n\n", b"\n", b"no\n", b"maybe\nn\n"])
def test_anything_but_a_yes_writes_nothing(project: Project, staging: Platform, answer: bytes) -> None:
    project.declare(wanted("One"))
    ended = at_a_terminal("apply", typed=[answer])
    assert ended.code == 4
    assert "error: declined: nothing was written\n" in ended.out
    assert staging.asked() == [LOGIN, LIST, *ASK, LOGOUT]


@pytest.mark.parametrize("again", range(4))
def test_a_signal_that_comes_right_with_the_question_is_heard(project: Project, staging: Platform, again: int) -> None:
    """It may come before the answer is waited for: then it must not wait for Enter. Sent once, and never again."""
    project.declare(wanted("One"))
    ended = at_a_terminal("apply", typed=[CTRL_C])
    assert ended.code == 130
    assert staging.asked()[-1] == LOGOUT


@pytest.mark.parametrize("key", [CTRL_C, CTRL_D], ids=["Ctrl-C", "Ctrl-D"])
def test_leaving_at_the_question_writes_nothing_and_logs_out(project: Project, staging: Platform, key: bytes) -> None:
    project.declare(wanted("One"))
    ended = at_a_terminal("apply", typed=[key])
    assert ended.code == 130
    assert "\ninterrupted: nothing was written\n" in ended.out
    assert "Traceback" not in ended.out
    assert staging.asked() == [LOGIN, LIST, *ASK, LOGOUT]


def test_an_instance_that_changes_during_the_question_is_not_written_to(project: Project, staging: Platform) -> None:
    project.declare(wanted("One"))
    ended = at_a_terminal("apply", typed=[b"y\n"], meanwhile=lambda: staging.has(stored("One", "https://x.example/cb")))
    assert ended.code == 4
    assert "changed while you were asked" in ended.out
    assert "reconciler plan --instance staging" in ended.out
    assert staging.log.writes() == []


def test_a_change_that_the_plan_does_not_touch_is_no_reason_to_stop(project: Project, staging: Platform) -> None:
    project.declare(wanted("One"))
    ended = at_a_terminal("apply", typed=[b"y\n"], meanwhile=lambda: staging.has(stored("Stranger")))
    assert ended.code == 0, ended.out
    assert set(staging.clients()) == {"One", "Stranger"}


def test_nothing_to_do_is_not_asked(project: Project, staging: Platform) -> None:
    staging.has(stored("One"))
    project.declare(wanted("One"))
    ended = at_a_terminal("apply")
    assert ended.code == 0
    assert "[y/N]" not in ended.out
    assert staging.asked() == [LOGIN, LIST, LOGOUT]


def test_a_refused_plan_is_not_asked(project: Project, staging: Platform) -> None:
    project.declare(wanted("One"))
    ended = at_a_terminal("apply", "--max-creates", "0")
    assert ended.code == 4
    assert "[y/N]" not in ended.out
    assert staging.log.writes() == []


def test_an_instance_that_is_down_is_named_once(project: Project) -> None:
    project.configure({"down": at("http://127.0.0.1:9", timeout=1)})
    project.declare(wanted("One"))
    ended = at_a_terminal("apply")
    assert ended.code == 1
    assert ended.out.count("error: down: ") == 1


def test_a_prune_is_asked_about_and_done(project: Project, staging: Platform) -> None:
    staging.has(stored("One"), stored("Stranger"))
    project.declare(wanted("One"))
    ended = at_a_terminal("apply", "--prune", "all", typed=[b"y\n"])
    assert ended.code == 0, ended.out
    assert set(staging.clients()) == {"One"}


def test_a_terminal_gets_colours(project: Project, staging: Platform) -> None:
    project.declare(wanted("One"))
    assert "\x1b[32m" in at_a_terminal("plan", environ=environment(**XTERM)).out


@pytest.mark.parametrize("environ", [{"NO_COLOR": "1"}, {"TERM": "dumb"}, {"RECONCILER_NO_COLOR": "1"}])
def test_a_terminal_that_wants_none_gets_none(project: Project, staging: Platform, environ: dict[str, str]) -> None:
    project.declare(wanted("One"))
    for arguments in (["plan"], ["apply"]):
        ended = at_a_terminal(*arguments, typed=[b"n\n"], environ=environment(**{**XTERM, **environ}))
        assert "\x1b" not in ended.out


def test_a_flag_takes_the_colours_away(project: Project, staging: Platform) -> None:
    project.declare(wanted("One"))
    assert "\x1b" not in at_a_terminal("plan", "--no-color", environ=environment(**XTERM)).out


def test_a_terminal_gets_whole_words_and_a_pipe_whole_lines(project: Project, staging: Platform) -> None:
    """COLUMNS says how wide it is, or the terminal itself does; a pipe gets what programs can read."""
    project.declare({"name": "Desk", "grants": {"password": {"justification": "a till"}}})
    risk = "! the password grant also works for blocked and inactive users"
    ended = at_a_terminal("plan", "--no-color", environ=environment(**XTERM, COLUMNS="50"))
    assert "            ! the password grant also works for\n              blocked and inactive users\n" in ended.out
    assert max(map(len, ended.out.splitlines())) <= 50 or "next: " in ended.out
    project.environ.setenv("COLUMNS", "50")
    assert f"            {risk}\n" in project.run("plan").out


def test_the_question_names_the_worst_of_it(project: Project, staging: Platform) -> None:
    staging.has(stored("Old"))
    project.declare(wanted("Portal"), {"name": "Old", "state": "absent"})
    ended = at_a_terminal("apply", typed=[b"n\n"])
    assert "The most severe risk: delete Old: revokes every token issued to it" in ended.out
    assert "Write 1 change, 1 deletion, to staging? [y/N]: " in ended.out
