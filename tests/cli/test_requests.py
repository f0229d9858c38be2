"""Which requests a command makes: no login without a logout, no second look without a reason."""

from __future__ import annotations

from pathlib import Path

from tests.cli.projects import Platform, Project, at, platform, stored, wanted
from tests.faults import On, Respond

LOGIN, LIST, CREATE, LOGOUT = "POST /login", "GET /oauth/clients", "POST /oauth/clients", "GET /logout"
ASK = ["GET /oauth/clients/0", "POST /oauth/token/refresh"]
"""What an apply asks before it creates: up to 4.15 the first is answered with 500, and the second tells why."""


def test_a_plan_logs_in_lists_and_logs_out(project: Project, staging: Platform) -> None:
    project.declare(wanted("One"))
    assert project.run("plan").code == 0
    assert staging.asked() == [LOGIN, LIST, LOGOUT]


def test_an_apply_lists_again_after_its_writes(project: Project, staging: Platform) -> None:
    staging.has(stored("Two", "https://old.example.com/cb"), stored("Three"))
    project.declare(wanted("One"), wanted("Two"), {"name": "Three", "state": "absent"})
    assert project.run("apply", "-i", "staging", "--yes").code == 0
    writes = ["PUT /oauth/clients/6", CREATE, "DELETE /oauth/clients/7"]
    assert staging.asked() == [LOGIN, LIST, *ASK, *writes, LIST, LOGOUT]


def test_an_apply_with_nothing_to_do_looks_once(project: Project, staging: Platform) -> None:
    staging.has(stored("One"))
    project.declare(wanted("One"))
    assert project.run("apply", "-i", "staging", "--yes").code == 0
    assert staging.asked() == [LOGIN, LIST, LOGOUT]


def test_a_refused_apply_looks_once(project: Project, staging: Platform) -> None:
    project.declare(wanted("One"))
    assert project.run("apply", "-i", "staging", "--yes", "--max-creates", "0").code == 4
    assert staging.asked() == [LOGIN, LIST, LOGOUT]


def test_a_plan_that_fails_logs_out(project: Project, tmp_path: Path) -> None:
    with platform(tmp_path / "ill.sqlite3", Respond(On("GET", "/oauth/clients"), 500)) as ill:
        project.configure({"staging": at(ill.url)})
        project.declare(wanted("One"))
        assert project.run("plan").code == 1
        assert (ill.asked()[0], ill.asked()[-1]) == (LOGIN, LOGOUT)


def test_every_write_that_fails_is_followed_by_a_logout(project: Project, staging: Platform) -> None:
    project.log_in_as("pm_viewer")
    project.declare(wanted("One"), wanted("Two"))
    assert project.run("apply", "-i", "staging", "--yes").code == 1
    assert staging.asked()[-1] == LOGOUT
    assert staging.clients() == {}


def test_invalid_declarations_are_found_before_any_request(project: Project, staging: Platform) -> None:
    project.declare({"name": "One"})
    assert project.run("plan").code == 3
    assert project.run("apply", "-i", "staging", "--yes").code == 3
    assert staging.asked() == []


def test_an_undefined_variable_is_found_before_any_request(project: Project, staging: Platform) -> None:
    project.declare(wanted("One", "https://${nowhere}/cb"))
    ended = project.run("plan")
    assert ended.code == 3
    assert "nowhere" in ended.errors[0]
    assert staging.asked() == []
