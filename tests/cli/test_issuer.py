"""Who issues everybody's personal access tokens on 2026, from the command line: shown, guarded, and handed over."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from reconciler.declared.schema.files import schema_text
from tests.cli.projects import Project, wanted
from tests.cli.test_other_versions import APPLY, CODE, Instance, configure, instance
from tests.faults import On, Respond

PERSONAL = "personal_access_client"
OLD, NEW = "client 1, 'PmApi', issues", "client 4, 'Tool', would from then on"
ALLOW = ["--max-issuer-changes", "1"]


@pytest.fixture
def served(project: Project) -> Iterator[Instance]:
    """Client 1, which the platform installs, issues the tokens; client 4 is ours."""
    with instance("2026") as sandbox:
        configure(project, sandbox)
        assert sandbox.make("Tool") == 4
        yield sandbox


def tool(*, personal: bool) -> dict[str, object]:
    entry = wanted("Tool", "https://tool.example.com/old")
    grants = {"personal_access_token": {"justification": "tests"}} if personal else {}
    return {**entry, "grants": {**entry["grants"], **grants}}  # type: ignore[dict-item]


def writes(served: Instance) -> list[str]:
    return [line for line in served.asked() if not line.startswith("GET")]


def test_the_grant_is_given_taken_and_only_then_is_the_client_deleted(project: Project, served: Instance) -> None:
    project.declare(tool(personal=True))
    refused = project.run(*APPLY)
    assert refused.code == 4
    assert OLD in refused.out
    assert NEW in refused.out
    assert "--max-issuer-changes 1" in refused.out
    assert writes(served) == []
    assert project.run(*APPLY, *ALLOW).code == 0
    project.declare({"name": "Tool", "state": "absent"})
    served.forget()
    for flags in ([], ALLOW):
        refused = project.run(*APPLY, *flags)
        assert refused.code == 4
        assert "client 4, 'Tool', issues the personal access tokens of all users now" in refused.out
        assert "in two applies: first declare it without personal_access_token" in refused.out
    assert writes(served) == []
    project.declare(tool(personal=False))
    assert project.run(*APPLY).code == 4
    configure(project, served, limits={"issuer_changes": 1})
    assert project.run(*APPLY).code == 0
    configure(project, served)
    project.declare({"name": "Tool", "state": "absent"})
    assert project.run(*APPLY).code == 0
    assert writes(served)[-1] == "DELETE /oauth/clients/4"


def test_every_format_names_the_old_and_the_new_one_by_id(project: Project, served: Instance) -> None:
    from jsonschema import Draft7Validator

    project.declare(tool(personal=True))
    files = [f"plan.{suffix}" for suffix in ("txt", "md", "html", "json", "sarif", "xml")]
    reports = [word for file in files for word in ("--report", file)]
    for flags in ([], ALLOW):
        planned = project.run("plan", *flags, *reports)
        assert planned.code == (0 if flags else 4)
        for shown in (planned.out, *((project.folder / file).read_text() for file in files)):
            for words in ("client 1, ", "client 4, ", "PmApi", "issues the personal access tokens of all users now"):
                assert words in shown
    document = json.loads((project.folder / "plan.json").read_text())
    assert list(Draft7Validator(json.loads(schema_text("output"))).iter_errors(document)) == []
    change = {"before": {"id": 1, "name": "PmApi"}, "after": {"id": 4, "name": "Tool"}}
    assert document["instances"][0]["issuer"] == change
    assert project.run("plan", "-o", "saved.json").code == 4
    saved = json.loads((project.folder / "saved.json").read_text())
    assert list(Draft7Validator(json.loads(schema_text("plan"))).iter_errors(saved)) == []
    assert saved["issuer"] == change
    assert project.run("observe", "-o", "live.json").code == 0
    offline = project.run("plan", "--live", "live.json")
    assert offline.code == 4
    assert OLD in offline.out


def test_before_an_upgrade_has_hashed_the_secrets_the_issuer_is_guarded_too(project: Project) -> None:
    """Its listing looks like 4.15; one question, which nothing else costs, tells it apart."""
    answers = {
        "nobody": Respond(On("GET", "/oauth/clients/0"), 404),
        "all": Respond(On("GET", "/oauth/clients/2"), 200),
    }
    with instance("4.15.6", **answers) as served:
        configure(project, served)
        given = served.make("Tool", types=(CODE, PERSONAL))
        project.declare({"name": "Tool", "state": "absent"})
        assert project.run("plan", "-o", "plan.json").code == 4
        for arguments in (APPLY, ["apply", "plan.json"]):
            ended = project.run(*arguments)
            assert ended.code == 4
            assert f"client {given}, 'Tool', issues the personal access tokens of all users now" in ended.out
        project.declare(tool(personal=False))
        assert "the limit is 0" in project.run(*APPLY).out
        assert writes(served) == []
        served.forget()
        assert project.run(*APPLY, *ALLOW).code == 0
        assert served.asked() == ["GET /oauth/clients/0", "GET /oauth/clients/2", f"PUT /oauth/clients/{given}"]
        served.forget()
        project.declare({"name": "Tool", "state": "absent"})
        assert project.run(*APPLY).code == 0
        assert "GET /oauth/clients/0" not in served.asked()


def test_undoing_a_run_gives_the_issuing_back_only_if_that_is_allowed(project: Project, served: Instance) -> None:
    project.declare(tool(personal=True))
    assert project.run(*APPLY, *ALLOW).code == 0
    run = project.run("history").out.split()[0]
    served.forget()
    refused = project.run("rollback", run, "--apply", "--yes")
    assert refused.code == 4
    assert "client 4, 'Tool', issues the personal access tokens of all users now, and client 1, 'PmApi'," in refused.out
    assert writes(served) == []
    assert project.run("rollback", run, "--apply", "--yes", *ALLOW).code == 0


def test_a_saved_plan_is_judged_by_who_issues_today(project: Project, served: Instance) -> None:
    project.declare(tool(personal=True))
    assert project.run("plan", *ALLOW, "-o", "plan.json").code == 0
    served.forget()
    assert "limit is 0" in project.run("apply", "plan.json").out
    assert writes(served) == []
    served.give(served.make("Theirs"), (CODE, PERSONAL))
    # Theirs is the newest with the grant now, so that the plan does not alter anything.
    assert project.run("apply", "plan.json").code == 0


def test_a_saved_plan_that_would_take_the_issuing_from_somebody_else_is_refused(
    project: Project, served: Instance
) -> None:
    newer = tool(personal=True) | {"name": "Newer"}
    served.make("Newer")
    project.declare(newer)
    assert project.run("plan", *ALLOW, "-o", "plan.json").code == 0
    served.give(4, (CODE, PERSONAL), "Tool")  # older than Newer, and the issuer meanwhile
    served.forget()
    ended = project.run("apply", "plan.json", *ALLOW)
    assert ended.code == 4
    assert "client 4, 'Tool', issues the personal access tokens of all users now" in ended.out
    assert "the saved plan says: client 1, 'PmApi', issues" in ended.out
    assert writes(served) == []
