"""`secrets deliver --check --try`: whether the instance accepts what the sinks have."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from reconciler.declared.schema.files import schema_text
from tests.cli.projects import Ended, Platform, Project, at, platform, stored, wanted
from tests.cli.sinking import DOCUMENT, command, configure, document, issued
from tests.sandbox.conftest import Browser
from tests.secrets.handing import Key, make_key

DELIVER = ("secrets", "deliver", "-i", "staging")
TRY = (*DELIVER, "--check", "--try")
ASKED = "POST /oauth/token"
WRONG = "0123456789" * 4


def tried(project: Project, *flags: str) -> dict[str, list[tuple[str, str | None]]]:
    """What came of each sink's secrets, by the sink; the document must be one of the schema."""
    from jsonschema import Draft7Validator

    found = project.run(*TRY, *flags, "--format", "json").document
    described: Any = json.loads(schema_text("output"))
    assert [problem.message for problem in Draft7Validator(described).iter_errors(found)] == []
    sinks: dict[str, list[tuple[str, str | None]]] = {}
    for each in found["instances"][0]["places"]:
        sinks.setdefault(each["sink"], []).append((each["trial"]["status"], each["trial"]["message"]))
    return sinks


def shows_no(secret: str, *ended: Ended) -> bool:
    return not any(secret in each.out + each.err for each in ended)


def test_what_is_stored_is_accepted_until_it_is_wrong(project: Project, staging: Platform) -> None:
    configure(project, staging, DOCUMENT, command())
    staging.has(stored("One"))
    project.declare(wanted("One"))
    assert project.run(*DELIVER).code == 0
    secret = issued(staging.database)["One"][1]
    staging.log.requests.clear()
    accepted = project.run(*TRY, "-vv")
    assert accepted.code == 0
    assert "accepted         One (id 6)" in accepted.out
    assert "cannot be tried  One (id 6)\n                       a program cannot be asked" in accepted.out
    assert accepted.out.endswith("secrets: 1 cannot be tried, 1 accepted\n")
    assert staging.asked() == ["POST /login", "GET /oauth/clients", ASKED, "GET /logout"]
    there = {"staging": {"One": {"id": 6, "secret": WRONG, "owner": None}}}
    project.write("all.json", json.dumps(there)).chmod(0o600)
    refused = project.run(*TRY, "-vv")
    assert refused.code == 1
    assert "refused          One (id 6)\n                       fix: reconciler secrets deliver" in refused.out
    assert tried(project)["json all.json"][0][0] == "refused"
    assert document(project)["One"]["secret"] == WRONG
    assert shows_no(secret, accepted, refused)
    assert shows_no(WRONG, accepted, refused)


def test_a_secret_for_an_id_that_is_not_live_is_reported_and_not_tried(project: Project, staging: Platform) -> None:
    """Also of a declared client that is not live at all, and of one that another client took the place of."""
    configure(project, staging, DOCUMENT)
    staging.has(stored("One"), stored("Other"))
    project.declare(wanted("One"), wanted("Deleted"))
    ids = staging.clients()
    entries = {
        "One": {"id": 99, "secret": WRONG, "owner": None},
        "Deleted": {"id": 98, "secret": WRONG, "owner": None},
    }
    project.write("all.json", json.dumps({"staging": entries})).chmod(0o600)
    ended = project.run(*TRY)
    assert ended.code == 1
    assert "it is for client 99, which is not live any more; fix: reconciler secrets deliver" in ended.out
    assert "it is for client 98, and no such client is live" in ended.out
    assert ASKED not in staging.asked()
    other = issued(staging.database)["Other"][1]
    entries = {"One": {"id": ids["Other"], "secret": other, "owner": None}}
    project.write("all.json", json.dumps({"staging": entries})).chmod(0o600)
    why = f"it is for client {ids['Other']}, which is live, but is not this one"
    assert tried(project) == {"json all.json": [("accepted", why)]}
    assert project.run(*TRY).code == 1


@pytest.mark.parametrize(
    "there", ['{"One": {"id": "six", "secret": "x"}}', '{"One": {"id": 6, "secret": ["x"]}}', '{"One": 6}']
)
def test_what_is_no_id_and_secret_is_not_sent(project: Project, staging: Platform, there: str) -> None:
    configure(project, staging, DOCUMENT)
    staging.has(stored("One"))
    project.declare(wanted("One"))
    project.write("all.json", f'{{"staging": {there}}}').chmod(0o600)
    assert tried(project)["json all.json"][0][0] == "unclear"
    assert ASKED not in staging.asked()


def test_age_files_are_tried_with_a_key_that_opens_them(project: Project, staging: Platform, tmp_path: Path) -> None:
    keys = {kind: make_key(tmp_path, kind, kind) for kind in ("age", "ed25519")}
    stranger, locked = make_key(tmp_path, "stranger"), tmp_path / "locked"
    run = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "passphrase", "-f", str(locked)]
    subprocess.run(run, capture_output=True, timeout=60, check=True)
    sink = {"age": {"path": "{instance}/{name}.age"}}
    owners = {"team": {"age": [key.public for key in keys.values()]}}
    project.configure({"staging": at(staging.url, sinks=[sink])}, owners=owners)
    staging.has(stored("One"))
    project.declare(wanted("One", owner="team"))
    assert project.run(*DELIVER).code == 0

    def with_keys(*some: Key) -> str:
        [(status, _)] = tried(project, *(word for key in some for word in ("--identity", str(key.private))))[
            "age {instance}/{name}.age"
        ]
        return status

    assert with_keys() == "cannot_be_tried"
    assert with_keys(stranger) == "cannot_be_tried"
    assert [with_keys(keys["age"]), with_keys(keys["ed25519"]), with_keys(stranger, keys["age"])] == ["accepted"] * 3
    for wrong in (locked, tmp_path / "nowhere", project.folder / "reconciler.yaml"):
        ended = project.run(*TRY, "--identity", wrong)
        assert ended.code == 64
        assert str(wrong) in ended.only_error()
        assert shows_no("PRIVATE KEY", ended)
    # A file of another instance, which a person copied here.
    file = project.folder / "staging" / "one.age"
    project.configure({"staging": at(staging.url.replace("127.0.0.1", "localhost"), sinks=[sink])}, owners=owners)
    assert file.exists()
    assert with_keys(keys["age"]) == "unclear"


def test_flags_that_do_not_fit_are_wrong_usage(project: Project, staging: Platform) -> None:
    configure(project, staging, DOCUMENT)
    project.declare(wanted("One"))
    for flags in (["--try"], ["--check", "--identity", "key.txt"], ["--identity", "key.txt"]):
        ended = project.run(*DELIVER, *flags)
        assert ended.code == 64
        assert "reconciler secrets deliver --check --try" in ended.err
    assert staging.asked() == []


@pytest.mark.parametrize("version", ["2026-owner-only", "2026"])
def test_on_2026_a_secret_that_nobody_shows_any_more_can_be_tried(
    project: Project, tmp_path: Path, version: str
) -> None:
    with platform(tmp_path / "platform.sqlite3", version=version) as served, Browser(served.url) as admin:
        configure(project, served, DOCUMENT)
        project.declare(wanted("One"))
        admin.log_in()
        made = admin.create(name="One", types=["authorization_code_grant"], redirect="https://one.example.com/cb")
        client, secret = made.json()["id"], made.json()["secret"]
        entries = {"One": {"id": client, "secret": secret, "owner": None}}
        project.write("all.json", json.dumps({"staging": entries})).chmod(0o600)
        accepted = project.run(*TRY)
        assert accepted.code == 0, accepted.out
        assert "accepted" in accepted.out
        project.write("all.json", json.dumps({"staging": entries}).replace(secret, WRONG)).chmod(0o600)
        refused = project.run(*TRY)
        assert refused.code == 1
        assert "fix: rotate the client, since this version shows its secret to nobody" in refused.out
        project.write("all.json", "{}").chmod(0o600)
        lost = project.run(*TRY)
        assert (lost.code, "not stored" in lost.out) == (1, True)
        assert shows_no(secret, accepted, refused, lost)
