"""Every module is there for the program, not for its tests alone."""

from __future__ import annotations

from tests.repository.modules import BY_NAME, MODULES, imported_by, imported_by_the_program
from tests.repository.tracked import ROOT

FILES = [file for file in (ROOT / "tests").rglob("*.py") if "node_modules" not in file.parts]


def test_what_tests_import_is_imported_by_the_program_too() -> None:
    used = imported_by_the_program()
    assert {f"{file.relative_to(ROOT)}: {each}" for file in FILES for each in imported_by(file) - used} == set()


def test_every_module_is_imported_by_another_or_by_name() -> None:
    packages = {module for module, file in MODULES.items() if file.name == "__init__.py"}
    assert sorted(MODULES.keys() - imported_by_the_program() - packages) == []
    assert MODULES.keys() >= BY_NAME


def test_modules_are_found() -> None:
    """So that the tests above could fail."""
    assert len(MODULES) > 100
    assert "reconciler.cli.main" in imported_by(MODULES["reconciler.__main__"])
    assert any("reconciler.planning.make_plan" in imported_by(file) for file in FILES)
