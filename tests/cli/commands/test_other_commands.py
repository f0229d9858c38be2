"""`schema`, `version` and `sandbox`."""

from __future__ import annotations

import json

import pytest

import reconciler
from reconciler.declared.schema.files import SCHEMA_NAMES, schema_text
from tests.cli.projects import Platform, Project, wanted


@pytest.mark.parametrize("name", SCHEMA_NAMES)
def test_a_schema_is_printed_as_one_document(project: Project, name: str) -> None:
    ended = project.run("schema", name)
    assert (ended.code, ended.err) == (0, "")
    assert ended.document == json.loads(schema_text(name))


def test_the_schemas_are_written_where_they_are_asked_for(project: Project) -> None:
    assert project.run("schema", "--write", "deep/schemas").code == 0
    for name in SCHEMA_NAMES:
        assert (project.folder / f"deep/schemas/{name}.schema.json").read_text() == schema_text(name)


def test_a_place_where_no_schema_can_be_written_is_said(project: Project) -> None:
    project.write("taken", "")
    ended = project.run("schema", "--write", "taken")
    assert ended.code == 1
    assert "taken" in ended.only_error()


def test_an_unknown_schema_names_those_there_are(project: Project) -> None:
    ended = project.run("schema", "auth-client")
    assert ended.code == 64
    assert "auth-clients" in ended.only_error()


def test_versions_hold_what_a_bug_report_needs(project: Project) -> None:
    ended = project.run("version")
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.startswith(f"reconciler {reconciler.__version__}\npython ")
    for name in ("click", "jsonschema", "pyyaml", "requests", "urllib3", "werkzeug", "libyaml"):
        assert f"\n{name} " in ended.out


def test_a_real_instance_is_never_reset(project: Project, staging: Platform) -> None:
    project.declare(wanted("One"))
    project.run("apply", "--instance", "staging", "--yes")
    ended = project.run("sandbox", "reset", "--instance", "staging")
    assert ended.code == 64
    assert "not embedded" in ended.only_error()
    assert list(staging.clients()) == ["One"]


def test_nothing_is_reset_if_one_of_the_chosen_is_real(project: Project) -> None:
    project.configure(
        {
            "box": {"embedded": "box.sqlite3"},
            "real": {"url": "https://x.example.com", "credentials": {"username_env": "A", "password_env": "B"}},
        }
    )
    project.declare(wanted("One"))
    assert project.run("apply", "--instance", "box", "--yes").code == 0
    ended = project.run("sandbox", "reset", "--instance", "*")
    assert ended.code == 64
    assert "--instance: box" in ended.err
    assert project.run("plan", "--instance", "box", "--detailed-exitcode").code == 0


def test_a_file_that_is_no_sandbox_is_not_reset(project: Project) -> None:
    file = project.write("notes.txt", "precious\n")
    ended = project.run("sandbox", "reset", "--database", "notes.txt")
    assert ended.code == 1
    ended.only_error()
    assert file.read_text() == "precious\n"


@pytest.mark.parametrize(
    ("flags", "said", "code"),
    [
        (["--host", "0.0.0.0"], "loopback", 64),
        (["--setting", "password-policies.login_attempt=1"], "did you mean", 64),
        (["--setting", "password-policies.login_attempts=many"], "a number of attempts", 64),
        (["--database", "."], ".", 1),
    ],
)
def test_a_sandbox_that_cannot_serve_says_why(project: Project, flags: list[str], said: str, code: int) -> None:
    ended = project.run("sandbox", "serve", "--port", "0", *flags)
    assert (ended.code, ended.out) == (code, "")
    ended.only_error()
    assert said in ended.err


def test_a_port_that_is_taken_is_said(project: Project, staging: Platform) -> None:
    ended = project.run("sandbox", "serve", "--port", staging.url.rpartition(":")[2])
    assert ended.code == 1
    assert "in use" in ended.only_error()
