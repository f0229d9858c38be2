"""The JSON Schemas that the program ships."""

from __future__ import annotations

from pathlib import Path

import reconciler

SCHEMA_NAMES = ("auth-clients", "reconciler", "output", "plan", "observation")
"""In order: client files, settings, JSON output, saved plans, observations."""


def schema_text(name: str) -> str:
    """The text of a schema, one of SCHEMA_NAMES."""
    return (_folder() / f"{name}.schema.json").read_text(encoding="utf-8")


def _folder() -> Path:
    """The folder of schemas: in the package if installed from a wheel, beside it in a checkout."""
    package = Path(reconciler.__file__).parent  # importlib.resources takes longer to load than all of click
    shipped = package / "schemas"
    return shipped if shipped.is_dir() else package.parent / "schemas"
