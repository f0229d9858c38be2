"""A server that repeats the password that it was sent does not get it into any output."""

from __future__ import annotations

import json
from base64 import b64encode
from pathlib import Path
from urllib.parse import quote

import pytest

from reconciler.live.platform.endpoints import ANONYMOUS_PROBE
from reconciler.sandbox.accounts import ADMIN
from tests.cli.projects import Ended, Project, at, platform, wanted
from tests.faults import On, Respond

PASSWORD = ADMIN[1]
FORMS = {
    "as it is": PASSWORD,
    "in capitals": PASSWORD.upper(),
    "in hexadecimal": PASSWORD.encode().hex().upper(),
    "in base64": b64encode(PASSWORD.encode()).decode(),
    "as basic authentication": b64encode(f"{ADMIN[0]}:{PASSWORD}".encode()).decode(),
    "URL-encoded": quote(PASSWORD, safe="").replace("-", "%2D"),
}
LISTED = '{"data": [{"id": 7, "name": "NAME", "redirect": "URL", "revoked": false, "types": ["TYPE"]}]}'


def run(project: Project, tmp_path: Path, fault: Respond, *arguments: str) -> tuple[Ended, str]:
    """How a command ended, and everything that it wrote: output, journal and report."""
    with platform(tmp_path / "faulty.sqlite3", fault) as faulty:
        project.configure({"staging": at(faulty.url)})
        project.declare(wanted("Portal"))
        ended = project.run(*arguments, "-i", "staging", "--report", "out.json", "--report", "out.md")
    files = [path.read_text(errors="replace") for path in project.folder.rglob("*") if path.is_file()]
    return ended, "\n".join([ended.out, ended.err, *files])


@pytest.mark.parametrize("form", FORMS)
def test_words_of_a_refusal_are_shown_without_the_password(project: Project, tmp_path: Path, form: str) -> None:
    body = json.dumps({"message": "no", "errors": {"name": [f"cannot take <{FORMS[form]}> here"]}})
    fault = Respond(On("POST", "/oauth/clients"), 422, body, "application/json")
    ended, written = run(project, tmp_path, fault, "apply", "--yes")
    assert ended.code == 1
    assert FORMS[form] not in written
    assert "cannot take <***> here" in written


@pytest.mark.parametrize("on", [On("GET", "/oauth/clients"), On("POST", "/login")], ids=["listing", "login"])
def test_where_a_redirect_leads_is_shown_without_the_password(project: Project, tmp_path: Path, on: On) -> None:
    fault = Respond(on, 302, headers={"Location": f"https://{PASSWORD}.evil.example/"})
    ended, written = run(project, tmp_path, fault, "plan")
    assert ended.code == 1
    assert PASSWORD.lower() not in written.lower()
    assert "redirect to https://***.evil.example" in ended.err


@pytest.mark.parametrize(
    ("name", "url"), [(f"x{PASSWORD}x", ""), ("Portal", f"https://a.example/{PASSWORD}")], ids=["name", "URL"]
)
def test_a_client_that_contains_the_password_stops_the_run(
    project: Project, tmp_path: Path, name: str, url: str
) -> None:
    """What is live must never be altered, and every output would show it."""
    kind = "authorization_code_grant" if url else "password_client"
    body = LISTED.replace("NAME", name).replace("URL", url).replace("TYPE", kind)
    ended, written = run(project, tmp_path, Respond(On("GET", "/oauth/clients"), 200, body, "application/json"), "plan")
    assert ended.code == 1
    assert PASSWORD not in written
    assert "client 7 has the password of this account" in ended.err


def test_what_was_stored_instead_is_shown_without_the_password(project: Project, tmp_path: Path) -> None:
    body = '{"id": 7, "name": "Portal", "redirect": "URL", "revoked": false, "types": ["authorization_code_grant"]}'
    stored = body.replace("URL", f"https://evil.example/{PASSWORD.upper()}")
    fault = Respond(On("POST", "/oauth/clients"), 201, stored, "application/json")
    ended, written = run(project, tmp_path, fault, "apply", "--yes")
    assert ended.code != 0
    assert PASSWORD.upper() not in written
    assert "https://evil.example/***" in written


def test_with_a_short_password_nothing_of_the_server_is_quoted(project: Project, tmp_path: Path) -> None:
    body = json.dumps({"message": "no", "errors": {"username": ["user rd is locked out, says hunter2"]}})
    project.environ.setenv("PM_PASSWORD", "hunter2")
    ended, written = run(project, tmp_path, Respond(On("POST", "/login"), 422, body, "application/json"), "plan")
    assert ended.code == 6
    assert "hunter2" not in written
    assert "locked out" not in written
    assert "the account is locked" in ended.err, "what was meant is still understood"


@pytest.mark.parametrize("form", ["as it is", "in capitals", "in hexadecimal", "URL-encoded"])
def test_the_doctor_shows_where_a_redirect_leads_without_the_password(
    project: Project, tmp_path: Path, form: str
) -> None:
    location = f"https://a.evil.example/{FORMS[form]}{ANONYMOUS_PROBE.path}"
    with platform(tmp_path / "faulty.sqlite3", Respond(On("GET", "/"), 302, headers={"Location": location})) as faulty:
        project.configure({"staging": at(faulty.url)})
        for output in ("text", "json"):
            ended = project.run("doctor", "-i", "staging", "--format", output)
            assert FORMS[form].lower() not in (ended.out + ended.err).lower()
            assert "https://a.evil.example/***" in ended.out
        project.log_in_as("admin", "short")
        ended = project.run("doctor", "-i", "staging")
        assert "it answers with a redirect (302), and redirects are never followed" in ended.out
