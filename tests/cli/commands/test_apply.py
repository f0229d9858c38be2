"""`plan` and `apply` where no terminal is: what is needed to write, and what keeps from writing."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.model.clients import ClientSpec, Grant
from tests.cli.projects import Platform, Project, at, platform, stored, wanted
from tests.faults import On, Respond

APPLY = ("apply", "--instance", "staging", "--yes")


@pytest.mark.parametrize(
    ("flags", "asked_for"),
    [
        ([], "--yes"),
        (["--instance", "staging"], "--yes"),
        (["--all"], "--yes"),
        (["--yes"], "--instance"),
        (["--yes", "--instance", "staging", "--prune", "all"], "--yes"),
        (["--yes", "--instance", "staging", "--all"], "--all"),
    ],
)
def test_without_a_terminal_nothing_is_guessed(
    project: Project, staging: Platform, flags: list[str], asked_for: str
) -> None:
    project.declare(wanted("One"))
    project.configure({"staging": at(staging.url), "production": at(f"{staging.url}/two")})
    ended = project.run("apply", *flags)
    assert ended.code == 64
    ended.only_error()
    assert asked_for in ended.err
    assert staging.log.writes() == []


def test_the_only_instance_needs_no_name(project: Project, staging: Platform) -> None:
    project.declare(wanted("One"))
    assert project.run("apply", "--yes").code == 0
    assert staging.clients() == {"One": 6}


def test_an_apply_makes_it_so_and_then_there_is_nothing_to_do(project: Project, staging: Platform) -> None:
    staging.has(stored("Old"), stored("Gone"), stored("Stranger"))
    project.declare(wanted("One"), wanted("New", previous_names=["Old"]), {"name": "Gone", "state": "absent"})
    assert project.run("plan", "--detailed-exitcode").code == 2
    assert project.run(*APPLY).code == 0
    assert staging.clients() == {"New": 6, "Stranger": 8, "One": 9}
    assert project.run("plan", "--detailed-exitcode").code == 0


def test_an_account_that_may_only_view_plans_but_cannot_apply(project: Project, staging: Platform) -> None:
    project.log_in_as("pm_viewer")
    project.declare(wanted("One"))
    assert project.run("plan", "--detailed-exitcode").code == 2
    ended = project.run(*APPLY)
    assert ended.code == 1
    assert "Auth Clients: Create Auth Clients" in ended.out
    assert staging.clients() == {}


def test_an_account_that_may_edit_but_not_create_applies_in_part(project: Project, staging: Platform) -> None:
    staging.has(stored("Two", "https://old.example.com/cb"), stored("Gone"))
    project.log_in_as("pm_editor")
    project.declare(wanted("One"), wanted("Two"), {"name": "Gone", "state": "absent"})
    ended = project.run(*APPLY)
    assert ended.code == 5
    assert "Auth Clients: Create Auth Clients" in ended.out
    assert "DELETE /oauth/clients/7" not in staging.asked()
    assert "not tried" in ended.out


@pytest.mark.parametrize("account", ["pm_none", "pm_editonly"])
def test_an_account_that_may_not_view_learns_which_permission_it_lacks(
    project: Project, staging: Platform, account: str
) -> None:
    project.log_in_as(account)
    project.declare(wanted("One"))
    ended = project.run("plan")
    assert ended.code == 1
    assert "Auth Clients: View Auth Clients" in ended.only_error()
    assert staging.asked()[-1] == "GET /logout"


def test_a_limit_names_the_flag_that_allows_exactly_this(project: Project, staging: Platform) -> None:
    project.configure({"staging": at(staging.url, limits={"creates": 1})})
    project.declare(wanted("One"), wanted("Two"))
    ended = project.run(*APPLY)
    assert ended.code == 4
    assert "--max-creates 2" in ended.out
    assert staging.log.writes() == []
    assert project.run(*APPLY, "--max-creates", "1").code == 4
    assert project.run(*APPLY, "--max-creates", "2").code == 0


def test_every_reason_to_refuse_is_given_at_once(project: Project, staging: Platform) -> None:
    staging.has(*(stored(f"Old {number}") for number in range(4)))
    project.configure({"staging": at(staging.url, frozen="quarter end")}, protected=["old 1"])
    project.declare(wanted("One"))
    ended = project.run("plan", "--prune", "all", "--max-creates", "0", "--format", "json")
    assert ended.code == 4
    codes = [refusal["code"] for refusal in ended.document["instances"][0]["refusals"]]
    assert codes == ["frozen", "protected", "limit-creates", "limit-deletes"]


def test_a_protected_client_is_not_pruned(project: Project, staging: Platform) -> None:
    staging.has(stored("Payments"), stored("Stranger"))
    project.configure({"staging": at(staging.url)}, protected=["Payments*"])
    project.declare(wanted("One"))
    ended = project.run("plan", "--prune", "all")
    assert ended.code == 4
    assert "Payments" in ended.out
    assert "refused" in ended.out


def test_nothing_declared_and_a_prune_is_refused_whatever_the_flags(project: Project, staging: Platform) -> None:
    staging.has(stored("Stranger"))
    project.declare()
    ended = project.run("plan", "--prune", "all", "--max-deletes", "9", "--format", "json")
    assert ended.code == 4
    assert [each["code"] for each in ended.document["instances"][0]["refusals"]] == ["nothing-declared"]


def test_a_prune_spares_system_clients(project: Project, staging: Platform) -> None:
    staging.has(stored("Stranger"))
    project.declare(wanted("One"))
    document = project.run("plan", "--prune", "all", "--format", "json").document["instances"][0]
    assert [(each["action"], each["name"]) for each in document["changes"]] == [
        ("create", "One"),
        ("delete", "Stranger"),
    ]


def test_a_system_client_keeps_its_grants(project: Project, staging: Platform) -> None:
    """Without its grant, nobody on the instance gets a personal access token any more."""
    waivers = ["system-client-name", "redirect-loopback"]
    project.declare(wanted("ProcessMaker Personal Access Client", "http://localhost", allow=waivers))
    ended = project.run(*APPLY, "--format", "json")
    assert ended.code == 4, ended.err
    assert [each["code"] for each in ended.document["instances"][0]["refusals"]] == ["system-client"]
    assert staging.log.writes() == []


def test_an_empty_listing_is_refused_before_anything_is_written(project: Project, tmp_path: Path) -> None:
    nobody = Respond(On("GET", "/oauth/clients"), 200, '{"data": []}', "application/json")
    with platform(tmp_path / "empty.sqlite3", nobody) as empty:
        project.configure({"staging": at(empty.url)})
        project.declare(wanted("One"))
        ended = project.run(*APPLY)
        assert ended.code == 4
        assert "expect_system_clients" in ended.out
        assert empty.log.writes() == []


def test_a_frozen_instance_says_why(project: Project, staging: Platform) -> None:
    project.configure({"staging": at(staging.url, frozen="quarter end, ask the platform team")})
    project.declare(wanted("One"))
    ended = project.run(*APPLY)
    assert ended.code == 4
    assert "quarter end, ask the platform team" in ended.out
    assert staging.log.writes() == []


def test_a_blocked_client_holds_up_nobody_else(project: Project, staging: Platform) -> None:
    """Names are not unique on the platform, so a name that two clients have means neither for certain."""
    staging.has(stored("Twice", "https://a.example.com/cb"), stored("Twice", "https://b.example.com/cb"))
    project.declare(wanted("Twice"), wanted("One"))
    plan = project.run("plan")
    assert plan.code == 4
    assert "1 to create" in plan.out
    assert "1 blocked" in plan.out
    ended = project.run(*APPLY)
    assert ended.code == 4
    assert [seen.method for seen in staging.log.writes()] == ["POST"]
    assert "One" in staging.clients()


def test_an_unsupported_grant_set_is_never_pruned_from_ignored_clients(project: Project, staging: Platform) -> None:
    staging.has(stored("Zapier 1"), ClientSpec("Stranger", frozenset({Grant.PASSWORD}), ()))
    project.configure({"staging": at(staging.url)}, ignore=["zapier*"])
    project.declare(wanted("One"))
    document = project.run("plan", "--prune", "all", "--format", "json").document["instances"][0]
    assert [each["name"] for each in document["changes"] if each["action"] == "delete"] == ["Stranger"]
    assert [each["name"] for each in document["ignored"]] == ["Zapier 1"]


def test_json_of_an_apply_tells_what_came_of_each_change(project: Project, staging: Platform) -> None:
    project.declare(wanted("One"))
    document = project.run(*APPLY, "--format", "json").document
    assert (document["kind"], document["format_version"]) == ("apply", 2)
    assert [change["outcome"]["id"] for change in document["instances"][0]["changes"]] == [6]


def test_json_of_a_refused_apply_is_one_document_too(project: Project, staging: Platform) -> None:
    project.declare(wanted("One"))
    ended = project.run(*APPLY, "--format", "json", "--max-creates", "0")
    assert ended.code == 4
    assert [each["code"] for each in ended.document["instances"][0]["refusals"]] == ["limit-creates"]


def test_invalid_declarations_leave_stdout_to_nobody(project: Project, staging: Platform) -> None:
    """There is no plan to print; the diagnostics are on stderr."""
    project.declare({"name": "One"})
    ended = project.run("plan", "--format", "json")
    assert (ended.code, ended.out) == (3, "")
    assert "clients/all.yaml:1:" in ended.err
    assert staging.asked() == []


def test_an_embedded_instance_works_out_of_the_box(project: Project) -> None:
    project.environ.delenv("PM_USER")
    project.environ.delenv("PM_PASSWORD")
    project.configure({"box": {"embedded": "state/box.sqlite3"}})
    project.declare(wanted("One"))
    assert project.run("apply", "-i", "box", "--yes").code == 0
    assert project.run("plan", "--detailed-exitcode").code == 0
    assert project.run("sandbox", "reset").code == 0
    assert project.run("plan", "--detailed-exitcode").code == 2
