"""What a newcomer types on the first day, and what each answer leads to."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from reconciler.model.clients import ClientSpec, Grant
from tests.cli.projects import Platform, Project, at, platform, stored, wanted
from tests.declared.git.repositories import repository

PASSWORD = frozenset({Grant.PASSWORD})


@pytest.fixture
def live(project: Project, tmp_path: Path) -> Iterator[Platform]:
    with platform(tmp_path / "live.sqlite3") as served:
        project.configure({"eu-1": at(served.url)})
        project.log_in_as("admin")
        yield served


@pytest.mark.parametrize("folder", [False, True])
def test_the_doctor_leads_from_an_empty_folder_to_an_export(project: Project, live: Platform, folder: bool) -> None:
    if folder:
        (project.folder / "clients").mkdir()
    ended = project.run("doctor")
    assert ended.code == 0
    assert "info     nothing is declared yet [nothing-declared]" in ended.out
    assert "invalid" not in ended.out
    assert ended.out.endswith("next: reconciler export --instance eu-1 -o clients/eu-1.yaml\n")
    exported = project.run("export", "--instance", "eu-1", "-o", "clients/eu-1.yaml")
    assert exported.code == 0
    assert project.run("plan", "--instance", "eu-1").code == 0


def test_without_a_login_the_doctor_says_nothing_of_declarations(project: Project, live: Platform) -> None:
    assert "declared" not in project.run("doctor", "--no-login").out


@pytest.mark.parametrize("folder", [False, True])
def test_an_update_makes_the_first_file(project: Project, live: Platform, folder: bool) -> None:
    live.has(ClientSpec("Nightly", PASSWORD))
    if folder:
        (project.folder / "clients").mkdir()
    ended = project.run("export", "--update", "--instance", "eu-1")
    assert "added 1 client to clients/eu-1.yaml" in ended.err
    assert (project.folder / "clients/eu-1.yaml").read_text().startswith("# yaml-language-server: $schema=")


def test_an_update_makes_no_folder_of_a_misspelt_name(project: Project, live: Platform) -> None:
    live.has(ClientSpec("Nightly", PASSWORD))
    ended = project.run("export", "--update", "--instance", "eu-1", "--clients", "cleints")
    assert ended.code == 3
    assert not (project.folder / "cleints").exists()


def test_duplicates_are_shown_once_and_not_proposed_for_export(project: Project, live: Platform) -> None:
    live.has(ClientSpec("Twice", PASSWORD), ClientSpec("Twice", PASSWORD))
    project.declare()
    out = project.run("plan", "--instance", "eu-1").out
    assert out.count("2 live clients have this name") == 1
    assert "pin one with `ids:`, or remove the others on the Auth Clients page" in out
    assert "to declare" not in out
    live.has(ClientSpec("Single", PASSWORD))
    assert "1 live, and not declared; to declare it: " in project.run("plan", "--instance", "eu-1").out


def test_warnings_are_counted_unless_somebody_wants_them(project: Project, live: Platform) -> None:
    project.declare()
    project.write("clients/notes.txt", "not read")
    plain = project.run("plan", "--instance", "eu-1")
    assert plain.err == "1 warning in the files: reconciler validate\n"
    assert "clients/notes.txt:1:1: warning: " in project.run("plan", "--instance", "eu-1", "-v").err


def test_an_error_is_not_buried_in_warnings(project: Project, live: Platform) -> None:
    project.write("clients/all.yaml", "clients: [{name: 5}]")
    project.write("clients/notes.txt", "not read")
    err = project.run("plan", "--instance", "eu-1").err
    assert "clients/all.yaml:1:" in err
    assert "notes.txt" not in err
    assert "1 warning in the files: reconciler validate\n" in err


def test_accepting_what_nobody_knows_is_wrong_usage(project: Project, live: Platform) -> None:
    live.has(ClientSpec("Customer portal", PASSWORD))
    project.declare()
    ended = project.run("export", "--update", "--instance", "eu-1", "--accept", "Customr portal")
    assert ended.code == 64
    assert "did you mean 'Customer portal'?" in ended.err


def test_in_a_subfolder_it_says_where_the_settings_are(
    project: Project, live: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    below = project.folder / "clients" / "eu"
    below.mkdir(parents=True)
    monkeypatch.chdir(below)
    ended = project.run("plan")
    assert ended.code == 3
    assert "it is in ../..: run there, or --config ../../reconciler.yaml" in ended.err
    assert "declarations are invalid" not in ended.err


@pytest.mark.parametrize("typed", ["apply", "fmt", "history", "history last", "rollback last", "secrets deliver"])
def test_in_a_subfolder_no_command_speaks_of_another_project(
    project: Project, live: Platform, monkeypatch: pytest.MonkeyPatch, typed: str
) -> None:
    (project.folder / "clients").mkdir()
    monkeypatch.chdir(project.folder / "clients")
    ended = project.run(*typed.split())
    assert ended.code == 3
    assert "it is in ..: run there, or --config ../reconciler.yaml" in ended.only_error() + ended.err


@pytest.mark.parametrize(
    ("there", "typed", "said"),
    [
        ("reconciler.yml", "plan", "rename reconciler.yml to reconciler.yaml, or name it: --config reconciler.yml"),
        ("reconciler.yaml", "plan -c reconcilr.yaml", "did you mean reconciler.yaml? It is the default"),
        ("a b/reconciler.yaml", "fmt", "did you mean --config 'a b/reconciler.yaml'? To start a project here"),
        ("reconciler.yaml/x", "plan", "move it away, and start again: reconciler init"),
        ("clients/x.yml", "validate clients/x.yaml", "did you mean 'clients/x.yml'?"),
        ("x", "validate nowhere", "leave it out for all files"),
    ],
)
def test_a_file_that_is_not_there_leads_to_the_one_that_was_meant(
    project: Project, there: str, typed: str, said: str
) -> None:
    project.write(there, "instances: {}")
    ended = project.run(*typed.split())
    assert ended.code in (3, 64)
    ended.only_error()
    assert said in ended.err


@pytest.mark.parametrize("text", ["", "# soon\n", "instances: {}\n", "protected: []\n"])
def test_settings_without_an_instance_lead_to_its_lines(project: Project, text: str) -> None:
    project.write("reconciler.yaml", text)
    ended = project.run("plan")
    assert ended.code == 3
    assert len([line for line in ended.errors if line.startswith("reconciler.yaml:")]) == 1
    assert "`reconciler init --url URL` prints" in ended.err
    assert "clients" not in ended.err
    another = ("init", "--url", "https://acme.example.com")
    lines = project.run(*another)
    assert lines.code == 4
    assert "has no instance yet" in lines.only_error()
    assert (project.folder / "reconciler.yaml").read_text() == text
    project.write("reconciler.yaml", text.replace("instances: {}\n", "") + lines.out)
    assert project.run(*another).code == project.run("validate").code == 0


def test_a_folder_for_the_settings_is_called_one(project: Project, live: Platform) -> None:
    folder = project.folder / "sub"
    folder.mkdir()
    ended = project.run("plan", "--config", "sub")
    assert ended.code == 3
    assert ended.err == "sub:1:1: error: this is a directory; name the file: --config sub/reconciler.yaml [file]\n"


@pytest.mark.parametrize("command", ["plan", "apply"])
def test_an_instance_where_none_belongs_leads_to_its_flag(project: Project, live: Platform, command: str) -> None:
    ended = project.run(command, "eu-1")
    assert ended.code == 64
    assert "--instance eu-1" in ended.err


def test_without_a_terminal_an_apply_says_all_that_it_needs(project: Project, live: Platform) -> None:
    ended = project.run("apply")
    assert ended.code == 64
    assert "add --yes, once you have read: reconciler plan" in ended.err  # there is only one instance
    project.configure({"eu-1": at(live.url), "eu-2": at(f"{live.url}/two")})
    assert (
        "add --yes, and --instance NAME or --all, once you have read: reconciler plan --all\n"
        in project.run("apply").err
    )


@pytest.mark.parametrize(
    "flags", [("--setting", "foo=1"), ("--host", "0.0.0.0"), ("--platform", "4.16"), ("--upgraded",)]
)
def test_a_sandbox_of_impossible_settings_is_wrong_usage(project: Project, flags: tuple[str, ...]) -> None:
    assert project.run("sandbox", "serve", "--port", "0", *flags).code == 64


@pytest.mark.parametrize("command", ["plan", "doctor", "export", "fmt", "instances", "validate"])
def test_where_there_is_no_project_every_command_leads_to_its_first_file(project: Project, command: str) -> None:
    ended = project.run(command)
    assert ended.code == 3
    assert "reconciler init" in ended.err + ended.out


@pytest.mark.parametrize("folder", [False, True])
def test_a_plan_of_nothing_leads_to_the_first_declarations(project: Project, live: Platform, folder: bool) -> None:
    if folder:
        (project.folder / "clients").mkdir()
    ended = project.run("plan")
    assert ended.code == 3
    assert ended.only_error().startswith("error: nothing is declared yet: clients: ")
    assert "reconciler export -o clients/NAME.yaml writes what is live, reconciler init a first file" in ended.err
    assert live.asked() == []
    assert project.run("init").code == 0
    assert "nothing to do" in project.run("plan").out


def test_no_command_is_proposed_for_what_it_cannot_do(project: Project, live: Platform) -> None:
    live.has(ClientSpec("tab\tname", PASSWORD), stored("Nowhere", "portal.example.com/cb"))
    project.declare()
    out = project.run("plan").out
    assert "(id 6): no entry can have this name: correct it on the Auth Clients page" in out
    assert "(id 7): no entry can have its redirect URL: correct it on the Auth Clients page" in out
    assert "to declare" not in out
    live.has(ClientSpec("Single", PASSWORD))
    assert "1 live, and not declared; to declare it: " in project.run("plan").out


def test_the_first_update_of_a_hand_made_client_says_what_it_overwrites(project: Project, live: Platform) -> None:
    live.has(stored("Portal", "https://hand.example.com/cb"), stored("Same"))
    project.declare(wanted("Portal"), wanted("Same"))
    text = "adopts client 6, and overwrites redirect_url"
    assert f"! {text}; no apply to this instance is known here" in project.run("plan").out
    applied = project.run("apply", "--yes", "--format", "json").document
    assert [risk["code"] for risk in applied["instances"][0]["changes"][0]["risks"]] == ["adopts", "redirect-host"]
    live.change("Portal", stored("Portal", "https://night.example.com/cb"))
    assert "adopts" not in project.run("plan").out


def test_after_an_apply_a_client_that_it_was_not_of_is_still_adopted(project: Project, live: Platform) -> None:
    """Whoever starts with one client must see what becomes of the next."""
    hand = "https://hand.example.com/cb"
    live.has(stored("One", hand), stored("Two", hand), stored("Three", hand))
    project.declare(wanted("One"), wanted("Two"))
    assert project.run("apply", "--yes", "--only", "One").code == 0
    text = "adopts client 7, and overwrites redirect_url; no apply that is known here declared it"
    assert text in project.run("plan").out
    assert text in project.run("apply", "--yes").out
    live.change("Two", stored("Two", "https://night.example.com/cb"))
    assert "adopts" not in project.run("plan").out
    project.declare(wanted("One"), wanted("Two"), wanted("Three"))
    assert project.run("plan").out.count("adopts client 8") == 1


def test_after_a_complete_apply_what_its_commit_declared_is_not_adopted_again(project: Project, live: Platform) -> None:
    live.has(stored("Portal"), stored("Late", "https://hand.example.com/cb"))
    declared = json.dumps({"clients": [wanted("Portal")]})
    repository(
        project.folder,
        {"clients/all.yaml": declared, "reconciler.yaml": (project.folder / "reconciler.yaml").read_text()},
    )
    assert project.run("apply", "--yes").code == 0, "in sync: nothing is written, and the commit is recorded"
    live.change("Portal", stored("Portal", "https://night.example.com/cb"))
    project.declare(wanted("Portal"), wanted("Late"))
    out = project.run("plan").out
    assert "adopts client 7, and overwrites redirect_url; no apply that is known here declared it" in out
    assert "adopts client 6" not in out


def test_with_a_base_only_what_it_does_not_declare_is_adopted(project: Project, live: Platform) -> None:
    repository(project.folder, {"clients/all.yaml": json.dumps({"clients": [wanted("Old")]})})
    live.has(stored("Portal", "https://hand.example.com/cb"), stored("Old", "https://hand.example.com/cb"))
    project.declare(wanted("Portal"), wanted("New", previous_names=["Old"]))
    plan = project.run("plan", "--base", "HEAD", "--on-drift", "revert", "--format", "json").document
    changes = {
        change["name"]: [risk["message"] for risk in change["risks"]] for change in plan["instances"][0]["changes"]
    }
    assert "adopts client 6, and overwrites redirect_url; the base does not declare it" in changes["Portal"]
    assert not any("adopts" in message for message in changes["New"])


@pytest.mark.parametrize("declarable", [False, True])
def test_what_an_export_writes_is_in_its_canonical_form(project: Project, live: Platform, declarable: bool) -> None:
    live.has(ClientSpec("tab\tname", PASSWORD), ClientSpec("Twice", PASSWORD), ClientSpec("Twice", PASSWORD))
    if declarable:
        urls = ("https://a.example.com/a", "http://b.example.com/b")
        live.has(ClientSpec("All of them", frozenset(Grant), urls), stored("yes", "https://x.example.com/${y}"))
    assert project.run("export", "-o", "clients/live.yaml").code == 0
    text = (project.folder / "clients/live.yaml").read_text()
    project.run("fmt")
    assert (project.folder / "clients/live.yaml").read_text() == text
    assert ("clients: []" in text) != declarable


def test_an_export_declares_no_client_a_second_time(project: Project, live: Platform) -> None:
    live.has(stored("Portal"), stored("Nightly"))
    project.declare(wanted("Portal"))
    again = project.run("export", "-o", "clients/live.yaml")
    assert again.code == 4
    assert "1 client of this export would be declared twice: 'Portal' is at clients/all.yaml:1" in again.only_error()
    assert not (project.folder / "clients/live.yaml").exists()
    assert project.run("export", "-o", "clients/all.yaml", "--force").code == 0
    project.declare(wanted("Portal"))
    printed = project.run("export")
    assert "what is not declared there yet: reconciler export --instance eu-1 --update" in printed.err
    assert project.run("export", "--instance", "eu-1", "--update").code == 0
    assert "nothing to do · 2 in sync" in project.run("plan").out


def test_a_name_that_looks_like_a_declared_one_and_fits_no_entry_is_not_proposed(
    project: Project, live: Platform
) -> None:
    live.has(ClientSpec("tab\tname", PASSWORD), ClientSpec("tab\u200bname", PASSWORD))
    project.declare(wanted("tab\u200bname", grants={"password": True}))
    out = project.run("plan").out
    assert "names must match exactly; no entry can have this name" in out
    assert "to declare" not in out


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("plan -i eu-1,eu-2", "write the flag for each: --instance eu-1 --instance eu-2"),
        ("plan -i eu-1 --only One,Two", "write the flag for each: --only One --only Two"),
        ("plan -i eu-1,eu-3", "did you mean"),
        ("history latest", "the newest is "),
        ("rollback last -c reconciler.yaml", "list them: reconciler history\n"),
    ],
)
def test_several_values_after_one_flag_and_runs_that_are_not_named_so(
    project: Project, live: Platform, typed: str, said: str
) -> None:
    project.configure({"eu-1": at(live.url), "eu-2": at(f"{live.url}/two")})
    project.declare(wanted("One", instances=["eu-1"]), wanted("Two", instances=["eu-1"]))
    if not typed.startswith("plan"):
        assert project.run("apply", "-i", "eu-1", "--yes").code == 0
    ended = project.run(*typed.split())
    assert ended.code != 0
    assert said in ended.only_error() + ended.err
