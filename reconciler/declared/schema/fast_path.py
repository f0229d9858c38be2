"""Check whether a value matches a schema: yes or no, fast, and without importing a library.

A schema is compiled to one function made of small ones. jsonschema reports what is wrong, and where (`validate.py`); it
is ten times as slow, takes longer to import than to run, and is only used if the answer here is no. So a no may be too
strict, but a yes must be right: tests check that both agree, and an unknown keyword raises an error.
Without this module, `plan` takes 2.4 times as long for 10,000 clients, and 27 % longer for 10 clients.

Values are those of a YAML file: mappings, lists, strings, integers, booleans and None.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

Schema = Any
"""A schema as JSON, with `$ref` expanded."""
Predicate = Callable[[Any], bool]

IGNORED_KEYWORDS = frozenset(("$schema", "$id", "title", "description", "examples", "default", "then", "else"))
"""Keywords that require nothing by themselves, or that belong to another one."""


def compile_schema(schema: Schema) -> Predicate:
    """A function that tells whether a value matches the schema. Raises `ValueError` for unsupported keywords."""
    if schema is True or schema == {}:
        return _anything
    if schema is False:
        return _nothing
    for key in schema:
        if key not in _KNOWN and not key.startswith("x-"):
            raise ValueError(f"cannot judge the keyword {key!r}")
    others = [demand(schema[key], schema) for key, demand in _ANY_TYPE.items() if key in schema]
    return _all([_type_check(schema), *others])


def _anything(_: Any) -> bool:
    return True


def _nothing(_: Any) -> bool:
    return False


def _all(tests: Sequence[Predicate]) -> Predicate:
    """Combine tests into one. The usual counts are written out, since a loop takes as long as most tests."""
    match [test for test in tests if test is not _anything]:
        case []:
            return _anything
        case [one]:
            return one
        case [one, two]:
            return lambda value: one(value) and two(value)
        case [one, two, three]:
            return lambda value: one(value) and two(value) and three(value)
        case [one, two, *rest]:
            others = _all(rest)
            return lambda value: one(value) and two(value) and others(value)
    raise AssertionError(tests)


def _type_check(schema: Schema) -> Predicate:
    """Check a value's type, and the keywords for that type; keywords do not apply to other types."""
    named = schema.get("type")
    if named is None:
        return _all([make(schema, True) for make, keywords in _TYPE_CHECKS.values() if keywords & schema.keys()])
    if isinstance(named, str):
        return _TYPE_CHECKS[named][0](schema, False)
    tests = [_TYPE_CHECKS[each][0](schema, False) for each in named]
    first, *rest = tests  # a value has one type, so at most one of them can match
    return lambda value: first(value) or any(test(value) for test in rest)


def _mapping(schema: Schema, otherwise: bool) -> Predicate:
    """The test for mappings; it returns `otherwise` for other values. One pass over the keys covers all keywords."""
    if _is_about_one_key(schema):
        only = schema["required"][0]
        return lambda value: only in value if isinstance(value, dict) else otherwise
    tests = _Tests(schema.get("properties", {}), compile_schema(schema.get("additionalProperties", True)))
    required, names = schema.get("required", ()), compile_schema(schema.get("propertyNames", True))
    least, most = schema.get("minProperties", 0), schema.get("maxProperties", _NO_LIMIT)

    def fits(value: Any) -> bool:
        if not isinstance(value, dict):
            return otherwise
        for key in required:
            if key not in value:
                return False
        for key, item in value.items():
            if not tests[key](item):
                return False
        return least <= len(value) <= most and (names is _anything or all(map(names, value)))

    return fits


_MOST_KEPT = 100
"""Keys. A file may have thousands that no schema knows."""


class _Tests(dict[str, Predicate]):
    """The test of each key's value. Compiled when first needed: few files use every key."""

    def __init__(self, schemas: Mapping[str, Schema], others: Predicate) -> None:
        super().__init__()
        self._schemas = schemas
        self._others = others

    def __missing__(self, key: str) -> Predicate:
        test = compile_schema(self._schemas[key]) if key in self._schemas else self._others
        if len(self) < _MOST_KEPT:
            self[key] = test
        return test


def _is_about_one_key(schema: Schema) -> bool:
    """Whether the schema only requires one key, like the conditions checked for every client."""
    return "required" in schema and schema.keys() <= {"type", "required"} and len(schema["required"]) == 1


def _list(schema: Schema, otherwise: bool) -> Predicate:
    fits_item, unique = compile_schema(schema.get("items", True)), schema.get("uniqueItems", False)
    least = schema.get("minItems", 0)

    def fits(value: Any) -> bool:
        if not isinstance(value, list):
            return otherwise
        return len(value) >= least and (not unique or _are_unique(value)) and all(map(fits_item, value))

    return fits


def _are_unique(values: list[Any]) -> bool:
    # Lists of anything but text are left to jsonschema.
    return len(values) < 2 or (all(isinstance(each, str) for each in values) and len(set(values)) == len(values))


def _text(schema: Schema, otherwise: bool) -> Predicate:
    least, most = schema.get("minLength", 0), schema.get("maxLength", _NO_LIMIT)
    if "pattern" not in schema:
        return lambda value: least <= len(value) <= most if isinstance(value, str) else otherwise
    search: Callable[[str], re.Match[str] | None] | None = None

    def fits(value: Any) -> bool:
        nonlocal search
        if not isinstance(value, str):
            return otherwise
        if search is None:  # compiled when first needed: that takes a millisecond, and few files use every key
            search = re.compile(schema["pattern"]).search
        return least <= len(value) <= most and search(value) is not None

    return fits


def _truth(_: Schema, otherwise: bool) -> Predicate:
    return lambda value: isinstance(value, bool) or otherwise


def _null(_: Schema, otherwise: bool) -> Predicate:
    return lambda value: value is None or otherwise


def _number(schema: Schema, otherwise: bool) -> Predicate:
    least, most = schema.get("minimum", -_NO_LIMIT), schema.get("maximum", _NO_LIMIT)
    return lambda value: least <= value <= most if isinstance(value, int) and not isinstance(value, bool) else otherwise


def _enum(allowed: list[Any], _: Schema) -> Predicate:
    if not all(isinstance(each, str | bool) for each in allowed):
        raise ValueError(f"cannot judge a choice of {allowed}")
    # Each with its type: True is not 1 here.
    choices = {(type(each), each) for each in allowed}
    return lambda value: isinstance(value, str | bool) and (type(value), value) in choices


def _const(allowed: Any, schema: Schema) -> Predicate:
    return _enum([allowed], schema)


def _not(schema: Schema, _: Schema) -> Predicate:
    fits = _condition(schema)
    return lambda value: not fits(value)


def _condition(schema: Schema) -> Predicate:
    """Compile a condition, where a no that is too strict would become a wrong yes."""
    if '"uniqueItems"' in json.dumps(schema):
        raise ValueError("cannot judge 'uniqueItems' in a condition")
    return compile_schema(schema)


def _all_of(schemas: list[Schema], _: Schema) -> Predicate:
    return _all([compile_schema(each) for each in schemas])


def _if(schema: Schema, whole: Schema) -> Predicate:
    condition = _condition(schema)
    then, otherwise = compile_schema(whole.get("then", True)), compile_schema(whole.get("else", True))
    return lambda value: then(value) if condition(value) else otherwise(value)


_NO_LIMIT = sys.maxsize

_Kind = tuple[Callable[[Schema, bool], Predicate], frozenset[str]]
_TYPE_CHECKS: Mapping[str, _Kind] = {
    "object": (
        _mapping,
        frozenset(
            ("required", "properties", "additionalProperties", "propertyNames", "minProperties", "maxProperties")
        ),
    ),
    "array": (_list, frozenset(("minItems", "uniqueItems", "items"))),
    "string": (_text, frozenset(("minLength", "maxLength", "pattern"))),
    "boolean": (_truth, frozenset()),
    "null": (_null, frozenset()),
    "integer": (_number, frozenset(("minimum", "maximum"))),
}
"""The test for each type, and the keywords for that type."""

_ANY_TYPE: Mapping[str, Callable[[Any, Schema], Predicate]] = {
    "enum": _enum,
    "const": _const,
    "not": _not,
    "allOf": _all_of,
    "if": _if,
}
"""The keywords that apply to all values."""

_KNOWN = (
    IGNORED_KEYWORDS
    | {"type"}
    | _ANY_TYPE.keys()
    | frozenset().union(*(keywords for _, keywords in _TYPE_CHECKS.values()))
)
