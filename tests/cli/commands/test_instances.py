"""Several instances at once: which are meant, in which order, and one exit code for all."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.projects import Platform, Project, at, platform, stored, wanted
from tests.faults import On, Respond

NOWHERE = "http://127.0.0.1:9"
"""The discard port, where nothing listens."""


@pytest.fixture
def other(tmp_path: Path) -> Iterator[Platform]:
    """A second platform."""
    with platform(tmp_path / "other.sqlite3") as served:
        yield served


def test_one_that_is_down_does_not_hide_the_others(project: Project, staging: Platform) -> None:
    project.configure({"down": at(NOWHERE, timeout=1), "staging": at(staging.url)})
    project.declare(wanted("One"))
    ended = project.run("plan", "--all", "--detailed-exitcode")
    assert ended.code == 1
    assert "1 to create" in ended.out
    assert ended.only_error().startswith("error: down: ")


def test_an_apply_that_wrote_to_one_and_failed_at_another_is_in_part(project: Project, staging: Platform) -> None:
    project.configure({"staging": at(staging.url), "down": at(NOWHERE, timeout=1)})
    project.declare(wanted("One"))
    ended = project.run("apply", "--all", "--yes")
    assert ended.code == 5
    assert ended.only_error().startswith("error: down: ")
    assert list(staging.clients()) == ["One"]


def test_json_holds_those_that_failed_and_nothing_else_is_on_stdout(project: Project, staging: Platform) -> None:
    project.configure({"staging": at(staging.url), "down": at(NOWHERE, timeout=1)})
    project.declare(wanted("One"))
    for arguments, status in ((("plan",), "planned"), (("apply", "--yes"), "applied")):
        document = project.run(*arguments, "--all", "--format", "json").document
        assert [each["status"] for each in document["instances"]] == [status, "stopped"]
        assert "refused" in document["instances"][1]["error"]["message"]


def test_the_next_wave_waits_for_the_one_before(project: Project, staging: Platform, other: Platform) -> None:
    project.configure({"late": at(other.url, wave=1), "down": at(NOWHERE, timeout=1), "staging": at(staging.url)})
    project.declare(wanted("One"))
    ended = project.run("apply", "--all", "--yes")
    assert ended.code == 5
    assert "late: not tried" in ended.err
    assert other.log.writes() == []
    assert list(staging.clients()) == ["One"]


def test_a_later_wave_follows_one_that_succeeded(project: Project, staging: Platform, other: Platform) -> None:
    project.configure({"late": at(other.url, wave=1), "staging": at(staging.url)})
    project.declare(wanted("One"))
    ended = project.run("apply", "--all", "--yes", "--format", "json")
    assert ended.code == 0
    assert [each["instance"] for each in ended.document["instances"]] == ["staging", "late"]
    assert list(other.clients()) == ["One"]


def test_a_refused_instance_is_named_and_the_others_are_written(
    project: Project, staging: Platform, other: Platform
) -> None:
    project.configure({"frozen": at(other.url, frozen="quarter end"), "staging": at(staging.url)})
    project.declare(wanted("One"))
    ended = project.run("apply", "--all", "--yes")
    assert ended.code == 4
    assert "quarter end" in ended.out
    assert other.log.writes() == []
    assert list(staging.clients()) == ["One"]


def test_an_account_that_one_refused_is_not_tried_at_another(
    project: Project, staging: Platform, other: Platform
) -> None:
    """Every further try may lock the account."""
    project.configure({"staging": at(staging.url), "other": at(other.url)})
    project.declare(wanted("One"))
    project.log_in_as("admin", "wrong")
    ended = project.run("plan", "--all")
    assert ended.code == 6
    assert "error: other: not tried: staging refused" in ended.err
    assert staging.asked() == ["POST /login"]
    assert other.asked() == []


def test_another_account_is_tried_all_the_same(project: Project, staging: Platform, other: Platform) -> None:
    mine = {"username_env": "PM_OTHER", "password_env": "PM_PASSWORD"}
    project.configure({"staging": at(staging.url), "other": at(other.url, credentials=mine)})
    project.declare(wanted("One"))
    project.environ.setenv("PM_OTHER", "admin")
    project.log_in_as("pm_blocked", "Admin-pass-1")
    assert project.run("plan", "--all").code == 6
    assert "GET /oauth/clients" in other.asked()


@pytest.mark.parametrize(
    ("two", "code"),
    [
        (("refused login", "down"), 6),
        (("down", "blocked"), 1),
        (("blocked", "pending"), 4),
        (("pending", "in sync"), 2),
        (("in sync", "in sync"), 0),
    ],
)
def test_of_several_exit_codes_the_gravest_wins(
    project: Project, staging: Platform, other: Platform, two: tuple[str, str], code: int
) -> None:
    states = {"one": (two[0], staging), "two": (two[1], other)}
    project.environ.setenv("PM_WRONG", "wrong")
    wrong = {"username_env": "PM_USER", "password_env": "PM_WRONG"}
    instances = {}
    for name, (state, served) in states.items():
        instances[name] = at(NOWHERE, timeout=1) if state == "down" else at(served.url)
        if state == "refused login":
            instances[name] = at(served.url, credentials=wrong)
        if state == "blocked":
            served.has(stored("One"), stored("One"))
        if state == "in sync":
            served.has(stored("One"))
    project.configure(instances)
    project.declare(wanted("One"))
    assert project.run("plan", "--all", "--detailed-exitcode").code == code
    project.configure(dict(reversed(instances.items())))
    assert project.run("plan", "--all", "--detailed-exitcode").code == code


def test_all_leaves_embedded_instances_alone(project: Project, staging: Platform) -> None:
    project.configure({"staging": at(staging.url), "box": {"embedded": "box.sqlite3"}})
    project.declare(wanted("One"))
    document = project.run("plan", "--all", "--format", "json").document
    assert [each["instance"] for each in document["instances"]] == ["staging"]
    assert not (project.folder / "box.sqlite3").exists()


def test_all_without_a_real_instance_is_wrong_usage(project: Project) -> None:
    project.configure({"box": {"embedded": "box.sqlite3"}})
    project.declare(wanted("One"))
    ended = project.run("plan", "--all")
    assert ended.code == 64
    assert "--instance: box" in ended.err
    ended.only_error()


@pytest.mark.parametrize("chosen", ["nope", "prod*", ""])
def test_an_unknown_instance_is_wrong_usage_and_names_those_there_are(
    project: Project, staging: Platform, chosen: str
) -> None:
    project.declare(wanted("One"))
    ended = project.run("plan", "--instance", chosen)
    assert ended.code == 64
    assert f"'{chosen}'" in ended.only_error()
    assert "staging" in ended.err
    assert staging.asked() == []


def test_no_default_instance_among_several_is_wrong_usage(project: Project, staging: Platform) -> None:
    project.configure({"staging": at(staging.url), "box": {"embedded": "box.sqlite3"}})
    project.declare(wanted("One"))
    ended = project.run("plan")
    assert ended.code == 64
    assert "staging, box" in ended.err


def test_a_wave_is_not_held_up_by_a_failed_write_of_its_own(
    project: Project, staging: Platform, tmp_path: Path
) -> None:
    with platform(tmp_path / "ill.sqlite3", Respond(On("POST", "/oauth/clients"), 503)) as ill:
        project.configure({"ill": at(ill.url), "staging": at(staging.url)})
        project.declare(wanted("One"))
        ended = project.run("apply", "--all", "--yes")
    assert ended.code == 5
    assert list(staging.clients()) == ["One"]
