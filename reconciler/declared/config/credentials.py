"""`credentials:` of all instances together: no password may be sent as a user name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, cast

from reconciler.declared.yaml.document import Document
from reconciler.model.diagnostics import Diagnostic, error
from reconciler.model.placeholders import fill_instance
from reconciler.support.text import quoted

RULE = "credentials"

_PAIRS = (("username_env", "password_env", "variable"), ("username_file", "password_file", "file"))


def credential_problems(document: Document) -> Iterator[Diagnostic]:
    """Variables and files that have the user name of one instance and the password of one: user names are no secret."""
    for user_name, password, what in _PAIRS:
        names: dict[str, list[str]] = {}
        for instance, text in _named(document, user_name):
            names.setdefault(fill_instance(text, instance), []).append(instance)
        for instance, text in _named(document, password):
            source = fill_instance(text, instance)
            if source in names:
                whose = "user name" if instance in names[source] else f"user name for {names[source][0]}"
                message = f"the {what} {quoted(source)} is also the {whose}: the password would be sent as a user name"
                place = document.location("instances", instance, "credentials", password)
                yield error(RULE, message, place, f"give the password a {what} of its own")


def _named(document: Document, key: str) -> Iterator[tuple[str, str]]:
    for instance, node in cast("Mapping[str, Any]", document.root)["instances"].items():
        text = node.get("credentials", {}).get(key)
        if isinstance(text, str):
            yield instance, text
