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


@pytest.mark.parametrize("place", ["name", "redirect", "types"])
@pytest.mark.parametrize("form", FORMS)
def test_a_stored_client_that_contains_the_password_is_shown_by_its_id_alone(
    project: Project, tmp_path: Path, form: str, place: str
) -> None:
    stored = {"id": 7, "name": "Portal", "redirect": "https://evil.example/", "revoked": False, "types": ["x"]}
    stored[place] = ["x", f"y{FORMS[form]}"] if place == "types" else f"https://evil.example/{FORMS[form]}"
    fault = Respond(On("POST", "/oauth/clients"), 201, json.dumps(stored), "application/json")
    ended, written = run(project, tmp_path, fault, "apply", "--yes")
    assert ended.code != 0
    assert FORMS[form] not in written
    assert "client 7 has the password of this account" in written


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("padding", [0, 36, 40, 45, 200])
def test_a_type_that_contains_the_password_stops_the_run_wherever_it_is_cut(
    project: Project, tmp_path: Path, form: str, padding: int
) -> None:
    """A type that is not known is shown, and a long one is cut: perhaps in the middle of the password."""
    kind = "x" * padding + FORMS[form]
    body = LISTED.replace("NAME", "Portal").replace("URL", "").replace("TYPE", kind)
    ended, written = run(project, tmp_path, Respond(On("GET", "/oauth/clients"), 200, body, "application/json"), "plan")
    assert ended.code == 1
    assert FORMS[form][:5] not in written
    assert "client 7 has the password of this account" in ended.err


UNUSUAL = {
    "HTML entities": "".join(f"&#{ord(each)};" for each in PASSWORD),
    "URL-encoded twice": "".join(f"%25{ord(each):02x}" for each in PASSWORD),
    "JSON escapes": "".join(f"\\u{ord(each):04x}" for each in PASSWORD),
    "C escapes": "".join(f"\\x{ord(each):02x}" for each in PASSWORD),
    "hexadecimal with colons": PASSWORD.encode().hex(":"),
    "base64 at another alignment": b64encode(f"password={PASSWORD}".encode()).decode(),
    "base64 of UTF-16": b64encode(PASSWORD.encode("utf-16-le")).decode(),
    "reversed": PASSWORD[::-1],
    "full width": PASSWORD.translate({code: code + 0xFEE0 for code in range(0x21, 0x7F)}),
    "all but the first": PASSWORD[1:],
    "all but the last": PASSWORD[:-1],
    "spaced out": " ".join(PASSWORD),
}


@pytest.mark.parametrize("form", UNUSUAL)
@pytest.mark.parametrize("place", ["text", "field", "both"])
def test_words_of_a_refusal_with_a_part_of_the_password_in_any_form_are_left_out(
    project: Project, tmp_path: Path, form: str, place: str
) -> None:
    words = UNUSUAL[form]
    half = len(words) // 2
    field, text = {"text": ("name", words), "field": (words, "no"), "both": (words[:half], words[half:])}[place]
    body = json.dumps({"message": "no", "errors": {field: [text, "no"]}})
    ended, written = run(
        project, tmp_path, Respond(On("POST", "/oauth/clients"), 422, body, "application/json"), "apply", "--yes"
    )
    assert ended.code == 1
    assert words not in written
    assert field not in written or field == "name"
    assert text not in written or text == "no"


def test_a_password_that_is_spread_over_several_messages_is_left_out(project: Project, tmp_path: Path) -> None:
    thirds = [PASSWORD[:4], PASSWORD[4:8], PASSWORD[8:]]
    body = json.dumps({"message": "no", "errors": {"name": thirds}})
    fault = Respond(On("POST", "/oauth/clients"), 422, body, "application/json")
    ended, _ = run(project, tmp_path, fault, "apply", "--yes")
    assert f"name: {thirds[0]}" not in ended.out + ended.err
    assert "its words are left out" in ended.out + ended.err


SECRET = "s3cr3tS3CR3T" * 3 + "abcd"


@pytest.mark.parametrize("secret", [SECRET, f"{SECRET}{SECRET}", "$2y$10$" + "a/.B" * 13 + "a", SECRET.encode().hex()])
def test_what_looks_like_a_secret_of_a_client_is_masked(project: Project, tmp_path: Path, secret: str) -> None:
    body = json.dumps(
        {"message": "no", "errors": {"name": [f"its secret is <{secret}>, sent by <{ADMIN[0].upper()}>"]}}
    )
    fault = Respond(On("POST", "/oauth/clients"), 422, body, "application/json")
    ended, written = run(project, tmp_path, fault, "apply", "--yes")
    assert ended.code == 1
    assert secret not in written
    assert "its secret is <***>, sent by <***>" in written


def test_what_looks_like_a_secret_is_shown_if_it_was_sent(project: Project, tmp_path: Path) -> None:
    url = f"https://a.example/{SECRET}"
    body = json.dumps({"message": "no", "errors": {"redirect": [f"no: {url}"]}})
    fault = Respond(On("POST", "/oauth/clients"), 422, body, "application/json")
    with platform(tmp_path / "faulty.sqlite3", fault) as faulty:
        project.configure({"staging": at(faulty.url)})
        project.declare({"name": "Portal", "grants": {"authorization_code": {"redirect_url": url}}})
        ended = project.run("apply", "--yes", "-i", "staging")
    assert f"redirect: no: {url}" in ended.out + ended.err


def test_what_was_stored_instead_is_shown_without_what_looks_like_a_secret(project: Project, tmp_path: Path) -> None:
    url = f"https://a.example/{SECRET}"
    stored = {"id": 7, "name": "Portal", "revoked": False, "types": ["authorization_code_grant"]}
    stored["redirect"] = f"{url}/{SECRET[::-1]}"
    fault = Respond(On("POST", "/oauth/clients"), 201, json.dumps(stored), "application/json")
    with platform(tmp_path / "faulty.sqlite3", fault) as faulty:
        project.configure({"staging": at(faulty.url)})
        project.declare({"name": "Portal", "grants": {"authorization_code": {"redirect_url": url}}})
        ended = project.run("apply", "--yes", "-i", "staging")
    assert f'was stored as "{url}/***"' in ended.out + ended.err


def test_with_a_short_password_no_unusual_words_of_the_server_are_quoted(project: Project, tmp_path: Path) -> None:
    body = json.dumps({"message": "no", "errors": {"username": ["user rd is locked out, says hunter2"]}})
    project.environ.setenv("PM_PASSWORD", "hunter2")
    ended, written = run(project, tmp_path, Respond(On("POST", "/login"), 422, body, "application/json"), "plan")
    assert ended.code == 6
    assert "hunter2" not in written
    assert "locked out" not in written
    assert "the account is locked (its words are left out, since they may contain the password)" in ended.err


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
