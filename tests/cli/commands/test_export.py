"""From an instance that people have worked on by hand to files, and back."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path

import pytest
import yaml

from reconciler.model.clients import ClientSpec, Grant
from reconciler.model.fields import split_urls
from tests.cli.projects import Platform, Project, at, platform, stored
from tests.faults import NOT_SOON, On, Respond
from tests.tiers import few

CROWDS = [200, 1_000]
"""Numbers of clients."""
GRANT_SETS = [frozenset(each) for size in (1, 2, 3) for each in combinations(Grant, size)]
HOSTILE = [
    "#", "# no comment", "- item", "-", "? ", "?key", ": ", "a: b", "no", "NULL", "~", "5", "1e3", "0x1F", "12:30",
    "2026-01-01", "'", '"', "'\"", "\\", "\\u0041", "it's", "%TAG", "@at", "`tick`", "!tag", "&anchor", "*alias", "|",
    ">", "[", "{a: b}", "a, b", "${x}", "$${x}", "<<", "---", "...", "=", "日本語", "🎉 party", "e\u0301", "\u00e9",
    "\u202eevil", "zero\u200bwidth", "a\u2028b", "nul\x00", "a\nb", "tab\there", "\x1b[31m", "\x85", "\ufeffbom",
    "\ufffe", "weird\uffff", "\U0001f468\u200d\U0001f469", "x" * 255, "é" * 255, "con", "NUL", "../../etc/passwd",
    ".hidden", "a.yaml", "Portal", "PORTAL", "portal", " lead", "trail ", "::error::", "<b>", "\U0010ffff", "\ue000",
]  # fmt: skip
URLS = [
    "https://a.example/cb",
    "https://a.example/cb,https://b.example/cb",
    "https://a.example/cb?x=1&y=%2C,https://b.example:8443/cb,https://[::1]/cb",
    "http://a.example/cb",
    "http://localhost/cb",
    "https://a.example/cb#frag",
    "https://me:pw@a.example/cb",
    "https://a.example/$${x}/*",
    "ftp://a.example/cb",
    "https://a.example/cb,foo",
    "https://a.example/cb,",
    "https://a.example/cb,https://a.example/cb",
    "https://bücher.example/" + "x" * 1_900,
]


def _generated(seed: int, number: int) -> list[ClientSpec]:
    """Clients as people and programs leave them behind: every grant, hostile names, several URLs, duplicates."""
    dice = random.Random(seed)
    names = HOSTILE + [f"Client {dice.randrange(number)} {dice.choice(HOSTILE)}"[:255] for _ in range(number)]
    specs = []
    for position, name in enumerate(names[:number]):
        grants = GRANT_SETS[position % len(GRANT_SETS)]
        url = dice.choice(URLS) if Grant.AUTHORIZATION_CODE in grants else None
        specs.append(ClientSpec(name, grants, split_urls(url)))
    return specs


@pytest.fixture(scope="module", params=few(CROWDS, 2))
def crowded(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    with platform(tmp_path_factory.mktemp("crowded") / "platform.sqlite3") as served:
        served.has(*_generated(17, request.param))
        yield served


@pytest.mark.parametrize("split", [False, True])
def test_a_crowd_of_clients_goes_round_and_nothing_is_left_to_do(
    project: Project, crowded: Platform, split: bool
) -> None:
    project.configure({"production": at(crowded.url, timeout=30)})
    flags = ["--split", "-o", "clients/production"] if split else ["-o", "clients/production.yaml"]
    ended = project.run("export", *flags)
    assert ended.code == 0
    assert "warning: " in ended.err
    assert project.run("validate", "-q").code == 0
    planned = project.run("plan", "--detailed-exitcode")
    assert planned.code == 0, planned.out
    written = (yaml.load(file.read_bytes(), yaml.CSafeLoader) for file in _files(project))
    names = {each["name"] for document in written for each in document["clients"]}
    assert f"nothing to do · {len(names)} in sync" in planned.out
    assert len(names) > len(crowded.clients()) / 2
    assert any(b"2 live clients of production have the name" in file.read_bytes() for file in _files(project))
    before = {file: file.read_bytes() for file in _files(project)}
    assert project.run("export", *flags, "--force").code == 0
    assert {file: file.read_bytes() for file in _files(project)} == before
    assert len({file.name.casefold() for file in before}) == len(before)
    assert all(len(os.fsencode(file.name)) <= 100 for file in before)


def _files(project: Project) -> list[Path]:
    return sorted(file for file in (project.folder / "clients").rglob("*") if file.is_file())


def test_stdout_holds_the_file_and_nothing_else(project: Project, staging: Platform) -> None:
    staging.has(stored("Portal"))
    ended = project.run("export")
    assert ended.out == (
        "# yaml-language-server: $schema=../schemas/auth-clients.schema.json\n"
        "# the live clients of staging, as `reconciler export` wrote them\n"
        "# left out of staging: 5 system clients\n"
        "clients:\n"
        "  - name: Portal\n"
        "    instances: [staging]\n"
        "    grants:\n"
        "      authorization_code:\n"
        '        redirect_url: "https://portal.example.com/cb"\n'
    )
    assert ended.err == (
        "exported 1 client of staging\n"
        "left out of staging: 5 system clients; --system includes system clients\n"
        "next: put it into clients/, then reconciler validate, then reconciler plan --instance staging, "
        "which should report no changes\n"
    )
    assert project.run("export", "-q").err == ""


def test_only_reads_are_sent(project: Project, staging: Platform) -> None:
    staging.has(stored("Portal"))
    project.run("export", "-q")
    writes = ("POST /oauth", "PUT", "DELETE")
    assert not [asked for asked in staging.asked() if asked.startswith(writes)]


def test_no_secret_is_exported(project: Project, staging: Platform) -> None:
    staging.has(stored("Portal"))
    ended = project.run("export", "--system", "-vv")
    assert "Portal" in ended.out
    assert not [secret for secret in staging.secrets() if secret in ended.out + ended.err]


def test_system_clients_are_exported_on_request_and_stay_in_sync(project: Project, staging: Platform) -> None:
    assert project.run("export", "--system", "-o", "clients/all.yaml").code == 0
    assert project.run("validate").code == 0
    planned = project.run("plan", "--detailed-exitcode")
    assert planned.code == 0
    assert "nothing to do · 5 in sync" in planned.out


def test_what_is_declared_already_is_exported_all_the_same(project: Project, staging: Platform) -> None:
    staging.has(stored("Portal"))
    project.write("clients/all.yaml", "this is: [no YAML")
    assert "name: Portal" in project.run("export").out


@pytest.fixture
def fleet(tmp_path: Path, project: Project) -> Iterator[tuple[Platform, Platform]]:
    """Two platforms, `production` and `staging`, with one client alike and one that differs in its host."""
    with platform(tmp_path / "one.sqlite3") as one, platform(tmp_path / "two.sqlite3") as two:
        project.configure({"production": at(one.url), "staging": at(two.url), "box": {"embedded": "box.sqlite3"}})
        one.has(stored("Alike"), stored("Portal", "https://portal.example.com/cb"))
        two.has(stored("Alike"), stored("Portal", "https://portal.staging.example.com/cb"))
        yield one, two


def test_what_several_instances_have_alike_is_one_entry(project: Project, fleet: tuple[Platform, Platform]) -> None:
    ended = project.run("export", "--all", "-o", "clients/all.yaml")
    assert ended.code == 0
    text = (project.folder / "clients/all.yaml").read_text()
    entries = [(each["name"], each["instances"]) for each in yaml.safe_load(text)["clients"]]
    assert entries == [("Alike", ["production", "staging"]), ("Portal", ["production"]), ("Portal", ["staging"])]
    assert "only the host differs between production and staging" in text
    assert "exported 4 clients of production and staging, in 3 entries\n" in ended.err
    assert "1 client could be one entry with a variable: look for 'only the host differs'\n" in ended.err
    planned = project.run("plan", "--all", "--detailed-exitcode")
    assert planned.code == 0
    assert planned.out.count("nothing to do · 2 in sync") == 2


def test_what_is_proposed_can_be_put_in_place_of_the_entries(
    project: Project, fleet: tuple[Platform, Platform]
) -> None:
    one, two = fleet
    text = project.run("export", "--all").out
    comments = [line.removeprefix("  #")[1:] for line in text.splitlines() if line.startswith("  # ")]
    until = comments.index("and in reconciler.yaml, under instances:")
    variables = yaml.safe_load("\n".join(comments[until + 1 :]))
    project.configure(
        {"production": at(one.url, **variables["production"]), "staging": at(two.url, **variables["staging"])}
    )
    project.write("clients/all.yaml", "\n".join(["clients:", *comments[1:until]]))
    planned = project.run("plan", "--all", "--detailed-exitcode")
    assert planned.code == 0
    assert planned.out.count("nothing to do · 1 in sync") == 2


def test_nothing_is_exported_unless_every_instance_answers(tmp_path: Path, project: Project) -> None:
    ill = Respond(On("GET", "/oauth/clients"), status=503, headers=NOT_SOON)
    with platform(tmp_path / "one.sqlite3") as one, platform(tmp_path / "two.sqlite3", ill) as two:
        one.has(stored("Portal"))
        project.configure({"production": at(one.url), "staging": at(two.url)})
        ended = project.run("export", "--all", "-o", "clients/all.yaml")
    assert (ended.code, ended.out) == (1, "")
    assert ended.only_error().startswith("error: staging: ")
    assert ended.err.endswith("unless every instance answers; to export only those that did: --instance production\n")
    assert not (project.folder / "clients").exists()


def test_an_empty_shard_exports_nothing(project: Project, staging: Platform) -> None:
    ended = [project.run("export", "-i", "*", "--shard", f"{k}/2", "-o", f"clients/{k}.yaml") for k in (1, 2)]
    assert [each.code for each in ended] == [0, 0]
    assert sorted("contains none of the instances" in each.err for each in ended) == [False, True]
    assert len(_files(project)) == 1


def test_a_refused_login_is_told_by_its_exit_code(project: Project, staging: Platform) -> None:
    project.log_in_as("admin", "wrong")
    ended = project.run("export")
    assert (ended.code, ended.out) == (6, "")


@pytest.mark.parametrize(
    ("flags", "code", "words"),
    [
        (["-o", "there.yaml"], 4, "'there.yaml' exists"),
        (["-o", "clients"], 64, "'clients' is a folder"),
        (["-o", "new.txt"], 64, "a file 'new.txt' would not be read from clients/"),
        (["-o", ".new.yaml"], 64, "a file '.new.yaml' would not be read from clients/"),
        (["-o", "-"], 64, "-o needs a file name"),
        (["--split"], 64, "--split needs a place to write to"),
        (["--force"], 64, "--force needs a place to write to"),
        (["--split", "-o", "there.yaml"], 64, "'there.yaml' is not a folder"),
        (["--split", "-o", "new.yaml"], 64, "a folder 'new.yaml' would not be read within clients/"),
        (["--split", "-o", "clients"], 4, "the folder 'clients' is not empty"),
    ],
)
def test_what_makes_no_sense_or_would_overwrite_is_refused_before_any_request(
    project: Project, staging: Platform, flags: list[str], code: int, words: str
) -> None:
    project.write("there.yaml", "mine")
    project.write("clients/mine.yaml", "clients: []")
    ended = project.run("export", *flags)
    assert (ended.code, ended.out) == (code, "")
    assert words in ended.only_error()
    assert staging.asked() == []
    assert (project.folder / "there.yaml").read_text() == "mine"


def test_force_overwrites_a_file(project: Project, staging: Platform) -> None:
    staging.has(stored("Portal"))
    project.write("there.yaml", "mine")
    assert project.run("export", "--force", "-o", "there.yaml").code == 0
    assert "name: Portal" in (project.folder / "there.yaml").read_text()


def test_files_of_an_earlier_export_are_named_since_they_declare_what_was_renamed(
    project: Project, staging: Platform
) -> None:
    staging.has(stored("Portal"))
    project.write("clients/live/old.yaml", "clients: []")
    ended = project.run("export", "--split", "--force", "-o", "clients/live")
    assert ended.code == 0
    assert "warning: clients/live also holds 'old.yaml', which this export did not write\n" in ended.err


def test_a_failed_write_leaves_nothing_behind(project: Project, staging: Platform) -> None:
    staging.has(*(stored(name) for name in ("A", "B", "C")))
    (project.folder / "clients/live/b.yaml").mkdir(parents=True)  # in the way of a file
    ended = project.run("export", "--split", "--force", "-o", "clients/live")
    assert ended.code == 1
    assert "b.yaml" in ended.only_error()
    assert [each.name for each in (project.folder / "clients/live").iterdir()] == ["b.yaml"]


def test_the_modeline_leads_from_the_file_to_the_schema(project: Project, staging: Platform) -> None:
    for file, schema in (
        ("clients/deep/er/all.yaml", "../../../schemas"),
        ("all.yaml", "schemas"),
        ("../elsewhere/all.yaml", "../schemas"),
    ):
        assert project.run("export", "-o", file).code == 0
        first = (project.folder / file).read_text().splitlines()[0]
        assert first == f"# yaml-language-server: $schema={schema}/auth-clients.schema.json"


def test_the_next_command_keeps_the_flags(project: Project, staging: Platform) -> None:
    (project.folder / "reconciler.yaml").rename(project.folder / "other.yaml")
    ended = project.run("export", "-c", "other.yaml", "--clients", "ours", "-o", "ours/all.yaml")
    flags = "--config other.yaml --clients ours"
    assert f"next: reconciler validate {flags}, then reconciler plan --instance staging {flags}, " in ended.err
