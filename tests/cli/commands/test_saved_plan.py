"""`plan -o` and `apply PLAN`: exactly what was saved, or nothing."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cli.projects import Ended, Platform, Project, at, environment, platform, process, stored, wanted
from tests.cli.terminals import at_a_terminal
from tests.faults import On, Respond

LOGIN, LIST, CREATE, LOGOUT = "POST /login", "GET /oauth/clients", "POST /oauth/clients", "GET /logout"
ASK = ["GET /oauth/clients/0", "POST /oauth/token/refresh"]
"""What an apply asks before it creates: up to 4.15 the first is answered with 500, and the second tells why."""


@pytest.fixture
def saved(project: Project, staging: Platform) -> Path:
    """A saved plan that makes One, changes Two (6), renames Old (7) to New, and deletes Gone (8)."""
    staging.has(stored("Two", "https://old.example.com/cb"), stored("Old"), stored("Gone"), stored("Stranger"))
    project.declare(
        wanted("One"), wanted("Two"), wanted("New", previous_names=["Old"]), {"name": "Gone", "state": "absent"}
    )
    ended = project.run("plan", "-o", "plan.json")
    assert ended.code == 0, ended.err
    staging.log.requests.clear()
    return project.folder / "plan.json"


def _edited(file: Path, change: Callable[[dict[str, Any]], object]) -> None:
    document = json.loads(file.read_text())
    change(document)
    file.write_text(json.dumps(document))


def _codes(ended: Ended) -> list[str]:
    return [refusal["code"] for refusal in ended.document["instances"][0]["refusals"]]


def _refused_before_any_request(ended: Ended, staging: Platform) -> str:
    assert ended.code == 4
    assert ended.out == ""
    assert staging.asked() == []
    return ended.only_error()


def test_a_saved_plan_is_applied_without_a_question_a_terminal_or_a_yes(
    project: Project, staging: Platform, saved: Path
) -> None:
    ended = project.run("apply", "plan.json")
    assert ended.code == 0, ended.err
    assert "4 of 4 changes applied" in ended.out
    assert staging.clients() == {"Two": 6, "New": 7, "Stranger": 9, "One": 10}


def test_it_costs_a_login_two_looks_the_writes_and_a_logout(project: Project, staging: Platform, saved: Path) -> None:
    assert project.run("apply", "plan.json").code == 0
    asked = staging.asked()
    assert asked[:4] == [LOGIN, LIST, *ASK]
    assert sorted(asked[4:8]) == ["DELETE /oauth/clients/8", CREATE, "PUT /oauth/clients/6", "PUT /oauth/clients/7"]
    assert asked[8:] == [LIST, LOGOUT]


def test_at_a_terminal_nobody_is_asked_either(project: Project, staging: Platform, saved: Path) -> None:
    ended = at_a_terminal("apply", "plan.json")
    assert ended.code == 0, ended.out
    assert "[y/N]" not in ended.out
    assert staging.asked()[-2:] == [LIST, LOGOUT]


def test_json_of_it_is_one_document(project: Project, staging: Platform, saved: Path) -> None:
    ended = project.run("apply", "plan.json", "--format", "json")
    assert ended.code == 0
    instance = ended.document["instances"][0]
    assert [change["outcome"]["status"] for change in instance["changes"]] == ["applied"] * 4


def test_what_is_done_already_is_said_and_not_done_again(project: Project, staging: Platform, saved: Path) -> None:
    assert project.run("apply", "plan.json").code == 0
    staging.log.requests.clear()
    ended = project.run("apply", "plan.json")
    assert ended.code == 0
    assert ended.out.count("= was done") == 4
    assert staging.asked() == [LOGIN, LIST, LOGOUT]


def test_a_plan_that_was_carried_out_in_part_is_finished(project: Project, staging: Platform, saved: Path) -> None:
    staging.has(stored("One"))
    ended = project.run("apply", "plan.json", "--format", "json")
    assert ended.code == 0, ended.err
    outcomes = {c["name"]: c["outcome"]["status"] for c in ended.document["instances"][0]["changes"]}
    assert outcomes == {"One": "already_done", "Two": "applied", "New": "applied", "Gone": "applied"}
    assert staging.log.count("POST", "/oauth/clients") == 0


def test_a_plan_of_nothing_is_saved_and_applied(project: Project, staging: Platform) -> None:
    staging.has(stored("One"))
    project.declare(wanted("One"))
    ended = project.run("plan", "-o", "plan.json")
    assert (ended.code, ended.err) == (0, "saved; it changes nothing\n")
    ended = project.run("apply", "plan.json")
    assert ended.code == 0
    assert "nothing to do" in ended.out
    assert not (project.folder / ".reconciler").exists()
    document = project.run("apply", "plan.json", "--format", "json").document
    assert (document["kind"], document["instances"][0]["changes"]) == ("apply", [])


def test_a_stale_plan_says_field_by_field_why_and_writes_nothing(
    project: Project, staging: Platform, saved: Path
) -> None:
    """Somebody got to each client before the plan did."""
    project.declare(
        wanted("Gone", "https://person.example.com/cb"),
        wanted("Two", "https://person.example.com/cb"),
        wanted("One", "https://person.example.com/cb"),
        {"name": "Old", "state": "absent"},
    )
    assert project.run("apply", "-i", "staging", "--yes").code == 0
    staging.log.requests.clear()
    text, document = project.run("apply", "plan.json"), project.run("apply", "plan.json", "--format", "json")
    assert (text.code, document.code) == (4, 4)
    assert staging.log.writes() == []
    assert document.document["kind"] == "apply"
    codes = ["stale-changed", "stale-gone", "stale-name-taken", "stale-changed"]
    assert sorted(_codes(document)) == sorted(codes)
    assert "redirect_url is 'https://person.example.com/cb', not 'https://old.example.com/cb'" in text.out
    assert "client 7, 'Old', is not live any more" in text.out
    assert "the name 'One' is taken by another live client now" in text.out
    assert "client 8, 'Gone', has changed since" in text.out
    assert "reconciler plan --instance staging -o FILE" in text.out


def test_what_happens_to_other_clients_does_not_make_it_stale(project: Project, staging: Platform, saved: Path) -> None:
    staging.has(stored("Another"))
    assert project.run("apply", "plan.json").code == 0


def test_another_url_is_another_instance(project: Project, staging: Platform, saved: Path) -> None:
    project.configure({"staging": at("http://127.0.0.1:9")})
    error = _refused_before_any_request(project.run("apply", "plan.json"), staging)
    assert "is for another instance" in error
    assert staging.url in error
    assert "http://127.0.0.1:9" in error


def test_an_instance_that_is_not_configured_any_more(project: Project, staging: Platform, saved: Path) -> None:
    project.configure({"production": at(staging.url)})
    assert "staging" in _refused_before_any_request(project.run("apply", "plan.json"), staging)


def test_an_edited_plan_is_refused(project: Project, staging: Platform, saved: Path) -> None:
    _edited(saved, lambda document: document["changes"].pop())
    assert "its digest does not fit" in _refused_before_any_request(project.run("apply", "plan.json"), staging)


def test_a_plan_that_was_only_formatted_anew_is_applied(project: Project, staging: Platform, saved: Path) -> None:
    _edited(saved, lambda document: document)
    assert project.run("apply", "plan.json").code == 0


def test_a_plan_of_a_newer_program_names_it(project: Project, staging: Platform, saved: Path) -> None:
    _edited(saved, lambda document: document.update(format_version=4, program_version="9.9.9"))
    assert "a newer reconciler (9.9.9)" in _refused_before_any_request(project.run("apply", "plan.json"), staging)


@pytest.mark.parametrize("text", ["", "{", "no plan", "\0", '{"changes": [', "[]", "null", '{"kind": "other"}'])
def test_what_is_no_plan_is_refused(project: Project, staging: Platform, saved: Path, text: str) -> None:
    saved.write_text(text)
    assert "plan.json is not a saved plan" in _refused_before_any_request(project.run("apply", "plan.json"), staging)


def test_what_format_json_prints_is_no_saved_plan(project: Project, staging: Platform, saved: Path) -> None:
    saved.write_text(project.run("plan", "--format", "json").out)
    staging.log.requests.clear()
    assert "--format json" in _refused_before_any_request(project.run("apply", "plan.json"), staging)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("plans", ("plans/index.json: no such file", "reconciler plan --all -o FOLDER/")),
        ("nowhere.json", ("no such file", "reconciler plan -o FILE")),
    ],
)
def test_a_plan_that_cannot_be_read(
    project: Project, staging: Platform, saved: Path, name: str, said: tuple[str, str]
) -> None:
    (project.folder / "plans").mkdir()
    ended = project.run("apply", name)
    assert ended.code == 1
    assert said[0] in ended.only_error()
    assert said[1] in ended.err
    assert staging.asked() == []


@pytest.mark.parametrize(
    "flags",
    [["--instance", "staging"], ["-i", "staging"], ["--all"], ["--prune", "all"], ["--clients", "clients"]],
)
def test_what_shaped_the_plan_is_wrong_usage_beside_it(
    project: Project, staging: Platform, saved: Path, flags: list[str]
) -> None:
    ended = project.run("apply", "plan.json", *flags)
    assert ended.code == 64
    assert flags[0].replace("-i", "--instance", flags[0] == "-i") in ended.only_error()
    assert staging.asked() == []


def test_the_environment_of_a_pipeline_does_not_count_as_such_a_flag(
    project: Project, staging: Platform, saved: Path
) -> None:
    project.environ.setenv("RECONCILER_INSTANCE", "staging")
    project.environ.setenv("RECONCILER_CLIENTS", "clients")
    project.environ.setenv("RECONCILER_ALL", "1")
    assert project.run("apply", "plan.json").code == 0


def test_a_yes_beside_a_plan_does_no_harm(project: Project, staging: Platform, saved: Path) -> None:
    assert project.run("apply", "plan.json", "--yes").code == 0


def test_the_limits_are_those_of_today(project: Project, staging: Platform, saved: Path) -> None:
    project.configure({"staging": at(staging.url, limits={"deletes": 0, "updates": 1})})
    ended = project.run("apply", "plan.json", "--format", "json")
    assert ended.code == 4
    assert _codes(ended) == ["limit-updates", "limit-deletes"]
    assert "--max-deletes 1" in project.run("apply", "plan.json").out
    assert staging.log.writes() == []
    assert project.run("apply", "plan.json", "--max-deletes", "1", "--max-updates", "2").code == 0


def test_an_instance_that_was_frozen_since_says_why(project: Project, staging: Platform, saved: Path) -> None:
    project.configure({"staging": at(staging.url, frozen="quarter end")})
    ended = project.run("apply", "plan.json")
    assert ended.code == 4
    assert "quarter end" in ended.out
    assert staging.log.writes() == []


def test_a_name_that_was_protected_since_is_not_deleted(project: Project, staging: Platform, saved: Path) -> None:
    project.configure({"staging": at(staging.url)}, protected=["Gone"])
    assert _codes(project.run("apply", "plan.json", "--format", "json")) == ["protected"]
    assert staging.log.writes() == []


def test_a_prune_goes_through_a_saved_plan_where_no_terminal_is(project: Project, staging: Platform) -> None:
    staging.has(stored("One"), stored("Stranger"))
    project.declare(wanted("One"))
    assert project.run("plan", "--prune", "all", "-o", "plan.json").code == 0
    assert project.run("apply", "plan.json").code == 0
    assert staging.clients() == {"One": 6}


@pytest.mark.parametrize("text", ["clients: [{nonsense: true}]", "{", None], ids=["wrong", "torn", "missing"])
def test_what_is_declared_today_does_not_matter(
    project: Project, staging: Platform, saved: Path, text: str | None
) -> None:
    file = project.folder / "clients" / "all.yaml"
    file.unlink()
    if text is None:
        file.parent.rmdir()
    else:
        file.write_text(text)
    assert project.run("apply", "plan.json").code == 0


def test_settings_that_are_wrong_are_found_before_any_request(project: Project, staging: Platform, saved: Path) -> None:
    project.write("reconciler.yaml", "instances: 5")
    ended = project.run("apply", "plan.json")
    assert ended.code == 3
    assert staging.asked() == []


def test_several_instances_do_not_fit_in_one_file(project: Project, staging: Platform) -> None:
    project.configure({"staging": at(staging.url), "other": at("http://127.0.0.1:9")})
    project.declare(wanted("One"))
    ended = project.run("plan", "--all", "-o", "plan.json")
    assert ended.code == 64
    assert "staging, other" in ended.only_error()
    assert staging.asked() == []
    assert not (project.folder / "plan.json").exists()


def test_a_plan_is_not_saved_to_stdout(project: Project, staging: Platform) -> None:
    project.declare(wanted("One"))
    ended = project.run("plan", "-o", "-")
    assert ended.code == 64
    assert "-o plan.json" in ended.err
    assert staging.asked() == []


def test_a_refused_plan_is_saved_and_says_that_it_cannot_be_applied(project: Project, staging: Platform) -> None:
    project.declare(wanted("One"))
    ended = project.run("plan", "-o", "plan.json", "--max-creates", "0")
    assert ended.code == 4
    assert "it cannot be applied" in ended.err
    assert project.run("apply", "plan.json").code == 0, "the limits are those of the day"


def test_a_plan_with_a_blocked_client_is_saved_and_does_the_rest(project: Project, staging: Platform) -> None:
    staging.has(stored("Twice", "https://a.example.com/cb"), stored("Twice", "https://b.example.com/cb"))
    project.declare(wanted("Twice"), wanted("One"))
    assert project.run("plan", "-o", "plan.json").code == 4
    assert project.run("apply", "plan.json").code == 4
    assert "One" in staging.clients()


def test_an_instance_that_is_down_leaves_the_file_alone(project: Project) -> None:
    project.configure({"down": at("http://127.0.0.1:9", timeout=1)})
    project.declare(wanted("One"))
    assert project.run("plan", "-o", "new.json").code == 1
    project.write("old.json", "as it was")
    assert project.run("plan", "-o", "old.json").code == 1
    assert (project.folder / "old.json").read_text() == "as it was"
    assert sorted(path.name for path in project.folder.iterdir()) == ["clients", "old.json", "reconciler.yaml"]


@pytest.mark.parametrize("target", ["clients", "nowhere/plan.json", "reconciler.yaml/plan.json", "x" * 300])
def test_a_plan_that_cannot_be_saved_leaves_nothing_behind(project: Project, staging: Platform, target: str) -> None:
    project.declare(wanted("One"))
    before = sorted(project.folder.rglob("*"))
    ended = project.run("plan", "-o", target)
    assert ended.code == 1
    assert "cannot write the plan to" in ended.only_error()
    assert sorted(project.folder.rglob("*")) == before


def test_a_plan_replaces_the_one_before(project: Project, staging: Platform, saved: Path) -> None:
    staging.has(stored("One"))
    assert project.run("plan", "-o", "plan.json").code == 0
    assert json.loads(saved.read_text())["counts"]["create"] == 0


def test_a_plan_is_written_through_a_link_and_into_a_pipe(project: Project, staging: Platform) -> None:
    project.declare(wanted("One"))
    (project.folder / "link.json").symlink_to("real.json")
    assert project.run("plan", "-o", "link.json").code == 0
    assert (project.folder / "link.json").is_symlink()
    assert json.loads((project.folder / "real.json").read_text())["kind"] == "saved-plan"
    os.mkfifo("pipe")
    reading = os.open("pipe", os.O_RDONLY | os.O_NONBLOCK)
    try:
        assert project.run("plan", "-o", "pipe").code == 0
        assert json.loads(os.read(reading, 65536))["kind"] == "saved-plan"
    finally:
        os.close(reading)
    assert stat.S_ISFIFO(os.stat("pipe").st_mode)


def test_the_command_that_applies_it_is_named_with_what_it_needs(project: Project, staging: Platform) -> None:
    project.declare(wanted("One"))
    flags = ("--config", "reconciler.yaml", "--clients", "clients", "--max-creates", "3")
    ended = project.run("plan", "-o", "my plan.json", *flags)
    assert "next:" not in ended.out
    assert "reconciler apply 'my plan.json' --max-creates 3\n" in ended.err
    assert project.run("plan", "-o", "plan.json", "--quiet").err == ""


def test_a_saved_plan_knows_no_secret(project: Project, staging: Platform, saved: Path) -> None:
    text = saved.read_text()
    assert staging.secrets()
    assert not [secret for secret in staging.secrets() if secret in text]


def test_a_saved_plan_whose_login_is_refused_ends_with_6(project: Project, staging: Platform, saved: Path) -> None:
    project.log_in_as("admin", "wrong")
    ended = project.run("apply", "plan.json")
    assert ended.code == 6
    ended.only_error()


def test_a_saved_plan_of_which_a_part_fails_ends_with_5(project: Project, tmp_path: Path) -> None:
    fault = Respond(On("POST", "/oauth/clients"), 422, '{"message": "no", "errors": {}}', "application/json")
    with platform(tmp_path / "picky.sqlite3", fault) as picky:
        project.configure({"staging": at(picky.url)})
        picky.has(stored("Two", "https://old.example.com/cb"), stored("Gone"))
        project.declare(wanted("One"), wanted("Two"), {"name": "Gone", "state": "absent"})
        assert project.run("plan", "-o", "plan.json").code == 0
        ended = project.run("apply", "plan.json")
        assert ended.code == 5
        assert "1 of 3 changes applied" in ended.out
        assert "next: reconciler plan --instance staging\n" in ended.out
        assert set(picky.clients()) == {"Two", "Gone"}


def test_json_beside_a_saved_plan_is_one_document(project: Project, staging: Platform) -> None:
    project.declare(wanted("One"))
    ended = project.run("plan", "-o", "plan.json", "--format", "json", "--detailed-exitcode")
    assert ended.code == 2
    assert ended.document["instances"][0]["counts"]["create"] == 1
    assert json.loads((project.folder / "plan.json").read_text())["counts"]["create"] == 1


def test_a_file_of_another_folder_is_applied_with_the_settings_here(
    project: Project, staging: Platform, saved: Path, tmp_path: Path
) -> None:
    saved.rename(tmp_path / "elsewhere.json")
    ended = process("apply", tmp_path / "elsewhere.json", env=environment())
    assert ended.returncode == 0, ended.stderr
