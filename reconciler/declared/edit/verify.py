"""Verify each edit of a file of declared clients by reading the result again."""

from __future__ import annotations

import codecs
from collections.abc import Callable, Mapping
from typing import Any

from reconciler.declared.edit.block import UNSUPPORTED_LAYOUT
from reconciler.declared.edit.nodes import Node, NodeKind
from reconciler.declared.edit.text_edits import CannotEdit
from reconciler.declared.yaml.load import load_text
from reconciler.model.diagnostics import has_errors


def clients_node(root: Node) -> Node:
    """The list of entries. Raises `CannotEdit`."""
    node = root.get("clients")
    if node is None or node.kind is not NodeKind.SEQUENCE:
        raise CannotEdit(UNSUPPORTED_LAYOUT)
    return node


def decode(data: bytes) -> tuple[bytes, str]:
    """The byte order mark, if there is one, and the text. Raises `CannotEdit`."""
    mark = codecs.BOM_UTF8 if data.startswith(codecs.BOM_UTF8) else b""
    try:
        return mark, data[len(mark) :].decode()
    except UnicodeDecodeError as bad:
        raise CannotEdit("the file is not UTF-8") from bad


def values(data: bytes) -> Any:
    """The values in a file. Raises `CannotEdit` if it is not valid YAML."""
    loaded = load_text(data, "")
    if has_errors(loaded.diagnostics) or not loaded.documents:
        raise CannotEdit("the file is not valid YAML")
    return loaded.documents[0].root


def refuse_unless_same(changed: bytes, wanted: object) -> None:
    """Read the result of an edit. Raises `CannotEdit` unless it has exactly the wanted values."""
    if not same(values(changed), wanted):
        raise CannotEdit(UNSUPPORTED_LAYOUT)


def same(one: Any, other: Any) -> bool:
    """Whether two values are equal, with the same types (true is not 1) and the same order of keys."""
    compare: Callable[[Any, Any], bool] = same
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return list(one) == list(other) and all(compare(one[key], other[key]) for key in one)
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        return len(one) == len(other) and all(map(compare, one, other))
    return type(one) is type(other) and bool(one == other)
