"""What `doctor` says about the version: what the account can change, and what an upgrade would change."""

from __future__ import annotations

import json
from typing import Any

import pytest
from jsonschema import Draft7Validator

from reconciler.declared.schema.files import schema_text
from reconciler.sandbox.accounts import account_named
from tests.cli.projects import Project, at, wanted
from tests.cli.test_other_versions import configure, instance
from tests.live.servers import answer, row, serving
from tests.live.servers import platform as platform_like


def examined(project: Project, code: int = 0) -> dict[str, Any]:
    """The one examination, which fits the schema."""
    ended = project.run("doctor", "--format", "json", "-i", "staging")
    assert ended.code == code, ended.out + ended.err
    problems = Draft7Validator(json.loads(schema_text("output"))).iter_errors(ended.document)
    assert [problem.message for problem in problems] == []
    (entry,) = ended.document["instances"]
    found: dict[str, Any] = entry
    return found


def codes(entry: dict[str, Any]) -> list[str]:
    return [found["code"] for found in entry["findings"]]


@pytest.mark.parametrize(
    ("version", "told"),
    [
        ("4.0.17", ("4.0.16", "4.0 to 4.2", "always", False)),
        ("4.2.36", ("4.2.36", "4.0 to 4.2", "always", False)),
        ("4.6.3", ("4.6.3", "4.3 to 4.15", "always", False)),
        ("4.15.6", ("4.15.6", "4.3 to 4.15", "always", False)),
        ("2026-hashed", ("2026.7.0", "2026-hashed", "never", True)),
        ("2026-owner-only", ("2026.11.2", "2026-owner-only", "once", True)),
        ("2026", ("2026.12.0", "2026", "once", False)),
    ],
)
def test_the_version_and_the_line(project: Project, version: str, told: tuple[str, str, str, bool]) -> None:
    project.declare(wanted("New"))
    with instance(version) as served:
        configure(project, served)
        entry = examined(project)
    assert entry["facts"]["rights"] == dict.fromkeys(("view", "create", "edit", "delete"), "granted")
    found = entry["facts"]["platform"]
    assert tuple(found[key] for key in ("version", "line", "secrets", "owner_only")) == told
    assert ("creates-unsupported" in codes(entry)) is (found["secrets"] == "never")
    assert ("secret-shown-once" in codes(entry)) is (found["secrets"] == "once"), "it has no sinks"
    assert ("viewing-is-administering" in codes(entry)) is (found["secrets"] == "always")
    assert "personal-access-broken" not in codes(entry)


def test_the_clients_of_other_accounts(project: Project) -> None:
    project.declare(wanted("New"))
    with instance("2026-owner-only") as served:
        configure(project, served)
        served.make("Mine")
        theirs = served.make("Theirs", by="pm_manager")
        entry = examined(project)
    [found] = [each for each in entry["findings"] if each["code"] == "not-yours"]
    assert found["clients"] == [{"id": theirs, "name": "Theirs"}], "the platform's own are nobody's business"
    assert theirs in entry["facts"]["platform"]["foreign_clients"]


def test_an_upgrade_is_looked_at_before_it_comes(project: Project) -> None:
    url = "https://both.example.com/old"
    both = {"authorization_code": {"redirect_url": url}, "password": {"justification": "an old desktop"}}
    project.declare({"name": "Both", "grants": both})
    with instance("4.15.6") as served:
        configure(project, served)
        served.make("Both", types=("authorization_code_grant", "password_client"))
        entry = examined(project)
    [found] = [each for each in entry["findings"] if each["code"] == "upgrade"]
    assert found["severity"] == "info"
    assert "sign-ins start to work for 'Both'" in found["message"]
    assert [each["name"] for each in found["clients"]] == ["Both"]


def test_a_version_that_refuses_the_password_grant(project: Project) -> None:
    project.declare(wanted("New"))
    with instance("4.14.1") as served:
        configure(project, served)
        served.make("Desktop", types=("password_client",))
        entry = examined(project)
    [found] = [each for each in entry["findings"] if each["code"] == "password-grant-refused"]
    assert "Desktop" in [each["name"] for each in found["clients"]]


def test_clients_that_an_old_version_may_have_made_wrongly(project: Project) -> None:
    project.declare(wanted("New"))
    with instance("4.2.10") as served:
        configure(project, served)
        served.make("Reports", types=("personal_access_client",))  # stored without any grant
        entry = examined(project)
    [found] = [each for each in entry["findings"] if each["code"] == "tokens-refused"]
    assert [each["name"] for each in found["clients"]] == ["Reports"]


def test_a_promise_that_does_not_hold(project: Project) -> None:
    project.declare(wanted("New"))
    with instance("4.15.6") as served:
        configure(project, served, platform="2026")
        assert "platform-mismatch" in codes(examined(project, code=1))


def test_answers_like_no_version_known_here_are_an_error_with_what_to_report(project: Project) -> None:
    project.declare(wanted("New"))
    masked = answer(200, {"data": [row(1, name="PmApi", secret="*" * 8)]})
    stranger = answer(401, {"error": "Unauthenticated."}, headers="Set-Cookie: processmaker_session=x; path=/\r\n")
    with serving(platform_like(scopes=stranger, list=masked, create=answer(422, {}))) as server:
        project.configure({"staging": at(server.url)})
        entry = examined(project, code=1)
    assert "platform-unknown" in codes(entry)
    assert entry["facts"]["platform"]["line"] == "unknown"
    assert entry["facts"]["platform"]["version"] == "4.15.6"


@pytest.mark.parametrize("account", ["pm_viewer", "pm_editonly"])
def test_an_account_that_may_not_do_all_is_judged_as_before(project: Project, account: str) -> None:
    project.declare(wanted("New"))
    with instance("2026") as served:
        configure(project, served)
        project.log_in_as(account, account_named(account).password)
        entry = examined(project, code=1 if account == "pm_editonly" else 0)
    assert (entry["facts"]["platform"] is None) is (account == "pm_editonly")
    assert entry["facts"]["rights"]["edit"] == ("lacking" if account == "pm_viewer" else "granted")
