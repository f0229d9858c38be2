"""`plan -o FOLDER/` and `apply FOLDER/`: plans of several instances, compared together, each exactly or not at all."""

from __future__ import annotations

import json
import re
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from jsonschema import Draft7Validator

from reconciler.declared.schema.files import schema_text
from tests.cli.projects import Platform, Project, at, platform, stored, wanted

PLANS = ("plan", "--all", "-o", "plans/")
APPLY = ("apply", "plans/")


@pytest.fixture
def fleet(project: Project, staging: Platform, tmp_path: Path) -> Iterator[dict[str, Platform]]:
    """Three instances in two waves, on which Two is to be changed and One to be created."""
    with platform(tmp_path / "eu.sqlite3") as eu, platform(tmp_path / "us.sqlite3") as us:
        named = {"staging": staging, "eu": eu, "us": us}
        for each in named.values():
            each.has(stored("Two", "https://old.example.com/cb"))
        project.configure({"eu": at(eu.url, wave=1), "us": at(us.url, wave=1), "staging": at(staging.url)})
        project.declare(wanted("One"), wanted("Two"))
        yield named


def index(project: Project) -> list[dict[str, str]]:
    found: list[dict[str, str]] = json.loads((project.folder / "plans" / "index.json").read_text())["plans"]
    return found


def forget(fleet: dict[str, Platform]) -> None:
    for each in fleet.values():
        each.log.requests.clear()


def written(fleet: dict[str, Platform]) -> dict[str, int]:
    """How many writes each instance got."""
    return {name: len(each.log.writes()) for name, each in fleet.items()}


def test_each_plan_is_a_file_and_the_index_has_their_digests(project: Project, fleet: dict[str, Platform]) -> None:
    ended = project.run(*PLANS)
    assert ended.code == 0, ended.err
    assert "saved 3 plans; to apply exactly these: reconciler apply plans/" in ended.err
    assert [each["instance"] for each in index(project)] == ["staging", "eu", "us"]
    document = json.loads((project.folder / "plans" / "index.json").read_text())
    schema = json.loads(schema_text("plan-index"))
    assert [each.message for each in Draft7Validator(schema).iter_errors(document)] == []
    for each in index(project):
        file = project.folder / "plans" / f"{each['instance']}.plan.json"
        assert json.loads(file.read_text())["digest"] == each["digest"]
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    forget(fleet)
    applied = project.run(*APPLY)
    assert applied.code == 0, applied.err
    assert [list(each.clients()) for each in fleet.values()] == [["Two", "One"]] * 3
    assert {name: each.asked().count("POST /login") for name, each in fleet.items()} == dict.fromkeys(fleet, 1)
    again = project.run(*APPLY, "--format", "json")
    assert again.code == 0
    assert written(fleet) == dict.fromkeys(fleet, 2), "what is live already is not written again"
    assert re.search("^eu +applied +2 done before$", project.run(*APPLY).out, re.MULTILINE)


def test_a_plan_of_it_is_applied_by_its_own_name_too(project: Project, fleet: dict[str, Platform]) -> None:
    project.run(*PLANS)
    named = project.run(*APPLY, "--instance", "eu")
    assert named.code == 64
    assert "to apply one of them: reconciler apply plans/eu.plan.json\n" in named.err
    assert project.run("apply", "plans/eu.plan.json").code == 0
    assert written(fleet) == {"staging": 0, "eu": 2, "us": 0}


@pytest.mark.parametrize("stale", ["staging", "eu"])
def test_a_stale_plan_refuses_its_own_instance_and_later_waves_do_not_start(
    project: Project, fleet: dict[str, Platform], stale: str
) -> None:
    project.run(*PLANS)
    fleet[stale].change("Two", stored("Two", "https://person.example.com/cb"))
    forget(fleet)
    ended = project.run(*APPLY)
    expected = {"staging": 0, "eu": 0, "us": 0} if stale == "staging" else {"staging": 2, "eu": 0, "us": 2}
    assert written(fleet) == expected
    assert ended.code == 4
    assert "https://person.example.com/cb" in ended.out
    assert ("not tried: wave 0 did not succeed" in ended.err) is (stale == "staging")
    lists = {name: "GET /oauth/clients" in each.asked() for name, each in fleet.items()}
    assert lists == dict.fromkeys(fleet, True), "all are compared before the first write"


def test_an_instance_that_is_gone_keeps_later_waves_from_starting(project: Project, fleet: dict[str, Platform]) -> None:
    project.run(*PLANS)
    settings = json.loads((project.folder / "reconciler.yaml").read_text())
    settings["instances"]["staging"]["credentials"] = {"username_env": "PM_USER", "password_env": "NOT_SET"}
    project.write("reconciler.yaml", json.dumps(settings))
    ended = project.run(*APPLY)
    assert ended.code == 1
    assert "NOT_SET" in ended.err
    assert written(fleet) == dict.fromkeys(fleet, 0)


def test_an_instance_that_could_not_be_planned_keeps_later_waves_from_starting(
    project: Project, fleet: dict[str, Platform]
) -> None:
    complete = json.loads((project.folder / "reconciler.yaml").read_text())["instances"]
    project.configure({**complete, "staging": at("http://127.0.0.1:9", timeout=1)})
    planned = project.run(*PLANS)
    assert planned.code == 1
    assert "saved 2 plans, none of staging; " in planned.err
    project.configure(complete)
    ended = project.run(*APPLY)
    assert ended.code == 4
    assert "error: staging: no plan was saved for it" in ended.err
    assert "\n  plan again: reconciler plan --all -o plans/\n" in ended.err
    assert "next: reconciler plan --all\n" in ended.out
    assert written(fleet) == dict.fromkeys(fleet, 0)


def test_an_instance_of_the_folder_that_has_nothing_to_do_is_in_sync(
    project: Project, fleet: dict[str, Platform]
) -> None:
    assert project.run("apply", "--instance", "us", "--yes").code == 0
    project.run(*PLANS)
    ended = project.run(*APPLY)
    assert ended.code == 0
    assert "us       in sync  nothing to do · 2 in sync\n" in ended.out


def _swap(project: Project) -> str:
    folder = project.folder / "plans"
    (folder / "eu.plan.json").write_bytes((folder / "us.plan.json").read_bytes())
    return "plans/eu.plan.json does not hold the plan that index.json lists"


def _older(project: Project) -> str:
    before = (project.folder / "plans" / "us.plan.json").read_bytes()
    project.declare(wanted("Three"))
    project.run(*PLANS)
    (project.folder / "plans" / "us.plan.json").write_bytes(before)
    return "plans/us.plan.json does not hold the plan that index.json lists"


def _missing(project: Project) -> str:
    (project.folder / "plans" / "us.plan.json").unlink()
    return "cannot read the saved plan plans/us.plan.json: no such file"


def _edited(project: Project) -> str:
    file = project.folder / "plans" / "index.json"
    document = json.loads(file.read_text())
    del document["plans"][0]
    file.write_text(json.dumps(document))
    return "plans/index.json is not as it was saved"


def _no_index(project: Project) -> str:
    (project.folder / "plans" / "index.json").unlink()
    return "cannot read the index of the saved plans plans/index.json: no such file"


DAMAGED = [_swap, _older, _missing, _edited, _no_index]


@pytest.mark.parametrize("damage", DAMAGED, ids=lambda it: it.__name__.strip("_"))
def test_a_folder_that_is_not_as_it_was_saved_is_refused_before_any_request(
    project: Project, fleet: dict[str, Platform], damage: object
) -> None:
    project.run(*PLANS)
    assert callable(damage)
    said = damage(project)
    forget(fleet)
    ended = project.run(*APPLY)
    assert ended.code in (1, 4)
    assert said in ended.only_error()
    assert [each.asked() for each in fleet.values()] == [[], [], []]


def test_a_plan_that_is_not_listed_is_left_alone(project: Project, fleet: dict[str, Platform]) -> None:
    project.run(*PLANS)
    assert project.run("plan", "--instance", "eu", "-o", "plans").code == 0, "a folder that is there needs no /"
    (project.folder / "plans/us.plan.json").rename(project.folder / "plans/renamed.json")
    project.write("plans/report.json", "{}")
    ended = project.run(*APPLY)
    assert ended.code == 0, ended.err
    assert "warning: index.json does not list 'renamed.json' and 'staging.plan.json': skipped" in ended.err
    assert written(fleet) == {"staging": 0, "eu": 2, "us": 0}


def test_plans_are_not_applied_by_several_names_or_by_their_index(project: Project, fleet: dict[str, Platform]) -> None:
    project.run(*PLANS)
    index = project.run("apply", "plans/index.json", "--yes")
    assert (index.code, index.only_error()) == (4, "error: plans/index.json is the index of several saved plans")
    assert "reconciler apply FOLDER/" in index.err
    several = project.run("apply", "plans/eu.plan.json", "plans/us.plan.json")
    assert several.code == 64
    assert "several plans are saved in a folder, `reconciler plan --all -o FOLDER/`" in several.err
    assert written(fleet) == {"staging": 0, "eu": 0, "us": 0}


def test_several_plans_in_one_file_are_refused_with_what_to_type(project: Project, fleet: dict[str, Platform]) -> None:
    ended = project.run("plan", "--all", "-o", "plans.json")
    assert ended.code == 64
    assert "-o plans/" in ended.err
    assert [each.asked() for each in fleet.values()] == [[], [], []]


def test_a_folder_is_neither_made_of_a_file_nor_among_journals(project: Project, fleet: dict[str, Platform]) -> None:
    project.write("taken", "text")
    assert "it is a file" in project.run("plan", "--all", "-o", "taken/").only_error()
    assert project.run("plan", "--all", "-o", ".reconciler/journal/").code == 64
    assert project.run(*PLANS, "--report", "plans/index.json").code == 64
    project.write("plans/eu.plan.json", "kept")
    (project.folder / "plans" / "us.plan.json").symlink_to(project.folder / "clients" / "all.yaml")
    ended = project.run(*PLANS)
    assert ended.code == 64
    assert "us.plan.json" in ended.only_error()
    assert (project.folder / "plans" / "eu.plan.json").read_text() == "kept"


def test_flags_that_shape_a_plan_are_refused_beside_a_folder_too(project: Project, fleet: dict[str, Platform]) -> None:
    project.run(*PLANS)
    assert project.run(*APPLY, "--instance", "eu").code == 64
    assert written(fleet) == dict.fromkeys(fleet, 0)
