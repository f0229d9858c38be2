"""`validate`: every problem at once, and PATH as a filter that never makes an unread file look valid."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.projects import Project, at, process, wanted

SOUND = json.dumps({"clients": [wanted("One")]})
UNSOUND = "clients:\n  - name: Two\n    grnts: {}\n"


@pytest.fixture
def project(project: Project) -> Project:
    """A project with a sound file and one that has two errors."""
    project.configure({"staging": at("https://staging.example.com")})
    project.write("clients/sound.yaml", SOUND)
    project.write("clients/unsound.yaml", UNSOUND)
    return project


def test_every_problem_has_its_place_and_a_way_out(project: Project) -> None:
    project.write("clients/third.yaml", "clients:\n  - nme: Three\n    state: absent\n")
    ended = project.run("validate")
    assert ended.code == 3
    assert "clients/unsound.yaml:3:5: error: unknown key 'grnts'; did you mean 'grants'? [schema]\n" in ended.out
    assert "clients/third.yaml:2:5: error: unknown key 'nme'; did you mean 'name'? [schema]\n" in ended.out
    assert ended.err.startswith("invalid: ")


def test_sound_files_are_counted_on_stderr(project: Project) -> None:
    (project.folder / "clients/unsound.yaml").unlink()
    ended = project.run("validate")
    assert (ended.code, ended.out, ended.err) == (0, "", "valid: 1 client, 1 instance\n")


def test_clients_are_counted_as_export_counts_them(project: Project, tmp_path: Path) -> None:
    """One for each instance, and the entries that declare them: fewer numbers would look as if some were lost."""
    for file in ("sound", "unsound"):
        (project.folder / f"clients/{file}.yaml").unlink()
    project.configure({name: {"embedded": f"{name}.sqlite3"} for name in ("a", "b", "c")})
    project.declare(wanted("One"), wanted("Two", instances=["a", "b"]))
    assert project.run("validate").err == "valid: 5 clients on 3 instances, in 2 entries\n"
    for name in ("a", "b", "c"):
        assert project.run("apply", "-i", name, "--yes").code == 0
    exported = project.run("export", "-i", "a", "-i", "b", "-i", "c", "-o", str(tmp_path / "all.yaml")).err
    assert "exported 5 clients of a, b and c, in 2 entries\n" in exported


def test_quiet_says_nothing_about_sound_files(project: Project) -> None:
    (project.folder / "clients/unsound.yaml").unlink()
    ended = project.run("validate", "--quiet")
    assert (ended.code, ended.out, ended.err) == (0, "", "")


def test_a_sound_path_passes_and_tells_of_errors_elsewhere(project: Project) -> None:
    """A pre-commit hook checks what a commit changes, and nobody takes that for the whole."""
    ended = project.run("validate", "clients/sound.yaml")
    assert (ended.code, ended.out) == (0, "")
    assert "elsewhere" in ended.err
    assert "reconciler validate" in ended.err


def test_an_unsound_path_fails(project: Project) -> None:
    ended = project.run("validate", "clients/sound.yaml", "clients/unsound.yaml")
    assert ended.code == 3
    assert "clients/unsound.yaml:3:5" in ended.out


def test_a_path_limits_what_is_reported(project: Project) -> None:
    project.write("clients/deep/third.yaml", UNSOUND)
    ended = project.run("validate", "clients/deep")
    assert {line.partition(":")[0] for line in ended.out.splitlines()} == {"clients/deep/third.yaml"}


def test_a_path_means_the_same_file_however_it_is_written(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    (project.folder / "linked").symlink_to("clients")
    monkeypatch.chdir(project.folder / "clients")
    for path in ("unsound.yaml", "../clients/unsound.yaml", project.folder / "linked" / "unsound.yaml"):
        assert project.run("validate", "--config", "../reconciler.yaml", path).code == 3, path


def test_errors_of_the_configuration_are_reported_whatever_the_path(project: Project) -> None:
    """Without the configuration no rule can be judged, so no file can pass."""
    project.write("reconciler.yaml", "instances: {staging: {ulr: x}}\n")
    ended = project.run("validate", "clients/sound.yaml")
    assert ended.code == 3
    assert {line.partition(":")[0] for line in ended.out.splitlines()} == {"reconciler.yaml"}


def test_a_path_that_does_not_exist_is_wrong_usage(project: Project) -> None:
    ended = project.run("validate", "clients/tpyo.yaml")
    assert ended.code == 64
    assert "clients/tpyo.yaml" in ended.only_error()


def test_a_path_that_would_not_be_read_is_wrong_usage(project: Project) -> None:
    """Otherwise it would look valid."""
    project.write("elsewhere/clients.yaml", UNSOUND)
    ended = project.run("validate", "elsewhere/clients.yaml")
    assert ended.code == 64
    assert "would not be read" in ended.only_error()
    assert "--clients" in ended.err


def test_json_is_one_document_with_every_problem(project: Project) -> None:
    ended = project.run("validate", "--format", "json")
    assert ended.code == 3
    document = ended.document
    assert (document["kind"], document["counts"]["errors"]) == ("validate", len(document["diagnostics"]))
    assert {each["location"]["path"] for each in document["diagnostics"]} == {"clients/unsound.yaml"}


def test_json_of_sound_files_is_a_document_too(project: Project) -> None:
    (project.folder / "clients/unsound.yaml").unlink()
    ended = project.run("validate", "--format", "json")
    assert (ended.code, ended.document["diagnostics"]) == (0, [])


def test_warnings_do_not_fail(project: Project) -> None:
    (project.folder / "clients/unsound.yaml").unlink()
    project.write("clients/notes.txt", "a note")
    ended = project.run("validate")
    assert ended.code == 0
    assert "clients/notes.txt:1:1: warning: " in ended.out
    assert ended.err == "valid: 1 client, 1 instance; 1 warning\n"


def test_files_are_found_from_another_folder(project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for config in (project.folder / "reconciler.yaml", Path("project/reconciler.yaml")):
        ended = project.run("validate", "--config", config)
        assert ended.code == 3
        assert f"{config.parent}/clients/unsound.yaml:3:5" in ended.out


def test_the_wrong_folder_is_one_message(project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    monkeypatch.chdir(empty)
    ended = project.run("validate")
    assert ended.code == 3
    assert ended.out.count("\n") == 1
    assert "reconciler.yaml" in ended.out
    assert "--config" in ended.out


@pytest.mark.parametrize("name", ["", "x" * 300, "a\x1b[31mb", "folder"])
def test_a_configuration_that_cannot_be_is_said_in_words(project: Project, name: str) -> None:
    (project.folder / "folder").mkdir()
    ended = project.run("plan", "--config", name, "--clients", "clients")
    assert ended.code == 3
    assert "this is a bug" not in ended.err
    assert "\x1b" not in ended.err


def test_a_name_of_a_file_cannot_forge_a_message(project: Project) -> None:
    """A pull request may bring files of any name; their names end up in the log of a pipeline."""
    project.write("clients/x\nclients:1:1: error: forged\x1b[2J.yaml", UNSOUND)
    ended = project.run("validate")
    assert "\x1b" not in ended.out
    assert not any(line.startswith("clients:1:1: error: forged") for line in ended.out.splitlines())


def test_no_credentials_and_no_instance_are_needed(project: Project) -> None:
    project.environ.delenv("PM_USER")
    project.environ.delenv("PM_PASSWORD")
    (project.folder / "clients/unsound.yaml").unlink()
    assert process("validate").returncode == 0


@pytest.mark.parametrize(
    "other", ["sub/../.env", "./sub/.././.env", "{folder}/.env", "{folder}/sub/../.env", "link/.env", "x//../.ENV"]
)
def test_two_spellings_of_one_sink_file_are_one_file(project: Project, other: str) -> None:
    (project.folder / "link").symlink_to(project.folder)
    paths = {"one": ".env", "two": other.format(folder=project.folder)}
    project.configure(
        {name: {"embedded": f"{name}.sqlite3", "sinks": [{"dotenv": {"path": path}}]} for name, path in paths.items()}
    )
    project.declare(wanted("One"))
    ended = project.run("validate")
    assert ended.code == 3
    assert "one and two would write the same file" in ended.out + ended.err


def test_personal_access_can_be_allowed_where_a_label_is(project: Project) -> None:
    (project.folder / "clients/unsound.yaml").unlink()
    project.declare(wanted("One", grants={"personal_access_token": {"justification": "Notebooks"}}))
    project.write(
        "reconciler.yaml",
        "policy: {deny_personal_access_outside: ['label:trial*']}\n"
        "instances:\n  a: {embedded: a.sqlite3, labels: [trials]}\n  trial-b: {embedded: b.sqlite3}\n",
    )
    ended = project.run("validate")
    assert (ended.code, ended.out.count("[personal-access-denied]")) == (3, 1)
    assert "(on trial-b); remove the grant, or declare the client for 'label:trial*' only" in ended.out
    project.write(
        "reconciler.yaml",
        "policy: {deny_personal_access_outside: ['label:trails']}\n"
        "instances:\n  a: {embedded: a.sqlite3, labels: [trials]}\n",
    )
    said = (
        "reconciler.yaml:1:41: error: no instance is called or matched by 'label:trails'; did you mean 'label:trials'?"
    )
    assert said in project.run("validate").out
