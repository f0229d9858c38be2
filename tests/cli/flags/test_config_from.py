"""Settings from a trusted revision: a pull request can neither loosen its own guards nor do so unseen."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Mapping
from datetime import UTC, datetime

import pytest

from reconciler.live.observation import Observation, dump_observations
from tests.builders import listing, live
from tests.cli.projects import Ended, Platform, Project, at, stored, wanted
from tests.declared.git.repositories import commit, git
from tests.live.servers import serving

FROM = ("--config-from", "main")
NOWHERE = "http://127.0.0.1:9"


@pytest.fixture
def trusted(project: Project, staging: Platform) -> Project:
    """A project whose branch `main` has an instance with guards, and whose work tree is on another branch."""
    project.configure({"staging": at(staging.url, limits={"creates": 1})}, protected=["Payments*"])
    project.declare(wanted("One"), wanted("Two"))
    git(project.folder, "init", "-q")
    commit(project.folder, {}, "Begin")
    git(project.folder, "checkout", "-qb", "work")
    return project


def loosen(project: Project, **more: object) -> None:
    """Change what the work tree's reconciler.yaml says of the instance; keys of the top level too."""
    settings = json.loads((project.folder / "reconciler.yaml").read_text())
    top = {key: more.pop(key) for key in ("protected", "ignore", "rules", "policy") if key in more}
    settings["instances"]["staging"].update(more)
    project.write("reconciler.yaml", json.dumps({**settings, **top}))


def observed(project: Project) -> str:
    """The name of an observation of the instance, so that it need not be asked."""
    url = json.loads((project.folder / "reconciler.yaml").read_text())["instances"]["staging"]["url"]
    found = Observation("staging", url, datetime.now(UTC), listing(live(1, "PmApi")))
    project.write("live.json", dump_observations([found], "1"))
    return "live.json"


def configuration(ended: Ended) -> list[Mapping[str, str]]:
    found: list[Mapping[str, str]] = ended.document["instances"][0]["configuration"]
    return found


def test_a_raised_limit_is_told_at_the_top_and_not_in_force(trusted: Project) -> None:
    loosen(trusted, limits={"creates": 50}, protected=[])
    ended = trusted.run("plan", *FROM)
    assert ended.code == 4
    assert "2 creates planned, and the limit is 1" in ended.out
    assert ended.out.splitlines()[1:3] == [
        "  ! reconciler.yaml here takes 'Payments*' out of protected; not in force",
        "  ! reconciler.yaml here raises limits.creates from 1 to 50; not in force",
    ]
    assert trusted.run("plan").code == 0, "without the flag the work tree's is in force"


def test_json_has_the_notes_too_and_none_where_nothing_differs(trusted: Project) -> None:
    assert configuration(trusted.run("plan", *FROM, "--format", "json")) == []
    loosen(trusted, limits={"creates": 50})
    [note] = configuration(trusted.run("plan", *FROM, "--format", "json"))
    assert note["code"] == "configuration-limits"
    assert configuration(trusted.run("plan", "--format", "json")) == []


def test_reports_name_the_file_as_it_is_called_here(trusted: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """No repository has `0123456789ab:reconciler.yaml`, and a fingerprint is the same whatever the commit is."""
    loosen(trusted, limits={"creates": 50})
    found, names = observed(trusted), ["r.md", "r.sarif", "r.junit.xml", "r.gitlab-codequality.json"]
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_SERVER_URL", "https://code.example.com")
    monkeypatch.setenv("GITHUB_REPOSITORY", "acme/idp")
    monkeypatch.setenv("GITHUB_SHA", commit(trusted.folder, {}, "Loosen"))
    reports = [part for name in names for part in ("--report", name)]
    fingerprints = set()
    for message in ("Begin again", "Once more"):
        git(trusted.folder, "branch", "-f", "main", git(trusted.folder, "commit-tree", "main^{tree}", "-m", message))
        ended = trusted.run("plan", "--live", found, *FROM, *reports)
        assert "::warning file=reconciler.yaml,line=1,col=" in ended.err
        comment, sarif, junit, quality = ((trusted.folder / name).read_text() for name in names)
        [result, *_] = json.loads(sarif)["runs"][0]["results"]
        assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "reconciler.yaml"
        assert 'file="reconciler.yaml"' in junit
        issue = json.loads(quality)[0]
        assert issue["location"]["path"] == "reconciler.yaml"
        fingerprints.add((result["partialFingerprints"]["reconciler/v1"], issue["fingerprint"]))
        trusted_commit = git(trusted.folder, "rev-parse", "--short=12", "main")
        assert f"not in force · `{trusted_commit}:reconciler.yaml:1`" in comment, "without a link: HEAD has another"
    assert len(fingerprints) == 1


def test_credentials_are_not_sent_where_the_work_tree_leads(trusted: Project, staging: Platform) -> None:
    loosen(trusted, url=NOWHERE)
    ended = trusted.run("plan", *FROM)
    assert ended.code == 4, "the instance that main names has answered"
    assert f"! reconciler.yaml here changes url from '{staging.url}' to '{NOWHERE}'; not in force" in ended.out


def test_the_doctor_takes_no_password_there_either(trusted: Project, staging: Platform) -> None:
    with serving(lambda _: b"") as stranger:
        loosen(trusted, url=stranger.url)
        assert trusted.run("doctor", *FROM).code == 0
        assert stranger.requests == []
    assert "POST /login" in staging.asked()


def test_an_apply_is_guarded_by_the_trusted_settings(trusted: Project, staging: Platform) -> None:
    loosen(trusted, limits={"creates": 50})
    ended = trusted.run("apply", *FROM, "--instance", "staging", "--yes")
    assert ended.code == 4
    assert staging.clients() == {}
    assert trusted.run("apply", *FROM, "--instance", "staging", "--yes", "--max-creates", "2").code == 0


def test_a_saved_plan_is_guarded_by_the_trusted_settings(trusted: Project, staging: Platform) -> None:
    loosen(trusted, limits={"creates": 50})
    ended = trusted.run("plan", "-o", "plan.json")
    assert ended.code == 0
    assert trusted.run("apply", "plan.json", *FROM).code == 4
    assert staging.clients() == {}
    saved = trusted.run("plan", *FROM, "--max-creates", "2", "-o", "plan.json")
    assert "apply plan.json --config-from main --max-creates 2" in saved.err
    assert trusted.run("apply", "plan.json", *FROM, "--max-creates", "2").code == 0


def test_the_next_command_repeats_the_flag(trusted: Project) -> None:
    assert "next: reconciler apply --instance staging --config-from main" in (
        trusted.run("plan", *FROM, "--max-creates", "2").out
    )


def test_a_pull_request_is_judged_by_the_trusted_rules(trusted: Project) -> None:
    trusted.declare(wanted("One", "https://one.example.com/cb#fragment"))
    loosen(trusted, rules={"redirect-fragment": {"severity": "off"}})
    assert trusted.run("validate").code == 0
    for command in (["validate"], ["plan"], ["validate", "clients"]):
        ended = trusted.run(*command, *FROM)
        assert ended.code == 3
        assert "[redirect-fragment]" in ended.out + ended.err


def test_an_invalid_configuration_here_does_not_stop_the_plan(trusted: Project) -> None:
    trusted.write("reconciler.yaml", "instances: [}")
    ended = trusted.run("plan", *FROM, "--max-creates", "2")
    assert ended.code == 0
    assert "! reconciler.yaml here is missing or invalid, so nobody knows what it changes; not in force" in ended.out
    (trusted.folder / "reconciler.yaml").unlink()
    assert trusted.run("plan", *FROM, "--max-creates", "2").code == 0


def test_an_invalid_trusted_configuration_is_told_by_its_revision_whatever_path_is_asked_for(trusted: Project) -> None:
    good = (trusted.folder / "reconciler.yaml").read_text()
    bad = commit(trusted.folder, {"reconciler.yaml": "instances: 5\n"})
    trusted.write("reconciler.yaml", good)
    for arguments in (["validate"], ["validate", "clients"], ["plan"]):
        ended = trusted.run(*arguments, "--config-from", bad)
        assert ended.code == 3
        assert f"{bad[:12]}:reconciler.yaml:1:" in ended.out + ended.err


def test_observing_takes_the_trusted_settings_as_well(trusted: Project, staging: Platform) -> None:
    loosen(trusted, url=NOWHERE)
    assert trusted.run("observe", *FROM, "-o", "live.json").code == 0
    ended = trusted.run("plan", *FROM, "--live", "live.json", "--max-creates", "2")
    assert ended.code == 0
    assert "2 to create" in ended.out
    assert "changes url" in ended.out
    assert trusted.run("plan", "--live", "live.json").code == 4, "it is of another URL"


def test_an_observation_names_the_flag_for_the_plan(trusted: Project) -> None:
    ended = trusted.run("observe", *FROM, "-o", "live.json")
    assert "reconciler plan --live live.json --instance staging --config-from main" in ended.err


def test_certificates_that_are_not_those_of_the_revision_are_told(trusted: Project) -> None:
    """They are read from the work tree, wherever the settings come from."""
    git(trusted.folder, "checkout", "-q", "main")
    trusted.write("ca.pem", "main's")
    loosen(trusted, ca_bundle="ca.pem")
    commit(trusted.folder, {})
    trusted.write("ca.pem", "mine")
    told = configuration(trusted.run("plan", "--live", observed(trusted), *FROM, "--format", "json"))
    assert [note["code"] for note in told] == ["configuration-ca_bundle"]
    assert told[0]["message"].endswith("here are not those of main, and are in force")


def test_a_client_certificate_that_is_not_that_of_the_revision_is_told(trusted: Project) -> None:
    """A key that is in no revision, as it should be, is nothing to tell."""
    git(trusted.folder, "checkout", "-q", "main")
    trusted.write("us.pem", "main's")
    trusted.write(".gitignore", "us.key\n")
    trusted.write("us.key", "secret")
    loosen(trusted, client_certificate={"certificate": "us.pem", "key": "us.key"})
    commit(trusted.folder, {})
    plan = ("plan", "--live", observed(trusted), *FROM, "--format", "json")
    assert configuration(trusted.run(*plan)) == []
    trusted.write("us.pem", "mine")
    [told] = configuration(trusted.run(*plan))
    assert told["code"] == "configuration-client_certificate"
    assert "the contents of the client certificate in" in told["message"]
    loosen(trusted, client_certificate={"certificate": "us.pem", "key": "other.key"})
    messages = [note["message"] for note in configuration(trusted.run(*plan))]
    assert any("changes client_certificate.key from " in message for message in messages)


@pytest.mark.parametrize("how", ["replaced", "folder", "new", "link"])
def test_certificates_that_are_elsewhere_now_are_told_too(trusted: Project, how: str) -> None:
    trusted.write("certs/ca.pem", "theirs")
    trusted.write("more/other.pem", "mine")
    loosen(trusted, ca_bundle="certs/new.pem" if how == "new" else "certs/ca.pem")
    commit(trusted.folder, {})
    if how in ("replaced", "new"):
        trusted.write("certs/new.pem" if how == "new" else "certs/ca.pem", "mine")
    elif how == "folder":
        os.rename(trusted.folder / "more" / "other.pem", trusted.folder / "more" / "ca.pem")
        shutil.rmtree(trusted.folder / "certs")
        os.symlink("more", trusted.folder / "certs")
    else:
        os.unlink(trusted.folder / "certs" / "ca.pem")
        os.symlink("../more/other.pem", trusted.folder / "certs" / "ca.pem")
    told = configuration(trusted.run("plan", "--live", observed(trusted), "--config-from", "work", "--format", "json"))
    assert [note["code"] for note in told] == ["configuration-ca_bundle"]
    assert told[0]["message"].endswith(
        f"here are {'not in' if how == 'new' else 'not those of'} work, and are in force"
    )


def test_certificates_that_a_trusted_symlink_leads_to_are_the_same(trusted: Project) -> None:
    trusted.write("certs/2026.pem", "theirs")
    os.symlink("2026.pem", trusted.folder / "certs" / "ca.pem")
    os.symlink("certs", trusted.folder / "tls")
    loosen(trusted, ca_bundle="tls/ca.pem")
    commit(trusted.folder, {})
    plan = ("plan", "--live", observed(trusted), "--config-from", "work", "--format", "json")
    assert configuration(trusted.run(*plan)) == []
    trusted.write("certs/2026.pem", "mine")
    assert [note["code"] for note in configuration(trusted.run(*plan))] == ["configuration-ca_bundle"]


@pytest.fixture
def subfolder(trusted: Project) -> Project:
    """The same project in a subfolder of the repository, beside an example without guards."""
    for name in ("reconciler.yaml", "clients"):
        (trusted.folder / "deploy").mkdir(exist_ok=True)
        os.rename(trusted.folder / name, trusted.folder / "deploy" / name)
    settings = json.loads((trusted.folder / "deploy" / "reconciler.yaml").read_text())
    settings["instances"]["staging"]["limits"] = {"creates": 50}
    trusted.write("examples/reconciler.yaml", json.dumps(settings))
    trusted.write("examples/clients/all.yaml", json.dumps({"clients": [wanted("One"), wanted("Two")]}))
    commit(trusted.folder, {})
    git(trusted.folder, "branch", "-f", "main")
    return trusted


def test_a_folder_that_becomes_a_symlink_does_not_choose_another_file_of_the_revision(subfolder: Project) -> None:
    plan = ("plan", "-c", "deploy/reconciler.yaml", *FROM)
    assert "2 creates planned, and the limit is 1" in subfolder.run(*plan).out
    os.rename(subfolder.folder / "deploy", subfolder.folder / "real")
    os.symlink("examples", subfolder.folder / "deploy")
    assert "2 creates planned, and the limit is 1" in subfolder.run(*plan).out
    commit(subfolder.folder, {})
    assert "2 creates planned, and the limit is 1" in subfolder.run(*plan).out


def test_nor_another_repository(subfolder: Project) -> None:
    inner = subfolder.folder / "examples"
    git(inner, "init", "-q", "-b", "main")
    commit(inner, {}, "Trust me")
    os.rename(subfolder.folder / "deploy", subfolder.folder / "real")
    os.symlink("examples", subfolder.folder / "deploy")
    ended = subfolder.run("plan", "-c", "deploy/reconciler.yaml", *FROM)
    assert "2 creates planned, and the limit is 1" in ended.out


def test_symlinks_are_followed_as_the_revision_has_them(subfolder: Project) -> None:
    os.symlink("deploy", subfolder.folder / "current")
    os.symlink("../current", subfolder.folder / "examples" / "up")
    commit(subfolder.folder, {})
    git(subfolder.folder, "branch", "-f", "main")
    plan = ("plan", "-c", "examples/up/reconciler.yaml", *FROM)
    assert "2 creates planned, and the limit is 1" in subfolder.run(*plan).out
    os.unlink(subfolder.folder / "current")
    os.symlink("examples", subfolder.folder / "current")
    assert "2 creates planned, and the limit is 1" in subfolder.run(*plan).out


def test_the_users_own_symlinks_to_the_clone_are_followed(subfolder: Project) -> None:
    os.symlink(subfolder.folder / "deploy", subfolder.folder.parent / "mine")
    ended = subfolder.run("plan", "-c", "../mine/reconciler.yaml", *FROM)
    assert "2 creates planned, and the limit is 1" in ended.out


@pytest.mark.parametrize(
    ("ref", "words"),
    [
        ("nowhere", "git knows no commit 'nowhere' here"),
        ("--help", "is not a git revision"),
        ("main~5", "git knows no commit 'main~5' here"),
    ],
)
@pytest.mark.parametrize("command", [["plan"], ["validate"], ["observe", "-o", "live.json"]], ids=lambda it: it[0])
def test_an_unknown_revision_is_one_clear_error(trusted: Project, command: list[str], ref: str, words: str) -> None:
    ended = trusted.run(*command, f"--config-from={ref}")
    assert ended.code == 1
    assert words in ended.only_error()


def test_a_revision_without_the_file_says_so(trusted: Project) -> None:
    git(trusted.folder, "checkout", "-q", "--orphan", "empty")
    git(trusted.folder, "rm", "-rqf", "--cached", ".")
    git(trusted.folder, "commit", "-q", "--allow-empty", "-m", "Nothing")
    ended = trusted.run("plan", "--config-from", "empty")
    assert ended.code == 1
    assert ended.only_error() == "error: there is no 'reconciler.yaml' in the revision 'empty'"
    assert "leave out --config-from empty" in ended.err


def test_outside_of_git_it_is_one_clear_error(project: Project, staging: Platform) -> None:
    project.environ.setenv("GIT_CEILING_DIRECTORIES", str(project.folder.parent))
    project.declare(wanted("One"))
    ended = project.run("plan", *FROM)
    assert ended.code == 1
    assert "is not in a git repository" in ended.only_error()


def test_with_a_base_what_was_loosened_since_is_told_and_in_force(trusted: Project) -> None:
    git(trusted.folder, "checkout", "-q", "main")
    commit(trusted.folder, {"elsewhere": "what others merge is not of this branch\n"})
    git(trusted.folder, "checkout", "-q", "work")
    assert configuration(trusted.run("plan", "--base", "main", "--format", "json")) == []
    loosen(trusted, limits={"creates": 50})
    commit(trusted.folder, {})
    ended = trusted.run("plan", "--base", "main")
    assert "the limit is" not in ended.out
    told = "  ! reconciler.yaml raises limits.creates from 1 to 50 since the base"
    assert ended.out.splitlines()[1] == told
    [note] = configuration(trusted.run("plan", "--base", "main", *FROM, "--max-creates", "9", "--format", "json"))
    assert note["message"].endswith("from 1 to 50; not in force")


def test_with_a_base_a_new_instance_is_told(trusted: Project, staging: Platform) -> None:
    settings = json.loads((trusted.folder / "reconciler.yaml").read_text())
    moved = {"moved": settings["instances"].pop("staging")}
    trusted.write("reconciler.yaml", json.dumps({**settings, "instances": moved}))
    told = [note["message"] for note in configuration(trusted.run("plan", "--base", "main", "--format", "json"))]
    assert told == [
        f"reconciler.yaml adds the instance 'moved': '{staging.url}' since the base",
        f"reconciler.yaml removes the instance 'staging': '{staging.url}' since the base",
    ]


def test_defaults_are_compared_by_what_they_come_to(trusted: Project) -> None:
    """Where a setting is written does not matter; what a default changes is told of each instance that has it."""
    settings = json.loads((trusted.folder / "reconciler.yaml").read_text())
    moved = {key: settings["instances"]["staging"].pop(key) for key in ("credentials", "limits")}
    trusted.write("reconciler.yaml", json.dumps({**settings, "defaults": moved}))
    assert configuration(trusted.run("plan", *FROM, "--format", "json")) == []
    moved = {
        "credentials": {"username_env": "{INSTANCE}_U", "password_env": "PM_PASSWORD"},
        "limits": {"deletes": 9},
    }
    trusted.write("reconciler.yaml", json.dumps({**settings, "defaults": moved}))
    assert [note["message"] for note in configuration(trusted.run("plan", *FROM, "--format", "json"))] == [
        "reconciler.yaml here changes credentials.username_env from 'PM_USER' to 'STAGING_U'; not in force",
        "reconciler.yaml here raises limits.creates from 1 to 25; not in force",
        "reconciler.yaml here raises limits.deletes from 3 to 9; not in force",
    ]


def test_the_labels_of_the_trusted_revision_decide_and_what_changes_is_told(trusted: Project) -> None:
    loosen(trusted, labels=["eu"])
    trusted.declare(wanted("One", instances=["label:eu"]))
    commit(trusted.folder, {}, "Label")
    git(trusted.folder, "branch", "-f", "main")
    loosen(trusted, labels=["new"])
    ended = trusted.run("plan", *FROM)
    assert ended.code == 0
    assert "label:eu stands for staging: it declares 'One' here" in ended.out
    assert ended.out.splitlines()[1:3] == [
        "  ! reconciler.yaml here removes the label 'eu' (entries for label:eu now leave it out); not in force",
        "  ! reconciler.yaml here adds the label 'new' (entries for label:new now include it); not in force",
    ]
    trusted.declare(wanted("One", instances=["label:new"]))
    ended = trusted.run("plan", *FROM)
    assert ended.code == 3
    assert re.search(r"no instance has the label 'new'; [0-9a-f]{12}:.*reconciler.yaml has label:eu", ended.err)


def test_what_the_base_declared_is_read_with_the_labels_of_the_base(trusted: Project, staging: Platform) -> None:
    loosen(trusted, labels=["eu"])
    trusted.declare(wanted("One", instances=["label:eu"]), wanted("Two"))
    commit(trusted.folder, {}, "Label")
    staging.has(stored("One"), stored("Two"))
    trusted.configure({"staging": at(staging.url), "other": {"embedded": "o.sqlite3", "labels": ["eu"]}})
    ended = trusted.run("plan", "-i", "staging", "--base", "HEAD", "--prune", "removed")
    assert ended.code == 0
    assert "removes the label 'eu' (entries for label:eu now leave it out) since the base" in ended.out
    assert "- delete  One" in ended.out
    assert "! still declared for label:eu (other)" in ended.out
