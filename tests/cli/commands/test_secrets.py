"""No command shows a client's secret or the account's password, however much it is asked to tell."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.sandbox.accounts import account_named
from tests.cli.projects import Platform, Project, at, platform, stored, wanted
from tests.faults import CutAnswer, DropConnection, On, Respond

COMMANDS = [
    ["validate", "-vv"],
    ["plan", "-vv"],
    ["plan", "-vv", "--format", "json", "--log-format", "json", "--prune", "all"],
    ["apply", "-vv", "--instance", "staging", "--yes"],
    ["apply", "-vv", "--instance", "staging", "--yes", "--format", "json"],
]


def _spoken(project: Project) -> str:
    ended = [project.run(*arguments) for arguments in COMMANDS]
    assert "Traceback" not in "".join(each.err for each in ended)
    return "".join(each.out + each.err for each in ended)


def _kept(folder: Path) -> str:
    """What the commands left in the project's files."""
    return "".join(file.read_text(errors="replace") for file in folder.rglob("*") if file.is_file())


def test_no_output_and_no_file_holds_a_secret(project: Project, staging: Platform) -> None:
    staging.has(stored("Two", "https://old.example.com/cb"), stored("Gone"), stored("Twice"), stored("Twice"))
    project.declare(wanted("One"), wanted("Two"), wanted("Twice"), {"name": "Gone", "state": "absent"})
    before = staging.secrets()
    said = _spoken(project) + _kept(project.folder)
    for secret in {*before, *staging.secrets(), account_named("admin").password}:
        assert secret not in said


@pytest.mark.parametrize(
    "fault",
    [
        CutAnswer(On("GET", "/oauth/clients"), 400, as_if_whole=True),
        CutAnswer(On("GET", "/oauth/clients", numbers=[1]), 400),
        CutAnswer(On("POST", "/oauth/clients"), 100),
        DropConnection(On("POST", "/oauth/clients"), after=True),
        Respond(On("GET", "/oauth/clients", numbers=[4]), 500, "x"),
        Respond(
            On("POST", "/oauth/clients"), 422, '{"message": "m", "errors": {"name": ["taken"]}}', "application/json"
        ),
    ],
    ids=["a cut list", "a list that is cut once", "a cut answer", "a lost answer", "an ill server", "a refusal"],
)
def test_no_failure_shows_one(project: Project, tmp_path: Path, fault: object) -> None:
    with platform(tmp_path / "faulty.sqlite3", fault) as faulty:  # type: ignore[arg-type]
        project.configure({"staging": at(faulty.url)})
        project.declare(wanted("One"), wanted("Two"))
        before = faulty.secrets()
        said = _spoken(project) + _kept(project.folder)
        for secret in {*before, *faulty.secrets(), account_named("admin").password}:
            assert secret not in said


def test_a_refused_password_is_not_shown(project: Project, staging: Platform) -> None:
    project.declare(wanted("One"))
    project.log_in_as("admin", "not-the-password-4711")
    assert "not-the-password-4711" not in _spoken(project)


def test_a_password_in_a_url_is_not_shown(project: Project) -> None:
    project.configure({"staging": at("http://someone:hunter2-4711@127.0.0.1:9")})
    project.declare(wanted("One", "https://someone:hunter2-4711@a.example.com/cb"))
    assert "hunter2-4711" not in _spoken(project)
