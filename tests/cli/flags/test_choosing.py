"""`--only` and `--owner` on the command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.projects import Platform, Project, at, platform, stored, wanted

NOWHERE = "http://127.0.0.1:9"


@pytest.fixture
def pending(project: Project, staging: Platform) -> Platform:
    """A platform that lacks three clients, and has one too many."""
    project.declare(
        wanted("Portal", owner="team-web"), wanted("Shop", owner="team-web"), wanted("Notebooks", owner="team-data")
    )
    staging.has(stored("Stranger"))
    return staging


def test_what_is_not_chosen_is_counted_and_not_written(project: Project, pending: Platform) -> None:
    ended = project.run("plan", "--only", "port*")
    assert ended.code == 0
    assert "1 to create · 2 changes left out by --only/--owner · 0 in sync" in ended.out
    assert ended.out.endswith("next: reconciler apply --instance staging --only 'port*'\n")
    ended = project.run("apply", "--instance", "staging", "--only", "port*", "--yes")
    assert ended.code == 0
    assert "1 of 1 change applied · 2 left out by --only/--owner" in ended.out
    assert list(pending.clients()) == ["Stranger", "Portal"]


def test_an_owner_chooses_its_own(project: Project, pending: Platform) -> None:
    ended = project.run("apply", "-i", "staging", "--owner", "team-web", "--yes", "--format", "json")
    entry = ended.document["instances"][0]
    assert entry["counts"]["left_out"] == 1
    assert sorted(pending.clients()) == ["Portal", "Shop", "Stranger"]


def test_an_owner_never_chooses_a_prune(project: Project, pending: Platform) -> None:
    ended = project.run("plan", "--prune", "all", "--owner", "*", "--format", "json")
    assert ended.document["instances"][0]["counts"]["delete"] == 0
    ended = project.run("plan", "--prune", "all", "--only", "stranger", "--format", "json")
    assert [change["name"] for change in ended.document["instances"][0]["changes"]] == ["Stranger"]


@pytest.mark.parametrize(
    ("choice", "meant"),
    [(("--only", "Portl"), "'Portal'"), (("--only", "zzz"), "'*part*'"), (("--owner", "team-wbe"), "'team-web'")],
)
@pytest.mark.parametrize("command", [("plan",), ("apply", "-i", "staging", "--yes")], ids=["plan", "apply"])
def test_a_glob_about_nothing_is_wrong_usage_and_nothing_is_written(
    project: Project, pending: Platform, choice: tuple[str, str], meant: str, command: tuple[str, ...]
) -> None:
    flag, glob = choice
    ended = project.run(*command, "--only", "*", *choice)
    assert ended.code == 64
    assert ended.only_error().startswith(f"error: {flag} '{glob}' matches no change")
    assert meant in ended.err
    assert ended.out == ""
    assert pending.log.writes() == []


def test_a_glob_that_is_about_a_client_in_sync_is_nothing_to_do(project: Project, pending: Platform) -> None:
    pending.has(stored("Portal"))
    ended = project.run("plan", "--only", "Portal", "--detailed-exitcode")
    assert ended.code == 0
    assert "no changes · 2 changes left out by --only/--owner · 1 in sync" in ended.out


def test_what_is_declared_for_other_instances_is_known(project: Project, staging: Platform) -> None:
    project.configure({"staging": at(staging.url), "other": at(NOWHERE)})
    project.declare(wanted("Far", owner="team-far", instances=["other"]), wanted("Near"))
    for flag, glob in (("--only", "Far"), ("--owner", "team-far")):
        assert project.run("plan", "-i", "staging", flag, glob).code == 0


def test_an_instance_that_is_down_is_the_error_and_not_a_glob_that_may_be_about_it(project: Project) -> None:
    project.configure({"down": at(NOWHERE, timeout=1)})
    project.declare(wanted("Near"))
    ended = project.run("plan", "--only", "live only")
    assert ended.code == 1
    assert ended.only_error().startswith("error: down: ")


def test_both_names_of_a_rename_choose_it(project: Project, staging: Platform) -> None:
    staging.has(stored("Before"))
    project.declare(wanted("After", "https://before.example.com/cb", previous_names=["Before"]))
    for name in ("Before", "After"):
        assert "1 to rename" in project.run("plan", "--only", name).out


def test_a_saved_plan_holds_what_was_chosen_and_takes_no_other_choice(project: Project, pending: Platform) -> None:
    assert project.run("plan", "--only", "Shop", "-o", "plan.json").code == 0
    refused = project.run("apply", "plan.json", "--only", "Shop", "--owner", "team-web")
    assert refused.code == 64
    assert refused.only_error().startswith("error: --only, --owner: a saved plan is applied unchanged")
    assert project.run("apply", "plan.json").code == 0
    assert sorted(pending.clients()) == ["Shop", "Stranger"]


def test_several_lines_of_the_environment_are_several_globs(project: Project, pending: Platform) -> None:
    project.environ.setenv("RECONCILER_ONLY", "Shop\nPortal\n")
    assert "2 to create" in project.run("plan").out


def test_a_glob_may_be_about_one_of_several_instances(project: Project, pending: Platform, tmp_path: Path) -> None:
    with platform(tmp_path / "other.sqlite3") as other:
        other.has(stored("Elsewhere only"))
        project.configure({"staging": at(pending.url), "other": at(other.url)})
        ended = project.run("plan", "--all", "--prune", "all", "--only", "elsewhere only")
    assert ended.code == 0
    assert "1 to delete" in ended.out
