"""`export --update`: the files of a repository get what is live, and `git diff` shows nothing else."""

from __future__ import annotations

import json
import random
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from reconciler.model.clients import ClientSpec, Grant
from reconciler.model.fields import join_urls, split_urls
from tests.cli.commands.test_export import GRANT_SETS, HOSTILE, URLS
from tests.cli.projects import Ended, Platform, Project, at, platform, stored
from tests.faults import On, Respond

CODE, TOKEN, PASSWORD = Grant.AUTHORIZATION_CODE, Grant.PERSONAL_ACCESS_TOKEN, Grant.PASSWORD
UPDATE = ("export", "--update")
ACCEPT = (*UPDATE, "--accept")

KEPT = """\
# yaml-language-server: $schema=../schemas/auth-clients.schema.json
# Ask the platform team before you change this file.

clients:   # by age
    -   name: "Portal"   # the big one
        owner: 'team-portal'

        # how people log in
        grants:
            authorization_code:   # in a browser
                # behind the proxy
                redirect_url: 'https://${portal_host}/cb'   # do not touch
        # end of Portal

    -   {name: Nightly, grants: {password: {justification: "a job"}}, owner: ops}   # flow
# the end
"""
LAYOUTS = {
    "comments": KEPT,
    "CR LF": KEPT.replace("\n", "\r\n"),
    "anchors": """\
clients:
- &first
  name: Portal
  grants: &web {authorization_code: {redirect_url: "https://portal.example.com/cb"}}
- {name: Nightly, grants: {password: &why {justification: a job}}}
- name: Shop
  instances: [elsewhere]
  grants: *web
""",
    "flow": """\
clients: [
   {name: Portal, grants: {authorization_code: {redirect_url: "https://portal.example.com/cb"}}},   # one
   {name: Nightly, grants: {password: {justification: a job}}},
]
""",
}
SOUND_URLS = [
    "https://a.example.com/cb",
    "https://portal.example.com/",
    "https://portal.example.com/cb,https://b.example.com/cb",
    "https://b.example.com/cb?a=[1],https://portal.example.com/cb,https://c.example.com:8443/x",
]
LIVE = (stored("Portal"), ClientSpec("Nightly", frozenset({PASSWORD})))


@pytest.fixture
def staging(tmp_path: Path, project: Project) -> Iterator[Platform]:
    """A platform with the clients that the files declare."""
    with platform(tmp_path / "platform.sqlite3") as served:
        variables = {"portal_host": "portal.example.com"}
        instances = {"staging": at(served.url), "elsewhere": at("https://127.0.0.1:9", timeout=1)}
        project.configure(instances, variables=variables)
        project.environ.setenv("RECONCILER_INSTANCE", "staging")
        served.has(*LIVE)
        yield served


def git(project: Project, *arguments: str) -> str:
    identity = ("-c", "user.name=test", "-c", "user.email=test@example.com", "-c", "core.autocrlf=false")
    command = ["git", *identity, *arguments]
    ended = subprocess.run(command, cwd=project.folder, capture_output=True, check=True, timeout=60)
    return ended.stdout.decode()


def commit(project: Project, text: str, path: str = "clients/all.yaml") -> Path:
    """Put a file into a new repository."""
    file = project.write(path, text)
    git(project, "init", "-q", ".")
    git(project, "add", ".")
    git(project, "commit", "-qm", "as it was")
    return file


def diff(project: Project, path: str = ".") -> tuple[list[str], list[str]]:
    """The lines that `git diff` shows as removed and as added."""
    lines = [line for line in git(project, "diff", "--unified=0", path).split("\n") if line[:3] not in ("---", "+++")]
    return [line[1:] for line in lines if line[:1] == "-"], [line[1:] for line in lines if line[:1] == "+"]


def contents(project: Project) -> dict[Path, bytes]:
    return {file: file.read_bytes() for file in project.folder.rglob("clients/*")}


def change(staging: Platform, name: str, spec: ClientSpec | None) -> None:
    """Do what a person does on the page: change a client or delete it."""
    with closing(sqlite3.connect(staging.database)) as connection, connection:
        if spec is None:
            connection.execute("DELETE FROM clients WHERE name = ?", (name,))
            return
        connection.execute(
            "UPDATE clients SET name = ?, redirect = ?, personal_access = ?, password = ? WHERE name = ?",
            (spec.name, join_urls(spec.redirect_urls) or "", TOKEN in spec.grants, PASSWORD in spec.grants, name),
        )


def planned_changes(project: Project) -> int:
    return project.run("plan", "--detailed-exitcode", "-q").code


@pytest.mark.parametrize("layout", LAYOUTS)
def test_git_diff_shows_only_the_added_entries(project: Project, staging: Platform, layout: str) -> None:
    commit(project, LAYOUTS[layout])
    staging.has(stored("New one"), ClientSpec("Batch: 2", frozenset({PASSWORD, TOKEN})))
    ended = project.run(*UPDATE)
    assert ended.code == 0, ended.err
    removed, added = diff(project)
    assert removed == []
    assert any("New one" in line for line in added)
    assert "added 2 clients to clients/all.yaml\n" in ended.err
    assert ended.err.endswith("next: reconciler validate, then git diff\n")
    assert ended.out == ""
    assert project.run("validate", "-q").code == 0
    assert planned_changes(project) == 0
    assert "2 live" not in project.run("plan").out


@pytest.mark.parametrize("layout", LAYOUTS)
def test_whatever_clients_are_called_they_go_round(project: Project, staging: Platform, layout: str) -> None:
    commit(project, LAYOUTS[layout])
    staging.has(*(ClientSpec(name, frozenset({PASSWORD})) for name in HOSTILE if name != "Portal"))
    staging.has(*(stored(f"Client {number}", url) for number, url in enumerate(URLS)))
    ended = project.run(*UPDATE)
    assert ended.code == 0, ended.err
    assert ended.err.count("warning: not declared: ") == 11
    assert diff(project)[0] == []
    assert project.run("validate", "-q").code == 0
    assert planned_changes(project) == 0
    before = contents(project)
    assert project.run(*UPDATE).code == 0
    assert contents(project) == before


def test_a_second_time_nothing_is_written(project: Project, staging: Platform) -> None:
    file = commit(project, KEPT)
    staging.has(stored("New one"))
    project.run(*UPDATE)
    before, written = contents(project), file.stat().st_mtime_ns
    ended = project.run(*UPDATE)
    assert (ended.code, contents(project), file.stat().st_mtime_ns) == (0, before, written)
    assert "nothing to add on staging\n" in ended.err


def test_system_ignored_and_ambiguous_clients_are_not_added(project: Project, staging: Platform) -> None:
    commit(project, KEPT)
    staging.has(stored("Twice"), stored("Twice"))
    before = contents(project)
    ended = project.run(*UPDATE)
    assert (ended.code, contents(project)) == (0, before)
    assert "warning: not declared: 2 live clients of staging have the name 'Twice'" in ended.err


def test_what_is_declared_for_another_instance_gets_an_entry_of_its_own(project: Project, staging: Platform) -> None:
    commit(project, LAYOUTS["anchors"])
    staging.has(stored("Shop"))
    assert project.run(*UPDATE).code == 0
    assert diff(project)[1][:2] == ["- name: Shop", "  instances: [staging]"]
    assert project.run("validate", "-q").code == 0
    assert planned_changes(project) == 0


def test_new_entries_go_into_the_file_of_the_instance_where_there_are_several(
    project: Project, staging: Platform
) -> None:
    commit(project, KEPT)
    project.write("clients/more.yaml", "clients: []\n")
    staging.has(stored("New one"))
    ended = project.run(*UPDATE)
    assert ended.code == 0
    # Of a file that git does not know, `git diff` alone would show nothing.
    assert ended.err.endswith("next: reconciler validate, then git add -N clients/staging.yaml && git diff\n")
    made = (project.folder / "clients/staging.yaml").read_text()
    assert made.startswith(
        "# yaml-language-server: $schema=../schemas/auth-clients.schema.json\nclients:\n  - name: New"
    )
    staging.has(stored("Another"))
    assert project.run(*UPDATE, "--into", project.folder / "clients/more.yaml").code == 0
    assert (project.folder / "clients/more.yaml").read_text().startswith("clients:\n  - name: Another\n")


@pytest.mark.parametrize("into", ["elsewhere.yaml", "clients/new.txt", "clients/.hidden.yaml", "clients/../x.yaml"])
def test_a_file_that_nothing_reads_is_refused(project: Project, staging: Platform, into: str) -> None:
    commit(project, KEPT)
    ended = project.run(*UPDATE, "--into", into)
    assert ended.code == 64
    assert "would not be read" in ended.only_error()


def test_mode_and_links_stay(project: Project, staging: Platform) -> None:
    real = project.write("shared/real.yaml", KEPT)
    real.chmod(0o640)
    (project.folder / "clients").mkdir()
    link = project.folder / "clients/all.yaml"
    link.symlink_to(real)
    staging.has(stored("New one"))
    assert project.run(*UPDATE).code == 0
    assert link.is_symlink()
    assert b"New one" in real.read_bytes()
    assert real.stat().st_mode & 0o777 == 0o640


@pytest.mark.parametrize(
    ("flags", "says"),
    [
        (("export", "--accept"), "--accept is used only with --update"),
        (("export", "--into", "clients/a.yaml"), "--into is used only with --update"),
        ((*UPDATE, "-o", "x.yaml"), "-o and --update exclude each other"),
        ((*UPDATE, "--force"), "--force and --update"),
    ],
)
def test_flags_that_make_no_sense_together_are_refused(
    project: Project, staging: Platform, flags: tuple[str, ...], says: str
) -> None:
    ended = project.run(*flags)
    assert ended.code == 64
    assert says in ended.only_error()


def test_invalid_files_and_silent_instances_touch_nothing(project: Project, staging: Platform) -> None:
    commit(project, KEPT)
    staging.has(stored("New one"))
    before = contents(project)
    assert project.run(*ACCEPT, "-i", "elsewhere", "-i", "staging").code == 1
    assert contents(project) == before
    project.write("clients/broken.yaml", "clients: [\n")
    before = contents(project)
    assert project.run(*ACCEPT).code == 3
    assert contents(project) == before


def test_a_night_fix_is_taken_over_into_its_line_and_the_variable_stays(project: Project, staging: Platform) -> None:
    commit(project, KEPT.replace("owner: 'team", "instances: [staging]\n        owner: 'team"))
    change(staging, "Portal", stored("Portal", "https://portal.example.com/oauth/cb"))
    assert planned_changes(project) == 2
    ended = project.run(*ACCEPT)
    assert ended.code == 0, ended.err
    assert diff(project) == (
        ["                redirect_url: 'https://${portal_host}/cb'   # do not touch"],
        ["                redirect_url: 'https://${portal_host}/oauth/cb'   # do not touch"],
    )
    assert "updated entry 'Portal' from the instance: redirect_url" in ended.err
    assert planned_changes(project) == 0
    assert "nothing to add and nothing to accept on staging\n" in project.run(*ACCEPT).err


@pytest.mark.parametrize("layout", [each for each in LAYOUTS if each != "anchors"])
def test_whatever_a_person_changes_is_taken_over(project: Project, staging: Platform, layout: str) -> None:
    text = LAYOUTS[layout].replace("owner: ", "instances: [staging], owner: " if layout == "flow" else "owner: ")
    commit(project, text)
    project.configure({"staging": at(staging.url)}, variables={"portal_host": "portal.example.com"})
    dice = random.Random(7)
    for grants in dice.sample(GRANT_SETS * 2, 10):
        url = dice.choice(SOUND_URLS) if CODE in grants else None
        change(staging, "Portal", ClientSpec("Portal", grants, split_urls(url)))
        change(staging, "Nightly", ClientSpec("Nightly", grants, split_urls(url)))
        ended = project.run(*ACCEPT)
        assert ended.code == 0, ended.err
        assert planned_changes(project) == 0
    kept = (project.folder / "clients/all.yaml").read_text()
    outside = ("# by age", "# the big one", "# how people log in", "# end of Portal", "# flow", "# the end", "# one")
    assert [comment for comment in outside if comment in text] == [comment for comment in outside if comment in kept]


def test_only_what_the_glob_covers_is_taken_over(project: Project, staging: Platform) -> None:
    commit(project, LAYOUTS["flow"].replace("name: ", "instances: [staging], name: "))
    change(
        staging,
        "Portal",
        ClientSpec("Portal", frozenset({CODE, TOKEN}), ("https://a.example.com/", "https://b.example.com/")),
    )
    change(staging, "Nightly", ClientSpec("Nightly", frozenset({TOKEN})))
    assert project.run(*ACCEPT, "night*").code == 0
    removed, added = diff(project)
    assert removed == ["   {instances: [staging], name: Nightly, grants: {password: {justification: a job}}},"]
    assert added == ["   {instances: [staging], name: Nightly, grants: {personal_access_token: true}},"]
    assert planned_changes(project) == 2
    assert project.run(*ACCEPT).code == 0
    assert planned_changes(project) == 0


def test_who_names_what_to_accept_is_not_warned_of_anything_else(project: Project, staging: Platform) -> None:
    commit(project, KEPT)
    staging.has(stored("Twice"), stored("Twice"))
    settings = json.loads((project.folder / "reconciler.yaml").read_text())
    variables = {**settings["variables"], "unused": "x"}
    project.write("reconciler.yaml", json.dumps({**settings, "variables": variables}))
    for glob, warned in (("Portal", False), ("twi*", True), ("*", True)):
        ended = project.run(*ACCEPT, glob)
        assert ended.code == 0
        assert ("the name 'Twice'" in ended.err) == warned
        assert "warning in the files" not in ended.err
    assert "1 warning in the files" in project.run(*UPDATE).err


def test_an_entry_for_several_instances_is_left_alone_with_the_way_out(project: Project, staging: Platform) -> None:
    commit(project, KEPT)
    change(staging, "Nightly", ClientSpec("Nightly", frozenset({TOKEN})))
    staging.has(stored("New one"))
    ended = project.run(*ACCEPT)
    assert ended.code == 4
    assert (
        "'Nightly' was not changed: the entry is also for elsewhere, which would change with it" in ended.only_error()
    )
    assert "instances: [staging]" in ended.err
    removed, added = diff(project)
    assert removed == []
    assert any("New one" in line for line in added), "what is possible is done"


def test_what_all_instances_of_an_entry_have_alike_is_taken_over(
    project: Project, staging: Platform, tmp_path: Path
) -> None:
    commit(project, KEPT)
    with platform(tmp_path / "second.sqlite3") as second:
        second.has(*LIVE)
        variables = {"portal_host": "portal.example.com"}
        project.configure({"staging": at(staging.url), "second": at(second.url)}, variables=variables)
        project.environ.setenv("RECONCILER_INSTANCE", "staging\nsecond")
        change(staging, "Nightly", ClientSpec("Nightly", frozenset({TOKEN})))
        change(second, "Nightly", ClientSpec("Nightly", frozenset({TOKEN, PASSWORD})))
        ended = project.run(*ACCEPT)
        assert ended.code == 4
        assert "'Nightly' was not changed: staging and second differ from it, and from each other" in ended.only_error()
        assert diff(project, "clients") == ([], [])
        change(second, "Nightly", ClientSpec("Nightly", frozenset({TOKEN})))
        assert project.run(*ACCEPT).code == 0
        assert planned_changes(project) == 0
        assert diff(project, "clients")[1] == [
            "    -   {name: Nightly, grants: {personal_access_token: true}, owner: ops}   # flow"
        ]


def test_an_embedded_instance_follows(project: Project, staging: Platform) -> None:
    commit(project, LAYOUTS["flow"])
    project.configure({"staging": at(staging.url), "box": {"embedded": "box.sqlite3"}})
    change(staging, "Nightly", ClientSpec("Nightly", frozenset({TOKEN})))
    assert project.run(*ACCEPT).code == 0
    assert planned_changes(project) == 0
    ended = project.run(*ACCEPT, "-i", "box")
    assert ended.code == 0, "nothing is live there, so nothing was changed"


def test_what_aliases_share_is_left_alone(project: Project, staging: Platform) -> None:
    commit(project, LAYOUTS["anchors"].replace("  name: Portal", "  name: Portal\n  instances: [staging]"))
    change(staging, "Portal", stored("Portal", "https://portal.example.com/new"))
    ended = project.run(*ACCEPT)
    assert ended.code == 4
    assert "`grants` has the anchor &web, which aliases repeat" in ended.only_error()
    assert diff(project) == ([], [])


def test_a_name_is_taken_over_where_an_id_tells_the_client(project: Project, staging: Platform) -> None:
    number = staging.clients()["Portal"]
    commit(
        project,
        KEPT.replace("owner: 'team", f"ids: {{staging: {number}}}\n        instances: [staging]\n        owner: 'team"),
    )
    change(staging, "Portal", stored("Customer: portal", "https://portal.example.com/cb"))
    assert project.run(*ACCEPT).code == 0
    assert diff(project)[1] == ['    -   name: "Customer: portal"   # the big one']
    assert planned_changes(project) == 0


def test_a_rename_that_git_asks_for_is_no_persons_change(project: Project, staging: Platform) -> None:
    text = KEPT.replace('name: "Portal"', 'name: "Big portal"').replace(
        "owner: 'team", "previous_names: [Portal]\n        owner: 'team"
    )
    commit(project, text.replace("        owner: 'team", "        instances: [staging]\n        owner: 'team"))
    ended = project.run(*ACCEPT)
    assert ended.code == 0
    assert diff(project) == ([], [])
    assert "'Portal' is still to be renamed to 'Big portal'" in ended.err


def test_what_a_person_deleted_is_said(project: Project, staging: Platform) -> None:
    commit(project, KEPT)
    change(staging, "Nightly", None)
    ended = project.run(*ACCEPT)
    assert ended.code == 0
    assert diff(project) == ([], [])
    expected = "'Nightly' is declared and not live on staging; if a person deleted it, remove the entry, or write "
    assert expected in ended.err


def test_who_only_adds_hears_of_what_differs(project: Project, staging: Platform) -> None:
    commit(project, KEPT)
    change(staging, "Nightly", ClientSpec("Nightly", frozenset({TOKEN})))
    ended = project.run(*UPDATE)
    assert (ended.code, diff(project)) == (0, ([], []))
    assert (
        "1 client declared otherwise than live: reconciler plan shows how, and --accept writes it into the files"
        in ended.err
    )


def test_what_is_blocked_is_not_passed_over_in_silence(project: Project, staging: Platform) -> None:
    commit(project, KEPT)
    staging.has(stored("Portal", "https://other.example.com/cb"))
    ended = project.run(*ACCEPT, "Portal")
    assert (ended.code, diff(project)) == (0, ([], []))
    assert "'Portal' is blocked: reconciler plan --instance staging says why" in ended.err


def test_what_the_rules_refuse_is_written_and_said(project: Project, staging: Platform) -> None:
    commit(project, KEPT.replace("owner: 'team", "instances: [staging]\n        owner: 'team"))
    change(staging, "Portal", stored("Portal", "http://portal.example.com/cb"))
    ended = project.run(*ACCEPT)
    assert ended.code == 3
    assert "[redirect-plain-http]" in ended.err
    assert "http://${portal_host}/cb" in (project.folder / "clients/all.yaml").read_text()


def test_an_instance_that_lists_nothing_is_not_believed(project: Project, tmp_path: Path) -> None:
    nothing = Respond(On("GET", "/oauth/clients"), 200, b'{"data": []}')
    with platform(tmp_path / "p.sqlite3", nothing) as served:
        project.configure({"staging": at(served.url)})
        commit(project, LAYOUTS["flow"])
        ended: Ended = project.run(*ACCEPT)
    assert ended.code in (1, 4)
    assert diff(project) == ([], [])
