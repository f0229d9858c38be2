"""`{instance}` and `{INSTANCE}` in names of variables and paths: what they may not become."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping
from typing import Any, cast

from reconciler.declared.yaml.document import Document
from reconciler.model.diagnostics import Diagnostic, error
from reconciler.model.placeholders import INSTANCE_PLACEHOLDERS, as_variable, fill_instance
from reconciler.support.frozen import frozen
from reconciler.support.text import quoted

RULE = "placeholder"

VARIABLES = (("credentials", "username_env"), ("credentials", "password_env"))
FILES = (
    ("credentials", "username_file"),
    ("credentials", "password_file"),
    ("ca_bundle",),
    ("client_certificate", "certificate"),
    ("client_certificate", "key"),
)
"""Where placeholders are filled in, apart from the paths of sinks, which have checks of their own."""

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@frozen
class _Written:
    """A name of a variable, or a path, in the settings of one instance."""

    instance: str
    way: tuple[str, ...]
    text: str

    @property
    def is_file(self) -> bool:
        """Whether it is a path."""
        return self.way in FILES

    @property
    def result(self) -> str:
        """The text with its placeholders filled in."""
        return fill_instance(self.text, self.instance)

    @property
    def key(self) -> tuple[bool, str]:
        """Equal for two texts that mean the same variable or file; file systems may ignore upper and lower case."""
        return self.is_file, posixpath.normpath(self.result).casefold() if self.is_file else self.result

    def place(self, document: Document) -> Any:
        """Where it is written."""
        return document.location("instances", self.instance, *self.way)


def unknown_placeholders(document: Document) -> Iterator[Diagnostic]:
    """Other names in braces. In names of variables the schema allows none."""
    from reconciler.secrets.paths import template_faults

    for each in _written(document):
        if each.is_file:
            for message, hint in template_faults(each.text, INSTANCE_PLACEHOLDERS):
                yield error(RULE, message, each.place(document), hint)


def placeholder_problems(document: Document) -> Iterator[Diagnostic]:
    """Results that name no environment variable, and variables and files that two instances would share.

    Instances may share what is written without a placeholder.
    """
    seen: dict[tuple[bool, str], _Written] = {}
    for each in _written(document):
        if not each.is_file and not _NAME.fullmatch(each.result):
            message = f"{quoted(each.result)}, for {each.instance}, is not the name of an environment variable"
            yield error(RULE, message, each.place(document), _hint(each))
        first = seen.setdefault(each.key, each)
        if first.instance != each.instance and (first.text != first.result or each.text != each.result):
            what = "file" if each.is_file else "variable"
            message = f"{first.instance} and {each.instance} would both use the {what} {quoted(each.result)}"
            hint = f"rename one of the two, or give {each.instance} its own `{each.way[0]}:`"
            yield error(RULE, message, each.place(document), hint)


def _hint(each: _Written) -> str:
    if "{instance}" in each.text and _NAME.fullmatch(each.text.replace("{instance}", as_variable(each.instance))):
        return "write {INSTANCE}: upper case, with _ for other characters than letters and digits"
    return "begin the name with a letter: PM_{INSTANCE}_USERNAME"


def _written(document: Document) -> Iterator[_Written]:
    for instance, node in cast("Mapping[str, Any]", document.root)["instances"].items():
        for way in (*VARIABLES, *FILES):
            found: Any = node
            for key in way:
                found = found.get(key) if found is not None else None
            if found is not None:
                yield _Written(instance, way, found)
