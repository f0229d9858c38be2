"""Loading and judging everything that is declared and configured."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.model.errors import InvalidDeclarations, WrongUsage
from reconciler.model.settings import Settings
from reconciler.workflow.options import ProjectFiles, Selection, select_instances
from reconciler.workflow.validate import valid_settings, validate_files

SETTINGS = "instances: {a: {embedded: a.sqlite3}, b: {embedded: b.sqlite3}}\n"
CLIENTS = (
    "clients:\n  - {name: One, grants: {password: true}}\n  - {name: Two, grants: {password: true}, instances: [b]}\n"
)


@pytest.fixture
def files(tmp_path: Path) -> ProjectFiles:
    (tmp_path / "clients").mkdir()
    (tmp_path / "reconciler.yaml").write_text(SETTINGS)
    (tmp_path / "clients/all.yaml").write_text(CLIENTS)
    return ProjectFiles(tmp_path / "reconciler.yaml")


def test_each_instance_gets_what_is_declared_for_it(files: ProjectFiles) -> None:
    declared = validate_files(files).declared
    names = {instance: [client.name for client in declared.of(instance).present] for instance in declared.instances}
    assert names == {"a": ["One"], "b": ["One", "Two"]}


def test_only_the_chosen_instances_are_declared_for(files: ProjectFiles) -> None:
    chosen = validate_files(files, lambda settings: select_instances(settings, Selection(("b",))))
    assert chosen.declared.instances == ("b",)


def test_a_wrong_choice_goes_through(files: ProjectFiles) -> None:
    with pytest.raises(WrongUsage):
        validate_files(files, lambda settings: select_instances(settings, Selection(("nope",))))


def test_problems_of_the_settings_and_of_the_clients_are_found_together(files: ProjectFiles) -> None:
    files.config.write_text("instances: {a: {embeded: x}}\n")
    (files.clients_directory / "all.yaml").write_text("clients:\n  - {nme: One, state: absent}\n")
    checked = validate_files(files)
    assert checked.settings is None
    assert {Path(each.location.path).name for each in checked.diagnostics} == {"reconciler.yaml", "all.yaml"}


def test_diagnostics_are_in_the_order_of_their_places(files: ProjectFiles) -> None:
    for name in ("b.yaml", "a.yaml"):
        (files.clients_directory / name).write_text("clients:\n  - {nme: One, state: absent}\n  - 5\n")
    places = [each.location for each in validate_files(files).diagnostics]
    assert places == sorted(places)


def test_a_missing_configuration_is_the_only_problem_of_the_wrong_folder(tmp_path: Path) -> None:
    found = validate_files(ProjectFiles(tmp_path / "reconciler.yaml")).diagnostics
    assert [(Path(each.location.path).name, each.rule) for each in found] == [("reconciler.yaml", "file")]


def test_a_missing_configuration_does_not_hide_clients_that_were_named(files: ProjectFiles) -> None:
    (files.clients_directory / "all.yaml").write_text("clients: {}\n")
    found = validate_files(ProjectFiles(files.config.with_name("none.yaml"), files.clients_directory)).diagnostics
    assert [Path(each.location.path).name for each in found] == ["all.yaml", "none.yaml"]


def test_settings_alone_are_read_without_the_clients(files: ProjectFiles) -> None:
    (files.clients_directory / "all.yaml").write_text("not: [valid")
    assert isinstance(valid_settings(files.config), Settings)


def test_unsound_settings_carry_all_their_problems(files: ProjectFiles) -> None:
    files.config.write_text("instances: {a: {embeded: x}}\nprotectd: []\n")
    with pytest.raises(InvalidDeclarations) as caught:
        valid_settings(files.config)
    assert len(caught.value.diagnostics) >= 2
