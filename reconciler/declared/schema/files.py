"""The JSON Schemas that the program ships."""

from __future__ import annotations

from pathlib import Path

import reconciler

SCHEMA_NAMES = ("auth-clients", "reconciler", "output", "plan", "observation")
"""The files that people write, what the program prints as JSON, the plans that it saves, and what it observed."""


def schema_text(name: str) -> str:
    """The text of a schema, one of SCHEMA_NAMES."""
    return (_folder() / f"{name}.schema.json").read_text(encoding="utf-8")


def _folder() -> Path:
    """Inside the package when it was installed from a wheel, beside it in a checkout."""
    package = Path(reconciler.__file__).parent  # importlib.resources takes longer to load than all of click
    shipped = package / "schemas"
    return shipped if shipped.is_dir() else package.parent / "schemas"
