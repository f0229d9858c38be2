"""`label:eu` where instances are named: all that have the label, whatever they are called."""

from __future__ import annotations

import re
from collections.abc import Iterable

from reconciler.model.names import matches, matches_any
from reconciler.model.settings import Instance

LABEL = "label:"
"""Begins a glob for labels. No instance's name has a colon."""


def covers(globs: Iterable[str], instance: Instance) -> bool:
    """Whether at least one of the globs, for names or for labels, is for the instance."""
    if matches_any(globs, instance.name):
        return True
    return bool(instance.labels) and any(is_for(glob, instance) for glob in globs if glob.startswith(LABEL))


def is_for(glob: str, instance: Instance) -> bool:
    """Whether one glob is for the instance."""
    if not glob.startswith(LABEL):
        return matches(glob, instance.name)
    return any(matches(glob.removeprefix(LABEL), label) for label in instance.labels)


def names_for(glob: str, instances: Iterable[Instance]) -> tuple[str, ...]:
    """The names of the instances that a glob is for, in their order."""
    return tuple(instance.name for instance in instances if is_for(glob, instance))


def meant_label(text: str, instances: Iterable[Instance]) -> str | None:
    """The label that was probably meant by a text that names no instance: `eu`, `Label:eu` or `labels:eu`."""
    bare = re.sub(r"^labels?[:=] *", "", text.strip(), flags=re.IGNORECASE).lower()
    return next((each for each in labels_of(instances) if each.removeprefix(LABEL).lower() == bare), None)


def labels_of(instances: Iterable[Instance]) -> list[str]:
    """Every label of the instances once, with the prefix, sorted."""
    return sorted({f"{LABEL}{label}" for instance in instances for label in instance.labels})
