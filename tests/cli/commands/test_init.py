"""`reconciler init`: from nothing to a project that plans, and what is never overwritten."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
import yaml

from tests.cli.projects import Platform, Project, at, stored
from tests.cli.terminals import CTRL_C, at_a_terminal
from tests.declared.git.repositories import repository
from tests.github.test_files import judged

ANSWER = re.compile(rb"\]: ")
"""The end of a question for text."""
ACTION = "acme/keeper@0123456789abcdef0123456789abcdef01234567"
URL = "https://acme.processmaker.net"
FILES = [
    ".gitignore",
    "clients/clients.yaml",
    "reconciler.yaml",
    "schemas/auth-clients.schema.json",
    "schemas/reconciler.schema.json",
]


@pytest.fixture
def live(project: Project, staging: Platform) -> Platform:
    """A platform that no file names yet, and the account in the variables of its default name."""
    (project.folder / "reconciler.yaml").unlink()
    project.environ.setenv("PM_PRODUCTION_USERNAME", "admin")
    project.environ.setenv("PM_PRODUCTION_PASSWORD", os.environ["PM_PASSWORD"])
    return staging


def files(folder: Path) -> dict[str, str]:
    return {file.relative_to(folder).as_posix(): file.read_text() for file in folder.rglob("*") if file.is_file()}


def next_commands(out: str) -> list[str]:
    """What stands below the line `next`."""
    return [line.strip() for line in re.split(r"^next.*\n", out, flags=re.MULTILINE)[-1].splitlines()]


@pytest.mark.parametrize(
    "flags",
    [("--sandbox",), ("--sandbox", "--name", "007"), ("--url", f"{URL}/"), ("--url", "https://[::1]:8443/a%20b")],
)
def test_what_it_writes_is_valid_formatted_and_for_editors(project: Project, flags: tuple[str, ...]) -> None:
    ended = project.run("init", *flags)
    assert ended.code == 0
    assert sorted(files(project.folder)) == FILES
    assert [line for line in ended.out.splitlines() if line.startswith("created")] == [
        f"created {name}" for name in ("reconciler.yaml", "clients/clients.yaml", *FILES[3:], ".gitignore")
    ]
    assert project.run("validate").code == project.run("fmt", "--check").code == 0
    for name in ("reconciler.yaml", "clients/clients.yaml"):
        text = (project.folder / name).read_text()
        schema = re.match(r"# yaml-language-server: \$schema=(\S+)\n", text)
        assert schema is not None
        assert ((project.folder / name).parent / schema[1]).exists()


def test_its_next_commands_do_the_first_reconciliation(project: Project) -> None:
    commands = next_commands(project.run("init", "--sandbox").out)
    assert commands == ["reconciler validate", "reconciler plan", "reconciler apply"]
    for command in commands:
        assert project.run(*command.split()[1:], *(["--yes"] if command.endswith("apply") else [])).code == 0
    assert "nothing to do · 1 in sync" in project.run("plan").out


def test_the_first_of_its_next_commands_goes_into_the_folder(project: Project) -> None:
    for folder, typed in (("a b", "cd 'a b'"), ("-x", "cd ./-x")):
        assert next_commands(project.run("init", "--sandbox", "--", folder).out)[0] == typed


def test_with_a_url_the_next_commands_take_over_what_is_there(project: Project, live: Platform) -> None:
    live.has(stored("Portal"))
    ended = project.run("init", "--url", live.url)
    assert "next, with PM_PRODUCTION_USERNAME and PM_PRODUCTION_PASSWORD set:\n" in ended.out
    assert live.asked() == []
    commands = next_commands(ended.out)
    assert len(commands) == 3
    assert [project.run(*command.split()[1:]).code for command in commands] == [0, 0, 0]
    assert "nothing to do · 1 in sync" in project.run("plan").out


def test_a_hand_made_instance_is_in_files_after_one_command(project: Project, live: Platform) -> None:
    live.has(stored("Portal"), stored("tab\tname"))
    ended = project.run("init", "acme", "--from", live.url)
    assert ended.code == 0
    assert "warning: 1 client is commented out" in ended.err
    assert "nothing-declared" not in ended.out
    assert sorted(files(project.folder / "acme")) == sorted({*FILES, "clients/production.yaml"} - {FILES[1]})
    assert next_commands(ended.out)[0] == "cd acme"
    project.environ.chdir("acme")
    assert "nothing to do · 1 in sync" in project.run("plan").out
    assert project.run("fmt", "--check").code == 0


@pytest.mark.parametrize(("password", "code"), [(None, 1), ("wrong", 6)])
def test_whatever_fails_the_files_stay_and_the_same_command_goes_on(
    project: Project, live: Platform, password: str | None, code: int
) -> None:
    right = os.environ["PM_PRODUCTION_PASSWORD"]
    project.environ.setenv("PM_PRODUCTION_PASSWORD", password or "")
    ended = project.run("init", "--from", live.url)
    assert ended.code == code
    assert "PM_PRODUCTION_PASSWORD" in ended.out or password
    before = files(project.folder)
    assert sorted(before) == sorted({*FILES} - {FILES[1]})
    head = "the files are there; correct the problem, and repeat the same command; or, once it is fixed:"
    assert f"{head}\n  reconciler doctor --instance production\n" in ended.out
    project.environ.setenv("PM_PRODUCTION_PASSWORD", right)
    assert project.run("init", "--from", live.url).code == 0
    assert files(project.folder).items() >= before.items()
    declared = files(project.folder)
    again = project.run("init", "--from", live.url)
    assert again.code == 4
    assert "reconciler export --instance production --update" in again.err
    assert files(project.folder) == declared


def test_nothing_is_overwritten_and_everything_kept_is_named(project: Project) -> None:
    mine = {".gitignore": "node_modules/\n", "schemas/reconciler.schema.json": "{}", ".gitlab-ci.yml": "mine: {}\n"}
    for name, text in mine.items():
        project.write(name, text)
    project.configure({"eu-1": at(URL)})
    project.write("clients/mine.yml", "clients: []\n")
    before = files(project.folder)
    ended = project.run("init", "--gitlab", "--github", "--action", ACTION)
    assert ended.code == 0
    after = files(project.folder)
    assert after.items() >= before.items()
    assert {name for name in after if name not in before} == {
        "schemas/auth-clients.schema.json",
        *(f".github/workflows/{name}.yml" for name in ("apply", "comment", "drift", "observe", "plan")),
    }
    kept = [line for line in ended.out.splitlines() if line.startswith("kept ")]
    assert [line.split()[1].rstrip(",") for line in kept] == [
        "reconciler.yaml",
        "schemas/reconciler.schema.json",
        ".gitignore",
        ".gitlab-ci.yml",
    ]
    assert "in .gitlab-ci.yml: add the jobs of reconciler: docs/guides/pipelines.md says which\n" in ended.out
    assert "kept .gitignore, which exists: add the line .reconciler/ to it\n" in ended.out


def test_a_link_that_leads_out_of_the_project_is_not_followed(project: Project, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (project.folder / "schemas").symlink_to(outside)
    ended = project.run("init", "--sandbox")
    assert ended.code == 64
    assert "symlink" in ended.only_error()
    assert [path.name for path in project.folder.iterdir()] == ["schemas"]
    assert list(outside.iterdir()) == []


@pytest.mark.parametrize("in_the_way", ["schemas", "clients", ".github", ".github/workflows"])
def test_what_cannot_be_written_leaves_nothing_behind(project: Project, in_the_way: str) -> None:
    project.write(in_the_way, "a file where a folder belongs")
    before = sorted(project.folder.rglob("*"))
    ended = project.run("init", "--url", URL, "--github", "--action", ACTION)
    assert ended.code == 1
    assert f"{in_the_way} is not a folder" in ended.only_error()
    assert "move it away" in ended.err
    assert sorted(project.folder.rglob("*")) == before
    assert project.run("init", f"{in_the_way}/x", "--sandbox").code == 1
    assert sorted(project.folder.rglob("*")) == before


@pytest.mark.parametrize("path", [".gitignore", ".gitlab-ci.yml", "schemas/reconciler.schema.json"])
def test_a_folder_in_place_of_a_file_is_named_before_anything_is_written(project: Project, path: str) -> None:
    (project.folder / path).mkdir(parents=True)
    before = sorted(project.folder.rglob("*"))
    ended = project.run("init", "--url", URL, "--gitlab")
    assert ended.code == 4
    assert f"{path} is a folder, and must be a file" in ended.only_error()
    assert sorted(project.folder.rglob("*")) == before


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        ((), "add --url URL"),
        (("--url", "http://acme.example.com"), "unencrypted over the network"),
        (("--url", "http://acme.example.com"), "add --allow-http to this command"),
        (("--url", "acme.example.com"), "write it like https://acme.example.com\n"),
        (("--url", "localhost:8089"), "write it like http://localhost:8089\n"),
        (("--url", "https://acme.example.com:99999"), "with a port from 1 to 65535"),
        (("--url", f"{URL}/pm/admin/auth-clients"), f"leave out the page: {URL}/pm\n"),
        (("--from", f"{URL}/login"), f"leave out the page: {URL}\n"),
        ((URL,), f"reconciler init --from {URL}; only to write the files: --url {URL}\n"),
        (("https://u:hunter2@acme.example.com",), "https://acme.example.com is a URL"),
        (("--url", ""), "--url is empty"),
        (("--from", " "), "--from is empty"),
        (("--url", URL, "--name", ""), "--name is empty"),
        (("--url", URL, "--password-env", "hunter2"), "never the password itself"),
        (("--url", URL, "--username-env", "PM_ONE", "--password-env", "PM_ONE"), "name two variables"),
        (("--url", "https://u:hunter2@acme.example.com"), "remove it"),
        (("--url", URL, "--name", "a b"), "letters, digits"),
        (("--url", URL, "--username-env", "$USER"), "not the name of an environment variable"),
        (("--url", URL, "--from", URL), "leave out --url"),
        (("--url", URL, "--sandbox"), "leave out --sandbox"),
        (("--url", URL, "--github"), "--action OWNER/REPO@SHA"),
        (("--url", URL, "--github", "--action", "acme/keeper@main"), "40 hexadecimal digits"),
        (("--url", URL, "--action", ACTION), "add --github"),
        (("--url", URL, "--gitlab", "--program", "https://git.test/x.git@v1"), "full id of a commit"),
        (("--url", URL, "--program", "x"), "add --gitlab"),
    ],
)
def test_what_makes_no_project_writes_nothing(project: Project, flags: tuple[str, ...], said: str) -> None:
    ended = project.run("init", *flags)
    assert ended.code == 64
    ended.only_error()
    assert said in ended.err
    assert "hunter2" not in ended.err
    assert files(project.folder) == {}


def test_another_instance_for_a_project_that_exists_is_lines_to_add_as_fmt_writes_them(project: Project) -> None:
    project.run("init", "--url", URL)
    before = files(project.folder)
    another = ("init", "--url", "https://eu.example.com", "--name", "eu-1")
    ended = project.run(*another)
    assert ended.code == 4
    assert "copy the lines above into its `instances:`, and repeat the command" in ended.err
    assert files(project.folder) == before
    project.write("reconciler.yaml", f"{before['reconciler.yaml']}{ended.out}")
    assert project.run(*another).code == project.run("fmt", "--check").code == 0
    assert "eu-1" in project.run("instances").out


def test_a_known_url_is_not_taken_under_another_name(project: Project) -> None:
    project.run("init", "--url", URL)
    ended = project.run("init", "--from", URL, "--name", "prodution")
    assert ended.code == 4
    assert ended.err == (
        "error: reconciler.yaml has this URL already, as the instance 'production'\n"
        "  leave out --name; to call it 'prodution', change its name there\n"
    )


def test_a_plain_http_url_is_taken_by_whoever_allows_it(project: Project) -> None:
    assert project.run("init", "--url", " http://acme.example.com/ ", "--allow-http").code == 0
    settings = yaml.safe_load((project.folder / "reconciler.yaml").read_text())
    assert settings["instances"]["production"]["allow_http"] is True
    assert project.run("validate").code == project.run("fmt", "--check").code == 0
    assert "kept reconciler.yaml" in project.run("init", "--url", "http://acme.example.com").out


def test_a_url_that_was_wrong_says_where_to_correct_it(project: Project, live: Platform) -> None:
    wrong = "http://127.0.0.1:1"
    ended = project.run("init", "--from", wrong)
    assert ended.code == 1
    assert "if the URL is wrong, correct `url:` in reconciler.yaml; once it is fixed:\n" in ended.out
    again = project.run("init", "--from", live.url)
    assert again.code == 4
    assert f"with another URL, {wrong}\n" in again.only_error() + "\n"
    assert "if that URL is wrong, correct it there and repeat the command" in again.err
    settings = (project.folder / "reconciler.yaml").read_text()
    project.write("reconciler.yaml", settings.replace(wrong, live.url))
    assert project.run("init", "--from", live.url).code == 0


def test_with_declarations_of_somebody_the_export_adds_only_what_they_lack(project: Project, live: Platform) -> None:
    """A client that is declared twice would make the new project invalid."""
    live.has(stored("Portal"), stored("Nightly"))
    mine = "clients:\n  - name: Portal\n    grants: {password: true}\n"
    project.write("clients/mine.yaml", mine)
    ended = project.run("init", "--from", live.url)
    assert ended.code == 0
    assert "added 1 client to clients/production.yaml" in ended.err
    assert "should report no changes" not in ended.out
    assert (project.folder / "clients/mine.yaml").read_text() == mine
    plan = project.run(*next_commands(ended.out)[0].split()[1:])
    assert plan.code == 0
    assert "1 to update · 1 in sync" in plan.out


def test_where_the_export_has_no_place_its_advice_leads_to_one(project: Project, live: Platform) -> None:
    project.write("clients/production.yaml", "clients: []\n")
    ended = project.run("init", "--from", live.url)
    assert ended.code == 4
    assert list(files(project.folder)) == ["clients/production.yaml"]
    first, then = (each.split()[1:] for each in re.findall(r"reconciler [^),]+", ended.err))
    assert project.run(*first).code == project.run(*then).code == project.run("plan").code == 0


@pytest.mark.parametrize("line", [".reconciler", "/.reconciler/", ".reconc*"])
def test_what_git_ignores_in_other_words_is_not_asked_for(project: Project, line: str) -> None:
    repository(project.folder, {"README": ""})
    project.write(".gitignore", f"node_modules/\n{line}\n")
    assert "kept .gitignore, which exists\n" in project.run("init", "--sandbox").out


@pytest.mark.parametrize("place", ["clients", "clients/eu"])
def test_among_the_declarations_of_a_project_there_is_none_within(project: Project, place: str) -> None:
    project.run("init", "--sandbox")
    before = files(project.folder)
    ended = project.run("init", "--sandbox", place)
    assert ended.code == 4
    assert "belongs to the project in ." in ended.only_error()
    assert files(project.folder) == before


def test_a_variable_of_many_instances_is_named_once(project: Project) -> None:
    project.configure({f"eu-{number}": at(f"https://eu-{number}.example.com") for number in range(12)})
    assert "next, with PM_USER and PM_PASSWORD set:\n" in project.run("init").out


def test_another_instance_needs_a_name_of_its_own(project: Project) -> None:
    """A line with a name that is taken would be no help."""
    project.run("init", "--url", URL)
    ended = project.run("init", "--url", "https://eu.example.com")
    assert ended.code == 4
    assert "has an instance 'production' with another URL" in ended.err
    assert "--name NAME" in ended.err


def test_a_pipeline_has_the_names_of_every_instance(project: Project) -> None:
    one = {"username_env": "ONE_USER", "password_env": "ONE_PASSWORD"}
    two = {"username_env": "TWO_USER", "password_env": "ONE_PASSWORD"}
    project.configure(
        {
            "eu-1": {"url": "https://one.example.com", "credentials": one},
            "007": {"url": "https://two.example.com", "credentials": two},
            "sandbox": {"embedded": "s.sqlite3"},
        }
    )
    program = "https://git.test/keeper.git"
    flags = ("--github", "--action", ACTION, "--gitlab", "--program", f"{program}@{'a' * 40}")
    ended = project.run("init", *flags)
    assert ended.code == 0
    environments = "reconciler-read-eu-1, eu-1, reconciler-read-007 and 007"
    assert f"make the environments {environments}, each with the secrets PM_USERNAME and PM_PASSWORD" in ended.out
    texts = {name: text for name, text in files(project.folder).items() if name.startswith(".github")}
    jobs = [job for text in texts.values() for job in yaml.safe_load(text)["jobs"].values()]
    assert not any(word in text for text in texts.values() for word in ("ONE_", "TWO_", "eu-1")), "read at each run"
    assert {step["uses"] for job in jobs for step in job["steps"] if "keeper" in step.get("uses", "")} == {ACTION}
    assert not any(word in text for text in texts.values() for word in ("PM_PRODUCTION", "@SHA"))
    gitlab = yaml.safe_load((project.folder / ".gitlab-ci.yml").read_text())
    assert gitlab["plan"]["parallel"]["matrix"] == [{"INSTANCE": ["eu-1", "007"]}]
    assert (gitlab["variables"]["RECONCILER"], gitlab["variables"]["RECONCILER_COMMIT"]) == (program, "a" * 40)
    assert "in .gitlab-ci.yml" not in ended.out
    found = judged("zizmor", "--offline", "--no-progress", "--color=never", project.folder / ".github")
    assert found.returncode == 0, found.stdout


def test_in_a_folder_of_a_repository_the_pipelines_go_to_its_root(project: Project) -> None:
    repository(project.folder, {"README.md": ""})
    ended = project.run("init", "infra/auth", "--url", URL, "--github", "--action", ACTION, "--gitlab")
    assert ended.code == 0
    assert "created .github/workflows/plan.yml\n" in ended.out
    assert "created .gitlab-ci.yml\n" in ended.out
    assert (project.folder / "infra/auth/reconciler.yaml").exists()
    for name in ("apply", "drift", "observe", "plan"):
        workflow = yaml.safe_load((project.folder / f".github/workflows/{name}.yml").read_text())
        assert workflow["defaults"]["run"]["working-directory"] == "infra/auth"
    assert yaml.safe_load((project.folder / ".gitlab-ci.yml").read_text())["variables"]["FOLDER"] == "infra/auth"


def test_an_instance_that_a_pipeline_of_gitlab_lacks_is_named(project: Project) -> None:
    project.configure({"eu-1": at(URL)})
    assert "fill in RECONCILER and RECONCILER_COMMIT" in project.run("init", "--gitlab").out
    project.configure({"eu-1": at(URL), "eu-2": at("https://two.example.com"), "007": at("https://b.example.com")})
    assert "in .gitlab-ci.yml: add eu-2 and 007 to INSTANCE\n" in project.run("init", "--gitlab").out


def test_with_an_export_what_is_left_to_set_up_is_said_as_well(project: Project, live: Platform) -> None:
    ended = project.run("init", "--from", live.url, "--gitlab")
    assert ended.code == 0
    assert "on GitLab: make the environments reconciler-read/production and production" in ended.out
    assert "in .gitlab-ci.yml: fill in RECONCILER" in ended.out


def test_a_pipeline_wants_an_account_to_log_in_with(project: Project) -> None:
    project.run("init", "--sandbox")
    assert project.run("init", "--github", "--action", ACTION).code == 64
    assert not (project.folder / ".github").exists()


def test_a_terminal_asks_until_the_answers_fit(project: Project, live: Platform) -> None:
    typed = [b"acme\n", f"{live.url}\n".encode(), b"eu 1\n", b"eu-1\n", b"\n", b"EU_PASSWORD\n"]
    ended = at_a_terminal("init", typed=typed, question=ANSWER)
    assert ended.code == 0, ended.out
    assert ended.out.count("its name [production]") == 2
    settings = yaml.safe_load((project.folder / "reconciler.yaml").read_text())
    credentials = {"username_env": "PM_EU_1_USERNAME", "password_env": "EU_PASSWORD"}
    assert settings == {"instances": {"eu-1": {"url": live.url, "credentials": credentials}}}


def test_whoever_leaves_a_question_gets_no_files(project: Project) -> None:
    ended = at_a_terminal("init", typed=[CTRL_C], question=ANSWER)
    assert ended.code == 130
    assert ended.out.endswith("interrupted\n")
    assert files(project.folder) == {}


def test_what_is_typed_in_place_of_a_variable_is_in_no_file(project: Project) -> None:
    """Somebody will type the password where the name of a variable is asked for."""
    typed = [f"{URL}/login\n".encode(), f"{URL}\n".encode(), b"\n", b"\n", b"Hunter-2\n", b"Hunter2\n"]
    typed += [b"PM_EU_USERNAME\n", b"\n"]
    ended = at_a_terminal("init", "--name", "eu", typed=typed, question=ANSWER)
    assert ended.code == 0, ended.out
    assert "the user name and the password are in one variable" in ended.out
    text = (project.folder / "reconciler.yaml").read_text()
    assert "unter" not in text
    assert "PM_EU_PASSWORD" in text


def test_a_pipeline_is_not_offered_for_a_sandbox(project: Project) -> None:
    typed = [b"\n", b"sandbox\n", CTRL_C]
    ended = at_a_terminal("init", "--gitlab", typed=typed, question=re.compile(rb"in a browser: "))
    assert ended.code == 130
    assert ended.out.count("URL of the instance, as in a browser: ") == 3
    assert files(project.folder) == {}


def test_an_empty_answer_makes_a_sandbox(project: Project) -> None:
    assert at_a_terminal("init", typed=[b"\n"], question=ANSWER).code == 0
    assert "sandbox" in project.run("instances").out
    typed = [b"Sandbox\n"]
    assert at_a_terminal("init", "--name", "trial", "two", typed=typed, question=ANSWER).code == 0
    assert "trial" in (project.folder / "two/reconciler.yaml").read_text()
