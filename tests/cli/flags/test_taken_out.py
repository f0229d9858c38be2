"""What was taken out for an instance: counted and named everywhere, and deleted only where that is certain."""

from __future__ import annotations

import json

import pytest

from tests.cli.flags.test_base import commit, git
from tests.cli.projects import Ended, Platform, Project, at, stored, wanted

BOTH, OTHER = ["staging", "other"], ["other"]
REPORTS = ("plan.md", "plan.html", "plan.txt", "plan.json", "plan.junit.xml", "plan.sarif", "plan.prom")


@pytest.fixture
def narrowed(project: Project, staging: Platform) -> Project:
    """A project whose newest commit takes two of three clients out for staging, one of them for staging alone."""
    project.configure({"staging": at(staging.url), "other": {"embedded": ".reconciler/other.sqlite3"}})
    project.declare(wanted("Portal"), wanted("Desk", instances=BOTH), wanted("Old"))
    git(project, "init", "-q", "-b", "main")
    commit(project)
    staging.has(stored("Portal"), stored("Desk"), stored("Old"))
    project.declare(wanted("Portal"), wanted("Desk", instances=OTHER))
    commit(project)
    return project


def planned(project: Project, *more: str) -> Ended:
    return project.run("plan", "--instance", "staging", "--base", "HEAD~1", *more)


def test_what_is_taken_out_for_one_instance_is_counted_and_named_in_every_format(narrowed: Project) -> None:
    reports = [word for name in REPORTS for word in ("--report", name)]
    ended = planned(narrowed, *reports)
    assert "no changes · 2 taken out of git, still live · 1 in sync" in ended.out
    for name in REPORTS[:-1]:
        text = (narrowed.folder / name).read_text()
        assert "Desk" in text, name
        assert "still declared for other" in text, name
        assert "Old" in text, name
    [run] = json.loads((narrowed.folder / "plan.sarif").read_text())["runs"]
    places = [result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for result in run["results"]]
    assert places == ["clients/all.yaml"] * 2  # that of the entry which is left, and that of the base
    assert 'reconciler_taken_out{instance="staging"} 2' in (narrowed.folder / "plan.prom").read_text()


def test_it_is_deleted_where_the_base_declared_it_with_a_risk_that_says_where_it_stays(
    narrowed: Project, staging: Platform
) -> None:
    reports = ["--report", "plan.sarif", "--report", "plan.junit.xml", "--report", "plan.gitlab-codequality.json"]
    shown = planned(narrowed, "--prune", "removed", "--format", "json", *reports)
    [plan] = shown.document["instances"]
    risks = {change["name"]: [risk["code"] for risk in change["risks"]] for change in plan["changes"]}
    assert risks == {"Desk": ["still-declared", "tokens-revoked"], "Old": ["tokens-revoked"]}
    assert plan["changes"][0]["risks"][0]["message"] == "still declared for other"
    sarif, junit, quality = ((narrowed.folder / name).read_text() for name in reports[1::2])
    places = [found["locations"][0]["physicalLocation"] for found in json.loads(sarif)["runs"][0]["results"]]
    assert {place["artifactLocation"]["uri"] for place in places} == {"clients/all.yaml"}
    assert {issue["location"]["path"] for issue in json.loads(quality)} == {"clients/all.yaml"}
    assert junit.count('file="clients/all.yaml"') == 2
    ended = narrowed.run("apply", "--instance", "staging", "--yes", "--base", "HEAD~1", "--prune", "removed")
    assert ended.code == 0, ended.err
    assert set(staging.clients()) == {"Portal"}


def test_a_name_that_several_clients_have_is_never_deleted_for_it(narrowed: Project, staging: Platform) -> None:
    staging.has(stored("Desk", "https://other.example.com/cb"))
    [plan] = planned(narrowed, "--prune", "removed", "--format", "json").document["instances"]
    assert [change["name"] for change in plan["changes"]] == ["Old"]


def test_an_entry_of_its_own_for_another_instance_keeps_nothing_here(narrowed: Project) -> None:
    """As if b's entry were taken out while a has one of that name."""
    narrowed.declare(wanted("Portal"), wanted("Old", "https://elsewhere.example.com/cb", instances=OTHER))
    [plan] = planned(narrowed, "--format", "json").document["instances"]
    assert plan["counts"]["taken_out"] == 2
    notes = {client["name"]: client["note"] and client["note"]["code"] for client in plan["unmanaged"]}
    assert (notes["Desk"], notes["Old"]) == ("removed", "removed")
