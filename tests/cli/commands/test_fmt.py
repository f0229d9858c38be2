"""`fmt` as a user, an editor or a hook calls it."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from reconciler.model.clients import ClientSpec, Grant
from tests.cli.projects import SECONDS, Platform, Project, command, stored

SLOPPY = "clients: [{grants: {password: true}, name: 'A'}]   # all of them"
TIDY = 'clients:  # all of them\n  - name: "A"\n    grants: {password: true}\n'
SETTINGS = "instances:\n  box:\n    embedded: box.sqlite3\n"


@pytest.fixture
def sloppy(project: Project) -> Project:
    """A project with one file that is not canonical, and one that is."""
    project.write("reconciler.yaml", SETTINGS)
    project.write("clients/sloppy.yaml", SLOPPY)
    project.write("clients/tidy.yaml", TIDY.replace('"A"', "B"))
    return project


def test_files_are_written_and_named(sloppy: Project) -> None:
    ended = sloppy.run("fmt")
    assert (ended.code, ended.out) == (0, "clients/sloppy.yaml\n")
    assert ended.err == "files: 1 formatted, 2 unchanged\n"
    assert (sloppy.folder / "clients/sloppy.yaml").read_text() == TIDY
    ended = sloppy.run("fmt")
    assert (ended.code, ended.out, ended.err) == (0, "", "files: 3 unchanged\n")


def test_check_writes_nothing_and_exits_1(sloppy: Project) -> None:
    ended = sloppy.run("fmt", "--check")
    assert (ended.code, ended.out) == (1, "clients/sloppy.yaml\n")
    assert ended.err == "files: 1 would change, 2 unchanged; to write them: reconciler fmt\n"
    assert (sloppy.folder / "clients/sloppy.yaml").read_text() == SLOPPY


def test_diff_shows_what_would_change_and_what_hides(sloppy: Project) -> None:
    sloppy.write("clients/tidy.yaml", "clients: []\r\n")
    ended = sloppy.run("fmt", "--diff")
    assert ended.code == 1
    assert ended.out.startswith("--- clients/sloppy.yaml\n+++ clients/sloppy.yaml\n@@ ")
    assert f"\n-{SLOPPY}\n-(no line feed at the end)\n+clients:  # all of them\n" in ended.out
    assert "\n-clients: []\\u{d}\n+clients: []\n" in ended.out
    assert (sloppy.folder / "clients/sloppy.yaml").read_text() == SLOPPY


def test_a_file_with_errors_is_reported_with_its_place_and_the_others_are_formatted(sloppy: Project) -> None:
    sloppy.write("clients/broken.yaml", 'clients:\n  - name: "A\n')
    ended = sloppy.run("fmt")
    assert (ended.code, ended.out) == (3, "clients/sloppy.yaml\n")
    assert ended.err.startswith("clients/broken.yaml:2:11: error: the quote that opens here is never closed")
    assert (sloppy.folder / "clients/broken.yaml").read_text() == 'clients:\n  - name: "A\n'


def test_what_has_no_safe_form_stays_as_it_is_and_says_why(sloppy: Project) -> None:
    sloppy.write("clients/tidy.yaml", "%YAML 1.1\n---\nclients: []\n")
    ended = sloppy.run("fmt")
    assert (ended.code, ended.out) == (4, "clients/sloppy.yaml\n")
    assert "error: clients/tidy.yaml was not changed: it starts with a directive" in ended.err


def test_paths_limit_what_is_formatted(sloppy: Project) -> None:
    assert sloppy.run("fmt", "--check", "clients/tidy.yaml").code == 0
    assert sloppy.run("fmt", "--check", "reconciler.yaml", "clients/tidy.yaml").code == 0
    assert sloppy.run("fmt", "--check", "clients").code == 1
    assert sloppy.run("fmt", "--check", ".").code == 1


@pytest.mark.parametrize("path", ["clients/notes.md", "clients/.hidden.yaml", "other.yaml", "nope.yaml"])
def test_no_file_looks_formatted_because_nobody_read_it(sloppy: Project, path: str) -> None:
    if path != "nope.yaml":
        sloppy.write(path, SLOPPY)
    ended = sloppy.run("fmt", path)
    assert ended.code == 64
    assert path in ended.only_error()


def test_the_wrong_folder_is_said_once(project: Project) -> None:
    ended = project.run("fmt")
    assert ended.code == 3
    assert "reconciler.yaml:1:1: error: there is no such file" in ended.only_error()


def test_mode_and_links_stay(sloppy: Project) -> None:
    shared = sloppy.write("shared/sloppy.yaml", SLOPPY)
    shared.chmod(0o640)
    link = sloppy.folder / "clients/linked.yaml"
    link.symlink_to("../shared/sloppy.yaml")
    for path in ("clients/linked.yaml", "clients"):
        shared.write_text(SLOPPY)
        assert "clients/linked.yaml\n" in sloppy.run("fmt", path).out
        assert link.is_symlink()
        assert shared.read_text() == TIDY
        assert shared.stat().st_mode & 0o777 == 0o640


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written_to_is_said(sloppy: Project) -> None:
    folder = sloppy.folder / "clients"
    folder.chmod(0o555)
    try:
        ended = sloppy.run("fmt")
    finally:
        folder.chmod(0o755)
    assert ended.code == 1
    assert "cannot write the canonical form to clients/sloppy.yaml: permission denied" in ended.only_error()


def test_a_file_that_cannot_be_replaced_is_said_and_the_others_are_formatted(sloppy: Project) -> None:
    long = sloppy.write(f"clients/{'l' * 245}.yaml", SLOPPY)
    assert sloppy.run("fmt").code == 0
    assert long.read_text() == TIDY


def test_standard_input_is_formatted_to_standard_output(sloppy: Project) -> None:
    assert _pipe(SLOPPY, "fmt", "-") == (0, TIDY, "")
    assert _pipe("instances: {a: {}}\ndefault_instance: a\n", "fmt", "-")[1].startswith("default_instance: a\n")
    assert _pipe(SLOPPY, "fmt", "--check", "-") == (1, "", "")
    assert _pipe(TIDY, "fmt", "--check", "-") == (0, "", "")
    assert _pipe(SLOPPY, "fmt", "--diff", "-")[1].startswith("--- <stdin>\n")
    code, out, err = _pipe("clients: [", "fmt", "-")
    assert (code, out) == (3, "")
    assert err.startswith("<stdin>:1:11: error: ")
    assert sloppy.run("fmt", "-", "clients").code == 64


def _pipe(text: str, *arguments: str) -> tuple[int, str, str]:
    ended = subprocess.run(command(*arguments), input=text.encode(), capture_output=True, timeout=SECONDS, check=False)
    return ended.returncode, ended.stdout.decode(), ended.stderr.decode()


def test_what_export_and_rollback_write_is_canonical(project: Project, staging: Platform) -> None:
    staging.has(
        stored("Portal"), stored("It's: odd"), stored("Café", "https://a.example.com/x,https://a.example.com/y")
    )
    staging.has(stored("Twice"), stored("Twice", "https://b.example.com/cb"))
    staging.has(ClientSpec("Job", frozenset({Grant.PASSWORD}), ()))
    project.write("clients/all.yaml", "clients: []\n")
    exported = project.run("export").out
    project.write("clients/all.yaml", exported)
    ended = project.run("fmt", "--diff", "clients")
    assert ended.out == ""
    assert ended.code == 0
    staging.has(stored("Late"))
    assert project.run("export", "--update").code == 0
    ended = project.run("fmt", "--diff", "clients")
    assert ended.out == ""
    assert ended.code == 0


def test_our_own_files_are_canonical(project: Project) -> None:
    root = Path(__file__).parents[3]
    ended = project.run("fmt", "--diff", "--config", root / "reconciler.yaml")
    assert (ended.code, ended.out) == (0, "")


def test_no_difference_takes_minutes(sloppy: Project) -> None:
    sloppy.write("clients/sloppy.yaml", "clients:\n" + "- name: 'A'\n" * 12_000)
    ended = sloppy.run("fmt", "--diff")
    assert ended.code == 1
    assert ended.out == "clients/sloppy.yaml: too long for a diff; format it, then run: git diff\n"
