"""Which modules of the program import which, read from the sources without running them."""

from __future__ import annotations

import ast
from pathlib import Path

from reconciler.cli.main import PURPOSES
from tests.repository.tracked import ROOT

PROGRAM = ROOT / "reconciler"
BY_NAME = {"reconciler.__main__", *(f"reconciler.cli.commands.{command}" for command in PURPOSES)}
"""What starts an installation, and the commands, which are imported when somebody asks for one."""


def module_of(file: Path) -> str:
    """The name of a module or a package by its file."""
    parts = file.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_of(file): file for file in PROGRAM.rglob("*.py")}


def imported_by(file: Path) -> set[str]:
    """The modules of the program that a file imports itself, wherever in the file."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(file.read_bytes())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names = [f"{node.module}.{alias.name}" for alias in node.names]
            # What is imported from a package may be a module, or stand in the package itself.
            found |= {name if name in MODULES else f"{node.module}" for name in names}
    return found & MODULES.keys()


def imported_by_the_program() -> set[str]:
    """All that a module of the program imports, or that is imported by name."""
    return BY_NAME.union(*(imported_by(file) - {module} for module, file in MODULES.items()))
