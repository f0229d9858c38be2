"""No output takes the place of a file that the run reads, of a secret's place, or of another output."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.cli.projects import Platform, Project, at, process, stored, wanted

WRONG = 64
AGE = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"
SINKS = [
    {"json": {"path": "secrets/all.json"}},
    {"dotenv": {"path": "secrets/{instance}.json", "only": ["X"]}},
    {"age": {"path": "keys/{instance}/{owner}/{name}.json"}},
    {"command": {"run": ["./store.json"], "only": ["X"]}},
]


_FILES = ("ca.json", "cert.json", "key.json", "box.json", "box.json-wal")


@pytest.fixture
def full(project: Project, staging: Platform) -> Project:
    """A project that names a file of every kind, each with JSON in it, and a folder `links` for what leads to them."""
    files = {"username_file": "user.json", "password_file": "pw.json"}
    instance: dict[str, object] = {"url": staging.url, "credentials": files, "ca_bundle": "ca.json", "sinks": SINKS}
    instance["client_certificate"] = {"certificate": "cert.json", "key": "key.json"}
    instances: dict[str, dict[str, object]] = {"staging": instance, "box": {"embedded": "box.json"}}
    project.write("user.json", "admin")
    project.write("pw.json", os.environ["PM_PASSWORD"])
    for name in (
        "ca.json",
        "cert.json",
        "key.json",
        "box.json",
        "box.json-wal",
        "secrets/all.json",
        "secrets/staging.json",
        "store.json",
    ):
        project.write(name, "{}").chmod(0o700)
    for name in ("keys/staging/team/one.json", "keys/staging/.manifest.json", ".reconciler/journal/staging/a.json"):
        project.write(name, "{}")
    owners = {"team": {"age": [AGE]}}
    project.configure(instances, default_instance="staging", owners=owners)
    project.write("clients/all.yaml", json.dumps({"clients": [wanted("One", owner="team")]}))
    project.write("links/.keep", "")
    return project


KEPT = {
    "reconciler.yaml": "the settings reconciler.yaml",
    "clients/all.yaml": "the declarations clients/all.yaml",
    "user.json": "`username_file` of staging",
    "pw.json": "`password_file` of staging",
    "ca.json": "`ca_bundle` of staging",
    "cert.json": "`certificate` of staging",
    "key.json": "`key` of staging",
    "box.json": "`embedded` of box",
    "box.json-wal": "a part of `embedded` of box",
    "secrets/all.json": "the sink secrets/all.json of staging",
    "secrets/staging.json": "the sink secrets/{instance}.json of staging",
    "keys/staging/team/one.json": "the sink keys/{instance}/{owner}/{name}.json of staging",
    "store.json": "./store.json, which a sink of staging runs",
}


def snapshot(folder: Path) -> Mapping[str, bytes]:
    """The content of every file."""
    return {str(each): each.read_bytes() for each in sorted(folder.rglob("*")) if each.is_file()}


def refused(project: Project, staging: Platform, *arguments: str) -> str:
    """The message of a command that is refused before anything was asked or written."""
    before = snapshot(project.folder)
    ended = project.run(*arguments)
    assert ended.code == WRONG, ended.out + ended.err
    assert snapshot(project.folder) == before
    assert staging.asked() == []
    return ended.only_error().removeprefix("error: ")


@pytest.mark.parametrize("name", KEPT)
def test_what_a_run_reads_is_not_overwritten_under_whatever_name(full: Project, staging: Platform, name: str) -> None:
    os.symlink(f"../{name}", full.folder / "links" / "soft.html")
    os.link(full.folder / name, full.folder / "links" / "hard.html")
    os.symlink(full.folder, full.folder.parent / "elsewhere")
    spellings = [
        name,
        f"links/../{name}",
        str(full.folder / name),
        str(full.folder.parent / "elsewhere" / name),
        "links/soft.html",
        "links/hard.html",
    ]
    for spelled in spellings:
        expected = f"{spelled} would overwrite {KEPT[name]}"
        assert refused(full, staging, "plan", "-o", spelled) == f"-o {expected}"
        assert refused(full, staging, "observe", "-o", spelled) == f"-o {expected}"
    for spelled in [each for each in spellings if each.endswith((".json", ".html"))]:
        expected = f"--report {spelled} would overwrite {KEPT[name]}"
        for command in (["plan"], ["apply", "-i", "staging", "--yes"], ["validate"]):
            assert refused(full, staging, *command, "--report", spelled) == expected
    for spelled in ("links/soft.html", "links/hard.html"):
        assert refused(full, staging, "history", "--report", spelled).startswith(f"--report {spelled} would overwrite ")


@pytest.mark.parametrize("name", ["clients/new.yaml", "clients/new.yml", "clients/deep/er/new.yaml", "clients/N.YML"])
def test_no_new_declarations_come_of_an_output(full: Project, staging: Platform, name: str) -> None:
    os.symlink("clients", full.folder / "same")
    os.symlink(full.folder / name, full.folder / "links" / "new.html")
    for spelled in (name, name.replace("clients", "same"), name.replace("clients", "links/../clients")):
        for command in ("plan", "observe"):
            said = refused(full, staging, command, "-o", spelled)
            assert said == f"-o {spelled} would be read as declarations: it is within clients"
    said = refused(full, staging, "plan", "--report", "links/new.html")
    assert said == "--report links/new.html would be read as declarations: it is within clients"


def test_declarations_that_a_link_leads_to_are_kept_as_well(full: Project, staging: Platform) -> None:
    full.write("shared/more.json", json.dumps({"clients": []}))
    os.symlink("../shared/more.json", full.folder / "clients" / "more.yaml")
    said = refused(full, staging, "plan", "--report", "shared/more.json")
    assert said == "--report shared/more.json would overwrite the declarations clients/more.yaml"


def test_other_folders_of_declarations_and_settings_count(full: Project, staging: Platform) -> None:
    os.rename(full.folder / "clients", full.folder / "other")
    os.rename(full.folder / "reconciler.yaml", full.folder / "settings.json")
    flags = ("-c", "settings.json", "--clients", "other")
    assert "settings settings.json" in refused(full, staging, "plan", *flags, "-o", "settings.json")
    assert "declarations other/all.yaml" in refused(full, staging, "plan", *flags, "-o", "other/all.yaml")
    assert "it is within other" in refused(full, staging, "plan", *flags, "-o", "other/new.yaml")


def test_the_journals_stay_among_themselves(full: Project, staging: Platform) -> None:
    inside = ".reconciler/journal/staging/plan.html"
    assert "would be among the journals" in refused(full, staging, "plan", "-o", inside)
    assert "would be among the journals" in refused(full, staging, "history", "--report", inside)
    assert refused(full, staging, "apply", "-i", "staging", "--yes", "--journal", "kept", "--report", "kept/a.md") == (
        "--report kept/a.md would be among the journals: it is within kept"
    )


@pytest.mark.parametrize(
    ("output", "what"),
    [("clients", "declarations"), (".reconciler/journal", "journals"), (".reconciler", "journals")],
)
def test_no_file_takes_the_place_of_a_folder_that_is_to_come(
    project: Project, staging: Platform, output: str, what: str
) -> None:
    said = refused(project, staging, "observe", "-o", output)
    assert said == f"-o {output} would take the place of the folder of the {what}"


def test_a_saved_plan_and_an_observation_are_kept_under_other_names(project: Project, staging: Platform) -> None:
    project.declare(wanted("One"))
    assert project.run("plan", "-o", "plan.json").code == 0
    assert project.run("observe", "-o", "live.json").code == 0
    os.link(project.folder / "plan.json", project.folder / "hard.json")
    os.symlink("live.json", project.folder / "soft.json")
    staging.log.requests.clear()
    assert refused(project, staging, "apply", "plan.json", "--report", "hard.json") == (
        "--report hard.json would overwrite the saved plan"
    )
    assert refused(project, staging, "plan", "--live", "live.json", "--report", "soft.json") == (
        "--report soft.json would overwrite the observation"
    )


def test_two_outputs_are_two_files(project: Project, staging: Platform) -> None:
    project.declare(wanted("One"))
    project.write("a.json", "")
    os.link(project.folder / "a.json", project.folder / "b.json")
    assert refused(project, staging, "plan", "--report", "a.json", "--report", "b.json") == (
        "--report b.json would overwrite --report a.json"
    )
    assert refused(project, staging, "plan", "-o", "a.json", "--report", "b.json") == (
        "--report b.json would overwrite the saved plan"
    )


@pytest.mark.parametrize("settings", ["{broken", "instances: {staging: {credentials: {password_file: pw.json}}}\n"])
def test_settings_that_are_invalid_still_name_their_files(full: Project, staging: Platform, settings: str) -> None:
    full.write("reconciler.yaml", f"# password_file: pw.json\n{settings}")
    said = refused(full, staging, "plan", "--report", "pw.json")
    assert said == "--report pw.json would overwrite pw.json, which reconciler.yaml names"
    assert full.run("plan", "--report", "new.json").code == 3
    assert (full.folder / "new.json").exists()


def test_descriptors_and_devices_are_written_to(project: Project, staging: Platform) -> None:
    project.declare(wanted("One"))
    shown = process("plan", "-o", "/dev/stdout", "--quiet").stdout
    assert '"kind": "saved-plan"' in shown
    with (project.folder / "out").open("w") as out:
        assert process("plan", "-o", "/dev/stdout", "--quiet", stdout=out).returncode == 0
    text = (project.folder / "out").read_text()
    assert "create" in text.partition('"kind": "saved-plan"')[0], "what was shown before is still there"
    reading, writing = os.pipe()
    done = process("plan", "-o", f"/dev/fd/{writing}", pass_fds=[writing])
    os.close(writing)
    with open(reading) as pipe:
        assert (done.returncode, json.load(pipe)["kind"]) == (0, "saved-plan")
    assert project.run("plan", "-o", "/dev/null").code == 0
    assert project.run("observe", "-o", "/dev/null").code == 0
    os.symlink("/dev/stderr", project.folder / "log.md")
    assert "# reconciler" in process("plan", "--report", "log.md").stderr


def test_a_descriptor_that_is_not_open_is_an_error(project: Project, staging: Platform) -> None:
    project.declare(wanted("One"))
    ended = project.run("plan", "-o", "/dev/fd/987")
    assert (ended.code, ended.only_error()) == (
        1,
        "error: cannot write the plan to /dev/fd/987: bad file descriptor",
    )


def test_what_writes_declarations_writes_where_it_is_told(project: Project, staging: Platform) -> None:
    staging.has(stored("One"))
    project.declare()
    assert project.run("export", "-i", "staging", "-o", "clients/all.yaml", "--force").code == 0
    project.declare()
    assert project.run("export", "-i", "staging", "-o", "clients/new.yaml").code == 0
    assert project.run("schema", "--write", "clients").code == 0
    assert project.run("fmt").code == 0


def _configured(project: Project, staging: Platform, sink: Mapping[str, object]) -> None:
    files = {"username_file": "user.txt", "password_file": "pw.txt"}
    project.write("user.txt", "admin").chmod(0o600)
    project.write("pw.txt", os.environ["PM_PASSWORD"]).chmod(0o600)
    owners = {"clients": {"age": [AGE]}}
    project.configure({"staging": {"url": staging.url, "credentials": files, "sinks": [sink]}}, owners=owners)
    (project.folder / "reconciler.yaml").chmod(0o600)
    project.write("clients/all.yaml", json.dumps({"clients": [wanted("One", owner="clients")]})).chmod(0o600)


@pytest.mark.parametrize(
    ("sink", "said"),
    [
        ({"dotenv": {"path": "reconciler.yaml"}}, "would overwrite the settings reconciler.yaml"),
        ({"json": {"path": "./clients/../reconciler.yaml"}}, "would overwrite the settings reconciler.yaml"),
        ({"dotenv": {"path": "clients/all.yaml"}}, "would overwrite the declarations clients/all.yaml"),
        ({"dotenv": {"path": "clients/new.yaml"}}, "would be read as declarations: it is within clients"),
        ({"dotenv": {"path": "pw.txt"}}, "would overwrite `password_file` of staging"),
        ({"dotenv": {"path": "hard"}}, "would overwrite `password_file` of staging"),
        ({"json": {"path": "soft"}}, "would overwrite `password_file` of staging"),
        ({"json": {"path": ".reconciler/journal/all.json"}}, "would be among the journals"),
        ({"age": {"path": "clients/{name}.yaml"}}, "would overwrite the declarations clients/all.yaml"),
        ({"age": {"path": "clients/{name}/a.yml"}}, "would be read as declarations: it is within clients"),
        ({"age": {"path": "{owner}/new-{name}.yaml"}}, "would be read as declarations: it is within clients"),
        ({"age": {"path": "{name}.txt"}}, "would overwrite `username_file` of staging"),
    ],
    ids=lambda value: json.dumps(value) if isinstance(value, dict) else "",
)
def test_a_sink_obeys_the_same(project: Project, staging: Platform, sink: Mapping[str, object], said: str) -> None:
    _configured(project, staging, sink)
    os.link(project.folder / "pw.txt", project.folder / "hard")
    os.symlink("pw.txt", project.folder / "soft")
    for command in (["plan"], ["apply", "-i", "staging", "--yes"], ["secrets", "deliver", "-i", "staging"]):
        message = refused(project, staging, *command)
        assert message.startswith("the sink "), message
        assert said in message


def test_so_does_the_sink_of_a_saved_plan_and_of_a_rollback(project: Project, staging: Platform) -> None:
    project.configure({"staging": at(staging.url)})
    project.declare(wanted("One"))
    assert project.run("plan", "-o", "plan.json").code == 0
    assert project.run("apply", "plan.json").code == 0
    project.configure({"staging": at(staging.url, sinks=[{"json": {"path": "plan.json"}}])})
    staging.log.requests.clear()
    said = refused(project, staging, "apply", "plan.json")
    assert said == "the sink plan.json of staging would overwrite the saved plan"
    run = project.run("history").out.split()[0]
    project.configure({"staging": at(staging.url, sinks=[{"json": {"path": "reconciler.yaml"}}])})
    said = refused(project, staging, "rollback", run, "--apply", "--yes")
    assert said == "the sink reconciler.yaml of staging would overwrite the settings reconciler.yaml"


def test_outputs_and_sinks_with_places_of_their_own_are_left_alone(project: Project, staging: Platform) -> None:
    _configured(project, staging, {"age": {"path": "keys/{instance}/{owner}/{name}.age"}})
    assert project.run("plan", "-o", "keys/plan.json", "--report", "keys/staging/clients/plan.md").code == 0
    assert project.run("plan", "-o", "keys/plan.json", "--report", "clients/plan.md").code == 0
    assert project.run("apply", "keys/plan.json", "--report", ".reconciler/apply.html").code == 0
    assert project.run("history", "--report", "history.html").code == 0


def test_settings_that_no_system_takes_for_a_path_are_no_bug(project: Project, staging: Platform) -> None:
    files = {"username_env": "PM_USER", "password_file": "a\0b"}
    sinks = [{"command": {"run": ["sh", "-c", "true " * 2000]}}, {"json": {"path": "x" * 300}}]
    project.configure({"staging": {"url": staging.url, "credentials": files, "sinks": sinks}})
    project.declare(wanted("One"))
    for arguments in (["plan"], ["plan", "-o", "plan.json"], ["plan", "--report", "x" * 300 + ".md"]):
        assert "bug" not in project.run(*arguments).err


@pytest.mark.parametrize(
    ("one", "other"), [("plan.md", "Plan.MD"), ("\u00e9.md", "e\u0301.md"), ("\u00c9.md", "e\u0301.md")]
)
def test_two_new_outputs_differ_by_more_than_case(project: Project, staging: Platform, one: str, other: str) -> None:
    """Many disks have one file for both."""
    project.declare(wanted("One"))
    said = refused(project, staging, "plan", "--report", one, "--report", other)
    assert said.startswith("--report ")
    assert f"would overwrite --report {one}" in said.encode().decode()


@pytest.mark.parametrize(
    "path", ["clients/box.yaml", "clients/deep/box.sqlite3", "x/../clients/b.yml", ".git/config", "a/.GIT/b"]
)
def test_no_database_is_made_among_declarations_or_gits_own_files(project: Project, path: str) -> None:
    project.configure({"box": {"embedded": path}})
    project.declare(wanted("One"))
    (project.folder / "clients" / "deep").mkdir()
    before = snapshot(project.folder)
    ended = project.run("apply", "-i", "box", "--yes")
    assert ended.code == 3
    assert "would be read by others; give another path: .reconciler/sandbox.sqlite3 [embedded-path]" in ended.err
    assert snapshot(project.folder) == before
