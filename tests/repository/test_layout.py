"""What keeps the source easy to find one's way in: small folders, short functions, one name for one thing."""

from __future__ import annotations

import ast
import tomllib
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from tests.repository.tracked import ROOT

PACKAGE = ROOT / "reconciler"
MODULES = sorted(PACKAGE.rglob("*.py"))

MOST_IN_A_FOLDER = 18
LONGEST_MODULE, LONGEST_FUNCTION, MEDIAN_FUNCTION = 300, 60, 8
"""Lines."""

VERSION = "4.15"
"""The version of the platform whose behaviour was observed."""
ITS_HOMES = ("live/platform", "sandbox", "model/lines.py")
MOST_ELSEWHERE = 3


def children(folder: Path) -> list[Path]:
    """The modules and packages in a folder."""
    packages = [path.parent for path in folder.glob("*/__init__.py")]
    return [*packages, *(path for path in folder.glob("*.py") if path.name != "__init__.py")]


def functions() -> Iterator[ast.FunctionDef]:
    for module in MODULES:
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef):
                yield node


def length(function: ast.FunctionDef) -> int:
    """The lines from `def` to the end."""
    return (function.end_lineno or 0) - function.lineno + 1


def test_no_folder_holds_more_than_one_can_take_in() -> None:
    sizes = {path.parent: len(children(path.parent)) for path in PACKAGE.rglob("__init__.py")}
    assert {str(folder): size for folder, size in sizes.items() if size > MOST_IN_A_FOLDER} == {}


def test_modules_and_functions_are_short() -> None:
    assert [module for module in MODULES if len(module.read_bytes().splitlines()) >= LONGEST_MODULE] == []
    lengths = {function.name: length(function) for function in functions()}
    assert {name: lines for name, lines in lengths.items() if lines > LONGEST_FUNCTION} == {}
    assert median(map(length, functions())) <= MEDIAN_FUNCTION


def test_no_two_classes_have_the_same_name() -> None:
    """Whoever searches for a name finds what it stands for, and nothing else."""
    homes: defaultdict[str, list[str]] = defaultdict(list)
    for module in MODULES:
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef):
                homes[node.name].append(module.relative_to(ROOT).as_posix())
    assert {name: places for name, places in homes.items() if len(places) > 1} == {}


def test_every_package_has_a_contract_on_its_layers() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = settings["tool"]["importlinter"]["contracts"]
    held = {name for each in contracts if each["type"] == "layers" for name in each["containers"]}
    packages = [path.parent for path in PACKAGE.rglob("__init__.py") if len(children(path.parent)) > 1]
    assert held == {".".join(path.relative_to(ROOT).parts) for path in packages}
    assert all(each["exhaustive"] for each in contracts if each["type"] == "layers")


def test_what_the_platform_does_has_few_homes() -> None:
    """How an instance answers stands in live/platform; what is known without asking one, in model/platform.py."""
    telling = [module.relative_to(PACKAGE).as_posix() for module in MODULES if VERSION in module.read_text("utf-8")]
    assert len([module for module in telling if not module.startswith(ITS_HOMES)]) <= MOST_ELSEWHERE


def test_what_these_tests_count_is_there() -> None:
    """So that they could fail."""
    assert len(MODULES) > 100
    assert max(len(children(path.parent)) for path in PACKAGE.rglob("__init__.py")) > 10
    assert max(map(length, functions())) > 30
