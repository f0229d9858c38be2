"""`secrets deliver`: what sinks lack, at any time, and `--check`."""

from __future__ import annotations

import json
from typing import Any

import pytest

from reconciler.declared.schema.files import schema_text
from tests.cli.projects import Platform, Project, at, stored, wanted
from tests.cli.sinking import DOCUMENT, command, configure, document, events, issued

LOGIN, LIST, LOGOUT = "POST /login", "GET /oauth/clients", "GET /logout"
DELIVER = ("secrets", "deliver", "-i", "staging")


def places(project: Project, *flags: str) -> list[tuple[str, str, str]]:
    [instance] = project.run(*DELIVER, *flags, "--format", "json").document["instances"]
    return [(each["sink"], each["name"], each["status"]) for each in instance["places"]]


def test_it_delivers_what_is_missing_and_the_second_time_nothing(project: Project, staging: Platform) -> None:
    configure(project, staging, DOCUMENT)
    staging.has(stored("One"), stored("Stranger"))
    project.declare(wanted("One"), wanted("Not live"))
    assert places(project) == [("json all.json", "One", "delivered")]
    assert {name: (each["id"], each["secret"]) for name, each in document(project).items()} == {
        "One": issued(staging.database)["One"]
    }
    before = (project.folder / "all.json").stat().st_mtime_ns
    staging.log.requests.clear()
    ended = project.run(*DELIVER)
    assert (ended.code, staging.asked()) == (0, [LOGIN, LIST, LOGOUT])
    assert "1 up to date" in ended.out
    assert (project.folder / "all.json").stat().st_mtime_ns == before


def test_a_stale_value_is_found_and_replaced(project: Project, staging: Platform) -> None:
    configure(project, staging, DOCUMENT)
    staging.has(stored("One"))
    project.declare(wanted("One"))
    wrong = {"staging": {"One": {"id": 6, "secret": "of yesterday", "owner": None}}}
    project.write("all.json", json.dumps(wrong)).chmod(0o600)
    assert project.run("apply", "-i", "staging", "--yes").out.endswith("nothing to do · 1 in sync\n")
    checked = project.run(*DELIVER, "--check")
    assert checked.code == 1
    assert "stale       One (id 6)" in checked.out
    assert document(project)["One"]["secret"] == "of yesterday"
    assert project.run(*DELIVER).code == 0
    assert document(project)["One"]["secret"] == issued(staging.database)["One"][1]
    assert project.run(*DELIVER, "--check").code == 0


def test_names_and_globs_choose_the_clients(project: Project, staging: Platform) -> None:
    configure(project, staging, command())
    staging.has(stored("One"), stored("Two"), stored("Three"))
    project.declare(wanted("One"), wanted("Two"), wanted("Three"))
    assert project.run(*DELIVER, "T*", "--parallelism", "1").code == 0
    assert sorted(events(project)) == [("existing", "Three"), ("existing", "Two")]
    ended = project.run(*DELIVER, "Tow")
    assert (ended.code, ended.err) == (64, "error: 'Tow' matches no declared client\n  did you mean 'Two'?\n")


def test_a_check_runs_no_program_and_writes_nothing(project: Project, staging: Platform) -> None:
    configure(project, staging, command(), DOCUMENT)
    staging.has(stored("One"))
    project.declare(wanted("One"))
    assert places(project, "--check") == [("command store", "One", "unknown"), ("json all.json", "One", "missing")]
    assert events(project) == []
    assert document(project) == {}
    assert not (project.folder / ".reconciler").exists()


def test_what_it_delivers_is_written_down_so_that_apply_does_not_deliver_it_again(
    project: Project, staging: Platform
) -> None:
    configure(project, staging, command())
    project.declare(wanted("One"))
    project.write("mode", "fail")
    assert project.run("apply", "-i", "staging", "--yes").code == 5
    project.write("mode", "")
    assert project.run(*DELIVER).code == 0
    assert "nothing to do" in project.run("apply", "-i", "staging", "--yes").out
    assert events(project) == [("existing", "One")]
    assert "  1 delivered  " in project.run("history").out


@pytest.mark.parametrize("spoil", ["no program", "no right", "open to others"])
def test_a_check_finds_a_sink_that_could_take_nothing_before_there_is_a_client(
    project: Project, staging: Platform, spoil: str
) -> None:
    configure(project, staging, command(), DOCUMENT)
    project.declare(wanted("Not live"))
    store = project.folder / "store"
    match spoil:
        case "no program":
            store.unlink()
            label, message = "command store", "there is no program ./store"
        case "no right":
            store.chmod(0o600)
            label, message = "command store", "./store cannot be run"
        case _:
            project.write("all.json", "{}").chmod(0o644)
            label, message = "json all.json", "all.json can be read by others (mode 0644)"
    shown = project.run(*DELIVER, "--check")
    assert shown.code == 1
    assert f"cannot be used: {label}\n    {message}\n" in shown.out
    assert "1 sink cannot be used" in shown.out
    ended = project.run(*DELIVER, "--check", "--format", "json")
    [instance] = ended.document["instances"]
    assert ended.code == 1
    assert [(each["sink"], each["message"]) for each in instance["problems"]] == [(label, message)]
    assert not (project.folder / ".reconciler").exists()


@pytest.mark.parametrize(("sinks", "code"), [([command()], 1), ([DOCUMENT, command()], 5)], ids=["alone", "beside"])
def test_a_sink_that_fails_is_named_and_the_others_are_served(
    project: Project, staging: Platform, sinks: list[object], code: int
) -> None:
    configure(project, staging, *sinks)
    staging.has(stored("One"))
    project.declare(wanted("One"))
    project.write("mode", "check")
    ended = project.run(*DELIVER)
    assert ended.code == code
    assert "failed      One (id 6)" in ended.out
    assert "./store failed with exit status 9: it could not store secrets" in ended.out


def test_an_instance_without_sinks_is_wrong_usage(project: Project, staging: Platform) -> None:
    project.configure({"staging": at(staging.url)})
    project.declare(wanted("One"))
    ended = project.run(*DELIVER)
    assert (ended.code, staging.asked()) == (64, [])
    assert "`sinks:`" in ended.err


def test_a_client_that_may_be_two_is_not_delivered(project: Project, staging: Platform) -> None:
    configure(project, staging, DOCUMENT)
    staging.has(stored("One"), stored("One"))
    project.declare(wanted("One"))
    assert project.run(*DELIVER).code == 0
    assert document(project) == {}


def test_an_instance_that_is_gone_is_an_error_in_words(project: Project, staging: Platform) -> None:
    configure(project, staging, DOCUMENT)
    project.log_in_as("admin", "wrong")
    project.declare(wanted("One"))
    ended = project.run(*DELIVER, "--format", "json")
    [instance] = ended.document["instances"]
    assert (ended.code, instance["status"]) == (6, "stopped")


def test_without_a_command_the_group_shows_its_help(project: Project) -> None:
    ended = project.run("secrets")
    assert ended.code == 64
    assert "deliver" in ended.err


def test_every_document_is_one_of_the_schema(project: Project, staging: Platform) -> None:
    from jsonschema import Draft7Validator

    described: Any = json.loads(schema_text("output"))
    configure(project, staging, DOCUMENT, command())
    staging.has(stored("One"))
    project.declare(wanted("One"), wanted("Two"))
    project.write("mode", "fail")
    for arguments in (
        [*DELIVER, "--check"],
        ["plan"],
        ["apply", "-i", "staging", "--yes"],
        [*DELIVER],
    ):
        found = project.run(*arguments, "--format", "json").document
        assert [problem.message for problem in Draft7Validator(described).iter_errors(found)] == []
