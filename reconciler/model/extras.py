"""Extras: parts of an installation that not everybody needs, and the error where one is missing."""

from __future__ import annotations

from importlib.util import find_spec

from reconciler.model.errors import WrongUsage
from reconciler.project import PROJECT, Addresses

LIBRARIES = {"age": "pyrage", "sandbox": "werkzeug"}
"""The module that each extra brings, by the extra's name in pyproject.toml."""


def is_installed(extra: str) -> bool:
    """Whether an extra of LIBRARIES is installed. Imports nothing."""
    return find_spec(LIBRARIES[extra]) is not None


def require(extra: str, needed_by: str) -> None:
    """Raise `WrongUsage` if an extra of LIBRARIES is not installed; `needed_by` is the subject of the message."""
    if not is_installed(extra):
        raise missing_extra(extra, needed_by, PROJECT)


def missing_extra(extra: str, needed_by: str, project: Addresses) -> WrongUsage:
    """Return the error for an extra that is not installed, with the command that installs it."""
    return WrongUsage(f"{needed_by} needs the extra '{extra}', which is not installed", how_to_install(extra, project))


def how_to_install(extra: str, project: Addresses) -> str:
    """Return the command that installs an extra: from the index if the project is there, else from a checkout."""
    if project.index_name is None:
        return f"install it, in the checkout of reconciler: pip install '.[{extra}]'"
    return f"install it: pip install '{project.index_name}[{extra}]'"
