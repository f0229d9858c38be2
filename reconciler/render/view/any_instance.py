"""Texts that name one instance, where several instances share them: with placeholders, or with all of their names."""

from __future__ import annotations

import re
from collections.abc import Sequence

from reconciler.model.placeholders import as_variable

_ANY = "--instance {instance}"


def for_any(text: str, instance: str) -> str:
    """The text with a placeholder where a command names the instance: equal for instances that need the same."""
    if instance not in text:
        return text
    return re.sub(rf"(?:-i|--instance) {re.escape(instance)}(?![\w.-])", _ANY, text)


def of_any(text: str, instance: str) -> str:
    """The text with placeholders for the name of the instance, where it is a part of a path or of a variable's name."""
    for name, placeholder in ((instance, "{instance}"), (as_variable(instance), "{INSTANCE}")):
        if name in text:
            text = re.sub(rf"(?<![A-Za-z0-9]){re.escape(name)}(?![A-Za-z0-9])", placeholder, text)
    return text


def for_these(text: str, flags: Sequence[str]) -> str:
    """The text with flags that select the instances in the place of the placeholder."""
    return text.replace(_ANY, " ".join(flags))


def naming(instances: Sequence[str]) -> list[str]:
    """The flags that select these instances."""
    return [word for name in instances for word in ("--instance", name)]
