"""`reconciler instances`, and `--shard`, which spreads instances over jobs."""

from __future__ import annotations

import json

import pytest
from jsonschema import Draft7Validator

from reconciler.declared.schema.files import schema_text
from tests.cli.projects import Platform, Project, at, wanted

URL = "https://{}.example.com"


@pytest.fixture
def fleet(project: Project) -> Project:
    """An embedded instance, and three that nobody can reach."""
    project.configure(
        {
            "box": {"embedded": "box.sqlite3"},
            "late": at(URL.format("late"), wave=2),
            "alpha": at(URL.format("alpha")),
            "beta": at(URL.format("beta"), frozen="quarter end"),
        },
        default_instance="box",
    )
    return project


def test_the_table_has_a_line_for_each_by_wave_then_as_configured(fleet: Project) -> None:
    ended = fleet.run("instances")
    assert (ended.code, ended.err) == (0, "")
    assert [line.split() for line in ended.out.splitlines()] == [
        ["INSTANCE", "URL", "WAVE"],
        ["box", "embedded:box.sqlite3", "0", "default"],
        ["alpha", URL.format("alpha"), "0"],
        ["beta", URL.format("beta"), "0", "frozen:", "quarter", "end"],
        ["late", URL.format("late"), "2"],
    ]


def test_json_is_what_the_schema_says_and_names_credentials_without_their_values(fleet: Project) -> None:
    fleet.environ.setenv("PM_PASSWORD", "open sesame")
    ended = fleet.run("instances", "--format", "json")
    Draft7Validator(json.loads(schema_text("output"))).validate(ended.document)
    found = {each["instance"]: each for each in ended.document["instances"]}
    assert list(found) == ["box", "alpha", "beta", "late"]
    assert found["alpha"]["credentials"]["password_env"] == "PM_PASSWORD"
    assert found["box"]["credentials"] is None
    assert [found[name]["default"] for name in found] == [True, False, False, False]
    assert "open sesame" not in ended.out


def test_a_matrix_is_one_line_with_a_job_for_each_instance_that_is_not_embedded(fleet: Project) -> None:
    ended = fleet.run("instances", "--format", "github-matrix")
    assert ended.out.count("\n") == 1
    assert ended.document == {
        "include": [{"instance": name, "url": URL.format(name)} for name in ("alpha", "beta", "late")]
    }


def test_neither_credentials_nor_a_clients_folder_nor_a_network_are_needed(fleet: Project) -> None:
    fleet.environ.delenv("PM_USER")
    fleet.environ.delenv("PM_PASSWORD")
    assert not (fleet.folder / "clients").exists()
    assert fleet.run("instances").code == 0


def test_chosen_instances_are_the_only_ones(fleet: Project) -> None:
    for arguments, names in ((("--all",), ["alpha", "beta", "late"]), (("-i", "*a*", "-i", "box"), ["box", "alpha"])):
        document = fleet.run("instances", *arguments, "--format", "json").document
        assert set(names) <= {each["instance"] for each in document["instances"]}
    assert "no instance matches" in fleet.run("instances", "-i", "nope").only_error()


def test_every_instance_is_in_one_shard_whatever_asks_for_it(fleet: Project) -> None:
    shards = [fleet.run("instances", "--shard", f"{number}/3", "--format", "json").document for number in (1, 2, 3)]
    names = sorted(each["instance"] for shard in shards for each in shard["instances"])
    assert names == ["alpha", "beta", "box", "late"]


@pytest.mark.parametrize("shard", ["0/3", "4/3", "1", "1/", "/1", "-1/2", "1/0", "١/٢", "1/1000000000", ""])
def test_what_is_no_shard_is_wrong_usage(fleet: Project, shard: str) -> None:
    ended = fleet.run("instances", "--shard", shard)
    assert ended.code == 64
    assert "--shard" in ended.only_error()


def test_a_shard_of_the_default_instance_is_wrong_usage(project: Project, staging: Platform) -> None:
    project.declare(wanted("One"))
    ended = project.run("plan", "--shard", "1/2")
    assert ended.code == 64
    assert "--all" in ended.err
    assert staging.asked() == []


def test_the_shards_of_a_fleet_plan_all_of_it_once(project: Project, staging: Platform) -> None:
    project.configure({f"i{number}": at(f"{staging.url}/", timeout=5) for number in range(1)})
    project.declare(wanted("One"))
    planned = [project.run("plan", "--all", "--shard", f"{number}/4", "--format", "json") for number in range(1, 5)]
    assert [ended.code for ended in planned] == [0] * 4
    assert sorted(len(ended.document["instances"]) for ended in planned) == [0, 0, 0, 1]


@pytest.mark.parametrize("arguments", [("plan",), ("plan", "-o", "new.json"), ("apply", "--yes")])
def test_an_empty_shard_is_nothing_to_do(project: Project, staging: Platform, arguments: tuple[str, ...]) -> None:
    project.declare(wanted("One"))
    empty = next(k for k in range(1, 8) if not _listed(project, f"{k}/7"))
    ended = project.run(*arguments, "--all", "--shard", f"{empty}/7")
    assert (ended.code, ended.out) == (0, "")
    assert ended.err == f"shard {empty}/7 contains none of the instances: nothing to do\n"
    assert staging.asked() == []
    assert not (project.folder / "new.json").exists()


def _listed(project: Project, shard: str) -> list[object]:
    document = project.run("instances", "--shard", shard, "--format", "json").document
    listed: list[object] = document["instances"]
    return listed


def test_a_hint_names_a_few_of_many_instances(project: Project) -> None:
    project.configure({f"acme-{number}": at(URL.format(number)) for number in range(40)})
    ended = project.run("instances", "-i", "zzz")
    assert "acme-0, acme-1," in ended.err
    assert "and 28 more: reconciler instances" in ended.err


def test_what_is_in_force_on_one_is_shown_with_the_line_that_it_comes_from(project: Project) -> None:
    project.write(
        "reconciler.yaml",
        "variables: {host: portal.example.com}\n"
        "defaults:\n"
        '  credentials: {username_env: "PM_{INSTANCE}_USER", password_env: PM_PASSWORD}\n'
        "  limits: {deletes: 10}\n"
        "instances:\n"
        "  eu: {url: https://eu.example.com}\n"
        "  us:\n"
        "    url: https://us.example.com\n"
        "    limits: {deletes: 0}\n",
    )
    ended = project.run("instances")
    assert ended.out.count("\n") == 3
    assert ended.err == (
        "to see the effective settings of one, and their origin: reconciler instances --instance NAME\n"
    )
    ended = project.run("instances", "-i", "us")
    assert ended.err == ""
    rows = [line.split() for line in ended.out.partition("\nus\n")[2].splitlines()]
    assert ["credentials.username_env", "PM_US_USER", "defaults,", "reconciler.yaml:3"] in rows
    assert ["limits.deletes", "0", "instance,", "reconciler.yaml:9"] in rows
    assert ["limits.creates", "25", "built", "in"] in rows
    assert ["variables.host", "portal.example.com", "top", "level,", "reconciler.yaml:1"] in rows
    [first, _] = project.run("instances", "--format", "json").document["instances"]
    assert {
        "key": "limits.deletes",
        "value": "10",
        "origin": "defaults",
        "location": {"path": "reconciler.yaml", "line": 4, "column": 21},
    } in first["settings"]


def test_null_on_an_instance_drops_the_certificates_of_the_defaults(project: Project) -> None:
    project.write(
        "reconciler.yaml",
        "defaults:\n"
        "  credentials: {username_env: PM_USER, password_env: PM_PASSWORD}\n"
        "  ca_bundle: certs/company.pem\n"
        '  client_certificate: {certificate: "certs/{instance}.pem", key: client.key}\n'
        "instances:\n"
        "  inside: {url: https://inside.example.com}\n"
        "  outside: {url: https://outside.example.com, ca_bundle: null, client_certificate: null}\n",
    )
    inside, outside = (
        {each["key"]: each["value"] for each in instance["settings"]}
        for instance in project.run("instances", "--format", "json").document["instances"]
    )
    assert (inside["ca_bundle"], inside["client_certificate.certificate"]) == ("certs/company.pem", "certs/inside.pem")
    assert (outside["ca_bundle"], outside["client_certificate"]) == ("null", "null")
    row = project.run("instances", "-i", "outside").out.partition("  ca_bundle ")[2].split()
    assert row[:3] == ["null", "instance,", "reconciler.yaml:7"]
