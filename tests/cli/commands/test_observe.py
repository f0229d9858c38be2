"""What instances have, saved where the credentials are, and planned with where none are."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from jsonschema import Draft7Validator

from reconciler.declared.schema.files import schema_text
from reconciler.live.observation import Observation, dump_observations
from reconciler.sandbox.accounts import account_named
from reconciler.sandbox.serve import running
from tests.builders import listing, live
from tests.cli.projects import Ended, Platform, Project, at, environment, platform, process, stored, wanted

NOWHERE = "http://127.0.0.1:9"
"""The discard port, where nothing listens."""


@pytest.fixture
def other(tmp_path: Path) -> Iterator[Platform]:
    """A second platform."""
    with platform(tmp_path / "other.sqlite3") as served:
        yield served


def without_credentials(project: Project) -> None:
    """From now on it is as in the pull request of a stranger."""
    project.environ.delenv("PM_USER")
    project.environ.delenv("PM_PASSWORD")


def observed_of(project: Project, name: str = "live.json") -> list[str]:
    document = json.loads((project.folder / name).read_text())
    return [each["instance"] for each in document["observations"]]


def observed_before(project: Project, identity: str, age: timedelta, instance: str = "staging") -> None:
    """An observation that is so old."""
    found = Observation(instance, identity, datetime.now(UTC) - age, listing(live(1, "PmApi")))
    project.write("live.json", dump_observations([found], "1.2.3"))


def refused(ended: Ended, code: int, *words: str) -> None:
    assert ended.code == code
    assert ended.out == ""
    for word in words:
        assert word in ended.err
    assert len(ended.errors) == 1


def test_a_pull_request_gets_the_whole_plan_without_credentials_and_without_the_instance(
    project: Project, tmp_path: Path
) -> None:
    project.declare(wanted("New"), wanted("Old", "https://new.example.com/cb"), {"name": "Gone", "state": "absent"})
    with platform(tmp_path / "platform.sqlite3") as served:
        project.configure({"staging": at(served.url)})
        served.has(stored("Old"), stored("Gone"), stored("Somebody else's"))
        assert project.run("observe", "-o", "live.json").code == 0
        expected = project.run("plan", "--format", "json").document["instances"][0]
        text = project.run("plan").out
    without_credentials(project)
    ended = project.run("plan", "--live", "live.json", "--format", "json")
    assert (ended.code, ended.err) == (0, "")
    found = ended.document["instances"][0]
    assert found.pop("observed_at") is not None
    assert 0 <= found.pop("age_seconds") < 3600
    assert found == {key: value for key, value in expected.items() if key not in ("observed_at", "age_seconds")}
    shown = project.run("plan", "--live", "live.json").out.splitlines()
    assert shown[1].startswith("  as of ")
    assert shown[1].endswith(" UTC, just now, from live.json")
    assert shown[:1] + shown[2:] == text[: text.index("next: ")].splitlines()


def test_a_plan_from_an_observation_says_how_old_it_is(project: Project) -> None:
    project.configure({"staging": at(NOWHERE)})
    project.declare(wanted("One"))
    observed_before(project, NOWHERE, timedelta(hours=3, minutes=5))
    assert " UTC, 3 hours ago, from live.json" in project.run("plan", "--live", "live.json").out
    observed_before(project, NOWHERE, timedelta(hours=-3, minutes=-5))
    assert "3 hours in the future: one of two clocks is wrong" in project.run("plan", "--live", "live.json").out
    document = project.run("plan", "--live", "live.json", "--format", "json").document
    assert document["instances"][0]["age_seconds"] < 0


def test_no_apply_is_named_as_the_next_command(project: Project) -> None:
    project.configure({"staging": at(NOWHERE)})
    project.declare(wanted("One"))
    observed_before(project, NOWHERE, timedelta())
    ended = project.run("plan", "--live", "live.json")
    assert "1 to create" in ended.out
    assert "apply" not in ended.out + ended.err


def test_the_exit_codes_are_those_of_every_plan(project: Project) -> None:
    project.configure({"staging": at(NOWHERE, frozen="quarter end")})
    project.declare(wanted("One"))
    observed_before(project, NOWHERE, timedelta())
    assert project.run("plan", "--live", "live.json").code == 4
    project.configure({"staging": at(NOWHERE)})
    assert project.run("plan", "--live", "live.json", "--detailed-exitcode").code == 2
    project.declare({"name": "One"})
    assert project.run("plan", "--live", "live.json").code == 3


def test_a_plan_against_an_observation_of_another_url_is_refused(project: Project) -> None:
    project.configure({"staging": at(NOWHERE)})
    project.declare(wanted("One"))
    observed_before(project, "https://old.example.com", timedelta())
    refused(
        project.run("plan", "--live", "live.json"), 4, "'https://old.example.com' was observed", "reconciler observe"
    )


def test_an_instance_that_was_not_observed_is_named_and_the_others_are_planned(project: Project) -> None:
    project.configure({"staging": at(NOWHERE), "eu": at("https://eu.example.com")})
    project.declare(wanted("One"))
    observed_before(project, NOWHERE, timedelta())
    ended = project.run("plan", "--live", "live.json", "--all")
    assert ended.code == 1
    assert "1 to create" in ended.out
    assert ended.only_error() == "error: eu: not observed: live.json holds 'staging' only"
    assert "reconciler observe -o FILE --instance eu" in ended.err


def test_of_several_files_the_newest_observation_of_an_instance_counts(project: Project) -> None:
    """As from a job for each instance: one that is down keeps the file of an earlier run."""
    eu = "https://eu.example.com"
    project.configure({"staging": at(NOWHERE), "eu": at(eu)})
    project.declare(wanted("One"))
    for name, url, ago in (("eu", eu, 60), ("staging", NOWHERE, 120), ("staging", NOWHERE, 5)):
        observed_before(project, url, timedelta(minutes=ago), name)
        (project.folder / "live.json").rename(project.folder / f"{name}-{ago}.json")
    names = ("staging-120.json", "eu-60.json", "staging-5.json")
    ended = project.run("plan", "--all", "--format", "json", *(word for name in names for word in ("--live", name)))
    assert ended.code == 0, ended.err
    ages = {each["instance"]: each["age_seconds"] // 60 for each in ended.document["instances"]}
    assert ages == {"staging": 5, "eu": 60}
    project.environ.setenv("RECONCILER_LIVE", "eu-60.json\nstaging-5.json\n")
    assert project.run("plan", "--all").code == 0


def test_no_plan_is_saved_from_an_observation(project: Project) -> None:
    project.configure({"staging": at(NOWHERE)})
    project.declare(wanted("One"))
    observed_before(project, NOWHERE, timedelta())
    refused(project.run("plan", "--live", "live.json", "-o", "plan.json"), 64, "--live and -o exclude each other")
    assert not (project.folder / "plan.json").exists()


def test_no_observation_is_applied(project: Project, staging: Platform) -> None:
    project.declare(wanted("One"))
    assert project.run("observe", "-o", "live.json").code == 0
    before = staging.asked()
    refused(project.run("apply", "live.json"), 4, "it is an observation, which is never applied")
    assert project.run("apply", "--live", "live.json").code == 64
    assert staging.asked() == before


@pytest.mark.parametrize("text", ["", "clients: []\n", "{}", '{"kind": "observation", "format_version": 2}'])
def test_what_is_no_observation_is_refused(project: Project, text: str) -> None:
    project.configure({"staging": at(NOWHERE)})
    project.declare(wanted("One"))
    project.write("live.json", text)
    refused(project.run("plan", "--live", "live.json"), 4, "live.json is not")


def test_an_observation_that_is_not_there_says_how_to_get_one(project: Project) -> None:
    project.configure({"staging": at(NOWHERE)})
    project.declare(wanted("One"))
    refused(project.run("plan", "--live", "live.json"), 1, "cannot read the observation live.json", "observe -o FILE")


def test_observing_needs_no_declarations(project: Project, staging: Platform) -> None:
    """They may be broken in the very pull request that is to be planned."""
    project.write("clients/all.yaml", "clients: [}")
    ended = project.run("observe", "-o", "live.json")
    assert ended.code == 0
    assert "saved: staging (5 clients)" in ended.err
    assert "reconciler plan --live live.json --instance staging" in ended.err
    assert staging.log.writes() == []


def test_an_embedded_instance_is_observed_like_any_other(project: Project) -> None:
    project.configure({"box": {"embedded": "box.sqlite3"}})
    project.declare(wanted("One"))
    assert project.run("observe", "-o", "live.json").code == 0
    assert "1 to create" in project.run("plan", "--live", "live.json").out


def test_a_look_carries_the_time_of_the_instance_not_that_of_this_machine(project: Project, tmp_path: Path) -> None:
    """The dates of its clients are the instance's too, and are compared with it."""
    project.declare()
    with running(tmp_path / "platform.sqlite3", clock=datetime(2021, 3, 4, 5, 6, 7, tzinfo=UTC).timestamp) as url:
        project.configure({"staging": at(url)})
        ended = project.run("observe", "-o", "live.json")
    assert ended.code == 0
    assert '"observed_at": "2021-03-04T05:06:07Z"' in (project.folder / "live.json").read_text()


def test_several_instances_are_saved_in_one_file(project: Project, staging: Platform, other: Platform) -> None:
    project.configure({"staging": at(staging.url), "other": at(other.url)})
    project.declare(wanted("One"))
    assert project.run("observe", "--all", "-o", "live.json").code == 0
    assert observed_of(project) == ["staging", "other"]
    assert project.run("plan", "--live", "live.json", "--all").out.endswith("\n2 instances: 2 with changes\n")


def test_those_that_answered_are_saved_and_the_others_named(project: Project, staging: Platform) -> None:
    project.configure({"down": at(NOWHERE, timeout=1), "staging": at(staging.url)})
    ended = project.run("observe", "--all", "-o", "live.json")
    assert ended.code == 1
    assert ended.only_error().startswith("error: down: ")
    assert observed_of(project) == ["staging"]


def test_where_none_answers_no_file_is_written_and_an_older_one_stays(project: Project, staging: Platform) -> None:
    project.log_in_as("admin", "not the password")
    ended = project.run("observe", "-o", "live.json")
    assert ended.code == 6
    assert "nothing was observed, so live.json was not written" in ended.err
    assert not (project.folder / "live.json").exists()
    project.write("live.json", "older")
    assert project.run("observe", "-o", "live.json").code == 6
    assert (project.folder / "live.json").read_text() == "older"


def test_a_refused_login_of_one_is_the_exit_code_of_all(project: Project, staging: Platform, other: Platform) -> None:
    ill = {"username_env": "PM_USER", "password_env": "WRONG"}
    project.environ.setenv("WRONG", "not the password")
    project.configure({"staging": at(staging.url), "other": {**at(other.url), "credentials": ill}})
    assert project.run("observe", "--all", "-o", "live.json").code == 6
    assert observed_of(project) == ["staging"]


def test_an_empty_shard_is_nothing_to_do(project: Project, staging: Platform) -> None:
    codes = [
        project.run("observe", "--all", "--shard", f"{number}/2", "-o", f"{number}.json").code for number in (1, 2)
    ]
    assert codes == [0, 0]
    assert len(list(project.folder.glob("*.json"))) == 1


def test_it_wants_a_file(project: Project, staging: Platform) -> None:
    assert project.run("observe").code == 64
    refused(project.run("observe", "-o", "-"), 64, "-o wants a file")
    ended = project.run("observe", "-o", "nowhere/live.json")
    assert ended.code == 1
    assert ended.only_error() == "error: cannot write the observation to nowhere/live.json: no such file or directory"


def test_the_file_fits_its_schema(project: Project, staging: Platform) -> None:
    staging.has(stored("Two"), stored("a|b`c<b>::error::"))
    assert project.run("observe", "-o", "live.json").code == 0
    document = json.loads((project.folder / "live.json").read_text())
    assert [
        each.message for each in Draft7Validator(json.loads(schema_text("observation"))).iter_errors(document)
    ] == []


def test_none_of_two_hundred_secrets_is_in_it(project: Project, staging: Platform) -> None:
    staging.has(*(stored(f"Client {secrets.token_hex(4)}") for _ in range(200)))
    ended = project.run("observe", "-vv", "-o", "live.json")
    kept = (project.folder / "live.json").read_text() + ended.out + ended.err
    assert ended.code == 0
    assert kept.count('"id"') == 205
    found = staging.secrets()
    assert len(set(found)) == 205
    for secret in [*found, account_named("admin").password]:
        assert secret not in kept


def test_a_process_without_any_environment_plans_with_it(project: Project, tmp_path: Path) -> None:
    """As in the job of a fork: nothing but the checkout and the artifact."""
    with platform(tmp_path / "platform.sqlite3") as served:
        project.configure({"staging": at(served.url)})
        project.declare(wanted("One"))
        assert project.run("observe", "-o", "live.json").code == 0
    path = {key: value for key, value in environment().items() if key in ("PATH", "PYTHONPATH")}
    ended = process("plan", "--live", "live.json", env=path, cwd=project.folder)
    assert ended.returncode == 0, ended.stderr
    assert "1 to create" in ended.stdout
