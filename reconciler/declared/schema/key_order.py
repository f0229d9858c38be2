"""The canonical order of keys, taken from the schema."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from reconciler.declared.schema.files import schema_text

_COMBINED = ("allOf", "anyOf", "oneOf")


class KeyOrder:
    """The order of one value's keys according to a schema. Keys that are not in the schema keep their order."""

    __slots__ = ("_known", "_ranks", "_root", "_variants")

    def __init__(self, root: Mapping[str, Any], schema: object) -> None:
        self._root = root
        self._variants = tuple(_variants(root, schema))
        keys = (key for variant in self._variants for key in variant.get("properties", ()))
        self._ranks = {key: number for number, key in enumerate(dict.fromkeys(keys))}
        self._known: dict[str, KeyOrder] = {}

    def rank(self, key: str) -> int:
        """The position of a key in its mapping; unknown keys come last."""
        return self._ranks.get(key, len(self._ranks))

    def below(self, key: str) -> KeyOrder:
        """The order inside a key's value; with an empty key, inside a list item."""
        name = key if key in self._ranks else ""
        if name not in self._known:
            self._known[name] = KeyOrder(self._root, next(self._schemas_below(name), {}))
        return self._known[name]

    def _schemas_below(self, name: str) -> Iterator[object]:
        for variant in self._variants:
            found = (variant.get("properties", {}).get(name), variant.get("items"), variant.get("additionalProperties"))
            yield from (each for each in (found[:1] if name else found[1:]) if isinstance(each, dict))


def _variants(root: Mapping[str, Any], schema: object) -> Iterator[Mapping[str, Any]]:
    """The schema itself, and all schemas that it references or combines."""
    if not isinstance(schema, dict):
        return
    if "$ref" in schema:
        yield from _variants(root, root["definitions"][schema["$ref"].rpartition("/")[2]])
    yield schema
    for word in _COMBINED:
        for each in schema.get(word, ()):
            yield from _variants(root, each)


@cache
def key_order(schema: str) -> KeyOrder:
    """The key order of a schema, by the schema's name."""
    root = json.loads(schema_text(schema))
    return KeyOrder(root, root)
