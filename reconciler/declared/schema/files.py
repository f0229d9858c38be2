"""The JSON Schemas that the program ships."""

from __future__ import annotations

from reconciler.support.shipped import shipped

SCHEMA_NAMES = ("auth-clients", "reconciler", "output", "plan", "plan-index", "observation")
"""In order: client files, settings, JSON output, saved plans, the index of a folder of them, observations."""


def schema_text(name: str) -> str:
    """The text of a schema, one of SCHEMA_NAMES."""
    return (shipped("schemas", "schemas") / f"{name}.schema.json").read_text(encoding="utf-8")
