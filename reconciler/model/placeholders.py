"""`{instance}` and `{INSTANCE}` in the settings: one text for all instances, and another result for each."""

from __future__ import annotations

import re

INSTANCE_PLACEHOLDERS = ("instance", "INSTANCE")
"""The names in braces: the instance's name, and its form in the name of an environment variable."""


def fill_instance(text: str, instance: str) -> str:
    """The text with both placeholders filled in; others stay. Names of instances are always safe in paths."""
    if "{" not in text:
        return text
    return text.replace("{instance}", instance).replace("{INSTANCE}", as_variable(instance))


def placed(label: str, instance: str) -> str:
    """A sink's label with the path that it has for an instance; the label of a command has no path."""
    return label if label.startswith("command ") else fill_instance(label, instance)


def as_variable(instance: str) -> str:
    """An instance's name as a part of the name of an environment variable: upper case, every other character `_`."""
    return re.sub(r"[^A-Z0-9]", "_", instance.upper())
